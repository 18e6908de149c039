import { RE2JS } from 're2js';
import type { FieldError } from '../field-error.ts';
import { invalid } from '../field-error.ts';
import type { PlacedSchema } from './schema-path.ts';

/** The pattern of a schema must be RE2. */
export function patternErrors({ schema, path }: PlacedSchema): FieldError[] {
  const pattern: unknown = schema['pattern'];
  if (typeof pattern !== 'string' || pattern === '') return [];
  try {
    RE2JS.compile(pattern);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The API server quotes the offending part also when there is none.
    const cause = message.includes('`') ? message : `${message}: \`\``;
    return [
      invalid(
        `${path}.pattern`,
        pattern,
        `must be a valid regular expression, but isn't: ${cause}`,
      ),
    ];
  }
}
