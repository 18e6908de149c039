/** The values under which an object is found in an index; none leaves it out, repeated ones count once. */
export type IndexFunction<V> = (object: V) => readonly string[];

/**
 * Finds keys by values computed from their objects.
 *
 * Guarantees: the cost of a change depends on the values of that object, the cost of a read on the matches. A bucket
 * that gets empty is dropped.
 */
export class SecondaryIndex<V> {
  readonly #valuesOf: IndexFunction<V>;
  readonly #onError: (error: unknown) => void;
  /** Keys by value. Invariant: no bucket is empty. One key alone is kept without a Set, which is most of the memory of owner indexes. */
  readonly #buckets = new Map<string, string | Set<string>>();
  /**
   * The values under which a key is filed, remembered so that a changed object is found where it was put.
   * Invariant: `#buckets` holds a key under exactly these; keys without values are absent.
   */
  readonly #filed = new Map<string, readonly string[]>();

  /** @param onError hears of a function that threw; the object is then left out of this index */
  constructor(valuesOf: IndexFunction<V>, onError: (error: unknown) => void) {
    this.#valuesOf = valuesOf;
    this.#onError = onError;
  }

  /** Buckets that hold a key. */
  get bucketCount(): number {
    return this.#buckets.size;
  }

  /** Files an object, or files it anew after a change. */
  set(key: string, object: V): void {
    const before = this.#filed.get(key);
    const after = this.#compute(object);
    if (before !== undefined) {
      if (sameValues(before, after)) return;
      for (const value of before) if (!after.includes(value)) this.#takeOut(value, key);
    }
    for (const value of after) if (before?.includes(value) !== true) this.#putIn(value, key);
    if (after.length === 0) this.#filed.delete(key);
    else this.#filed.set(key, after);
  }

  delete(key: string): void {
    for (const value of this.#filed.get(key) ?? []) this.#takeOut(value, key);
    this.#filed.delete(key);
  }

  /** The keys filed under a value. Must not be kept: the answer may change with the index. */
  keys(value: string): Iterable<string> {
    const bucket = this.#buckets.get(value);
    if (bucket === undefined) return [];
    return typeof bucket === 'string' ? [bucket] : bucket;
  }

  #compute(object: V): readonly string[] {
    try {
      const values = this.#valuesOf(object);
      return values.length > 1 ? [...new Set(values)] : values;
    } catch (error) {
      this.#onError(error);
      return [];
    }
  }

  #putIn(value: string, key: string): void {
    const bucket = this.#buckets.get(value);
    if (bucket === undefined) this.#buckets.set(value, key);
    else if (typeof bucket === 'string') this.#buckets.set(value, new Set([bucket, key]));
    else bucket.add(key);
  }

  #takeOut(value: string, key: string): void {
    const bucket = this.#buckets.get(value);
    if (bucket === key) this.#buckets.delete(value);
    else if (typeof bucket === 'object' && bucket.delete(key) && bucket.size === 0) {
      this.#buckets.delete(value);
    }
  }
}

function sameValues(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
