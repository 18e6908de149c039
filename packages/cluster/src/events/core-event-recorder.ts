import {
  Event,
  formatTime,
  isNotFound,
  StatusError,
  type DeepReadonly,
  type KubernetesObject,
  type ObjectMeta,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { EventCorrelator, type EventInput } from './event-correlator.ts';

/** A change of an Event that is stored already. */
export interface EventRepeat {
  readonly count: number;
  readonly lastTimestamp: string;
  readonly message: string;
}

/** Where Events are stored. Errors are `StatusError`s when the server refuses. */
export interface EventApi {
  createEvent(event: Event): Promise<{ readonly metadata: ObjectMeta }>;
  repeatEvent(namespace: string, name: string, repeat: EventRepeat): Promise<void>;
}

/** What a recorder gets its time from. */
export interface EventClock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Rejects with the signal's reason when it aborts first. */
  after(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** Who writes Events, with what. */
export interface CoreEventRecorderOptions {
  readonly api: EventApi;
  readonly clock: EventClock;
  /** Name of the component, such as `replicaset-controller`; kubectl shows it under "From". */
  readonly component: string;
  /** Node the component speaks for. Default: none. */
  readonly host?: string;
}

/** Events waiting to be written at most; more are dropped, as in client-go. */
const maxQueued = 1000;
/** Tries to write one event, and the pause between them in milliseconds. client-go: 12 tries, 10 s apart. */
const maxTries = 12;
const retryMs = 10_000;

/**
 * Writes core/v1 Events the way the components of Kubernetes do: repeated ones raise a count, floods are held
 * back, nothing waits for the write. Errors of the server never reach those who record.
 */
export class CoreEventRecorder {
  readonly #options: CoreEventRecorderOptions;
  readonly #correlator = new EventCorrelator();
  readonly #queue: { readonly input: EventInput; readonly atMs: number }[] = [];
  /** The loop that writes; runs while something is queued. */
  #writing: Promise<void> | undefined;
  readonly #stop = new AbortController();
  /** Makes names of events of the same millisecond differ. */
  #sequence = 0;

  constructor(options: CoreEventRecorderOptions) {
    this.#options = options;
  }

  /** Tells something. */
  record(input: EventInput): void {
    if (this.#stop.signal.aborted || this.#queue.length >= maxQueued) return;
    this.#queue.push({ input, atMs: this.#options.clock.now() });
    this.#writing ??= this.#drain();
  }

  /** Tells something of a stored object. */
  recordOn(
    { apiVersion, kind, metadata }: DeepReadonly<Stored<KubernetesObject>>,
    type: EventInput['type'],
    reason: string,
    message: string,
  ): void {
    const { name, namespace, uid, resourceVersion } = metadata;
    const involvedObject = { kind, namespace, name, uid, apiVersion, resourceVersion };
    this.record({ involvedObject, type, reason, message });
  }

  /** Resolves when all that was recorded is written or given up. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Stops; what is still queued is tried once more without waiting. May be repeated. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      await this.#write(next.input, next.atMs);
    }
    this.#writing = undefined;
  }

  async #write(input: EventInput, atMs: number): Promise<void> {
    const decision = this.#correlator.decide(input, atMs);
    if (decision.kind === 'drop') return;
    const { event, count, firstMs, lastMs, key } = decision;
    const { component, host = '' } = this.#options;
    const namespace = event.involvedObject.namespace ?? 'default';
    const lastTimestamp = formatTime(new Date(lastMs));
    let name = decision.kind === 'repeat' ? decision.name : undefined;
    for (let tries = 1; tries <= maxTries; tries += 1) {
      try {
        if (name !== undefined) {
          await this.#options.api.repeatEvent(namespace, name, {
            count,
            lastTimestamp,
            message: event.message,
          });
          return;
        }
        const created = await this.#options.api.createEvent({
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { namespace, name: this.#nameFor(event, lastMs) },
          involvedObject: event.involvedObject,
          reason: event.reason,
          message: event.message,
          source: { component, ...(host === '' ? {} : { host }) },
          firstTimestamp: formatTime(new Date(firstMs)),
          lastTimestamp,
          count,
          type: event.type,
          reportingComponent: component,
          reportingInstance: host,
        });
        if (created.metadata.name !== undefined)
          this.#correlator.stored(key, created.metadata.name);
        return;
      } catch (error) {
        if (name !== undefined && isNotFound(error)) {
          name = undefined;
          this.#correlator.lost(key);
          continue;
        }
        // The server's word is final (namespace being deleted, forbidden); no word at all may become one.
        if (error instanceof StatusError && error.code < 500) return;
        if (this.#stop.signal.aborted) return;
        await this.#options.clock.after(retryMs, this.#stop.signal).catch(() => undefined);
      }
    }
  }

  #nameFor(event: EventInput, atMs: number): string {
    this.#sequence = (this.#sequence + 1) % 1_000_000;
    const nanos = BigInt(atMs) * 1_000_000n + BigInt(this.#sequence);
    return `${event.involvedObject.name ?? ''}.${nanos.toString(16)}`;
  }
}

/** Stores Events through a client. */
export function eventsThrough(client: Client): EventApi {
  return {
    createEvent: (event) => client.create(Event, event),
    repeatEvent: async (namespace, name, repeat) => {
      await client.patch(Event, { name, namespace }, { type: 'merge', body: repeat });
    },
  };
}
