import type { JsonObject } from '../contracts.ts';
import { compileAdmissionExpression, type AdmissionExpression } from './admission-expression.ts';
import { listOf, mapOf, primitive, type CelType } from './cel-types.ts';

/** The variables of a policy. */
export interface ComposedExpressions {
  readonly inOrder: readonly AdmissionExpression[];
  /** By name; of several of a name the last. */
  readonly expressions: ReadonlyMap<string, AdmissionExpression>;
  /** What an expression sees of them. */
  readonly types: ReadonlyMap<string, CelType>;
}

/**
 * The type that a variable has for the expressions that use it: parts of lists and maps are kept, types that JSON does not
 * have are not.
 */
function seenType(type: CelType): CelType {
  switch (type.kind) {
    case 'list':
      return listOf(seenType(type.element));
    case 'map':
      return mapOf(seenType(type.key), seenType(type.value));
    case 'primitive':
      return type.name === 'type' || /[.]/.test(type.name)
        ? primitive('dyn')
        : primitive(type.name);
    case 'optional':
    case 'object':
    case 'parameter':
      return primitive('dyn');
  }
}

/** Compiles the `variables` of a policy: each can use those before it. What does not compile gives anything. */
export function composeVariables(
  variables: readonly JsonObject[],
  hasParams: boolean,
): ComposedExpressions {
  const types = new Map<string, CelType>();
  const expressions = new Map<string, AdmissionExpression>();
  const inOrder = variables.map((variable) => {
    // Both are texts in a policy that has been decoded.
    const { name = '', expression = '' } = variable as Record<string, string>;
    const scope = { hasAuthorizer: true, hasParams, composed: types };
    const compiled = compileAdmissionExpression(expression, scope, undefined);
    expressions.set(name, compiled);
    types.set(
      name,
      compiled.kind === 'compiled' ? seenType(compiled.expression.result) : primitive('dyn'),
    );
    return compiled;
  });
  return { inOrder, expressions, types };
}
