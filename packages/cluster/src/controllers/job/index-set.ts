/** First and last index of a run without gaps. */
interface Interval {
  readonly first: number;
  readonly last: number;
}

/**
 * A set of completion indexes, kept as runs: the size depends on the gaps, not on the indexes, so that the status of a
 * Job of 100,000 indexes stays short. Immutable.
 */
export class IndexSet {
  /** Invariant: in order, without overlap, with a gap of one index at least between two. */
  readonly #intervals: readonly Interval[];

  private constructor(intervals: readonly Interval[]) {
    this.#intervals = intervals;
  }

  /** The set of some indexes, in any order, repeated or not. */
  static of(indexes: Iterable<number>): IndexSet {
    return IndexSet.#merged([...indexes].map((index) => ({ first: index, last: index })));
  }

  /** Reads text such as `1,3-5`, as in a Job's status. Parts that cannot be read, and indexes from `end` on, are left out. */
  static parse(text: string, end: number): IndexSet {
    const intervals = text.split(',').flatMap((part): Interval[] => {
      const match = /^(\d+)(?:-(\d+))?$/.exec(part);
      if (match === null) return [];
      const first = Number(match[1]);
      const last = Math.min(Number(match[2] ?? first), end - 1);
      return first > last ? [] : [{ first, last }];
    });
    return IndexSet.#merged(intervals);
  }

  /** How many indexes are in it. */
  get size(): number {
    return this.#intervals.reduce((size, { first, last }) => size + last - first + 1, 0);
  }

  has(index: number): boolean {
    let low = 0;
    let high = this.#intervals.length;
    // Invariant: intervals before `low` end before the index, those from `high` on do not.
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#intervals[middle]?.last ?? 0) < index) low = middle + 1;
      else high = middle;
    }
    return (this.#intervals[low]?.first ?? Infinity) <= index;
  }

  /** This set and another one together. */
  union(other: IndexSet): IndexSet {
    return IndexSet.#merged([...this.#intervals, ...other.#intervals]);
  }

  /** How many indexes are in this set and in another one. */
  sizeOfOverlap(other: IndexSet): number {
    return this.size + other.size - this.union(other).size;
  }

  /** The lowest indexes that are missing, `count` at most, all below `end`. */
  firstMissing(count: number, end: number): number[] {
    const missing: number[] = [];
    let candidate = 0;
    for (const { first, last } of [...this.#intervals, { first: end, last: end }]) {
      for (; candidate < Math.min(first, end) && missing.length < count; candidate += 1) {
        missing.push(candidate);
      }
      candidate = last + 1;
    }
    return missing;
  }

  /** As in a Job's status: `1,3-5`; two neighbours are written as two indexes. */
  toString(): string {
    return this.#intervals
      .map(({ first, last }) => {
        if (first === last) return String(first);
        return `${first}${last === first + 1 ? ',' : '-'}${last}`;
      })
      .join(',');
  }

  static #merged(intervals: readonly Interval[]): IndexSet {
    const merged: Interval[] = [];
    for (const interval of intervals.toSorted((a, b) => a.first - b.first)) {
      const previous = merged.at(-1);
      if (previous === undefined || interval.first > previous.last + 1) {
        merged.push(interval);
      } else {
        merged[merged.length - 1] = {
          first: previous.first,
          last: Math.max(previous.last, interval.last),
        };
      }
    }
    return new IndexSet(merged);
  }
}
