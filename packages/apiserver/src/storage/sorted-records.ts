import type { StoredRecord } from './stored-record.ts';

/** The current objects of a collection in the order of their keys, with binary search. */
export class SortedRecords {
  /** Invariant: ascending by `orderKey`, no key twice. */
  readonly #records: StoredRecord[];

  constructor(records: readonly StoredRecord[] = []) {
    this.#records = [...records];
  }

  get size(): number {
    return this.#records.length;
  }

  get(orderKey: string): StoredRecord | undefined {
    const record = this.#records[this.#lowerBound(orderKey)];
    return record?.orderKey === orderKey ? record : undefined;
  }

  /** Adds the record or replaces the one with its key. */
  put(record: StoredRecord): void {
    const index = this.#lowerBound(record.orderKey);
    const present = this.#records[index]?.orderKey === record.orderKey;
    this.#records.splice(index, present ? 1 : 0, record);
  }

  delete(orderKey: string): void {
    const index = this.#lowerBound(orderKey);
    if (this.#records[index]?.orderKey === orderKey) this.#records.splice(index, 1);
  }

  /** The records of one namespace (all of them when undefined), those after the key `after` only. */
  slice(namespace: string | undefined, after?: string): readonly StoredRecord[] {
    const prefix = namespace === undefined ? '' : `${namespace}/`;
    const from = after === undefined ? this.#lowerBound(prefix) : this.#upperBound(after);
    // '0' is the character after '/': the first key behind all of this namespace's.
    const to = namespace === undefined ? this.#records.length : this.#lowerBound(`${namespace}0`);
    return this.#records.slice(Math.max(from, this.#lowerBound(prefix)), to);
  }

  copy(): SortedRecords {
    return new SortedRecords(this.#records);
  }

  #lowerBound(orderKey: string): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = this.#records[middle];
      // It is there: `middle` lies between the bounds.
      if (record !== undefined && record.orderKey < orderKey) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #upperBound(orderKey: string): number {
    const index = this.#lowerBound(orderKey);
    return this.#records[index]?.orderKey === orderKey ? index + 1 : index;
  }
}
