import { setTimeout as delay } from 'node:timers/promises';
import { isExpired, type KubernetesObject, type Resource } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { apiVersions, clusterKinds, recordedKinds } from './kinds.ts';

/** A change of an object, as a recording keeps it. */
export interface Change {
  readonly event: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: string;
  readonly object: KubernetesObject;
  /** When the watch saw it, in milliseconds since 1970. */
  readonly atMs: number;
}

/** The token of a kind as the server describes it. */
export async function resourceOf(client: Client, kind: string): Promise<Resource> {
  const apiVersion = apiVersions.get(kind);
  if (apiVersion === undefined) throw new Error(`there is no apiVersion for kind ${kind}`);
  const found = (await client.resourcesOf(apiVersion)).find(
    ({ resource }) => resource.kind === kind,
  );
  if (found === undefined) throw new Error(`the server has no ${kind} in ${apiVersion}`);
  return found.resource;
}

/**
 * One watch for each kind, of all namespaces, and what they saw.
 *
 * Invariant: `#changes` is in the order in which the changes arrived.
 */
export class Watches {
  readonly #client: Client;
  readonly #changes: Change[] = [];
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(client: Client) {
    this.#client = client;
  }

  start(): void {
    const kinds = [...recordedKinds, ...clusterKinds];
    this.#running = Promise.all(kinds.map(async (kind) => this.#watch(kind)));
  }

  /** Ends the watches; rejects when one could not go on. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** What was seen of a namespace, and of what has none, from a moment on. */
  seen(namespace: string, sinceMs: number): readonly Change[] {
    return this.#changes.filter(
      ({ object: { metadata }, atMs }) =>
        (metadata.namespace === namespace && atMs >= sinceMs) || metadata.namespace === undefined,
    );
  }

  async #watch(kind: string): Promise<void> {
    const { signal } = this.#stop;
    const resource = await resourceOf(this.#client, kind);
    let resourceVersion: string | undefined;
    while (!signal.aborted) {
      try {
        const from =
          resourceVersion === undefined ? { sendInitialEvents: true } : { resourceVersion };
        for await (const change of this.#client.watch(resource, { ...from, signal })) {
          resourceVersion = change.object.metadata.resourceVersion;
          if (change.type === 'BOOKMARK') continue;
          this.#changes.push({
            event: change.type,
            kind,
            object: change.object,
            atMs: Date.now(),
          });
        }
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (!isExpired(error)) throw error;
        resourceVersion = undefined;
      }
      await delay(100, undefined, { signal }).catch(() => undefined);
    }
  }
}
