import type { KubernetesObject, ListMeta, Resource, Stored } from '@kubewright/apimachinery';

/** Which objects of a resource are meant. */
export interface Selection {
  /** Default: all namespaces. */
  readonly namespace?: string;
  /** Label selector in the API's text form. Default: no restriction. */
  readonly labelSelector?: string;
  /** Field selector in the API's text form. Default: no restriction. */
  readonly fieldSelector?: string;
}

/** Options of {@link ListerWatcher.listStream}; the names are the API's query parameters. */
export interface ListStreamOptions extends Selection {
  /** Version that the list must have, or must not be older than. Default: the latest. */
  readonly resourceVersion?: string;
  /** How the version is meant. Default: the API's own rule for lists. */
  readonly resourceVersionMatch?: 'NotOlderThan' | 'Exact';
  /** Most items of one page. Default: all at once. */
  readonly limit?: number;
  /** Token of the page before. Default: the first page. */
  readonly continue?: string;
  readonly signal?: AbortSignal;
}

/** Options of {@link ListerWatcher.watch}. */
export interface WatchOptions extends Selection {
  /** Version after which changes are told. Default: the latest. */
  readonly resourceVersion?: string;
  /** Needed with {@link WatchOptions.sendInitialEvents}: they must be no older than the version. */
  readonly resourceVersionMatch?: 'NotOlderThan';
  /** Begin with all objects that are there. Default false. */
  readonly sendInitialEvents?: boolean;
  /** Tell now and then how far the watch has come. Default false. */
  readonly allowBookmarks?: boolean;
  readonly signal: AbortSignal;
}

/** A change of one object, or with `BOOKMARK` the version up to which there was none. */
export type WatchChange<T extends KubernetesObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Stored<T> }
  | { readonly type: 'BOOKMARK'; readonly object: WatchBookmark };

/** How far a watch has come. */
export interface WatchBookmark {
  /** The version, and whether all that was there has been told. */
  readonly metadata: {
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** The answer to a list request, while it is being read. */
export interface ListStream<T extends KubernetesObject> {
  /** The items, once. Leaving the loop early ends the request. */
  readonly items: AsyncIterable<Stored<T>>;
  /** Complete, or settled, when the last item has been read. */
  readonly metadata: ListMeta | PromiseLike<ListMeta>;
}

/** The part of a client that informers live on. */
export interface ListerWatcher {
  /** @throws StatusError when the server refuses; any other error when no answer came or it broke. */
  listStream<T extends KubernetesObject>(
    resource: Resource<T>,
    options: ListStreamOptions,
  ): Promise<ListStream<T>>;
  /**
   * One watch request. Ends when the server closes it.
   *
   * @throws StatusError when the server refuses or sends an `ERROR` event; any other error when the connection broke.
   */
  watch<T extends KubernetesObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ): AsyncIterable<WatchChange<T>>;
}
