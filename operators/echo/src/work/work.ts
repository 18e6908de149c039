import {
  controllerOf,
  isControlledBy,
  type ConditionInput,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { Cached } from '@kubewright/runtime';
import type { Echo } from '../api/echo.ts';
import type { ScheduledEcho } from '../api/scheduled-echo.ts';

/** What is worked for. */
export type AnyEcho = Echo | ScheduledEcho;

/** What was found out about an object, for its status. */
export interface Finding {
  readonly conditions: readonly Omit<ConditionInput, 'observedGeneration'>[];
  /** Of the Job that was made for an Echo. */
  readonly jobUid?: string;
}

/** What is to be done next for an object. */
export type Step<Child extends KubernetesObject> =
  | { readonly type: 'create'; readonly child: Child }
  /** What is there differs from what is wanted: the fields given are set, lists as a whole, and all others stay. */
  | { readonly type: 'change'; readonly uid: string; readonly spec: object }
  /** Nothing but telling how it is. */
  | { readonly type: 'report'; readonly finding: Finding };

/** How objects of one kind are put into practice, by one object of the same name each. */
export interface Work<Owner extends AnyEcho, Child extends KubernetesObject> {
  readonly resource: Resource<Owner>;
  readonly childResource: Resource<Child>;
  /** What is kept of a child in memory; one function, so that all who ask share one informer. */
  readonly childTransform: (child: Stored<Child>) => Stored<Child>;
  /**
   * For a child that is made once and never again: a finalizer that it is made with and bears until the owner's status has
   * recorded its uid. So it cannot be made and go without a trace, however the operator dies.
   */
  readonly recordedFirst?: string;
  /**
   * Since when a child has been waiting for its first pod, in milliseconds since 1970; undefined when it is not. Where it
   * waits for long, why is looked for. Default: never.
   */
  readonly waitsForPodSince?: (child: Cached<Child>) => number | undefined;
  /**
   * Decides by what is there alone, so that it may be asked again at any time.
   *
   * @param refusal - What the server said when the first pod of the child was to be made.
   */
  nextStep(owner: Cached<Owner>, child: Cached<Child> | undefined, refusal?: string): Step<Child>;
}

/** Whose an object of the right name is. */
export type Belonging =
  | 'own'
  /** Of an object of this name that was there before, or on its way out: it will go. */
  | 'leaving'
  /** Somebody else's. */
  | 'foreign';

/** Whose a child is. One that is not the owner's is never touched. */
export function belongingOf(owner: Cached<AnyEcho>, child: Cached<KubernetesObject>): Belonging {
  if (isControlledBy(child, owner)) return 'own';
  const controller = controllerOf(child);
  const isPredecessor = controller?.kind === owner.kind && controller.name === owner.metadata.name;
  return isPredecessor || child.metadata.deletionTimestamp !== undefined ? 'leaving' : 'foreign';
}

/** `Job default/hello-world`. */
export function nameOf({ kind }: Resource, { metadata }: Cached<KubernetesObject>): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}
