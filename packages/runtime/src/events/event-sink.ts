import {
  EventsV1Event,
  formatMicroTime,
  isAlreadyExists,
  isNotFound,
  StatusError,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { aborted } from '../cancellation/aborted.ts';
import { linkAbort } from '../cancellation/linked-abort.ts';
import type { Clock } from '../clock/clock.ts';
import { SystemClock } from '../clock/system-clock.ts';
import type { Logger } from '../logging/logger.ts';
import { silentLogger } from '../logging/silent-logger.ts';
import type { EventOutcome } from '../metrics/event-metrics.ts';
import { uniqueEventName } from './event-name.ts';
import { SeriesIndex } from './event-series.ts';
import type { EventSeries } from './event-series.ts';
import { SpamFilter } from './spam-filter.ts';

/** What Events are written with. */
export type EventClient = Pick<Client, 'create' | 'patch'>;

/** Bounds and rates of the queue of Events. */
export interface EventSinkOptions {
  readonly client: EventClient;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
  readonly spamFilter?: SpamFilter | undefined;
  /** Events that may wait to be written; further ones are dropped and counted. Default 1000, as in client-go. */
  readonly maxQueued?: number | undefined;
  /** Requests at once. Default 4. */
  readonly concurrency?: number | undefined;
  /** Tries of one Event before it is given up. Default 12, as in client-go. */
  readonly maxAttempts?: number | undefined;
  /** Time for what still waits when the process ends, in milliseconds. Default 5000. */
  readonly flushMs?: number | undefined;
  /** Told what became of each Event. */
  readonly onOutcome?: ((outcome: EventOutcome) => void) | undefined;
  /** Spreads the retries; in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** First pause before a retry, and the longest, in milliseconds. */
const [firstBackoffMs, maxBackoffMs] = [500, 30_000];

/** Longest time for one request, in milliseconds. */
const attemptTimeoutMs = 10_000;

/** How often the same refusal in the same namespace is logged, in milliseconds. */
const complaintGapMs = 300_000;

/**
 * Takes Events from everywhere in a process and writes them in the background: identical ones as one Event with a growing series,
 * few per object, retried while that makes sense.
 *
 * Guarantees: {@link EventSink.offer} never throws and never waits; memory is bounded; when `start` resolves all that could be
 * written within `flushMs` is written.
 */
export class EventSink {
  readonly name = 'events';
  /** Events are for standbys too. */
  readonly needsLeaderElection = false;
  readonly #client: EventClient;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #spamFilter: SpamFilter;
  readonly #limits: {
    readonly maxQueued: number;
    readonly concurrency: number;
    readonly maxAttempts: number;
    readonly flushMs: number;
  };
  readonly #onOutcome: (outcome: EventOutcome) => void;
  readonly #random: () => number;
  readonly #index = new SeriesIndex();
  // First in, first out. Invariant: each of them has isQueued.
  readonly #queue: EventSeries[] = [];
  // Those of the workers that have nothing to do.
  readonly #sleepers = new Set<() => void>();
  // When a refusal was last logged, by namespace and code.
  readonly #complaints = new Map<string, number>();

  constructor(options: EventSinkOptions) {
    this.#client = options.client;
    this.#logger = options.logger ?? silentLogger;
    this.#clock = options.clock ?? new SystemClock();
    this.#spamFilter = options.spamFilter ?? new SpamFilter();
    this.#onOutcome = options.onOutcome ?? (() => undefined);
    this.#random = options.random ?? Math.random;
    this.#limits = {
      maxQueued: options.maxQueued ?? 1000,
      concurrency: options.concurrency ?? 4,
      maxAttempts: options.maxAttempts ?? 12,
      flushMs: options.flushMs ?? 5_000,
    };
  }

  /**
   * Hands over an Event. Never throws; what cannot be taken is dropped, counted and logged.
   *
   * @param isUnique - The Event has a deterministic name: neither aggregated nor held back as spam, because its number is bounded by facts.
   */
  offer(event: EventsV1Event, isUnique: boolean): void {
    const nowMs = this.#clock.monotonicMs();
    const date = new Date(this.#clock.now());
    const running = isUnique ? undefined : this.#index.repeat(event, date, nowMs);
    if (running !== undefined) {
      this.#onOutcome('series');
      this.#wakeOne();
      return;
    }
    if (!isUnique && !this.#spamFilter.take(sourceOf(event), nowMs)) {
      this.#onOutcome('spam');
      this.#complain('too many Events about one object', 'spam', event);
      return;
    }
    if (this.#queue.length >= this.#limits.maxQueued) {
      this.#onOutcome('queue-full');
      this.#complain('the queue of Events is full', 'queue-full', event);
      return;
    }
    this.#enqueue(isUnique ? single(event, date, nowMs) : this.#index.begin(event, date, nowMs));
  }

  /** Writes until the signal aborts, then for at most `flushMs` what still waits. */
  async start(stop: AbortSignal): Promise<void> {
    using flush = linkAbort();
    const onStop = (): void => {
      this.#wakeAll();
    };
    stop.addEventListener('abort', onStop, { once: true });
    const workers = Array.from({ length: this.#limits.concurrency }, () =>
      this.#work(stop, flush.signal),
    );
    try {
      if (!stop.aborted) await aborted(stop);
      using _timer = this.#clock.schedule(this.#limits.flushMs, () => {
        flush.abort(new Error('the time to write the remaining Events is over'));
        this.#wakeAll();
      });
      await Promise.all(workers);
      if (this.#queue.length > 0) {
        this.#logger.warn('Events were lost at the end', { count: this.#queue.length });
      }
    } finally {
      stop.removeEventListener('abort', onStop);
    }
  }

  async #work(stop: AbortSignal, flush: AbortSignal): Promise<void> {
    while (!flush.aborted) {
      const series = this.#next(stop.aborted);
      if (series !== undefined) await this.#deliver(series, flush);
      else if (stop.aborted) return;
      else await this.#sleep(stop);
    }
  }

  #next(isLast: boolean): EventSeries | undefined {
    const waiting = this.#queue.shift();
    if (waiting !== undefined) return waiting;
    for (const series of this.#index.takeDue(this.#clock.monotonicMs(), isLast)) {
      this.#enqueue(series);
    }
    return this.#queue.shift();
  }

  #enqueue(series: EventSeries): void {
    series.isQueued = true;
    this.#queue.push(series);
    this.#wakeOne();
  }

  async #sleep(stop: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      this.#sleepers.delete(wake);
      resolve(undefined);
    };
    this.#sleepers.add(wake);
    const nextDueMs = this.#index.nextDueMs;
    using _timer = this.#clock.schedule(
      nextDueMs === undefined ? Infinity : Math.max(0, nextDueMs - this.#clock.monotonicMs()),
      wake,
    );
    if (stop.aborted) wake();
    await promise;
  }

  #wakeOne(): void {
    const [wake] = this.#sleepers;
    wake?.();
  }

  #wakeAll(): void {
    for (const wake of [...this.#sleepers]) wake();
  }

  /** Writes one Event or its series, retrying; rejects never. */
  async #deliver(series: EventSeries, flush: AbortSignal): Promise<void> {
    try {
      for (let attempt = 1; ; attempt += 1) {
        const error = await this.#tryWrite(series, flush);
        if (error === undefined) return;
        if (flush.aborted) {
          this.#drop(series, 'gave-up', error);
          return;
        }
        if (!isWorthRetrying(error)) {
          this.#drop(series, 'refused', error);
          return;
        }
        if (attempt >= this.#limits.maxAttempts) {
          this.#drop(series, 'gave-up', error);
          return;
        }
        await this.#backOff(attempt, error, flush);
      }
    } finally {
      series.isQueued = false;
    }
  }

  /** One request. The error when it failed; undefined when the server knows the Event. */
  async #tryWrite(series: EventSeries, signal: AbortSignal): Promise<unknown> {
    using attempt = linkAbort(signal);
    using _timer = this.#clock.schedule(attemptTimeoutMs, () => {
      attempt.abort(new Error('the API server did not answer in time'));
    });
    const { count, lastObserved, event } = series;
    const repetition = { count, lastObservedTime: formatMicroTime(lastObserved) };
    const isNew = series.writtenCount === 0;
    try {
      if (isNew) {
        const body = count > 1 ? { ...event, series: repetition } : event;
        await this.#client.create(EventsV1Event, body, { signal: attempt.signal });
      } else {
        await this.#client.patch(
          EventsV1Event,
          { name: event.metadata.name ?? '', namespace: event.metadata.namespace },
          { type: 'merge', body: { series: repetition } },
          { signal: attempt.signal },
        );
      }
    } catch (error) {
      if (!isNew && isNotFound(error)) {
        // The server forgets Events after a while: this occurrence is a new one.
        const metadata = {
          ...event.metadata,
          name: uniqueEventName(event.regarding?.name ?? ''),
        };
        series.event = { ...event, metadata, eventTime: repetition.lastObservedTime };
        series.count -= series.writtenCount;
        series.writtenCount = 0;
        return await this.#tryWrite(series, signal);
      }
      // An earlier try of ours went through without an answer, or the fact was recorded before.
      if (!isNew || !isAlreadyExists(error)) return error ?? new Error('unknown failure');
    }
    series.writtenCount = count;
    series.writtenMs = this.#clock.monotonicMs();
    if (isNew) this.#onOutcome('created');
    return undefined;
  }

  async #backOff(attempt: number, error: unknown, signal: AbortSignal): Promise<void> {
    const exponentialMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** (attempt - 1));
    const askedMs = error instanceof StatusError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const delayMs = Math.max(askedMs, exponentialMs * (0.5 + this.#random() / 2));
    this.#logger.debug('an Event could not be written yet', { attempt, delayMs, error });
    try {
      await this.#clock.after(delayMs, signal);
    } catch {
      // The time to flush is over; the next try finds the signal aborted and gives up.
    }
  }

  #drop(series: EventSeries, outcome: 'refused' | 'gave-up', error: unknown): void {
    this.#onOutcome(outcome);
    // The next occurrence is to try again, not to be counted in a series that the server does not know.
    this.#index.forget(series);
    const code = error instanceof StatusError ? String(error.code) : 'no-answer';
    this.#complain('an Event could not be written', code, series.event, error);
  }

  #complain(message: string, code: string, event: EventsV1Event, error?: unknown): void {
    const nowMs = this.#clock.monotonicMs();
    const key = `${code} ${event.metadata.namespace ?? ''}`;
    const lastMs = this.#complaints.get(key);
    if (lastMs !== undefined && nowMs - lastMs < complaintGapMs) return;
    if (this.#complaints.size >= 1000) this.#complaints.clear();
    this.#complaints.set(key, nowMs);
    this.#logger.warn(message, {
      reason: event.reason,
      regarding: event.regarding,
      ...(error === undefined ? {} : { error }),
    });
  }
}

function single(event: EventsV1Event, date: Date, nowMs: number): EventSeries {
  return {
    event,
    count: 1,
    lastObserved: date,
    lastObservedMs: nowMs,
    writtenCount: 0,
    writtenMs: nowMs,
    isQueued: false,
  };
}

function sourceOf(event: EventsV1Event): string {
  const { regarding } = event;
  return JSON.stringify([
    event.reportingController,
    regarding?.kind,
    regarding?.namespace,
    regarding?.name,
    regarding?.uid,
  ]);
}

/** No answer, or an answer that may be another one later. */
function isWorthRetrying(error: unknown): boolean {
  if (!(error instanceof StatusError)) return true;
  return error.code === 429 || error.code >= 500 || error.code === 401 || error.code === 409;
}
