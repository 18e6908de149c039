import type { Client } from '@kubewright/client';
import { bindClient } from './bound-client.ts';
import type { Cache } from './cache.ts';

/** What is done with each call of a client. */
export interface ClientBinding {
  /** Its informers show what the client writes at once. */
  readonly cache: Pick<Cache, 'observeWrite' | 'observeDeletion'>;
  /** Ends each call that is under way, and refuses further ones. Default: none. */
  readonly signal?: AbortSignal;
}

/**
 * A view of a client whose writes are seen by the cache at once, so that the next reconcile does not decide on what
 * was before its own last one; with a signal, the view ends with it: nothing can be written through it afterwards.
 *
 * Guarantees: the client itself stays as it is; the answers and errors are its own.
 *
 * Caveats: a write of many objects (`deleteAllOf`) and of other kinds (`evict`, `setScale`) is seen when the watch tells.
 */
export function readYourWrites(client: Client, binding: ClientBinding): Client {
  return bindClient(client, binding);
}
