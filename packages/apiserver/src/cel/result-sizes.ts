import { listOf, maxSizeOf, primitive, withoutSizes, type CelType } from './cel-types.ts';

/** Functions whose text is at most as long as the text they are given. */
const SHORTENING = new Set(['lowerAscii', 'upperAscii', 'substring', 'trim', 'find', 'charAt']);

/** Functions that give what optionals hold: the API server does not follow sizes into them. */
const UNWRAPPING = new Set(['value', 'orValue', 'unwrapOpt', 'optional.unwrap']);

/**
 * The type of a call's result, bounded by the sizes of what it was given.
 *
 * @param name of the function
 * @param target the receiver of a method; undefined for a plain function
 */
export function withSize(
  name: string,
  result: CelType,
  target: CelType | undefined,
  args: readonly CelType[],
): CelType {
  if (UNWRAPPING.has(name)) return withoutSizes(result);
  if (name === '_+_') {
    const size = args.reduce((sum, type) => sum + maxSizeOf(type), 0);
    if (size === Infinity) return result;
    if (result.kind === 'primitive') return primitive(result.name, size);
    return result.kind === 'list' ? listOf(result.element, size) : result;
  }
  if (name === 'strings.quote') {
    // Every character may be escaped.
    const size = 2 * (args[0] === undefined ? Infinity : maxSizeOf(args[0])) + 2;
    return size === Infinity ? result : primitive('string', size);
  }
  const size = target === undefined ? Infinity : maxSizeOf(target);
  if (size === Infinity) return result;
  if (SHORTENING.has(name) && result.kind === 'primitive') return primitive(result.name, size);
  if (result.kind === 'list' && target?.kind !== 'map') return listOf(result.element, size);
  return result;
}
