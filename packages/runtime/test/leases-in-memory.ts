import { Lease } from '@kubewright/apimachinery';
import type { Stored } from '@kubewright/apimachinery';
import type { LeaseClient } from '../src/election/index.ts';
import { failure } from './status-failure.ts';

/** One lease with the rules of the server that an election rests on: optimistic concurrency, not found, fields of other managers. */
export class LeasesInMemory {
  lease: Stored<Lease> | undefined;
  #version = 0;
  /** Called before each request is carried out; may throw or wait. */
  before: (verb: 'get' | 'create' | 'update', signal?: AbortSignal) => Promise<void> | void = () =>
    undefined;
  /** Called after each request was carried out, before it is answered; may throw or wait. */
  after: (verb: 'get' | 'create' | 'update', signal?: AbortSignal) => Promise<void> | void = () =>
    undefined;
  readonly writes: string[] = [];

  remove(): void {
    this.lease = undefined;
  }

  edit(change: (lease: Stored<Lease>) => void): void {
    const next = structuredClone(this.lease);
    if (next === undefined) throw new Error('there is no lease to edit');
    change(next);
    this.#store(next);
  }

  readonly client = {
    get: async (
      _resource: unknown,
      _ref: unknown,
      options?: { signal?: AbortSignal | undefined },
    ) => {
      await this.before('get', options?.signal);
      const found = structuredClone(this.lease);
      await this.after('get', options?.signal);
      if (found === undefined) throw failure(404, 'NotFound');
      return found;
    },
    apply: async (
      _resource: unknown,
      lease: Lease,
      options?: { signal?: AbortSignal | undefined },
    ) => {
      await this.before('create', options?.signal);
      // Whoever made it is another manager, with another holder.
      if (this.lease !== undefined) throw failure(409, 'Conflict');
      const stored = this.#store({
        ...lease,
        apiVersion: Lease.apiVersion,
        kind: Lease.kind,
        metadata: {
          ...lease.metadata,
          name: lease.metadata.name ?? '',
          uid: `uid-${String(this.#version)}`,
          resourceVersion: '',
          creationTimestamp: '2026-01-01T00:00:00Z',
        },
      });
      await this.after('create', options?.signal);
      return stored;
    },
    update: async (
      _resource: unknown,
      lease: Lease,
      options?: { signal?: AbortSignal | undefined },
    ) => {
      await this.before('update', options?.signal);
      if (this.lease === undefined) throw failure(404, 'NotFound');
      if (this.lease.metadata.resourceVersion !== lease.metadata.resourceVersion) {
        throw failure(409, 'Conflict');
      }
      const stored = this.#store(lease as Stored<Lease>); // it has the metadata of the stored one
      await this.after('update', options?.signal);
      return stored;
    },
    // Safe: the election uses these three with leases only.
  } as unknown as LeaseClient;

  #store(lease: Stored<Lease>): Stored<Lease> {
    this.#version += 1;
    const stored = structuredClone(lease);
    stored.metadata.resourceVersion = String(this.#version);
    this.lease = stored;
    this.writes.push(stored.spec?.holderIdentity ?? '');
    return structuredClone(stored);
  }
}
