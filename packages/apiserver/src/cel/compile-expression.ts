import { isCelError, plan, type CelEnv, type CelInput, type CelValue } from '@bufbuild/cel';
import { TICK } from './cel-environment.ts';
import type { CelType } from './cel-types.ts';
import { checkExpression, type CheckedTypes } from './check-expression.ts';
import { checkLiterals } from './check-literals.ts';
import { readComposed, VARIABLES } from './composed-variables.ts';
import { ExpressionError } from './expression-error.ts';
import { evaluationMessage } from './evaluation-message.ts';
import { nodesOf, type ParsedExpression } from './expression-nodes.ts';
import { ExpressionWriter } from './expression-writer.ts';
import { estimateCost } from './estimate-cost.ts';
import { lowerOptionals } from './lower-optionals.ts';
import { parseExpression } from './parse-expression.ts';

/** An expression ready to be evaluated. */
export interface CompiledExpression {
  readonly result: CelType;
  /** At most, in the API server's units. */
  readonly cost: number;
  readonly usesOldSelf: boolean;
  /** @throws Error with the evaluator's message */
  evaluate(variables: Readonly<Record<string, CelInput>>): CelValue;
}

/** What {@link compileExpression} answers. */
export type Compilation =
  | { readonly kind: 'compiled'; readonly expression: CompiledExpression }
  /** `problem` reads like the API server's: position, message, the line with a mark below. */
  | { readonly kind: 'refused'; readonly problem: string };

/** Points at a place of a source as the API server does. */
function describeProblem(source: string, message: string, offset: number): string {
  const before = source.slice(0, offset);
  const line = before.split('\n').length;
  const column = offset - (before.lastIndexOf('\n') + 1);
  const text = source.split('\n')[line - 1] ?? '';
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text}\n | ${'.'.repeat(column)}^`;
}

/** Makes every loop of an expression pass through the budget. */
function meterLoops(parsed: ParsedExpression): void {
  const writer = new ExpressionWriter(parsed);
  for (const node of [...nodesOf(parsed.expr)]) {
    if (node.exprKind.case !== 'comprehensionExpr') continue;
    const fold = node.exprKind.value;
    const condition = fold.loopCondition;
    if (condition === undefined) continue;
    fold.loopCondition = writer.call(condition, TICK, [condition]);
  }
}

/** Variables whose members are composed ones. */
const LAZY: ReadonlySet<string> = new Set([VARIABLES]);

function usesName(parsed: ParsedExpression, name: string): boolean {
  return nodesOf(parsed.expr).some(
    (node) => node.exprKind.case === 'identExpr' && node.exprKind.value.name === name,
  );
}

/**
 * Parses, checks and plans one expression.
 *
 * @param variables the names it can use, with their types
 */
export function compileExpression(
  environment: CelEnv,
  source: string,
  variables: ReadonlyMap<string, CelType>,
): Compilation {
  let parsed: ParsedExpression;
  let types: CheckedTypes;
  try {
    const plain = parseExpression(source);
    parsed = plain.parsed;
    types = checkExpression(parsed, plain.text, variables);
    checkLiterals(parsed, types);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const texts = error.problems.map(({ message, offset }) =>
      describeProblem(source, message, offset),
    );
    return { kind: 'refused', problem: texts.join('\n') };
  }
  const cost = estimateCost(parsed.expr, types);
  const usesOldSelf = usesName(parsed, 'oldSelf');
  lowerOptionals(parsed, types, LAZY);
  meterLoops(parsed);
  if (variables.has(VARIABLES)) readComposed(parsed);
  const evaluate = plan(environment, parsed);
  return {
    kind: 'compiled',
    expression: {
      result: types.result,
      cost,
      usesOldSelf,
      evaluate(values) {
        const result = evaluate(values);
        if (isCelError(result)) throw new Error(evaluationMessage(result.message));
        return result;
      },
    },
  };
}
