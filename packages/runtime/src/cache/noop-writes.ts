import { createHash } from 'node:crypto';
import {
  applyJsonPatch,
  applyMergePatch,
  deepEqual,
  groupResourceOf,
  keyOfName,
  PatchError,
  type KubernetesObject,
  type NamespacedName,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { ApplyOptions, Patch } from '@kubewright/client';
import type { Cache } from './cache.ts';
import type { Cached } from './event-handler.ts';

/** A write to an object or its status, in a form that can be compared with what the cache shows. */
export type Write = WriteTarget & WriteContent;

/** What is written to. */
export interface WriteTarget {
  readonly resource: Resource;
  /** With its namespace, unless it is cluster-scoped. */
  readonly reference: NamespacedName;
  readonly subresource: 'status' | undefined;
}

/** What is written, and how. */
export type WriteContent =
  | { readonly verb: 'update'; readonly object: KubernetesObject }
  | { readonly verb: 'patch'; readonly patch: Patch }
  | { readonly verb: 'apply'; readonly configuration: object; readonly options: ApplyOptions };

/** What {@link NoopWrites} works with. */
export interface NoopWritesOptions {
  readonly cache: Pick<Cache, 'findWhole'>;
  /** Most objects whose last apply is remembered; of further ones applies are sent. Default 100,000, about 20 MB. */
  readonly maxApplied?: number;
}

/**
 * Finds the writes of one controller that would change nothing, so that they need not be sent.
 *
 * A write counts as one when, done at the version that the cache shows, it would leave the object as it is, its field managers included. That
 * version may be behind: the write is then as if it had been done a moment earlier, when it would have changed nothing either, and what
 * changed since comes by the watch. Anything in doubt is sent.
 *
 * - An update must name the resourceVersion that the cache shows, and equal the object there; an update of the status in metadata and status.
 *   A server that finds no difference neither stores the object nor changes who manages its fields.
 * - A merge patch and a JSON patch are done to the cached object, which must come out the same.
 * - A strategic merge patch is always sent: how its lists are merged is known to the server's schema alone.
 * - An apply states who manages what, and the cache does not keep managedFields. So it counts only when this controller has applied the very
 *   same as the same manager before, and the object still has the version that this led to.
 */
export class NoopWrites {
  readonly #options: NoopWritesOptions;
  /** Version and digest of the last apply, by object and manager; the longest unused first. Invariant: at most `maxApplied`. */
  readonly #applied = new Map<string, string>();

  constructor(options: NoopWritesOptions) {
    this.#options = options;
  }

  /**
   * A check for one reconcile, which trusts the cache as far as the reconcile has looked no further itself.
   *
   * @param onSkip - Told of each write that need not be sent.
   */
  check(onSkip: (write: Write) => void): NoopCheck {
    return new NoopCheck(this, onSkip);
  }

  /** The object as it is, when the write would leave it so; undefined when it must be sent. */
  unchangedBy(write: Write): Stored<KubernetesObject> | undefined {
    const cached = this.#options.cache.findWhole(write.resource, write.reference);
    if (cached === undefined || !this.#leavesUnchanged(cached, write)) return undefined;
    // The caller goes on to own the answer. Read-only is a matter of the type alone.
    return structuredClone(cached) as Stored<KubernetesObject>;
  }

  /** Takes note of an apply that was answered. */
  applied(write: Write & { readonly verb: 'apply' }, answer: Stored<KubernetesObject>): void {
    const key = appliedKey(write);
    this.#applied.delete(key);
    this.#applied.set(key, appliedText(write, answer.metadata.resourceVersion));
    if (this.#applied.size > (this.#options.maxApplied ?? 100_000)) {
      const [oldest] = this.#applied.keys();
      if (oldest !== undefined) this.#applied.delete(oldest);
    }
  }

  #leavesUnchanged(cached: Cached<KubernetesObject>, write: Write): boolean {
    switch (write.verb) {
      case 'update':
        return isAsUpdated(cached, write);
      case 'patch':
        return isAsPatched(cached, write.patch);
      case 'apply':
        return (
          this.#applied.get(appliedKey(write)) ===
          appliedText(write, cached.metadata.resourceVersion)
        );
      default:
        return write satisfies never;
    }
  }
}

/** What one reconcile may leave unsent. */
export class NoopCheck {
  readonly #writes: NoopWrites;
  readonly #onSkip: (write: Write) => void;
  /** Resources that the reconcile has read from the server: it may know more of them than the cache. */
  readonly #lookedAt = new Set<string>();
  #trustsCache = true;

  constructor(writes: NoopWrites, onSkip: (write: Write) => void) {
    this.#writes = writes;
    this.#onSkip = onSkip;
  }

  /** See {@link NoopWrites.unchangedBy}. */
  unchangedBy(write: Write): Stored<KubernetesObject> | undefined {
    if (!this.#trustsCache || this.#lookedAt.has(groupResourceOf(write.resource))) return undefined;
    const unchanged = this.#writes.unchangedBy(write);
    if (unchanged !== undefined) this.#onSkip(write);
    return unchanged;
  }

  /** See {@link NoopWrites.applied}. */
  applied(write: Write & { readonly verb: 'apply' }, answer: Stored<KubernetesObject>): void {
    this.#writes.applied(write, answer);
  }

  /** Takes note that the reconcile learned from the server how objects are; without a resource: of all of them. */
  looked(resource?: Resource): void {
    if (resource === undefined) this.#trustsCache = false;
    else this.#lookedAt.add(groupResourceOf(resource));
  }
}

function isAsUpdated(
  cached: Cached<KubernetesObject>,
  { object, resource, subresource }: WriteTarget & { readonly object: KubernetesObject },
): boolean {
  // A version it does not name, or another one, is a difference in the metadata.
  if (!deepEqual(object.metadata, cached.metadata)) return false;
  if (subresource === 'status') return deepEqual(statusOf(object), statusOf(cached));
  const { apiVersion, kind } = resource;
  return deepEqual({ ...object, apiVersion, kind }, cached);
}

function statusOf(object: object): unknown {
  return 'status' in object ? object.status : undefined;
}

function isAsPatched(cached: Cached<KubernetesObject>, patch: Patch): boolean {
  switch (patch.type) {
    case 'merge':
      // The cache does not have managedFields, so what a patch does to them cannot be seen.
      return (
        !mentionsManagers(patch.body) && deepEqual(applyMergePatch(cached, patch.body), cached)
      );
    case 'json':
      try {
        return deepEqual(
          applyJsonPatch(cached, patch.operations, { dialect: 'api-server' }),
          cached,
        );
      } catch (error) {
        // The server says better what is wrong with it.
        if (error instanceof PatchError) return false;
        throw error;
      }
    case 'strategic':
      return false;
    default:
      return patch satisfies never;
  }
}

function mentionsManagers(body: object): boolean {
  if (!('metadata' in body)) return false;
  const { metadata } = body;
  return typeof metadata === 'object' && metadata !== null && 'managedFields' in metadata;
}

function appliedKey({
  resource,
  reference: { namespace, name },
  subresource,
  options: { fieldManager = '' },
}: Write & { readonly verb: 'apply' }): string {
  const { apiVersion, plural } = resource;
  return [apiVersion, plural, subresource ?? '', fieldManager, keyOfName(namespace, name)].join(
    ' ',
  );
}

/** The configuration with all that decides what becomes of it, as text of the same length for each. */
function appliedText(
  { configuration, options: { force, fieldValidation } }: Write & { readonly verb: 'apply' },
  resourceVersion: string,
): string {
  const text = JSON.stringify([configuration, force, fieldValidation]);
  return `${resourceVersion} ${createHash('sha256').update(text).digest('base64')}`;
}
