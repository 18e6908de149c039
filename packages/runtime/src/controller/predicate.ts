import { deepEqual, type KubernetesObject } from '@kubewright/apimachinery';
import type { ObjectEvent } from '../cache/event-handler.ts';

/** Whether an event is worth a reconcile. Must be quick; one that throws lets the event pass. */
export type Predicate<T extends KubernetesObject = KubernetesObject> = (
  event: ObjectEvent<T>,
) => boolean;

/**
 * Updates that change the specification (`metadata.generation`); all additions and deletions.
 *
 * Caveats: metadata and status do not count, so a controller with this alone misses changed labels, finalizers by
 * others, and deletion that waits for finalizers only on kinds whose server does not raise the generation for it.
 */
export function generationChanged<T extends KubernetesObject>(): Predicate<T> {
  return updates(
    (old, object) =>
      old.metadata.generation === undefined ||
      old.metadata.generation !== object.metadata.generation,
  );
}

/** Updates that change a label; all additions and deletions. */
export function labelsChanged<T extends KubernetesObject>(): Predicate<T> {
  return updates(
    (old, object) => !deepEqual(old.metadata.labels ?? {}, object.metadata.labels ?? {}),
  );
}

/** Updates that change an annotation; all additions and deletions. */
export function annotationsChanged<T extends KubernetesObject>(): Predicate<T> {
  return updates(
    (old, object) => !deepEqual(old.metadata.annotations ?? {}, object.metadata.annotations ?? {}),
  );
}

/** Updates that change anything; all additions and deletions. Leaves out resyncs. */
export function resourceVersionChanged<T extends KubernetesObject>(): Predicate<T> {
  return updates((old, object) => old.metadata.resourceVersion !== object.metadata.resourceVersion);
}

/** Events that pass all of the predicates; none lets everything pass. */
export function and<T extends KubernetesObject>(
  ...predicates: readonly Predicate<T>[]
): Predicate<T> {
  return (event) => predicates.every((predicate) => predicate(event));
}

/** Events that pass one of the predicates at least; none lets nothing pass. */
export function or<T extends KubernetesObject>(
  ...predicates: readonly Predicate<T>[]
): Predicate<T> {
  return (event) => predicates.some((predicate) => predicate(event));
}

/** Events that do not pass. Also turns around what a predicate says of additions and deletions. */
export function not<T extends KubernetesObject>(predicate: Predicate<T>): Predicate<T> {
  return (event) => !predicate(event);
}

function updates<T extends KubernetesObject>(
  isWanted: (old: Meta, object: Meta) => boolean,
): Predicate<T> {
  return (event) => event.type !== 'updated' || isWanted(event.old as Meta, event.object as Meta);
}

/** What the predicates of this file read; every cached object has it. */
interface Meta {
  readonly metadata: {
    readonly generation?: number;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}
