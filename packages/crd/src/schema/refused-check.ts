import type { $ZodCheck } from 'zod/v4/core';
import { notExpressible } from '../custom-resource-error.ts';

/** The error for a check that a manifest cannot tell. */
export function refusedCheck(check: $ZodCheck, path: string): Error {
  const { check: name } = check._zod.def;
  if (name === 'custom') {
    return notExpressible(
      path,
      'refine() and superRefine() run in TypeScript only',
      'use withRule, which takes the check and its CEL expression',
    );
  }
  if (name === 'overwrite') {
    return notExpressible(
      path,
      'an API server does not change values, as trim() and toLowerCase() do',
      'demand the form with a pattern instead',
    );
  }
  return notExpressible(path, `the check "${name}" is not one a manifest can tell`, 'use withRule');
}
