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
  /** Called once for each kind that appears. */
  readonly onKind: (resource: Resource) => void;
}

/** A definition is established a moment after it was created; this long after its last change, discovery has it. */
const settleMs = 100;
const retryMs = 2_000;

/** Tells which kinds the server has, as they appear with their definitions. */
export class KindWatcher {
  readonly #options: KindWatcherOptions;
  /** Kinds that were told of, by `plural.group`. */
  readonly #known = new Set<string>();
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
    }
  }

  /** False when a definition is not served yet: then there is more to come. */
  async #look(signal: AbortSignal): Promise<boolean> {
    const { client, cache, verbs, onKind } = this.#options;
    const found = await discoverResources(client, verbs, signal);
    const served = new Set(found.map(groupResourceOf));
    for (const resource of found) {
      const key = groupResourceOf(resource);
      if (this.#known.has(key)) continue;
      this.#known.add(key);
      onKind(resource);
    }
    for (const key of this.#known) if (!served.has(key)) this.#known.delete(key);
    return cache
      .list(CustomResourceDefinition)
      .every(
        ({ spec, metadata }) =>
          metadata.deletionTimestamp !== undefined ||
          served.has(`${spec.names.plural}.${spec.group}`),
      );
  }
}
