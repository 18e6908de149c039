import type { Selector, FieldSelector } from '@kubewright/apimachinery';

/** Options of reading one object. */
export interface GetOptions {
  /**
   * `'0'` lets the server answer from its cache, which may be a little behind. Default: the newest version.
   */
  readonly resourceVersion?: string | undefined;
  /** Whether `metadata.managedFields` is wanted. Default `keep`. */
  readonly managedFields?: 'keep' | 'drop' | undefined;
  /** Read this subresource of the object, such as `status`. Default: the object itself. */
  readonly subresource?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which objects of a kind are meant. */
export interface SelectionOptions {
  /** Default: all namespaces. */
  readonly namespace?: string | undefined;
  /** Default: any labels. */
  readonly labelSelector?: string | Selector | undefined;
  /** Default: any fields. Only the fields the server indexes are allowed, such as `metadata.name`. */
  readonly fieldSelector?: string | FieldSelector | undefined;
}

/** Options of reading a list. */
export interface ListOptions extends SelectionOptions {
  /** Most items of one answer, 1 or more. Default: all. With `resourceVersion: '0'` the server may ignore it. */
  readonly limit?: number | undefined;
  /** Where an earlier answer with a `limit` left off: its `metadata.continue`. */
  readonly continue?: string | undefined;
  /** `'0'`: any version, from the server's cache. Default: the newest version. */
  readonly resourceVersion?: string | undefined;
  /** How `resourceVersion` is meant. Default: the API's own rule for lists. */
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
  /**
   * Whether `metadata.managedFields` of the items is wanted. Default `drop`: they are a third of a list's bytes, and
   * a write of an object without them leaves them as they are.
   */
  readonly managedFields?: 'keep' | 'drop' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of reading all objects in pages. */
export interface ListAllOptions extends Omit<ListOptions, 'limit' | 'continue'> {
  /** Items asked for at a time, 1 or more. Default 500, as in client-go. */
  readonly pageSize?: number | undefined;
}

/** Options of a watch. */
export interface WatchOptions extends SelectionOptions {
  /** Send what changed after this version. Default: begin with the present state, as `ADDED` events. */
  readonly resourceVersion?: string | undefined;
  /**
   * Begin with the present state as `ADDED` events, and mark its end with a bookmark (see `isInitialEventsEnd`).
   * Default false.
   */
  readonly sendInitialEvents?: boolean | undefined;
  /** Ask for bookmarks. Default true. */
  readonly allowBookmarks?: boolean | undefined;
  /** Seconds after which the server ends the watch. Default: the server's choice, 30 to 60 minutes. */
  readonly timeoutSeconds?: number | undefined;
  /** Whether `metadata.managedFields` is wanted. Default `drop`, as for lists. */
  readonly managedFields?: 'keep' | 'drop' | undefined;
  /** Ends the watch: the iteration throws its reason. */
  readonly signal?: AbortSignal | undefined;
}
