import { pageOf } from '../catalogue/failure-modes.ts';
import type { Field } from '../facts/index.ts';
import type { Category, Evidence, Finding, Rejected } from '../model/index.ts';
import type { Conclusion, Conditions, Rule } from '../rules/rule.ts';

/** A rule that holds for a subject, what it rests on, and what was considered besides. */
export interface Verdict<Subject, Named extends Rule<Subject>> {
  readonly rule: Named;
  readonly conclusion: Conclusion;
  readonly evidence: readonly Evidence[];
  readonly rejected: readonly Rejected[];
}

/** Asks the rules in their order; undefined when none holds. */
export function firstVerdict<Subject, Named extends Rule<Subject>>(
  rules: readonly Named[],
  subject: Subject,
): Verdict<Subject, Named> | undefined {
  for (const rule of rules) {
    const proof = proofOf(rule, subject);
    if (proof === undefined) continue;
    const shows = rule.shows?.(subject).filter((field) => field.isPresent) ?? [];
    return {
      rule,
      conclusion: rule.concludes(subject),
      evidence: evidenceOf([...proof, ...shows]),
      rejected: rejectedBy(rules, rule, subject),
    };
  }
  return undefined;
}

/** The finding of a verdict, but for what depends on the kind of subject. */
export function findingOf<Subject>(
  { rule, conclusion, evidence, rejected }: Verdict<Subject, Rule<Subject>>,
  rest: Pick<Finding, 'container' | 'containerType' | 'severity' | 'remediation'> & {
    readonly sinceMs: number | undefined;
  },
): Finding {
  const { nextQuestion, wouldChange, cause } = conclusion;
  return {
    mode: rule.mode,
    category: rule.category,
    container: rest.container,
    containerType: rest.containerType,
    severity: rest.severity,
    summary: clean(conclusion.summary),
    evidence,
    rejected,
    confidence: {
      level: conclusion.confidence.level,
      because: clean(conclusion.confidence.because),
    },
    remediation: rest.remediation,
    advice: clean(conclusion.advice),
    reference: pageOf(rule.mode),
    ...(nextQuestion === undefined ? {} : { nextQuestion: clean(nextQuestion) }),
    ...(wouldChange === undefined ? {} : { wouldChange: clean(wouldChange) }),
    ...(cause === undefined ? {} : { cause }),
    ...(rest.sinceMs === undefined ? {} : { since: timestamp(rest.sinceMs) }),
  };
}

function proofOf<Subject>(rule: Rule<Subject>, subject: Subject): readonly Field[] | undefined {
  const fields = holdAll(rule.when, subject);
  if (fields === undefined || firstThatHolds(rule.unless, subject) !== undefined) return undefined;
  return fields;
}

function holdAll<Subject>(
  conditions: Conditions<Subject>,
  subject: Subject,
): readonly Field[] | undefined {
  const fields: Field[] = [];
  for (const name in conditions) {
    const proof = conditions[name]?.(subject) ?? false;
    if (proof === false) return undefined;
    fields.push(...proof);
  }
  return fields;
}

/** Name of the first condition that holds. */
function firstThatHolds<Subject>(
  conditions: Conditions<Subject> | undefined,
  subject: Subject,
): string | undefined {
  for (const name in conditions) {
    if (conditions[name]?.(subject) !== false) return name;
  }
  return undefined;
}

/**
 * The other categories that come to mind, each with one reason: a condition spoke against it, it only looks like it, or
 * it holds as well and says less.
 */
function rejectedBy<Subject>(
  rules: readonly Rule<Subject>[],
  winner: Rule<Subject>,
  subject: Subject,
): readonly Rejected[] {
  const rejected = new Map<Category, string>();
  for (const rule of rules) {
    if (rule.category === winner.category || rejected.has(rule.category)) continue;
    const because = whyNot(rule, winner, subject);
    if (because !== undefined) rejected.set(rule.category, because);
  }
  return [...rejected].map(([category, because]) => ({ category, because }));
}

function whyNot<Subject>(
  rule: Rule<Subject>,
  winner: Rule<Subject>,
  subject: Subject,
): string | undefined {
  if (holdAll(rule.when, subject) !== undefined) {
    return (
      firstThatHolds(rule.unless, subject) ??
      `it fits as well, but ${winner.category} comes closer to the cause`
    );
  }
  return firstThatHolds(rule.rejectedWhen, subject);
}

/** Each field once. */
function evidenceOf(fields: readonly Field[]): readonly Evidence[] {
  const byPlace = new Map<string, Evidence>();
  for (const field of fields) {
    const { evidence } = field;
    const { object } = evidence;
    const place = JSON.stringify([object?.kind, object?.namespace, object?.name, evidence.path]);
    if (!byPlace.has(place)) byPlace.set(place, evidence);
  }
  return [...byPlace.values()];
}

const maxSentences = 600;
/** Control characters, and those that turn the direction of the text around them. */
const unprintable = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]+/gu;

/** A text that may hold names and messages of a cluster, made safe for a terminal. */
function clean(text: string): string {
  const printable = text.replace(unprintable, ' ').trim();
  return printable.length <= maxSentences ? printable : `${printable.slice(0, maxSentences - 1)}…`;
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
