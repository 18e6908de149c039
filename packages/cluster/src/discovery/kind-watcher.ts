import { CustomResourceDefinition, groupResourceOf, type Resource } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { Cache, Clock, Logger } from '@kubewright/runtime';
import { discoverResources } from './discover-resources.ts';

/** What a {@link KindWatcher} needs. */
export interface KindWatcherOptions {
  readonly client: Client;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Verbs a kind must have to be of interest. */
  readonly verbs: readonly string[];
  /**
   * Called for each kind that appears, and again when the server comes to prefer another version of it, or has it defined otherwise.
   * What it returned before is disposed of first, and at the end.
   */
  readonly onKind: (resource: Resource) => Disposable | undefined;
}

/** A definition is established a moment after it was created; this long after its last change, discovery has it. */
const settleMs = 100;
const retryMs = 2_000;

/** Tells which kinds the server has, as they appear with their definitions. */
export class KindWatcher {
  readonly #options: KindWatcherOptions;
  /** Kinds as they were told of last, by `plural.group`. */
  readonly #told = new Map<string, { resource: Resource; following: Disposable | undefined }>();
  #wake = Promise.withResolvers<undefined>();

  constructor(options: KindWatcherOptions) {
    this.#options = options;
  }

  /** Looks at the start and after each change to a definition, until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { cache, clock, logger } = this.#options;
    const wake = (): void => this.#wake.resolve(undefined);
    const definitions = cache.informer(CustomResourceDefinition);
    using _handler = definitions.addEventHandler({ added: wake, updated: wake, deleted: wake });
    signal.addEventListener('abort', wake, { once: true });
    try {
      await definitions.whenSynced(signal);
      for (;;) {
        this.#wake = Promise.withResolvers();
        const isComplete = await this.#look(signal).catch((error: unknown) => {
          if (!signal.aborted) logger.warn('the kinds of the server could not be read', { error });
          return false;
        });
        if (!isComplete) void clock.after(retryMs, signal).then(wake, wake);
        await this.#wake.promise;
        await clock.after(settleMs, signal); // throws when it is time to end
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', wake);
      for (const { following } of this.#told.values()) following?.[Symbol.dispose]();
    }
  }

  /** False when a definition is not served yet: then there is more to come. */
  async #look(signal: AbortSignal): Promise<boolean> {
    const { client, cache, verbs, onKind } = this.#options;
    const found = await discoverResources(client, verbs, signal);
    const preferred = new Map(found.map((resource) => [groupResourceOf(resource), resource]));
    for (const [key, resource] of preferred) {
      const before = this.#told.get(key);
      if (before !== undefined && isSame(before.resource, resource)) continue;
      before?.following?.[Symbol.dispose]();
      this.#told.set(key, { resource, following: onKind(resource) });
    }
    return cache.list(CustomResourceDefinition).every(({ spec, metadata }) => {
      if (metadata.deletionTimestamp !== undefined) return true;
      const version = preferred.get(`${spec.names.plural}.${spec.group}`)?.version;
      const served = spec.versions.filter((candidate) => candidate.served);
      return served.length === 0 || served.some(({ name }) => name === version);
    });
  }
}

function isSame(one: Resource, other: Resource): boolean {
  return one.version === other.version && one.kind === other.kind && one.scope === other.scope;
}
