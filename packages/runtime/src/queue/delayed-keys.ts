import type { Clock, Timer } from '../clock/clock.ts';
import { IndexedHeap, type HeapEntry } from '../clock/indexed-heap.ts';
import type { QueuePriority } from '../metrics/instruments.ts';

interface Delayed<K> {
  readonly key: K;
  priority: QueuePriority;
}

/**
 * Keys that become ready later. However many they are, one timer waits for the earliest.
 *
 * Guarantees: a key is held once, with the earliest of the times and the highest of the priorities it was given; O(log n).
 */
export class DelayedKeys<K> {
  readonly #clock: Clock;
  readonly #onDue: (key: K, priority: QueuePriority) => void;
  /** Invariant: holds the same keys as `#heap`. */
  readonly #entries = new Map<K, HeapEntry<Delayed<K>>>();
  readonly #heap = new IndexedHeap<Delayed<K>>();
  #timer: Timer | undefined;
  /** When `#timer` fires. Invariant: at or before the earliest key, Infinity when there is no timer. */
  #armedForMs = Infinity;

  constructor(clock: Clock, onDue: (key: K, priority: QueuePriority) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  add(key: K, dueMs: number, priority: QueuePriority): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#entries.set(key, this.#heap.insert(dueMs, { key, priority }));
    } else {
      if (priority === 'normal') entry.value.priority = 'normal';
      if (dueMs < entry.order) this.#heap.move(entry, dueMs);
    }
    this.#arm();
  }

  clear(): void {
    this.#entries.clear();
    this.#heap.clear();
    this.#disarm();
  }

  #arm(): void {
    const earliestMs = this.#heap.first()?.order;
    if (earliestMs === undefined || earliestMs >= this.#armedForMs) return;
    this.#timer?.[Symbol.dispose]();
    this.#armedForMs = earliestMs;
    this.#timer = this.#clock.schedule(earliestMs - this.#clock.monotonicMs(), () => {
      this.#disarm();
      this.#release();
      this.#arm();
    });
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#armedForMs = Infinity;
  }

  #release(): void {
    const nowMs = this.#clock.monotonicMs();
    for (;;) {
      const first = this.#heap.first();
      if (first === undefined || first.order > nowMs) return;
      this.#heap.remove(first);
      this.#entries.delete(first.value.key);
      this.#onDue(first.value.key, first.value.priority);
    }
  }
}
