import type { KubernetesObject, NamespacedName } from '@kubewright/apimachinery';

/** How strictly the server treats unknown and repeated fields. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** What every call takes. */
export interface CallOptions {
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a single read. */
export interface GetOptions extends CallOptions {
  /** `0` accepts an answer from the server's watch cache, of any age. Default: the newest state. */
  readonly resourceVersion?: string | undefined;
}

/** Which objects a list or a watch is about. */
export interface Selection {
  /** Only this namespace. Default: all. */
  readonly namespace?: string | undefined;
  /** Label selector as text, such as `app=web,tier in (a,b)`. */
  readonly labelSelector?: string | undefined;
  /** Field selector as text, such as `spec.nodeName=a`. */
  readonly fieldSelector?: string | undefined;
}

/** Options of a list. */
export interface ListOptions extends CallOptions, Selection {
  /** Most objects in one answer. Default: all. */
  readonly limit?: number | undefined;
  /** Token of the answer before this one. */
  readonly continue?: string | undefined;
  /** `0` accepts an answer from the server's watch cache, of any age. Default: the newest state. */
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
}

/** Options of a list that is read in pages. */
export interface ListAllOptions extends Omit<ListOptions, 'limit' | 'continue'> {
  /** Objects in one page. Default 500. */
  readonly pageSize?: number;
}

/** Options of a watch. */
export interface WatchOptions extends Selection {
  /** Begin after this version. Default: with the present state, as ADDED events. */
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'NotOlderThan' | undefined;
  /** Send the present state first, ended by a bookmark that says so (streaming list). Default false. */
  readonly sendInitialEvents?: boolean | undefined;
  /** Let the server say now and then how far it has come. Default true. */
  readonly allowBookmarks?: boolean | undefined;
  /** Seconds after which the server ends the watch. Default: the server's choice. */
  readonly timeoutSeconds?: number | undefined;
  /** Ends the watch; the loop ends with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a write. */
export interface WriteOptions extends CallOptions {
  /** Namespace of the object when its metadata names none. Default: the client's namespace. */
  readonly namespace?: string | undefined;
  /** Let the server check the write and throw it away. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Name under which the server notes the written fields. Default: the client's. */
  readonly fieldManager?: string | undefined;
  /** Default: the client's. */
  readonly fieldValidation?: FieldValidation | undefined;
  /** Write this subresource of the object, such as `status`. */
  readonly subresource?: string | undefined;
}

/** Options of a patch. */
export type PatchOptions = WriteOptions;

/** Options of a server-side apply. */
export interface ApplyOptions extends WriteOptions {
  /** Take over fields that another manager owns. Default false: the answer is then a conflict. */
  readonly force?: boolean;
}

/** Options of a deletion. */
export interface DeleteOptions extends CallOptions {
  /** Seconds the object has to end; 0 deletes a pod at once. Default: what the object says. */
  readonly gracePeriodSeconds?: number | undefined;
  /** What becomes of dependents. Default: the server's choice for the kind. */
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan' | undefined;
  /** Delete only this very object. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  readonly dryRun?: boolean | undefined;
}

/** Options of the deletion of many objects. */
export interface DeleteAllOfOptions extends DeleteOptions, Selection {}

/** A change to an object. */
export type Patch =
  /** JSON Patch (RFC 6902). */
  | { readonly type: 'json'; readonly operations: readonly JsonPatchOperation[] }
  /** JSON Merge Patch (RFC 7386). */
  | { readonly type: 'merge'; readonly body: unknown }
  /** Merges lists by their keys; built-in kinds only. */
  | { readonly type: 'strategic'; readonly body: unknown };

/** One operation of a JSON Patch. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly path: string; readonly from: string };

/** Names one object; the namespace defaults to the client's for a namespaced resource. */
export type ObjectReference = NamespacedName;

/** An object as server-side apply takes it: only the fields the applier cares about. */
export type ApplyConfiguration<T extends KubernetesObject> = DeepPartial<Omit<T, 'metadata'>> & {
  metadata: DeepPartial<T['metadata']> & { name: string };
};

/** A type all of whose parts may be left out. */
export type DeepPartial<T> = T extends (infer E)[]
  ? DeepPartial<E>[]
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> | undefined }
    : T;

/** One change that a watch reports. */
export type WatchEvent<T extends KubernetesObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: Bookmark };

/** Says how far a watch has come; carries nothing but a version. */
export interface Bookmark {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** Annotation of the bookmark that ends the initial events of a streaming list. */
export const initialEventsEndAnnotation = 'k8s.io/initial-events-end';
