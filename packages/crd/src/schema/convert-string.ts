import type { $ZodCheck, $ZodChecks, $ZodType } from 'zod/v4/core';
import { notExpressible } from '../custom-resource-error.ts';
import { toRe2Pattern } from './re2-pattern.ts';
import { refusedCheck } from './refused-check.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** A text with its bounds and patterns. */
export function convertString(
  schema: $ZodType,
  checks: readonly $ZodCheck[],
  path: string,
): StructuralSchema {
  const converted: StructuralSchema = { type: 'string' };
  const patterns: string[] = [];
  // z.uuid() and the like are strings that are themselves the check of their format.
  const all = 'check' in schema._zod.def ? [schema as unknown as $ZodCheck, ...checks] : checks;
  for (const check of all) {
    // Safe: the union lists Zod's checks; what it does not list ends in the default branch.
    const { def } = (check as $ZodChecks)._zod;
    switch (def.check) {
      case 'min_length':
        converted.minLength = Math.max(converted.minLength ?? 0, def.minimum);
        break;
      case 'max_length':
        converted.maxLength = Math.min(converted.maxLength ?? Infinity, def.maximum);
        break;
      case 'length_equals':
        converted.minLength = def.length;
        converted.maxLength = def.length;
        break;
      case 'string_format': {
        const { format, pattern } = convertFormat(check, path);
        if (format !== undefined) converted.format = format;
        if (pattern !== undefined) patterns.push(pattern);
        break;
      }
      default:
        throw refusedCheck(check, path);
    }
  }
  const [first, ...others] = [...new Set(patterns)];
  if (first !== undefined) converted.pattern = first;
  if (others.length > 0) converted.allOf = others.map((pattern) => ({ pattern }));
  return converted;
}

/** A format the server knows where it means the same, otherwise the pattern that Zod checks. */
function convertFormat(check: $ZodCheck, path: string): { format?: string; pattern?: string } {
  // Safe: called for checks of string formats only; every member is optional and looked at before use.
  const def = check._zod.def as {
    readonly format?: string;
    readonly pattern?: RegExp | undefined;
    readonly offset?: boolean;
    readonly local?: boolean;
    readonly precision?: number | null;
    readonly protocol?: RegExp;
    readonly hostname?: RegExp;
    readonly normalize?: boolean;
  };
  switch (def.format) {
    case 'datetime':
      if (def.local === true) {
        throw notExpressible(
          path,
          'a local time names no instant',
          'use z.iso.datetime({ offset: true })',
        );
      }
      // The server reads RFC 3339 with any offset; without `offset`, Zod demands the Z.
      if (typeof def.precision !== 'number') {
        return def.offset === true
          ? { format: 'date-time' }
          : { format: 'date-time', pattern: 'Z$' };
      }
      break;
    case 'date':
      return { format: 'date' };
    case 'url':
      if (def.protocol !== undefined || def.hostname !== undefined) {
        throw notExpressible(
          path,
          'the protocol and the host name of a URL are checked by code',
          'use z.url() with a pattern, such as regex(/^https?:/)',
        );
      }
      if (def.normalize === true) {
        throw notExpressible(
          path,
          'an API server does not change values, as a normalized URL does',
          'take normalize away',
        );
      }
      // The server's `uri` takes paths too, a WHATWG URL has a scheme.
      return {
        format: 'uri',
        pattern:
          def.pattern === undefined ? '^[A-Za-z][A-Za-z0-9+.-]*:' : toRe2Pattern(def.pattern, path),
      };
    case 'base64':
      // Zod's own pattern leaves the length to code.
      return { pattern: '^([0-9A-Za-z+/]{4})*([0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$' };
    case 'base64url':
      return { pattern: '^([0-9A-Za-z_-]{4})*([0-9A-Za-z_-]{2,3})?$' };
    case 'lowercase':
      return { pattern: '^[^A-Z]*$' };
    case 'uppercase':
      return { pattern: '^[^a-z]*$' };
    default:
  }
  const pattern = def.pattern;
  if (pattern === undefined) {
    throw notExpressible(
      path,
      `the format ${def.format ?? ''} is checked by code`,
      'use regex() with a pattern of your own',
    );
  }
  return { pattern: toRe2Pattern(pattern, path) };
}
