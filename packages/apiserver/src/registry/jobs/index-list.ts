/** What a list of indexes such as `1,3-5` says. */
export interface IndexList {
  /** How many indexes it names. */
  readonly total: number;
  /** First and last index of each part, in the order of the list. */
  readonly intervals: readonly (readonly [first: number, last: number])[];
}

function parseIndex(text: string, completions: number): number | string {
  // As Go's Atoi: a sign is fine for the reader, though no index has one.
  if (!/^[+-]?\d+$/.test(text)) {
    return `cannot convert string to integer for index: ${JSON.stringify(text)}`;
  }
  const index = Number(text);
  return index >= completions ? `too large index: ${JSON.stringify(text)}` : index;
}

function parseInterval(text: string, completions: number): readonly [number, number] | string {
  const [from = '', to, ...rest] = text.split('-');
  if (rest.length > 0) {
    return `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  }
  const first = parseIndex(from, completions);
  if (typeof first === 'string' || to === undefined) {
    return typeof first === 'string' ? first : [first, first];
  }
  const last = parseIndex(to, completions);
  if (typeof last === 'string') return last;
  return first >= last ? orderProblem(first, last) : [first, last];
}

function orderProblem(previous: number, current: number): string {
  return `non-increasing order, previous: ${previous}, current: ${current}`;
}

/** Reads a list of indexes below `completions`, in increasing order; a text says what is wrong with it. */
export function parseIndexList(text: string, completions: number): IndexList | string {
  const intervals: (readonly [number, number])[] = [];
  for (const part of text === '' ? [] : text.split(',')) {
    const interval = parseInterval(part, completions);
    if (typeof interval === 'string') return interval;
    const previous = intervals.at(-1)?.[1];
    if (previous !== undefined && previous >= interval[0]) {
      return orderProblem(previous, interval[0]);
    }
    intervals.push(interval);
  }
  return {
    intervals,
    total: intervals.reduce((total, [first, last]) => total + last - first + 1, 0),
  };
}

/** The first index that is in both lists. */
export function firstSharedIndex(left: IndexList, right: IndexList): number | undefined {
  for (const [first, last] of left.intervals) {
    const shared = right.intervals.find(([from, to]) => first <= to && from <= last);
    if (shared !== undefined) return Math.max(first, shared[0]);
  }
  return undefined;
}
