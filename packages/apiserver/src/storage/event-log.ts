import type { StoredRecord } from './stored-record.ts';

/** One change in the log of a collection. */
export interface LogEntry {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  /** The version that this change made; for DELETED the last state under the revision of its deletion. */
  readonly record: StoredRecord;
  /** The version before; undefined for ADDED. */
  readonly previous: StoredRecord | undefined;
}

/**
 * The recent changes of one collection, oldest first, bounded. Lists at an old revision and all watches are served
 * from it; a reader keeps only a revision, never a queue of its own, so a slow watcher costs nothing and finds out
 * by itself that the log has moved on.
 */
export class EventLog {
  readonly #capacity: number;
  /** Ascending by revision. Entries before `#start` are dropped and not yet cut off. */
  #entries: LogEntry[] = [];
  #start = 0;
  /** All changes after this revision are in the log. */
  #droppedRevision: number;
  /** New readers are refused below this revision; never less than `#droppedRevision`. */
  #compactedRevision: number;
  readonly #waiters = new Set<() => void>();

  /** @param compactedRevision what happened up to here is not in the log */
  constructor(capacity: number, compactedRevision: number) {
    this.#capacity = capacity;
    this.#droppedRevision = compactedRevision;
    this.#compactedRevision = compactedRevision;
  }

  /** Who wants to begin reading needs a revision not below this one. */
  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  append(entry: LogEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length - this.#start > this.#capacity) {
      const dropped = this.#entries[this.#start];
      this.#start += 1;
      if (dropped !== undefined) {
        this.#droppedRevision = dropped.revision;
        this.#compactedRevision = Math.max(this.#compactedRevision, dropped.revision);
      }
      // Cutting in large steps keeps an append O(1) on average.
      if (this.#start > this.#capacity) {
        this.#entries = this.#entries.slice(this.#start);
        this.#start = 0;
      }
    }
    this.wake();
  }

  /**
   * Refuses new readers below `revision` from now on. Those who read already are not robbed of changes they have yet
   * to see.
   */
  compact(revision: number): void {
    this.#compactedRevision = Math.max(this.#compactedRevision, revision);
  }

  /**
   * Up to `limit` changes after `revision`, oldest first; undefined when some of them are forgotten.
   */
  after(revision: number, limit: number): readonly LogEntry[] | undefined {
    if (revision < this.#droppedRevision) return undefined;
    const first = this.#indexAfter(revision);
    return this.#entries.slice(first, first + limit);
  }

  /** All changes after `revision`, newest first; undefined when new readers are refused there. */
  undo(revision: number): readonly LogEntry[] | undefined {
    if (revision < this.#compactedRevision) return undefined;
    return this.after(revision, Number.POSITIVE_INFINITY)?.toReversed();
  }

  /** Calls back once at the next change of the log. */
  onNext(callback: () => void): Disposable {
    this.#waiters.add(callback);
    return { [Symbol.dispose]: () => void this.#waiters.delete(callback) };
  }

  /** Lets everyone who waits look again. */
  wake(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter();
  }

  #indexAfter(revision: number): number {
    let low = this.#start;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      // It is there: `middle` lies between the bounds.
      if (entry !== undefined && entry.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
