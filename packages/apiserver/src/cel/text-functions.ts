import { celList, celMethod, CelScalar, listType, type CelFunc } from '@bufbuild/cel';
import { RE2JS } from 're2js';

const { INT, STRING } = CelScalar;
const STRINGS = listType(STRING);

function findAll(text: string, pattern: string, limit: number): string[] {
  const matcher = RE2JS.compile(pattern).matcher(text);
  const found: string[] = [];
  while (found.length < limit && matcher.find()) found.push(matcher.group() ?? '');
  return found;
}

/** The functions on texts that the API server adds to CEL: searching by RE2 patterns. */
export function textFunctions(): CelFunc[] {
  return [
    celMethod('find', STRING, [STRING], STRING, function (pattern) {
      return findAll(this, pattern, 1)[0] ?? '';
    }),
    celMethod('findAll', STRING, [STRING], STRINGS, function (pattern) {
      return celList(findAll(this, pattern, Infinity));
    }),
    celMethod('findAll', STRING, [STRING, INT], STRINGS, function (pattern, limit) {
      return celList(findAll(this, pattern, limit < 0n ? Infinity : Number(limit)));
    }),
  ];
}
