import { celMap, isCelMap, type CelMap, type CelValue } from '@bufbuild/cel';

/**
 * Values of types that CEL does not have (quantities, addresses) travel through the evaluator as maps with one member:
 * the type, and a canonical text. Rules cannot look into them, as the checker knows their types; two are equal when their
 * texts are.
 */
export function opaqueValue(type: string, text: string): CelMap {
  return celMap(new Map([[`@${type}`, text]]));
}

/** The text inside of an opaque value. @throws Error for values of other types */
export function opaqueText(type: string, value: CelValue): string {
  const text = isCelMap(value) ? value.get(`@${type}`) : undefined;
  if (typeof text !== 'string') throw new Error(`no such overload: not a ${type}`);
  return text;
}

/** Whether a value is of an opaque type. */
export function isOpaque(type: string, value: CelValue): boolean {
  return isCelMap(value) && typeof value.get(`@${type}`) === 'string';
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  quantity: 'kubernetes.Quantity',
  url: 'kubernetes.URL',
  ip: 'net.IP',
  cidr: 'net.CIDR',
  semver: 'kubernetes.Semver',
};

/** How messages name the type of an opaque value; undefined for other values. */
export function opaqueTypeName(value: CelValue): string | undefined {
  const type = Object.keys(TYPE_NAMES).find((name) => isOpaque(name, value));
  return type === undefined ? undefined : TYPE_NAMES[type];
}
