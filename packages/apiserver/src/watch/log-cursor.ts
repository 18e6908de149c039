import type { Clock } from '../contracts.ts';
import type { LogEntry } from '../storage/event-log.ts';
import type { MemoryStore } from '../storage/memory-store.ts';
import { pause } from './pause.ts';

/** What a cursor has to say next. */
export type CursorStep =
  /** Changes, oldest first, at least one. */
  | { readonly kind: 'changes'; readonly entries: readonly LogEntry[] }
  /** Nothing happened until the deadline. */
  | { readonly kind: 'quiet' }
  /** The reader was so slow that changes it has not seen are forgotten. */
  | { readonly kind: 'behind' }
  /** The signal was aborted. */
  | { readonly kind: 'aborted' };

/** Changes taken from the log at once. */
const BATCH = 100;

/**
 * A reader's place in the log of one collection.
 *
 * Invariant: every change up to `revision` was handed out, so `revision` may be told to the client as a bookmark.
 */
export class LogCursor {
  readonly #store: MemoryStore;
  readonly #storageKey: string;
  readonly #clock: Clock;
  #revision: number;

  constructor(store: MemoryStore, storageKey: string, clock: Clock, revision: number) {
    this.#store = store;
    this.#storageKey = storageKey;
    this.#clock = clock;
    this.#revision = revision;
  }

  /** Everything up to here was handed out. */
  get revision(): number {
    return this.#revision;
  }

  /** Waits for changes until `deadlineMs` (epoch) or until a signal aborts. */
  async next(deadlineMs: number, signals: readonly AbortSignal[]): Promise<CursorStep> {
    for (;;) {
      if (signals.some((signal) => signal.aborted)) return { kind: 'aborted' };
      const { log } = this.#store.collection(this.#storageKey);
      const entries = log.after(this.#revision, BATCH);
      if (entries === undefined) return { kind: 'behind' };
      const last = entries.at(-1);
      if (last !== undefined) {
        this.#revision = last.revision;
        return { kind: 'changes', entries };
      }
      // Nothing of this kind happened up to the present; other kinds have moved the revision on.
      this.#revision = Math.max(this.#revision, this.#store.revision);
      const waitMs = deadlineMs - this.#clock.now();
      if (waitMs <= 0) return { kind: 'quiet' };
      await pause({
        clock: this.#clock,
        delayMs: waitMs,
        signals,
        until: (wake) => log.onNext(wake),
      });
    }
  }
}
