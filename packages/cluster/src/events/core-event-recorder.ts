import { Event, formatTime, isNotFound, type ObjectReference } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { EventCorrelator, type Correlation, type Occurrence } from './event-correlator.ts';

/** Who writes Events, and with what. */
export interface CoreEventRecorderOptions {
  readonly client: Client;
  /** Name of the component, such as `replicaset-controller`; shown under "From" by kubectl. */
  readonly component: string;
  /** Node the component speaks for; the kubelet's own. Default: none. */
  readonly host?: string | undefined;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly nowMs?: () => number;
  /** Told of an Event that could not be written, after the last try. Default: nobody. */
  readonly onDrop?: (error: unknown) => void;
}

/** What the component saw; the namespace is that of the object, `default` for a cluster-scoped one. */
export type RecordedOccurrence = Occurrence;

/** Most Events that wait to be sent; more are dropped. */
const maxWaiting = 1000;
const maxAttempts = 5;
const firstDelayMs = 100;

/**
 * Writes core/v1 Events as the built-in components of Kubernetes do: one object per thing that happened,
 * with a count and the first and last time it was seen.
 *
 * Guarantees: never throws, keeps the order, and repeats nothing that the server has taken.
 */
export class CoreEventRecorder {
  readonly #options: CoreEventRecorderOptions;
  readonly #correlator = new EventCorrelator();
  readonly #nowMs: () => number;
  /** The sending of what was recorded so far; each Event is sent after the one before it. */
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** Makes names different that are made in the same millisecond. */
  #sequence = 0;
  readonly #stopped = new AbortController();

  constructor(options: CoreEventRecorderOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** Records one thing that happened. Returns at once. */
  record(occurrence: RecordedOccurrence): void {
    if (this.#stopped.signal.aborted || this.#waiting >= maxWaiting) return;
    const atMs = this.#nowMs();
    this.#waiting += 1;
    this.#tail = this.#tail
      .then(() => this.#send(occurrence, atMs))
      .catch((error: unknown) => this.#options.onDrop?.(error))
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  /** Resolves when all that was recorded has been sent or given up. */
  async flush(): Promise<void> {
    await this.#tail;
  }

  /** Takes no more, gives up what waits, and resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#tail;
  }

  async #send(occurrence: Occurrence, atMs: number): Promise<void> {
    const correlation = this.#correlator.correlate(occurrence, atMs);
    if (correlation.type === 'drop') return;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#write(occurrence, correlation, atMs);
        return;
      } catch (error) {
        if (attempt === maxAttempts || this.#stopped.signal.aborted || !isWorthRetrying(error))
          throw error;
        await delay(firstDelayMs * 2 ** attempt, this.#stopped.signal);
      }
    }
  }

  async #write(
    occurrence: Occurrence,
    correlation: Exclude<Correlation, { type: 'drop' }>,
    atMs: number,
  ): Promise<void> {
    const { client } = this.#options;
    const { signal } = this.#stopped;
    const namespace = occurrence.involvedObject.namespace ?? 'default';
    const now = formatTime(new Date(atMs));
    if (correlation.type === 'count') {
      const { key, eventName: name, count, message, firstTimestamp } = correlation;
      try {
        const body = { count, message, lastTimestamp: now };
        await client.patch(Event, { name, namespace }, { type: 'merge', body }, { signal });
        this.#correlator.wrote(key, name, count, firstTimestamp);
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
        this.#correlator.forget(key); // it has expired: begin anew
      }
    }
    const name = this.#nameFor(occurrence.involvedObject, atMs);
    const event = this.#eventFor(occurrence, correlation.message, name, namespace, now);
    await client.create(Event, event, { signal });
    this.#correlator.wrote(correlation.key, name, 1, now);
  }

  #nameFor(object: ObjectReference, atMs: number): string {
    this.#sequence = (this.#sequence + 1) % 1_000_000;
    const nanoseconds = BigInt(atMs) * 1_000_000n + BigInt(this.#sequence);
    return `${object.name ?? ''}.${nanoseconds.toString(16)}`;
  }

  #eventFor(
    occurrence: Occurrence,
    message: string,
    name: string,
    namespace: string,
    now: string,
  ): Event {
    const { component, host } = this.#options;
    const { involvedObject, reason, type } = occurrence;
    return {
      metadata: { name, namespace },
      involvedObject,
      reason,
      message,
      type,
      source: { component, ...(host === undefined ? {} : { host }) },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
  }
}

/** A refusal stays a refusal; anything else may pass. */
function isWorthRetrying(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code !== 'number' || code >= 500 || code === 429;
}

async function delay(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(finish, ms);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    }
    signal.addEventListener('abort', finish);
    if (signal.aborted) finish();
  });
}
