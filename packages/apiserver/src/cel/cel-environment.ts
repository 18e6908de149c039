import {
  celEnv,
  celFunc,
  celMethod,
  CelScalar,
  type CelEnv,
  type CelFunc,
  type CelValue,
} from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { RE2JS } from 're2js';
import { authorizerFunctions, type AskedAuthorizer } from './authorizer-functions.ts';
import { addressFunctions } from './address-functions.ts';
import type { ComposedVariables } from './composed-variables.ts';
import type { EvaluationBudget } from './evaluation-budget.ts';
import { formatFunction } from './format-text.ts';
import { listFunctions, type ValueOperations } from './list-functions.ts';
import { isOpaque } from './opaque-value.ts';
import { optionalFunctions } from './optional-values.ts';
import { compareQuantities, quantityFunctions } from './quantity-functions.ts';
import { compareVersions, semverFunctions } from './semver-functions.ts';
import { standardExpression } from './standard-expression.ts';
import { textConversions } from './text-conversions.ts';
import { textFunctions } from './text-functions.ts';
import { urlFunctions } from './url-functions.ts';

const { BOOL, DYN, INT } = CelScalar;

/** Name of the function that every round of a loop passes through. */
export const TICK = '@tick';

/** A function of two values, written in CEL itself. */
function operation(source: string): (left: CelValue, right: CelValue) => CelValue {
  const evaluate = standardExpression(source);
  return (left, right) => evaluate({ left: left, right: right });
}

const isLess = operation('left < right');
const areEqual = operation('left == right');

const VALUE_OPERATIONS: ValueOperations = {
  compare: (left, right) =>
    isLess(left, right) === true ? -1 : areEqual(left, right) === true ? 0 : 1,
  equal: (left, right) => areEqual(left, right) === true,
  add: operation('left + right'),
};

/** A text as a value of a type that has no notation of its own in JSON. */
function conversion(source: string): (text: string) => CelValue {
  const evaluate = standardExpression(source);
  return (text) => evaluate({ text });
}

/** RFC 3339 text as a timestamp. @throws Error for other texts */
export const toTimestamp: (text: string) => CelValue = conversion('timestamp(text)');

/** Go duration text as a duration. @throws Error for other texts */
export const toDuration: (text: string) => CelValue = conversion('duration(text)');

/** Quantities and versions share the names of their comparisons. */
function comparisonFunctions(): CelFunc[] {
  const compare = (left: CelValue, right: CelValue): number =>
    isOpaque('quantity', left) ? compareQuantities(left, right) : compareVersions(left, right);
  return [
    celMethod('compareTo', DYN, [DYN], INT, function (other) {
      return BigInt(Math.sign(compare(this, other)));
    }),
    celMethod('isGreaterThan', DYN, [DYN], BOOL, function (other) {
      return compare(this, other) > 0;
    }),
    celMethod('isLessThan', DYN, [DYN], BOOL, function (other) {
      return compare(this, other) < 0;
    }),
  ];
}

/** What expressions about a request have beside those about an object. */
export interface RequestFunctions {
  /** Says what a user may do. */
  readonly asked: AskedAuthorizer;
  readonly composed: ComposedVariables;
}

/**
 * The CEL of the API server: the standard functions, texts, and what Kubernetes adds.
 *
 * @param budget what loops spend
 * @param request for expressions about a request
 */
export function createEnvironment(budget: EvaluationBudget, request?: RequestFunctions): CelEnv {
  const tick = celFunc(TICK, [DYN], DYN, (condition) => {
    budget.spend();
    return condition;
  });
  return celEnv({
    funcs: [
      ...strings,
      ...textFunctions(),
      formatFunction(),
      ...textConversions(),
      ...listFunctions(VALUE_OPERATIONS),
      ...quantityFunctions(),
      ...addressFunctions(),
      ...urlFunctions(),
      ...semverFunctions(),
      ...comparisonFunctions(),
      ...optionalFunctions(),
      ...(request === undefined
        ? []
        : [...authorizerFunctions(request.asked), request.composed.function]),
      tick,
    ],
    re2: {
      compile: (pattern) => {
        const compiled = RE2JS.compile(pattern);
        return { test: (text) => compiled.matcher(text).find() };
      },
    },
  });
}
