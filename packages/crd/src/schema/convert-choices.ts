import { notExpressible } from '../custom-resource-error.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** One of several values, all of one type; a violation then lists the choices. */
export function convertChoices(values: readonly unknown[], path: string): StructuralSchema {
  const choices = [...new Set(values)];
  const types = new Set(choices.map((choice) => typeOf(choice)));
  const [type] = types;
  if (types.size !== 1 || type === undefined) {
    throw notExpressible(
      path,
      `the choices ${choices.map((choice) => String(choice)).join(', ')} are not all strings, all numbers or all booleans`,
      'use choices of one type, and nullable() for null',
    );
  }
  // Numbers are integers only when all of them are; a boolean schema takes no list of values to mention.
  const isWhole = type === 'number' && choices.every((choice) => Number.isSafeInteger(choice));
  return { type: isWhole ? 'integer' : type, enum: choices };
}

function typeOf(value: unknown): 'string' | 'number' | 'boolean' | undefined {
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : undefined;
}
