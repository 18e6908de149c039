import type * as z from 'zod';
import { CustomResourceError } from '../custom-resource-error.ts';

/** What Zod finds wrong with a value whose type is right. */
const aboutValues: ReadonlySet<string> = new Set([
  'too_small',
  'too_big',
  'invalid_format',
  'not_multiple_of',
  'custom',
]);

/**
 * An object of a schema. When only values are out of bounds it is given back as it is: it may have been stored under
 * other rules, and refusing it would make every list that it is in fail.
 *
 * @param attempt - What is being done, for the message.
 * @throws CustomResourceError `NOT_CONVERTIBLE` when a type is wrong.
 */
export function readObject<T>(schema: z.ZodType<T>, object: unknown, attempt: string): T {
  const result = schema.safeParse(object);
  if (result.success) return result.data;
  const aboutTypes = result.error.issues.filter(({ code }) => !aboutValues.has(code));
  // Safe: nothing is wrong with its types.
  if (aboutTypes.length === 0) return object as T;
  const faults = aboutTypes.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new CustomResourceError('NOT_CONVERTIBLE', attempt, faults.join('; '), {
    cause: result.error,
  });
}
