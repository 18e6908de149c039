import {
  keyOf,
  parseLabelSelector,
  StatusError,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type {
  ListerWatcher,
  ListStream,
  ListStreamOptions,
  Selection,
  WatchChange,
  WatchOptions,
} from '../src/watch/lister-watcher.ts';

type Change = WatchChange<KubernetesObject>;

interface OpenWatch {
  readonly options: WatchOptions;
  /** Tells changes after this version only. */
  readonly from: number;
  readonly waiting: (Change | { readonly error: unknown } | 'end')[];
  wake: () => void;
}

interface HistoryEntry<T extends KubernetesObject> {
  readonly version: number;
  readonly change: Change;
  /** What the object was before; absent for a new one. */
  readonly old?: Stored<T>;
}

/** A request that reached the collection. */
export type SeenRequest =
  | ({ readonly verb: 'list' } & Omit<ListStreamOptions, 'signal'>)
  | ({ readonly verb: 'watch' } & Omit<WatchOptions, 'signal'>);

/**
 * One collection of an API server, in memory: one history of changes, from which lists and watches are answered.
 * Faults are set from outside, and hit the next requests or the open watches.
 */
export class FakeCollection<T extends KubernetesObject> implements ListerWatcher {
  readonly #resource: Resource<T>;
  readonly #objects = new Map<string, Stored<T>>();
  readonly #history: HistoryEntry<T>[] = [];
  readonly #watches = new Set<OpenWatch>();
  #version = 100;
  #uids = 0;
  /** Changes up to this version are compacted away. */
  #compacted = 100;
  /** Requests in the order in which they came. */
  readonly requests: SeenRequest[] = [];
  /** Decides about each request before it is answered: an error refuses it. */
  refuse: (request: SeenRequest) => Error | undefined = () => undefined;
  /** Called before each item of a list; an error breaks the stream there. */
  beforeItem: (index: number) => Error | undefined = () => undefined;
  /** Answers lists from this earlier version, as a server whose cache lags. */
  lagging: { readonly version: number; readonly objects: readonly Stored<T>[] } | undefined;
  /** Lists hang until the signal aborts. */
  isMute = false;
  /** Watches keep what they have to tell to themselves, as on a slow network. */
  isSlow = false;

  constructor(resource: Resource<T>) {
    this.#resource = resource;
  }

  get version(): string {
    return String(this.#version);
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** What a server that has seen nothing further would answer from now on. */
  snapshot(): { readonly version: number; readonly objects: readonly Stored<T>[] } {
    return { version: this.#version, objects: [...this.#objects.values()] };
  }

  /** Stores an object as new or as changed; returns it as a server would answer it. */
  put(object: T): Stored<T> {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    this.#version++;
    const stored = structuredClone({
      ...object,
      apiVersion: this.#resource.apiVersion,
      kind: this.#resource.kind,
      metadata: {
        ...object.metadata,
        uid: old?.metadata.uid ?? `uid-${String(++this.#uids)}`,
        creationTimestamp: old?.metadata.creationTimestamp ?? '2026-01-01T00:00:00Z',
        resourceVersion: String(this.#version),
      },
    }) as unknown as Stored<T>; // all that storing sets has just been set
    this.#objects.set(key, stored);
    this.#tell({ type: old === undefined ? 'ADDED' : 'MODIFIED', object: stored }, old);
    return stored;
  }

  /** Deletes an object; returns its last state, with the version of the deletion. */
  remove(key: string): Stored<T> {
    const old = this.#objects.get(key);
    if (old === undefined) throw new Error(`nothing under ${key}`);
    this.#objects.delete(key);
    this.#version++;
    const metadata = { ...old.metadata, resourceVersion: String(this.#version) };
    const last: Stored<T> = { ...old, metadata };
    this.#tell({ type: 'DELETED', object: last }, old);
    return last;
  }

  /** Forgets the history: older versions are answered with 410. */
  compact(): void {
    this.#compacted = this.#version;
    this.#history.length = 0;
  }

  /** Starts over as if restored from a backup: the same objects, lower versions. */
  restore(to: { readonly version: number; readonly objects: readonly Stored<T>[] }): void {
    this.#objects.clear();
    for (const object of to.objects) this.#objects.set(keyOf(object), object);
    this.#version = to.version;
    this.compact();
  }

  bookmark(): void {
    for (const watch of this.#watches) {
      if (watch.from > this.#version) continue;
      this.#send(watch, {
        type: 'BOOKMARK',
        object: { metadata: { resourceVersion: this.version } },
      });
    }
  }

  /** Sends a change to the open watches although nothing happened, as a faulty server might. */
  sendRaw(change: Change): void {
    for (const watch of this.#watches) this.#send(watch, change);
  }

  /** Ends the open watches, with an error or in good order. */
  cut(error?: unknown): void {
    for (const watch of this.#watches) this.#send(watch, error === undefined ? 'end' : { error });
  }

  async listStream<O extends KubernetesObject>(
    _resource: Resource<O>,
    options: ListStreamOptions,
  ): Promise<ListStream<O>> {
    const { signal, ...query } = options;
    this.#admit({ verb: 'list', ...query });
    if (this.isMute) await abortion(signal);
    const { resourceVersion = '' } = options;
    if (resourceVersion !== '' && Number(resourceVersion) > this.#version) throw tooLarge();
    const isFromCache = resourceVersion !== '';
    const picture = isFromCache && this.lagging !== undefined ? this.lagging : this.snapshot();
    const all = picture.objects.filter((object) => selects(options, object));
    const from = Number(options.continue ?? 0);
    const end = options.limit === undefined ? all.length : from + options.limit;
    const metadata: { resourceVersion?: string; continue?: string } = {};
    const { beforeItem } = this;
    async function* items(): AsyncGenerator<Stored<O>> {
      for (const [index, object] of all.slice(from, end).entries()) {
        const error = beforeItem(from + index);
        if (error !== undefined) throw error;
        signal?.throwIfAborted();
        yield object as unknown as Stored<O>; // the collection of this resource
      }
      metadata.resourceVersion = String(picture.version);
      if (end < all.length) metadata.continue = String(end);
    }
    return { metadata, items: items() };
  }

  async *watch<O extends KubernetesObject>(
    _resource: Resource<O>,
    options: WatchOptions,
  ): AsyncGenerator<WatchChange<O>> {
    const { signal, ...query } = options;
    this.#admit({ verb: 'watch', ...query });
    const from = Number(options.resourceVersion ?? '0');
    if (options.sendInitialEvents !== true && from < this.#compacted) throw expired();
    // Like a real server, it takes a version of the future, and is silent until that is past.
    const watch: OpenWatch = { options, from, waiting: [], wake: () => undefined };
    if (options.sendInitialEvents === true) this.#sendInitialEvents(watch);
    else for (const entry of this.#history) this.#offer(watch, entry);
    const onAbort = (): void => {
      watch.wake();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#watches.add(watch);
    try {
      for (;;) {
        signal.throwIfAborted();
        const next = this.isSlow ? undefined : watch.waiting.shift();
        if (next === 'end') return;
        if (next === undefined) await new Promise<void>((resolve) => (watch.wake = resolve));
        else if ('error' in next) throw next.error;
        else yield next as WatchChange<O>; // the collection of this resource
      }
    } finally {
      this.#watches.delete(watch);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #admit(request: SeenRequest): void {
    this.requests.push(request);
    const refusal = this.refuse(request);
    if (refusal !== undefined) throw refusal;
  }

  #sendInitialEvents(watch: OpenWatch): void {
    for (const object of this.#objects.values()) {
      if (selects(watch.options, object)) this.#send(watch, { type: 'ADDED', object });
    }
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    this.#send(watch, {
      type: 'BOOKMARK',
      object: { metadata: { resourceVersion: this.version, annotations } },
    });
  }

  #tell(change: Change, old: Stored<T> | undefined): void {
    const entry = {
      version: this.#version,
      change,
      ...(old === undefined ? {} : { old }),
    };
    this.#history.push(entry);
    for (const watch of this.#watches) this.#offer(watch, entry);
  }

  /** A watch sees an object come when it begins to be selected, and go when it ceases to be. */
  #offer(watch: OpenWatch, entry: HistoryEntry<T>): void {
    const { change, old } = entry;
    if (change.type === 'BOOKMARK' || entry.version <= watch.from) return;
    const was = old !== undefined && selects(watch.options, old);
    const is = change.type !== 'DELETED' && selects(watch.options, change.object);
    if (!was && !is) return;
    const type = was ? (is ? 'MODIFIED' : 'DELETED') : 'ADDED';
    this.#send(watch, { type, object: change.object });
  }

  #send(watch: OpenWatch, what: OpenWatch['waiting'][number]): void {
    watch.waiting.push(what);
    watch.wake();
  }
}

/** The server's answer of a code, with what it would say. */
export function refusal(
  code: number,
  reason: string,
  message: string,
  more: object = {},
): StatusError {
  return new StatusError({ kind: 'Status', status: 'Failure', code, reason, message, ...more });
}

/** 410. */
export function expired(): StatusError {
  return refusal(410, 'Expired', 'too old resource version');
}

function tooLarge(): StatusError {
  return refusal(504, 'Timeout', 'Timeout: Too large resource version: 9, current: 5', {
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    },
  });
}

function selects(selection: Selection, object: KubernetesObject): boolean {
  const { namespace, labelSelector = '' } = selection;
  return (
    (namespace === undefined || object.metadata.namespace === namespace) &&
    parseLabelSelector(labelSelector).matches(object.metadata.labels ?? {})
  );
}

async function abortion(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener(
      'abort',
      () => {
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}
