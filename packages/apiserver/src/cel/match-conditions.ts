import type { CelInput } from '@bufbuild/cel';
import {
  AdmissionEvaluation,
  compileAdmissionExpression,
  type AdmissionActivation,
  type AdmissionExpression,
} from './admission-expression.ts';

/** What conditions say together. */
export type ConditionResult =
  | { readonly kind: 'match' }
  | { readonly kind: 'no-match' }
  /** No condition is false, and some cannot be evaluated. */
  | { readonly kind: 'error'; readonly message: string };

/**
 * Compiles one expression of `matchConditions`; it must give a bool.
 *
 * @param hasParams also over the parameters of a policy
 */
export function compileCondition(source: string, hasParams = false): AdmissionExpression {
  return compileAdmissionExpression(source, { hasAuthorizer: true, hasParams }, ['bool']);
}

/** Asks all conditions: one that is false decides, whatever is wrong with the others. */
export function evaluateConditions(
  conditions: readonly AdmissionExpression[],
  activation: AdmissionActivation,
): ConditionResult {
  const evaluation = new AdmissionEvaluation({
    ...activation,
    // Conditions are not shown the namespace, although they may name it.
    variables: { ...activation.variables, namespaceObject: null satisfies CelInput },
  });
  const errors: string[] = [];
  for (const condition of conditions) {
    try {
      if (evaluation.evaluate(condition) !== true) return { kind: 'no-match' };
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (errors.length === 0) return { kind: 'match' };
  return {
    kind: 'error',
    message: errors.length === 1 ? errors.join() : `[${errors.join(', ')}]`,
  };
}
