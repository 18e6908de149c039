import { badRequest } from '../status.ts';

/** Go's own words for a number it cannot read. */
function parseProblem(kind: 'ParseInt' | 'ParseUint', text: string, problem: string): string {
  return `strconv.${kind}: parsing ${JSON.stringify(text)}: ${problem}`;
}

/** A flag of a query: given and neither `false` nor `0`. */
export function flagParameter(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value.toLowerCase() !== 'false' && value !== '0';
}

/** A whole number of a query; undefined when absent. @throws StatusError 400 */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(parseProblem('ParseInt', text, 'invalid syntax'));
  const value = BigInt(text);
  if (BigInt.asIntN(64, value) !== value) {
    throw badRequest(parseProblem('ParseInt', text, 'value out of range'));
  }
  // Beyond 2^53 a count of lines or bytes means no limit all the same.
  return Number(value);
}

/** The ports of a query, several in one value separated by commas. @throws StatusError 400 */
export function portParameters(query: URLSearchParams, name: string): readonly number[] {
  return query
    .getAll(name)
    .flatMap((value) => value.split(','))
    .map((text) => {
      const refuse = (problem: string) =>
        badRequest(`cannot convert to []int32: ${parseProblem('ParseUint', text, problem)}`);
      if (!/^\d+$/.test(text)) throw refuse('invalid syntax');
      const port = Number(text);
      if (port > 65_535) throw refuse('value out of range');
      return port;
    });
}
