import { parse } from '@bufbuild/cel';
import { ExpressionError } from './expression-error.ts';
import { expandMacros } from './expression-macros.ts';
import type { ParsedExpression } from './expression-nodes.ts';
import { applyOptionalMarks, takeOptionalMarks, type OptionalMark } from './optional-syntax.ts';

const EXPECTATION =
  "expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

function syntaxError(message: string, offset: number): ExpressionError {
  return new ExpressionError([{ message: `Syntax error: ${message}`, offset }]);
}

/** Where a parser gave up, from the position at the head of its message. */
function parserProblem(source: string, error: unknown): ExpressionError {
  const message = error instanceof Error ? error.message : String(error);
  const match = /^<input>:(\d+):(\d+): ([\s\S]*)$/.exec(message);
  if (match === null) return syntaxError(message, 0);
  const [, line, column, detail = ''] = match;
  const lines = source.split('\n').slice(0, Number(line) - 1);
  const start = lines.reduce((sum, text) => sum + text.length + 1, 0);
  const offset = start + Number(column) - 1;
  const rest = source.slice(offset).trim();
  // An operator without its right side, or a conditional without its end: the text ends too early.
  return rest === '' || /^(?:\?.*|[=!<>]=|[<>+\-*/%]|&&|\|\|)$/s.test(rest)
    ? syntaxError(`mismatched input '<EOF>' ${EXPECTATION}`, source.length)
    : syntaxError(detail, offset);
}

/** What is wrong with a mark that no selection, index or literal has taken. */
function strayMark(source: string, parsed: ParsedExpression, mark: OptionalMark): ExpressionError {
  const { positions = {}, macroCalls = {} } = parsed.sourceInfo ?? {};
  // `has(a.?b)`: the parser has made a test of the selection, which is no selection any more.
  for (const { exprKind } of Object.values(macroCalls)) {
    if (exprKind.case !== 'callExpr' || exprKind.value.function !== 'has') continue;
    const [tested] = exprKind.value.args;
    if (tested !== undefined && positions[String(tested.id)] === mark.owner) {
      return new ExpressionError([
        { message: 'invalid argument to has() macro', offset: mark.owner },
      ]);
    }
  }
  const call = source.indexOf('(', mark.offset);
  return syntaxError("mismatched input '(' expecting <EOF>", Math.max(call, 0));
}

/** An expression that has been parsed. */
export interface PlainExpression {
  readonly parsed: ParsedExpression;
  /** What has been parsed: the source without the marks of optionals and comments, every other place where it was. */
  readonly text: string;
}

/**
 * Parses an expression, with the syntax of optionals and the macros that the parser does not have.
 *
 * @throws ExpressionError for a text that is no expression
 */
export function parseExpression(source: string): PlainExpression {
  const { text, marks, misplaced } = takeOptionalMarks(source);
  if (misplaced !== undefined) {
    const token = source.charAt(misplaced);
    throw syntaxError(
      token === '' ? "mismatched input '<EOF>'" : `extraneous input '${token}' ${EXPECTATION}`,
      misplaced,
    );
  }
  let parsed: ParsedExpression;
  try {
    parsed = parse(text);
  } catch (error) {
    throw parserProblem(source, error);
  }
  const [stray] = applyOptionalMarks(parsed, marks);
  if (stray !== undefined) throw strayMark(source, parsed, stray);
  expandMacros(parsed);
  return { parsed, text };
}
