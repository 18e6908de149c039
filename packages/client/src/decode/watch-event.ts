import type { KubernetesObject, Stored } from '@kubewright/apimachinery';

/** A mark in a watch: all changes up to this resourceVersion have been sent. */
export interface Bookmark {
  /** That of the objects watched. */
  readonly apiVersion?: string;
  /** That of the objects watched. */
  readonly kind?: string;
  /** The version up to which all changes were told. */
  readonly metadata: {
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** One event of a watch. An `ERROR` event never appears: it is thrown as a `StatusError`. */
export type WatchEvent<T extends KubernetesObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Stored<T> }
  | { readonly type: 'BOOKMARK'; readonly object: Bookmark };

/**
 * Whether this event ends the initial list of a watch with `sendInitialEvents`
 * (the annotation `k8s.io/initial-events-end` of the API concepts, "Streaming lists").
 */
export function isInitialEventsEnd<T extends KubernetesObject>(event: WatchEvent<T>): boolean {
  return (
    event.type === 'BOOKMARK' &&
    event.object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true'
  );
}
