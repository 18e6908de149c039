import type { DeepReadonly, KubernetesObject } from '@kubewright/apimachinery';

/** An object that an Event can be about: one that the server knows, so that it has a name and a uid. */
export type EventSubject = DeepReadonly<KubernetesObject>;

/** What happened. */
export interface EventInput {
  /** `Normal` when all goes as it should, `Warning` when a person may want to look. */
  readonly type: 'Normal' | 'Warning';
  /** CamelCase word for programs: why, such as `DatabaseReady`; up to 128 bytes, longer ones are cut. */
  readonly reason: string;
  /** CamelCase word: what was done or tried, such as `Reconcile`. Default: the reason. Up to 128 bytes, longer ones are cut. */
  readonly action?: string | undefined;
  /** Sentence for people. Cut to 1024 bytes. */
  readonly note: string;
  /** A second object that has to do with it, such as a Pod that was deleted. */
  readonly related?: EventSubject | undefined;
  /** Part of the subject, such as `spec.containers{app}`. */
  readonly fieldPath?: string | undefined;
  /**
   * What makes this Event a fact that happens once, such as a pod's uid with a container's name and restart count. The Event's name is then
   * made of subject, reason and key, so that recording it again, also by another process, changes nothing.
   *
   * Caveats: the server forgets Events, after one hour by default; a repetition after that makes a new one.
   */
  readonly idempotencyKey?: string | undefined;
}
