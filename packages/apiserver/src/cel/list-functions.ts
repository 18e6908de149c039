import {
  celFunc,
  celList,
  celMethod,
  CelScalar,
  listType,
  type CelFunc,
  type CelValue,
} from '@bufbuild/cel';

const { BOOL, DYN, INT } = CelScalar;
const LIST = listType(DYN);

/** Compares two values of one ordered type. */
type Compare = (left: CelValue, right: CelValue) => number;

function elementsOf(list: Iterable<CelValue>): CelValue[] {
  return [...list];
}

function extreme(list: Iterable<CelValue>, compare: Compare, name: string, sign: 1 | -1): CelValue {
  const [first, ...rest] = elementsOf(list);
  if (first === undefined) throw new Error(`${name} called on empty list`);
  return rest.reduce((best, next) => (compare(next, best) * sign > 0 ? next : best), first);
}

function sumOf(
  list: Iterable<CelValue>,
  add: (left: CelValue, right: CelValue) => CelValue,
): CelValue {
  const [first, ...rest] = elementsOf(list);
  // The sum of nothing is a number that equals 0 of every numeric type.
  return first === undefined ? 0n : rest.reduce(add, first);
}

/** Operations on values that the evaluator knows how to do. */
export interface ValueOperations {
  readonly compare: Compare;
  readonly equal: (left: CelValue, right: CelValue) => boolean;
  readonly add: (left: CelValue, right: CelValue) => CelValue;
}

/** The functions on lists and sets that the API server adds to CEL. */
export function listFunctions({ compare, equal, add }: ValueOperations): CelFunc[] {
  const includes = (list: readonly CelValue[], value: CelValue): boolean =>
    list.some((element) => equal(element, value));
  const isSubset = (part: readonly CelValue[], whole: readonly CelValue[]): boolean =>
    part.every((element) => includes(whole, element));
  return [
    celMethod('isSorted', LIST, [], BOOL, function () {
      const elements = elementsOf(this);
      return elements.every((element, index) => {
        const next = elements[index + 1];
        return next === undefined || compare(element, next) <= 0;
      });
    }),
    celMethod('sum', LIST, [], DYN, function () {
      return sumOf(this, add);
    }),
    celMethod('min', LIST, [], DYN, function () {
      return extreme(this, compare, 'min', -1);
    }),
    celMethod('max', LIST, [], DYN, function () {
      return extreme(this, compare, 'max', 1);
    }),
    celMethod('indexOf', LIST, [DYN], INT, function (value) {
      return BigInt(elementsOf(this).findIndex((element) => equal(element, value)));
    }),
    celMethod('lastIndexOf', LIST, [DYN], INT, function (value) {
      return BigInt(elementsOf(this).findLastIndex((element) => equal(element, value)));
    }),
    celMethod('slice', LIST, [INT, INT], LIST, function (from, to) {
      const elements = elementsOf(this);
      if (from < 0n || to > BigInt(elements.length) || from > to) {
        throw new Error(`cannot slice(${from}, ${to}), list is length ${elements.length}`);
      }
      return celList(elements.slice(Number(from), Number(to)));
    }),
    celMethod('distinct', LIST, [], LIST, function () {
      const kept: CelValue[] = [];
      for (const element of this) if (!includes(kept, element)) kept.push(element);
      return celList(kept);
    }),
    celMethod('reverse', LIST, [], LIST, function () {
      return celList(elementsOf(this).reverse());
    }),
    celMethod('sort', LIST, [], LIST, function () {
      return celList(elementsOf(this).sort(compare));
    }),
    celMethod('@sortByAssociatedKeys', LIST, [LIST], LIST, function (keys) {
      const elements = elementsOf(this);
      const order = elementsOf(keys).map((key, index) => ({ key, element: elements[index] }));
      order.sort((left, right) => compare(left.key, right.key));
      return celList(
        order.map(({ element }) => element).filter((element) => element !== undefined),
      );
    }),
    celFunc('sets.contains', [LIST, LIST], BOOL, (whole, part) =>
      isSubset(elementsOf(part), elementsOf(whole)),
    ),
    celFunc('sets.equivalent', [LIST, LIST], BOOL, (left, right) => {
      const one = elementsOf(left);
      const other = elementsOf(right);
      return isSubset(one, other) && isSubset(other, one);
    }),
    celFunc('sets.intersects', [LIST, LIST], BOOL, (left, right) => {
      const other = elementsOf(right);
      return elementsOf(left).some((element) => includes(other, element));
    }),
  ];
}
