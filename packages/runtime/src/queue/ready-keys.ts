import type { QueuePriority } from '../metrics/instruments.ts';

/** How the turns are shared between the priorities. */
export interface AgeingOptions {
  /** Milliseconds a key of low priority yields to all others before it may claim turns. Default 10,000. */
  readonly lowYieldsMs?: number;
  /** After that, every n-th turn goes to the oldest key of low priority; at least 2. Default 4. */
  readonly lowTurnEvery?: number;
}

/**
 * The keys that are ready, in the order in which they are to be handed out.
 *
 * Guarantees: within a priority first in, first out; a key is held once; low priority yields, but once a key of it has
 * waited `lowYieldsMs` it gets every n-th turn, so neither priority ever starves the other. All operations are O(1).
 */
export class ReadyKeys<K> {
  readonly #lowYieldsMs: number;
  readonly #lowTurnEvery: number;
  /** Invariant: a key is in one of the two lines at most. */
  readonly #normal = new Line<K>();
  readonly #low = new Line<K>();
  /** Keys of normal priority taken since one of low priority last was. */
  #normalTurns = 0;

  constructor(options: AgeingOptions = {}) {
    this.#lowYieldsMs = options.lowYieldsMs ?? 10_000;
    this.#lowTurnEvery = options.lowTurnEvery ?? 4;
    if (!(this.#lowYieldsMs >= 0)) throw new RangeError('lowYieldsMs must be 0 or more');
    if (!(this.#lowTurnEvery >= 2)) throw new RangeError('lowTurnEvery must be 2 or more');
  }

  get size(): number {
    return this.#normal.size + this.#low.size;
  }

  count(priority: QueuePriority): number {
    return priority === 'normal' ? this.#normal.size : this.#low.size;
  }

  /** Adds a key, or lifts a waiting key to normal priority. Returns true when the key was not there. */
  add(key: K, priority: QueuePriority, nowMs: number): boolean {
    if (this.#normal.has(key)) return false;
    if (priority === 'low') return this.#low.add(key, nowMs);
    const addedMs = this.#low.remove(key);
    this.#normal.add(key, addedMs ?? nowMs);
    return addedMs === undefined;
  }

  /** Takes the key whose turn it is. */
  take(nowMs: number): { readonly key: K; readonly addedMs: number } | undefined {
    const line = this.#isTurnOfLow(nowMs) ? this.#low : this.#normal;
    this.#normalTurns = line === this.#low ? 0 : this.#normalTurns + 1;
    return line.take();
  }

  clear(): void {
    this.#normal.clear();
    this.#low.clear();
  }

  #isTurnOfLow(nowMs: number): boolean {
    if (this.#normal.size === 0) return true;
    const oldest = this.#low.first();
    return (
      oldest !== undefined &&
      nowMs - oldest.addedMs >= this.#lowYieldsMs &&
      this.#normalTurns + 1 >= this.#lowTurnEvery
    );
  }
}

interface Place<K> {
  readonly key: K;
  readonly addedMs: number;
  previous: Place<K> | undefined;
  next: Place<K> | undefined;
}

/** A first-in-first-out line from whose middle keys can leave; a Map alone gets slow at its front when it is large. */
class Line<K> {
  /** Invariant: holds the places that are linked from `#head` to `#tail`, and no others. */
  readonly #places = new Map<K, Place<K>>();
  #head: Place<K> | undefined;
  #tail: Place<K> | undefined;

  get size(): number {
    return this.#places.size;
  }

  has(key: K): boolean {
    return this.#places.has(key);
  }

  first(): { readonly addedMs: number } | undefined {
    return this.#head;
  }

  /** False when the key is in the line already; it then keeps its place. */
  add(key: K, addedMs: number): boolean {
    if (this.#places.has(key)) return false;
    const place: Place<K> = { key, addedMs, previous: this.#tail, next: undefined };
    if (this.#tail === undefined) this.#head = place;
    else this.#tail.next = place;
    this.#tail = place;
    this.#places.set(key, place);
    return true;
  }

  /** Returns when the key was added, undefined when it is not in the line. */
  remove(key: K): number | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    this.#places.delete(key);
    if (place.previous === undefined) this.#head = place.next;
    else place.previous.next = place.next;
    if (place.next === undefined) this.#tail = place.previous;
    else place.next.previous = place.previous;
    return place.addedMs;
  }

  take(): { readonly key: K; readonly addedMs: number } | undefined {
    const place = this.#head;
    if (place === undefined) return undefined;
    this.remove(place.key);
    return { key: place.key, addedMs: place.addedMs };
  }

  clear(): void {
    this.#places.clear();
    this.#head = undefined;
    this.#tail = undefined;
  }
}
