import { IndexedHeap, type HeapEntry } from './indexed-heap.ts';

/** Delays in order of their due time; the part that a real and a fake clock share. */
export class TimerHeap {
  readonly #heap = new IndexedHeap<() => void>();

  get size(): number {
    return this.#heap.size;
  }

  /** Due time of the earliest delay, undefined when there is none. */
  earliest(): number | undefined {
    return this.#heap.first()?.order;
  }

  insert(dueMs: number, callback: () => void): HeapEntry<() => void> {
    return this.#heap.insert(dueMs, callback);
  }

  remove(entry: HeapEntry<() => void>): boolean {
    return this.#heap.remove(entry);
  }

  /** Takes out the earliest callback when it is due; undefined when none is. */
  takeDue(nowMs: number): (() => void) | undefined {
    const first = this.#heap.first();
    if (first === undefined || first.order > nowMs) return undefined;
    this.#heap.remove(first);
    return first.value;
  }
}
