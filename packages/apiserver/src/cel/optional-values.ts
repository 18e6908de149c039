import {
  celFunc,
  celList,
  celMap,
  celMethod,
  celType,
  CelScalar,
  isCelList,
  isCelMap,
  isCelUint,
  listType,
  mapType,
  type CelFunc,
  type CelInput,
  type CelList,
  type CelMap,
  type CelUint,
  type CelValue,
} from '@bufbuild/cel';
import { timeKindOf, timeText } from './text-conversions.ts';

const { BOOL, DYN, STRING } = CelScalar;
const LIST = listType(DYN);
const MAP = mapType(DYN, DYN);

/** Functions that the checked forms of expressions with optionals are lowered to. */
export const OPTIONAL_FUNCTIONS = {
  select: '@optionalSelect',
  index: '@optionalIndex',
  has: '@optionalHas',
  isNone: '@isNone',
  held: '@held',
  list: '@optionalList',
  map: '@optionalMap',
} as const;

/** Optionals travel through the evaluator as maps; being one of these is what tells them from the maps of a user. */
const OPTIONALS = new WeakSet<object>();
const CONTENT = '@optional';

function makeOptional(entries: Map<string, CelInput>): CelMap {
  const optional = celMap(entries);
  OPTIONALS.add(optional);
  return optional;
}

const NONE = makeOptional(new Map([['@none', true]]));

/** An optional that holds a value; one that holds none for undefined. */
export function optionalOf(value: CelInput | undefined): CelMap {
  return value === undefined ? NONE : makeOptional(new Map([[CONTENT, value]]));
}

/** Whether a value is an optional. */
export function isOptional(value: CelValue): boolean {
  return isCelMap(value) && OPTIONALS.has(value);
}

/** What an optional holds; undefined when it holds nothing, and for other values. */
function heldBy(value: CelValue): CelValue | undefined {
  return isCelMap(value) && OPTIONALS.has(value) ? value.get(CONTENT) : undefined;
}

/** What an optional holds; undefined when it holds nothing. @throws Error for other values */
function contentOf(optional: CelValue, name: string): CelValue | undefined {
  if (!isOptional(optional)) {
    throw new Error(`no such overload: ${name}(${celType(optional).name})`);
  }
  return heldBy(optional);
}

/** Times that count as not set. */
const NO_TIME = { timestamp: '0001-01-01T00:00:00Z', duration: '0s' } as const;

/** Whether a value is what its type has when nothing is set. */
function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '') return true;
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  if (isCelUint(value)) return value.value === 0n;
  if (isOptional(value)) return false;
  if (isCelMap(value) || isCelList(value)) return value.size === 0;
  const kind = timeKindOf(value);
  return kind !== undefined && timeText(value) === NO_TIME[kind];
}

function isKey(value: CelValue): value is string | number | bigint | boolean | CelUint {
  return isCelUint(value) || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

/** The position that a value means in a list. @throws Error for values that are no number */
function positionOf(index: CelValue): number {
  const number = isCelUint(index) ? index.value : index;
  if (typeof number !== 'bigint' && typeof number !== 'number') {
    throw new Error(`unsupported index type '${celType(index).name}' in list`);
  }
  if (!Number.isInteger(Number(number)))
    throw new Error(`unsupported index value ${number} in list`);
  return Number(number);
}

/** A member of what a value, or the value in an optional, consists of; undefined when it has no such member. */
function memberOf(holder: CelValue, key: CelValue): CelValue | undefined {
  if (isCelList(holder)) return holder.get(positionOf(key));
  if (!isCelMap(holder) || isOptional(holder)) return undefined;
  if (!isKey(key)) throw new Error('unsupported key type');
  return holder.get(key);
}

function memberOfHeld(holder: CelValue, key: CelValue): CelValue | undefined {
  if (!isOptional(holder)) return memberOf(holder, key);
  const held = heldBy(holder);
  return held === undefined ? undefined : memberOf(held, key);
}

function endOf(list: Iterable<CelValue>, end: 0 | -1): CelMap {
  return optionalOf([...list].at(end));
}

/** The values in optionals, without those that hold none. */
function unwrap(list: Iterable<CelValue>): CelList {
  return celList(
    [...list].map((element) => contentOf(element, 'unwrap')).filter((value) => value !== undefined),
  );
}

/** The functions on optionals, and what selections and literals with marks are lowered to. */
export function optionalFunctions(): CelFunc[] {
  const { select, index, has, isNone, held, list, map } = OPTIONAL_FUNCTIONS;
  return [
    celFunc('optional.of', [DYN], DYN, optionalOf),
    celFunc('optional.ofNonZeroValue', [DYN], DYN, (value) =>
      isZero(value) ? NONE : optionalOf(value),
    ),
    celFunc('optional.none', [], DYN, () => NONE),
    celFunc('optional.unwrap', [LIST], LIST, unwrap),
    celMethod('unwrapOpt', LIST, [], LIST, function () {
      return unwrap(this);
    }),
    celMethod('hasValue', DYN, [], BOOL, function () {
      return contentOf(this, 'hasValue') !== undefined;
    }),
    celMethod('value', DYN, [], DYN, function () {
      const value = contentOf(this, 'value');
      if (value === undefined) throw new Error('optional.none() dereference');
      return value;
    }),
    celMethod('first', LIST, [], DYN, function () {
      return endOf(this, 0);
    }),
    celMethod('last', LIST, [], DYN, function () {
      return endOf(this, -1);
    }),
    celFunc(select, [DYN, STRING], DYN, (holder, name) => optionalOf(memberOfHeld(holder, name))),
    celFunc(index, [DYN, DYN], DYN, (holder, key) => optionalOf(memberOfHeld(holder, key))),
    celFunc(has, [DYN, STRING], BOOL, (holder, name) => memberOfHeld(holder, name) !== undefined),
    celFunc(isNone, [DYN], BOOL, (value) => isOptional(value) && heldBy(value) === undefined),
    // A value of no known type that is no optional is taken as it is.
    celFunc(held, [DYN], DYN, (value) => heldBy(value) ?? value),
    celFunc(list, [LIST, LIST], LIST, (elements, marked) => {
      const optional = new Set(marked);
      const kept = [...elements].map((element, position) =>
        optional.has(BigInt(position)) ? contentOf(element, '?') : element,
      );
      return celList(kept.filter((element) => element !== undefined));
    }),
    celFunc(map, [MAP, LIST], MAP, (entries, marked) => {
      const optional = new Set(marked);
      const kept = [...entries].flatMap(([key, value], position) => {
        const held = optional.has(BigInt(position)) ? contentOf(value, '?') : value;
        return held === undefined ? [] : [[key, held] as const];
      });
      return celMap(new Map(kept));
    }),
  ];
}
