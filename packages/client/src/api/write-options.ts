import type { FieldValidation } from './client-context.ts';
import type { SelectionOptions } from './read-options.ts';

/** Options of a write. */
export interface WriteOptions {
  /** Namespace of the object, where its metadata does not name it. Default: the client's. */
  readonly namespace?: string | undefined;
  /** Do everything but store. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Who owns the fields written. Default: the client's field manager. */
  readonly fieldManager?: string | undefined;
  /** What becomes of unknown and duplicate fields. Default: the client's, which is `Strict`: refused. */
  readonly fieldValidation?: FieldValidation | undefined;
  /** Write this subresource of the object, such as `status`. Default: the object itself. */
  readonly subresource?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A change to an object, in one of the forms the API knows. */
export type Patch =
  | {
      /** JSON Patch (RFC 6902): a list of operations, all or none. */
      readonly type: 'json';
      readonly operations: readonly JsonPatchOperation[];
    }
  | {
      /** Merge patch (RFC 7386): null removes a field, lists are replaced as a whole. */
      readonly type: 'merge';
      readonly body: object;
    }
  | {
      /** Strategic merge patch: lists are merged by key. Built-in kinds only. */
      readonly type: 'strategic';
      readonly body: object;
    };

/** One operation of a JSON Patch. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string };

/** Options of a patch. */
export type PatchOptions = WriteOptions;

/** Options of a server-side apply. */
export interface ApplyOptions extends WriteOptions {
  /** Take over fields that others own, instead of failing with a conflict. Default false. */
  readonly force?: boolean | undefined;
}

/**
 * What one field manager wants of an object: apiVersion and kind are added, everything but the name may be left out.
 * Read-only objects are taken too.
 */
export type ApplyConfiguration<T> = Intent<Omit<T, 'metadata'>> & {
  readonly metadata: Intent<T extends { metadata: infer M } ? M : never> & {
    readonly name: string;
  };
};

type Intent<T> = T extends string | number | boolean | bigint | null | undefined
  ? T
  : T extends readonly (infer E)[]
    ? readonly Intent<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: Intent<T[K]> | undefined }
      : T;

/** What becomes of objects that the deleted one owns. */
export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

/** Options of a deletion. */
export interface DeleteOptions {
  /** Seconds a pod has to end, 0 or more; 0 removes it at once. Default: the object's own. */
  readonly gracePeriodSeconds?: number | undefined;
  /** Default: the kind's, which is `Background` for most. */
  readonly propagationPolicy?: PropagationPolicy | undefined;
  /** Delete only this very object, or version; otherwise fail with a conflict. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  /** Do everything but delete. Default false. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of a deletion of many objects. */
export interface DeleteAllOptions extends SelectionOptions, Omit<DeleteOptions, 'preconditions'> {}

/** Options of an eviction. */
export type EvictOptions = Pick<
  DeleteOptions,
  'gracePeriodSeconds' | 'preconditions' | 'dryRun' | 'signal'
>;
