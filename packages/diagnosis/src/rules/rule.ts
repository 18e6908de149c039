import type { ContainerFacts, Field, OwnerFacts, PodFacts, Proof } from '../facts/index.ts';
import type { Category, Confidence, ObjectRef, Remediation, Severity } from '../model/index.ts';

/** What must, or must not, be seen. It answers with the fields that it rests on. */
export type Condition<Subject> = (subject: Subject) => Proof;

/** Conditions by name. The name is a statement that can be read: `the runtime says OOMKilled`. */
export type Conditions<Subject> = Readonly<Record<string, Condition<Subject>>>;

/**
 * How one failure is recognised, and what follows.
 *
 * A rule is data: the check `mutations.test.ts` removes and negates each condition in turn and expects a specimen to
 * come out differently, so a condition that decides nothing does not stay. What is only worth showing belongs in
 * {@link shows}.
 */
export interface Rule<Subject> {
  /** Kebab-case, unique. */
  readonly name: string;
  readonly category: Category;
  /** Number of the failure mode, as in `docs/failure-modes`. */
  readonly mode: number;
  /** All must hold. */
  readonly when: Conditions<Subject>;
  /** None may hold. One that does is the reason why the category was rejected. */
  readonly unless?: Conditions<Subject>;
  /** More evidence to show when the rule holds; fields that are not there are left out. */
  readonly shows?: (subject: Subject) => readonly Field[];
  /** Where the rule does not hold but a person could think it does: the name says why it does not. */
  readonly rejectedWhen?: Conditions<Subject>;
  readonly concludes: (subject: Subject) => Conclusion;
}

/** What a rule says when it holds. Names from the cluster need no care: the engine cleans and cuts all texts. */
export interface Conclusion {
  /** One sentence for a person on call. */
  readonly summary: string;
  readonly confidence: Confidence;
  /** The most that is safe for this failure in general; the engine lowers it for pods that nobody would replace. */
  readonly remediation: Remediation;
  /** One to three short sentences. */
  readonly advice: string;
  readonly nextQuestion?: string;
  readonly wouldChange?: string;
  /** The object behind it, where one can be named; it need not exist. */
  readonly cause?: ObjectRef | undefined;
  /** Default: `critical` while the container does not do its work, else `warning`. */
  readonly severity?: Severity;
  /** When the failure that is seen began, in milliseconds. Default: the end of the last life, or the last change of Ready. */
  readonly sinceMs?: number | undefined;
  /** Rules for pods: the container that the finding names. */
  readonly container?: ContainerFacts | undefined;
}

/** A rule about the whole pod. */
export interface PodRule extends Rule<PodFacts> {
  /** Whether it also explains what is wrong with the containers, so that they are not looked at. Default true. */
  readonly explainsContainers?: boolean;
}

/** A rule about one container that is suspect. */
export type ContainerRule = Rule<ContainerFacts>;

/** A rule about an owner that has no pod. */
export type OwnerRule = Rule<OwnerFacts>;

/** A component of the cluster said it itself. */
export function high(because: string): Confidence {
  return { level: 'high', because };
}

/** Arithmetic, or a telling text. */
export function medium(because: string): Confidence {
  return { level: 'medium', because };
}

/** What is left when nothing better is seen. */
export function low(because: string): Confidence {
  return { level: 'low', because };
}
