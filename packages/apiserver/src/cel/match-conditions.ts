import type { CelInput } from '@bufbuild/cel';
import type { Authorizer, JsonObject, UserInfo } from '../contracts.ts';
import { AskedAuthorizer, authorizerValue, type RequestResource } from './authorizer-functions.ts';
import { createEnvironment } from './cel-environment.ts';
import { listOf, mapOf, primitive, type CelType } from './cel-types.ts';
import { fromAny } from './cel-values.ts';
import { compileExpression, type CompiledExpression } from './compile-expression.ts';
import { EvaluationBudget } from './evaluation-budget.ts';

/** What a condition can look at. */
export interface ConditionInput {
  readonly object: JsonObject | undefined;
  readonly oldObject: JsonObject | undefined;
  /** The request part of an AdmissionReview. */
  readonly request: JsonObject;
  /** Who sends the request. */
  readonly user: UserInfo;
  /** What the request is for. */
  readonly resource: RequestResource;
  /** Says what the user, or a service account, may do. */
  readonly authorizer: Authorizer;
}

/** What conditions say together. */
export type ConditionResult =
  | { readonly kind: 'match' }
  | { readonly kind: 'no-match' }
  /** No condition is false, and some cannot be evaluated. */
  | { readonly kind: 'error'; readonly message: string };

const TEXT = primitive('string');

function objectType(name: string, fields: Readonly<Record<string, CelType>>): CelType {
  return { kind: 'object', name, fields: new Map(Object.entries(fields)) };
}

const KIND = objectType('kubernetes.GroupVersionKind', { group: TEXT, version: TEXT, kind: TEXT });
const RESOURCE = objectType('kubernetes.GroupVersionResource', {
  group: TEXT,
  version: TEXT,
  resource: TEXT,
});

const VARIABLES: ReadonlyMap<string, CelType> = new Map([
  ['authorizer', primitive('kubernetes.authorization.Authorizer')],
  ['authorizer.requestResource', primitive('kubernetes.authorization.ResourceCheck')],
  ['object', primitive('dyn')],
  ['oldObject', primitive('dyn')],
  [
    'request',
    objectType('kubernetes.AdmissionRequest', {
      kind: KIND,
      resource: RESOURCE,
      subResource: TEXT,
      requestKind: KIND,
      requestResource: RESOURCE,
      requestSubResource: TEXT,
      name: TEXT,
      namespace: TEXT,
      operation: TEXT,
      userInfo: objectType('kubernetes.UserInfo', {
        username: TEXT,
        uid: TEXT,
        groups: listOf(TEXT),
        extra: mapOf(TEXT, listOf(TEXT)),
      }),
      dryRun: primitive('bool'),
      options: primitive('dyn'),
    }),
  ],
]);

const BUDGET = new EvaluationBudget();
const ASKED = new AskedAuthorizer();
const ENVIRONMENT = createEnvironment(BUDGET, ASKED);

/** A `matchConditions` expression that has been compiled, or why it cannot be. */
export type CompiledCondition =
  | { readonly kind: 'compiled'; readonly source: string; readonly expression: CompiledExpression }
  /** `problem` is the text after `Invalid value: …: `. */
  | { readonly kind: 'refused'; readonly source: string; readonly problem: string };

/** Compiles one expression over `object`, `oldObject`, `request` and `authorizer`; it must give a bool. */
export function compileCondition(source: string): CompiledCondition {
  const compilation = compileExpression(ENVIRONMENT, source, VARIABLES);
  if (compilation.kind === 'refused') {
    return { kind: 'refused', source, problem: `compilation failed: ${compilation.problem}` };
  }
  const { result } = compilation.expression;
  const isBool = result.kind === 'primitive' && (result.name === 'bool' || result.name === 'dyn');
  return isBool
    ? { kind: 'compiled', source, expression: compilation.expression }
    : {
        kind: 'refused',
        source,
        problem: `must evaluate to bool but got ${result.kind === 'primitive' ? result.name : result.kind}`,
      };
}

/** Asks all conditions: one that is false decides, whatever is wrong with the others. */
export function evaluateConditions(
  conditions: readonly CompiledCondition[],
  input: ConditionInput,
): ConditionResult {
  const variables: Record<string, CelInput> = {
    object: fromAny(input.object ?? null),
    oldObject: fromAny(input.oldObject ?? null),
    request: fromAny(input.request),
    // Values of the evaluator are inputs of the evaluator.
    authorizer: authorizerValue(input.user, input.resource),
  };
  ASKED.use(input.authorizer);
  const errors: string[] = [];
  for (const condition of conditions) {
    if (condition.kind === 'refused') {
      errors.push(condition.problem);
      continue;
    }
    try {
      BUDGET.refill();
      if (condition.expression.evaluate(variables) !== true) return { kind: 'no-match' };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      errors.push(`expression '${condition.source}' resulted in error: ${detail}`);
    }
  }
  if (errors.length === 0) return { kind: 'match' };
  return {
    kind: 'error',
    message: errors.length === 1 ? errors.join() : `[${errors.join(', ')}]`,
  };
}
