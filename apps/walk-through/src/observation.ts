import { EventsV1Event, Pod, type DeepReadonly, type Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { Cache, type Informer } from '@kubewright/runtime';

/** The app's pods and what is told about them, kept up to date while the walk-through looks. */
export class Observation {
  readonly #pods: Informer<Pod>;
  readonly #events: Informer<EventsV1Event>;
  /** Called on each change; those who wait look again. */
  readonly #listeners = new Set<() => void>();

  constructor(cache: Cache, namespace: string, app: string) {
    this.#pods = cache.informer(Pod, { namespaces: [namespace], labelSelector: `app=${app}` });
    this.#events = cache.informer(EventsV1Event, { namespaces: [namespace] });
    const tell = (): void => this.#listeners.forEach((listener) => listener());
    const handler = { added: tell, updated: tell, deleted: tell };
    this.#pods.addEventHandler(handler);
    this.#events.addEventHandler(handler);
  }

  /** Reads and watches until the signal is aborted. */
  static start(
    client: Client,
    namespace: string,
    app: string,
    signal: AbortSignal,
  ): { observation: Observation; ended: Promise<void> } {
    const cache = new Cache({ client });
    const observation = new Observation(cache, namespace, app);
    return { observation, ended: cache.start(signal) };
  }

  /** The app's pods. */
  pods(): readonly DeepReadonly<Stored<Pod>>[] {
    return this.#pods.list();
  }

  /** Events about the app's pods, oldest first. */
  events(): readonly DeepReadonly<Stored<EventsV1Event>>[] {
    const uids = new Set(this.pods().map(({ metadata }) => metadata.uid));
    return this.#events
      .list()
      .filter(({ regarding }) => regarding?.uid !== undefined && uids.has(regarding.uid))
      .toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1));
  }

  /** Calls back on each change until disposed of. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /**
   * Waits until a look at the cluster finds something.
   *
   * @throws the signal's reason when it is aborted first.
   */
  async until<R>(look: () => R | undefined, signal: AbortSignal): Promise<R> {
    const found = Promise.withResolvers<R>();
    const attempt = (): void => {
      try {
        const result = look();
        if (result !== undefined) found.resolve(result);
      } catch (error) {
        found.reject(error);
      }
    };
    const abort = (): void => found.reject(signal.reason);
    using _listener = this.onChange(attempt);
    signal.addEventListener('abort', abort, { once: true });
    try {
      if (signal.aborted) abort();
      else if (this.#pods.synced && this.#events.synced) attempt();
      return await found.promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}
