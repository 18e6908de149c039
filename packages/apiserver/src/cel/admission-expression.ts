import type { CelInput, CelValue } from '@bufbuild/cel';
import type { Authorizer } from '../contracts.ts';
import { admissionTypes, type ExpressionScope } from './admission-types.ts';
import { AskedAuthorizer } from './authorizer-functions.ts';
import { createEnvironment } from './cel-environment.ts';
import { describeType, type CelType, type PrimitiveName } from './cel-types.ts';
import { compileExpression, type CompiledExpression } from './compile-expression.ts';
import { ComposedVariables } from './composed-variables.ts';
import { EvaluationBudget } from './evaluation-budget.ts';

/** An expression about a request that has been compiled, or why it cannot be. */
export type AdmissionExpression =
  | { readonly kind: 'compiled'; readonly source: string; readonly expression: CompiledExpression }
  /** `problem` is the text after `Invalid value: …: `. */
  | { readonly kind: 'refused'; readonly source: string; readonly problem: string };

const BUDGET = new EvaluationBudget();
const ASKED = new AskedAuthorizer();
const COMPOSED = new ComposedVariables();
const ENVIRONMENT = createEnvironment(BUDGET, { asked: ASKED, composed: COMPOSED });

/**
 * Compiles an expression about a request.
 *
 * @param results types that it may give; undefined for any
 */
export function compileAdmissionExpression(
  source: string,
  scope: ExpressionScope,
  results: readonly PrimitiveName[] | undefined,
): AdmissionExpression {
  const compilation = compileExpression(ENVIRONMENT, source, admissionTypes(scope));
  if (compilation.kind === 'refused') {
    return { kind: 'refused', source, problem: `compilation failed: ${compilation.problem}` };
  }
  const { expression } = compilation;
  if (results === undefined || isOneOf(expression.result, results)) {
    return { kind: 'compiled', source, expression };
  }
  const wanted = results.length === 1 ? results.join() : `one of [${results.join(' ')}]`;
  const problem = `must evaluate to ${wanted} but got ${describeType(expression.result)}`;
  // Messages about results call the type of null otherwise than those about calls do.
  return { kind: 'refused', source, problem: problem.replace(/\bnull\b/g, 'null_type') };
}

function isOneOf(type: CelType, names: readonly PrimitiveName[]): boolean {
  return type.kind === 'primitive' && names.includes(type.name);
}

/** What the expressions of one request look at. */
export interface AdmissionActivation {
  readonly variables: Readonly<Record<string, CelInput>>;
  /** Says what users may do. */
  readonly authorizer: Authorizer;
  /** By name; evaluated when they are read for the first time. */
  readonly composed?: ReadonlyMap<string, AdmissionExpression> | undefined;
}

/** Most loop rounds of one expression, and of all that are evaluated over the same request. */
const EXPRESSION_ROUNDS = 1_000_000;
const REQUEST_ROUNDS = 10_000_000;

/** Expressions over one request have taken all that they may: no more are evaluated. */
export class ExhaustedError extends Error {
  override readonly name = 'ExhaustedError';
  readonly code = 'BUDGET_EXHAUSTED';

  constructor() {
    super(
      'validation failed due to running out of cost budget, no further validation rules will be run',
    );
  }
}

/** Evaluates expressions over the same request; composed variables are evaluated once for all of them. */
export class AdmissionEvaluation {
  readonly #activation: AdmissionActivation;
  #roundsLeft = REQUEST_ROUNDS;
  /** Composed variables that have been asked for. */
  readonly #results = new Map<string, { readonly value: CelValue } | { readonly error: Error }>();

  constructor(activation: AdmissionActivation) {
    this.#activation = activation;
  }

  /**
   * @throws Error with what an answer says about the expression
   * @throws ExhaustedError
   */
  evaluate(expression: AdmissionExpression): CelValue {
    const { source } = expression;
    if (expression.kind === 'refused') throw new Error(`compilation error: ${expression.problem}`);
    if (this.#roundsLeft <= 0) throw new ExhaustedError();
    const rounds = Math.min(EXPRESSION_ROUNDS, this.#roundsLeft);
    BUDGET.refill(rounds);
    ASKED.use(this.#activation.authorizer);
    COMPOSED.use((name) => this.#composed(name));
    try {
      return expression.expression.evaluate(this.#activation.variables);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new Error(`expression '${source}' resulted in error: ${detail}`, { cause: error });
    } finally {
      this.#roundsLeft -= rounds - BUDGET.left;
    }
  }

  #composed(name: string): CelValue {
    const known = this.#results.get(name) ?? this.#compose(name);
    this.#results.set(name, known);
    if ('error' in known) throw known.error;
    return known.value;
  }

  #compose(name: string): { readonly value: CelValue } | { readonly error: Error } {
    const expression = this.#activation.composed?.get(name);
    const failed = (how: string): { readonly error: Error } => ({
      error: new Error(`composited variable ${JSON.stringify(name)} fails to ${how}`),
    });
    if (expression === undefined) return failed('compile: it is not declared');
    if (expression.kind === 'refused') return failed(`compile: ${expression.problem}`);
    try {
      return { value: expression.expression.evaluate(this.#activation.variables) };
    } catch (error) {
      return failed(`evaluate: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
