import { parseQuantity, type ExactQuantity } from '@kubewright/apimachinery';

/** Members under which a text is a quantity, which servers write in their own way. */
const quantityMaps: ReadonlySet<string> = new Set(['requests', 'limits', 'capacity', 'hard']);
const quantities: ReadonlySet<string> = new Set(['sizeLimit', 'storage']);

/**
 * Whether an object already is as it is wanted: every wanted field is there with its value. What else is there (defaults of
 * the server, fields of others) does not matter, so that servers with other defaults give the same answer.
 *
 * A wanted field that is empty (`''`, `0`, `false`, `[]`, `{}`) counts as absent too: servers leave such fields out.
 * Objects of a list are wanted in any order; lists of scalars as they are.
 */
export function covers(
  live: unknown,
  wanted: unknown,
  member = '',
  isInQuantities = false,
): boolean {
  if (wanted === undefined || wanted === null) return true;
  if (live === undefined || live === null) return isEmpty(wanted);
  if (Array.isArray(wanted)) {
    if (!Array.isArray(live)) return false;
    if (wanted.every((each) => typeof each === 'object')) {
      return wanted.every((each) => live.some((other) => covers(other, each, member)));
    }
    return wanted.length === live.length && wanted.every((each, index) => each === live[index]);
  }
  if (typeof wanted === 'object') {
    if (typeof live !== 'object' || Array.isArray(live)) return false;
    // Safe: both are objects and no arrays; members are only read.
    const has = live as Readonly<Record<string, unknown>>;
    return Object.entries(wanted).every(([key, value]) =>
      covers(has[key], value, key, quantityMaps.has(member)),
    );
  }
  if (live === wanted) return true;
  return (isInQuantities || quantities.has(member)) && isSameQuantity(live, wanted);
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null)
    return value === '' || value === 0 || value === false;
  return Object.values(value).every((each) => each === undefined || isEmpty(each));
}

function isSameQuantity(one: unknown, other: unknown): boolean {
  const [left, right] = [quantityOf(one), quantityOf(other)];
  return left !== undefined && right !== undefined && left.compare(right) === 0;
}

function quantityOf(value: unknown): ExactQuantity | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  try {
    return parseQuantity(value);
  } catch {
    return undefined;
  }
}
