import type { Clock } from '../clock/clock.ts';
import {
  noInstruments,
  type Instruments,
  type QueueInstruments,
  type QueuePriority,
} from '../metrics/instruments.ts';
import { DelayedKeys } from './delayed-keys.ts';
import { ExponentialBackoff, type RateLimiter } from './rate-limiter.ts';
import { ReadyKeys, type AgeingOptions } from './ready-keys.ts';

/** Options of a {@link WorkQueue}. */
export interface WorkQueueOptions<K> {
  /** Name in metrics. */
  readonly name: string;
  readonly clock: Clock;
  /** Keeps failed keys back. Default: {@link ExponentialBackoff} from 5 ms to 1000 s. */
  readonly rateLimiter?: RateLimiter<K>;
  /** How turns are shared between the priorities. */
  readonly ageing?: AgeingOptions;
  /** Default: reports nothing. */
  readonly instruments?: Instruments;
}

/** How a key enters the queue. */
export interface AddOptions {
  /** Default `normal`. A waiting key of low priority is lifted by an add of normal priority, never lowered. */
  readonly priority?: QueuePriority;
}

interface Work {
  readonly startedMs: number;
  /** Set when the key was added while it is worked on: it runs again afterwards. */
  again: { priority: QueuePriority; readonly addedMs: number } | undefined;
}

interface Waiter<K> {
  readonly resolve: (key: K | undefined) => void;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
}

/**
 * Hands out keys that need work: each once however often it was added, and never to two workers at a time.
 *
 * Guarantees:
 * - A key added while it is worked on is handed out again after that work ends.
 * - A failed key waits for its backoff, unless somebody adds it for another reason.
 * - Low priority yields to normal priority and does not starve.
 * - No operation costs more than O(log n); all delays share one timer.
 *
 * Assumptions: keys are compared as in a Map (use strings); whoever gets a key calls {@link done} with it.
 *
 * @example
 * ```ts
 * for (;;) {
 *   const key = await queue.get(signal);
 *   if (key === undefined) break;
 *   try { await work(key); queue.forget(key); }
 *   catch { queue.addRateLimited(key); }
 *   finally { queue.done(key); }
 * }
 * ```
 */
export class WorkQueue<K> {
  readonly #clock: Clock;
  readonly #rateLimiter: RateLimiter<K>;
  readonly #instruments: QueueInstruments;
  /** Keys to hand out. Invariant: none of them is in `#working`; empty while somebody waits in `#waiters`. */
  readonly #ready: ReadyKeys<K>;
  /** Keys that become ready later; they may be ready or worked on at the same time for another reason. */
  readonly #delayed: DelayedKeys<K>;
  /** Keys handed out and not done. */
  readonly #working = new Map<K, Work>();
  /** Callers of `get`, longest waiting first. Invariant: empty after shutdown. */
  readonly #waiters = new Set<Waiter<K>>();
  /** Resolved when the queue is shut down and `#working` is empty. */
  readonly #drained = Promise.withResolvers<undefined>();
  #isShutDown = false;

  constructor(options: WorkQueueOptions<K>) {
    this.#clock = options.clock;
    this.#rateLimiter = options.rateLimiter ?? new ExponentialBackoff<K>();
    this.#ready = new ReadyKeys(options.ageing);
    this.#delayed = new DelayedKeys(options.clock, (key, priority) => {
      this.add(key, { priority });
    });
    this.#instruments = (options.instruments ?? noInstruments).queue(options.name, {
      unfinishedWorkSeconds: () => this.#unfinishedWorkSeconds(),
      longestRunningSeconds: () => this.#longestRunningSeconds(),
    });
  }

  /** Keys ready to be handed out; neither delayed keys nor those being worked on. */
  get depth(): number {
    return this.#ready.size;
  }

  /** Keys that wait for their time. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Keys handed out and not done. */
  get working(): number {
    return this.#working.size;
  }

  /** The keys handed out and not done, longest running first. */
  workingKeys(): K[] {
    return [...this.#working.keys()];
  }

  /** Whether {@link WorkQueue.shutDown} was called. */
  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  /** Makes a key ready now. A no-op after shutdown, and when the key is ready already with the same or a higher priority. */
  add(key: K, options: AddOptions = {}): void {
    if (this.#isShutDown) return;
    const priority = options.priority ?? 'normal';
    const nowMs = this.#clock.monotonicMs();
    const work = this.#working.get(key);
    if (work === undefined) {
      this.#makeReady(key, priority, nowMs, nowMs);
    } else if (work.again === undefined) {
      work.again = { priority, addedMs: nowMs };
      this.#instruments.added();
    } else if (priority === 'normal') {
      work.again.priority = 'normal';
    }
  }

  /**
   * Makes a key ready after a delay; of several delays of one key the shortest counts.
   * The backoff of {@link addRateLimited} neither lengthens nor shortens it.
   *
   * @param delayMs Milliseconds; 0 or less is {@link add}; Infinity is never.
   * @throws TypeError when it is NaN.
   */
  addAfter(key: K, delayMs: number, options: AddOptions = {}): void {
    if (Number.isNaN(delayMs)) throw new TypeError('delayMs must be a number, got NaN');
    if (this.#isShutDown || delayMs === Infinity) return;
    if (delayMs <= 0) {
      this.add(key, options);
      return;
    }
    this.#instruments.retried();
    const dueMs = this.#clock.monotonicMs() + delayMs;
    this.#delayed.add(key, dueMs, options.priority ?? 'normal');
  }

  /** Makes a failed key ready when its backoff is over. */
  addRateLimited(key: K, options: AddOptions = {}): void {
    const nowMs = this.#clock.monotonicMs();
    this.addAfter(key, this.#rateLimiter.retryAt(key, nowMs) - nowMs, options);
  }

  /** Failures of a key since it was last forgotten. */
  failures(key: K): number {
    return this.#rateLimiter.failures(key);
  }

  /** Ends the backoff of a key: its next failure is its first. A retry that is pending still happens. */
  forget(key: K): void {
    this.#rateLimiter.forget(key);
  }

  /**
   * Waits for a key and hands it out.
   *
   * @returns undefined when the queue is shut down, and nothing else will come.
   * @throws `signal.reason` when the signal aborts first; no key is lost and no listener stays behind.
   */
  async get(signal?: AbortSignal): Promise<K | undefined> {
    signal?.throwIfAborted();
    if (this.#isShutDown) return undefined;
    if (this.#ready.size > 0) return this.#handOut();
    const { promise, resolve, reject } = Promise.withResolvers<K | undefined>();
    const waiter: Waiter<K> = {
      resolve,
      signal,
      onAbort: () => {
        this.#dismiss(waiter);
        // The reason is whatever the owner of the signal chose; it is passed on as it is.
        reject(signal?.reason as Error);
      },
    };
    this.#waiters.add(waiter);
    signal?.addEventListener('abort', waiter.onAbort, { once: true });
    return promise;
  }

  /** Ends the work on a key; when it was added meanwhile it is ready again. A no-op for a key that is not handed out. */
  done(key: K): void {
    const work = this.#working.get(key);
    if (work === undefined) return;
    this.#working.delete(key);
    const nowMs = this.#clock.monotonicMs();
    this.#instruments.worked((nowMs - work.startedMs) / 1000);
    if (this.#isShutDown) {
      if (this.#working.size === 0) this.#drained.resolve(undefined);
    } else if (work.again !== undefined) {
      // Counted as an add when it was asked for.
      this.#enqueue(key, work.again.priority, work.again.addedMs, nowMs);
    }
  }

  /** Stops handing out: waiting and delayed keys are dropped, further adds ignored, waiting callers get undefined. May be repeated. */
  shutDown(): void {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    this.#ready.clear();
    this.#delayed.clear();
    this.#instruments.depth(0, 'normal');
    this.#instruments.depth(0, 'low');
    for (const waiter of this.#waiters) {
      this.#dismiss(waiter);
      waiter.resolve(undefined);
    }
    if (this.#working.size === 0) this.#drained.resolve(undefined);
  }

  /** Resolves when the queue is shut down and all work that was handed out is done. */
  async drained(): Promise<void> {
    await this.#drained.promise;
  }

  #makeReady(key: K, priority: QueuePriority, addedMs: number, nowMs: number): void {
    if (this.#enqueue(key, priority, addedMs, nowMs)) this.#instruments.added();
  }

  #enqueue(key: K, priority: QueuePriority, addedMs: number, nowMs: number): boolean {
    const isNew = this.#ready.add(key, priority, addedMs);
    const [waiter] = this.#waiters;
    if (waiter === undefined) {
      this.#reportDepth();
    } else {
      this.#dismiss(waiter);
      waiter.resolve(this.#handOut(nowMs));
    }
    return isNew;
  }

  #handOut(nowMs: number = this.#clock.monotonicMs()): K | undefined {
    const taken = this.#ready.take(nowMs);
    if (taken === undefined) return undefined;
    this.#working.set(taken.key, { startedMs: nowMs, again: undefined });
    this.#instruments.waited((nowMs - taken.addedMs) / 1000);
    this.#reportDepth();
    return taken.key;
  }

  #dismiss(waiter: Waiter<K>): void {
    this.#waiters.delete(waiter);
    waiter.signal?.removeEventListener('abort', waiter.onAbort);
  }

  #reportDepth(): void {
    this.#instruments.depth(this.#ready.count('normal'), 'normal');
    this.#instruments.depth(this.#ready.count('low'), 'low');
  }

  #unfinishedWorkSeconds(): number {
    const nowMs = this.#clock.monotonicMs();
    let totalMs = 0;
    for (const work of this.#working.values()) totalMs += nowMs - work.startedMs;
    return totalMs / 1000;
  }

  #longestRunningSeconds(): number {
    // A Map keeps the order of insertion, and work is inserted when it starts: the first one has run longest.
    const [first] = this.#working.values();
    return first === undefined ? 0 : (this.#clock.monotonicMs() - first.startedMs) / 1000;
  }
}
