import { ExactQuantity, parseQuantity } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { objectAt } from '../registry/json-read.ts';

/** Amounts by the name of a resource: `cpu`, `requests.memory`, `count/secrets`. */
export type Amounts = ReadonlyMap<string, ExactQuantity>;

/** No amount, in the format of counts. */
export const ZERO: ExactQuantity = new ExactQuantity(0n, 'DecimalSI');
/** One of what is counted. */
export const ONE: ExactQuantity = parseQuantity('1');

/** Reads a resource list such as `resources.limits`; decoding has refused what is no quantity. */
export function amountsAt(object: JsonObject, key: string): Amounts {
  const entries = Object.entries<string>(objectAt(object, key));
  return new Map(entries.map(([name, value]) => [name, parseQuantity(value)]));
}

/** The amounts as they stand in an object. */
export function toResourceList(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([name, amount]) => [name, amount.toString()]));
}

function combine(
  left: Amounts,
  right: Amounts,
  merge: (a: ExactQuantity, b: ExactQuantity) => ExactQuantity,
): Amounts {
  const result = new Map(left);
  for (const [name, amount] of right) {
    const present = result.get(name);
    result.set(name, present === undefined ? amount : merge(present, amount));
  }
  return result;
}

/** Both together. */
export function sumOf(left: Amounts, right: Amounts): Amounts {
  return combine(left, right, (a, b) => a.add(b));
}

/** The larger of each. */
export function largerOf(left: Amounts, right: Amounts): Amounts {
  return combine(left, right, (a, b) => (b.compare(a) > 0 ? b : a));
}

/** By how much `after` is more than `before`; what is not more is left out. */
export function increaseOf(before: Amounts, after: Amounts): Amounts {
  const result = new Map<string, ExactQuantity>();
  for (const [name, amount] of after) {
    const rest = amount.subtract(before.get(name) ?? ZERO);
    if (rest.compare(ZERO) > 0) result.set(name, rest);
  }
  return result;
}

/** Those of which there are any. */
export function withoutZeros(amounts: Amounts): Amounts {
  return new Map([...amounts].filter(([, amount]) => amount.compare(ZERO) !== 0));
}

/** Those that are named. */
export function only(amounts: Amounts, names: Iterable<string>): Amounts {
  const wanted = new Set(names);
  return new Map([...amounts].filter(([name]) => wanted.has(name)));
}

/** As messages tell them: `cpu=1,pods=2`, sorted by name. */
export function amountsText(amounts: Amounts): string {
  return [...amounts.keys()]
    .sort()
    .map((name) => `${name}=${(amounts.get(name) ?? ZERO).toString()}`)
    .join(',');
}
