import { isCelError, parse, plan, type CelEnv, type CelInput, type CelValue } from '@bufbuild/cel';
import { RE2JS } from 're2js';
import { TICK, toDuration, toTimestamp } from './cel-environment.ts';
import type { CelType } from './cel-types.ts';
import { checkExpression, ExpressionError, type CheckedTypes } from './check-expression.ts';
import { readComposed } from './composed-variables.ts';
import { evaluationMessage } from './evaluation-message.ts';
import { nodesOf, type ExpressionNode, type ParsedExpression } from './expression-nodes.ts';
import { estimateCost } from './estimate-cost.ts';

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

const SYNTAX_EXPECTATION =
  "expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

/** Where a parser gave up, from the position at the head of its message. */
function syntaxProblem(source: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const match = /^<input>:(\d+):(\d+): ([\s\S]*)$/.exec(message);
  if (match === null) return describeProblem(source, `Syntax error: ${message}`, 0);
  const [, line, column, detail = ''] = match;
  const lines = source.split('\n').slice(0, Number(line) - 1);
  const start = lines.reduce((sum, text) => sum + text.length + 1, 0);
  const offset = start + Number(column) - 1;
  const rest = source.slice(offset).trim();
  if (/^(?:\.|\[)\?/.test(rest)) {
    return describeProblem(
      source,
      'Syntax error: optional selection is not available in this API server',
      offset,
    );
  }
  // An operator without its right side: the text ends too early.
  if (rest === '' || /^(?:[=!<>]=|[<>+\-*/%]|&&|\|\|)$/.test(rest)) {
    return describeProblem(
      source,
      `Syntax error: mismatched input '<EOF>' ${SYNTAX_EXPECTATION}`,
      source.length,
    );
  }
  return describeProblem(source, `Syntax error: ${detail}`, offset);
}

/** Functions of a text that may be written into a rule as it is, and what reads such a text. */
const LITERALS: Readonly<Record<string, (text: string) => unknown>> = {
  matches: (text) => RE2JS.compile(text),
  find: (text) => RE2JS.compile(text),
  findAll: (text) => RE2JS.compile(text),
  duration: toDuration,
  timestamp: toTimestamp,
};

/** Texts written into a rule as patterns or times are read once, here, so that a bad one is told at once. */
function checkLiterals(parsed: ParsedExpression): void {
  for (const node of nodesOf(parsed.expr)) {
    if (node.exprKind.case !== 'callExpr') continue;
    const { function: name, args } = node.exprKind.value;
    const [first] = args;
    const read = Object.hasOwn(LITERALS, name) ? LITERALS[name] : undefined;
    if (read === undefined || first?.exprKind.case !== 'constExpr') continue;
    const { constantKind } = first.exprKind.value;
    if (constantKind.case !== 'stringValue') continue;
    try {
      read(constantKind.value);
    } catch {
      const offset = parsed.sourceInfo?.positions[String(first.id)] ?? 0;
      throw new ExpressionError([{ message: `invalid ${name} argument`, offset }]);
    }
  }
}

/** Makes every loop of an expression pass through the budget. */
function meterLoops(parsed: ParsedExpression): void {
  for (const node of [...nodesOf(parsed.expr)]) {
    if (node.exprKind.case !== 'comprehensionExpr') continue;
    const fold = node.exprKind.value;
    const condition = fold.loopCondition;
    if (condition === undefined) continue;
    const call = { function: TICK, args: [condition] };
    // The planner reads the members of nodes, and nothing of how they were made.
    fold.loopCondition = {
      id: condition.id,
      exprKind: { case: 'callExpr', value: call },
    } as unknown as ExpressionNode;
  }
}

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
  try {
    parsed = parse(source);
  } catch (error) {
    return { kind: 'refused', problem: syntaxProblem(source, error) };
  }
  let types: CheckedTypes;
  try {
    types = checkExpression(parsed, source, variables);
    checkLiterals(parsed);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const texts = error.problems.map(({ message, offset }) =>
      describeProblem(source, message, offset),
    );
    return { kind: 'refused', problem: texts.join('\n') };
  }
  const cost = estimateCost(parsed.expr, types);
  const usesOldSelf = usesName(parsed, 'oldSelf');
  meterLoops(parsed);
  if (variables.has('variables')) readComposed(parsed);
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
