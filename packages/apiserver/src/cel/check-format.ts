import type { CelType } from './cel-types.ts';
import type { CheckedTypes } from './check-expression.ts';
import type { ExpressionProblem } from './expression-error.ts';
import {
  nodesOf,
  writtenText,
  type ExpressionNode,
  type ParsedExpression,
} from './expression-nodes.ts';
import { misfit, piecesOf, type FormatVerb } from './format-clauses.ts';

const DOUBLES = ['double', 'string'];
const INTEGERS = ['int', 'uint'];
const HEXADECIMAL = [...INTEGERS, 'string', 'bytes'];

/** Names of the types that a clause can write; `string` stands for NaN and the infinities where numbers are asked for. */
const WRITTEN: Readonly<Record<FormatVerb, readonly string[]>> = {
  s: [
    ...['list', 'map', 'int', 'uint', 'double', 'bool', 'string', 'bytes', 'type', 'null_type'],
    ...['google.protobuf.Timestamp', 'google.protobuf.Duration'],
  ],
  d: INTEGERS,
  f: DOUBLES,
  e: DOUBLES,
  b: [...INTEGERS, 'bool'],
  x: HEXADECIMAL,
  X: HEXADECIMAL,
  o: INTEGERS,
};

const RUNTIME_NAMES: Readonly<Record<string, string>> = {
  null: 'null_type',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
};

/** The name of a type without its parameters. */
function nameOf(type: CelType): string {
  switch (type.kind) {
    case 'list':
    case 'map':
      return type.kind;
    case 'optional':
      return 'optional_type';
    case 'primitive':
      if (type.name === 'none') return 'dyn';
      return RUNTIME_NAMES[type.name] ?? type.name;
    case 'object':
    case 'parameter':
      return type.name;
  }
}

/** The first node that `%s` cannot write: the argument itself, or an element of a literal that it is. */
function misfitOf(
  node: ExpressionNode,
  verb: FormatVerb,
  types: CheckedTypes,
): ExpressionNode | undefined {
  const name = nameOf(types.typeOf(node));
  if (name !== 'dyn' && !WRITTEN[verb].includes(name)) return node;
  if (verb !== 's') return undefined;
  for (const part of partsOf(node)) {
    const found = misfitOf(part, verb, types);
    if (found !== undefined) return found;
  }
  return undefined;
}

function partsOf({ exprKind }: ExpressionNode): readonly ExpressionNode[] {
  if (exprKind.case === 'listExpr') return exprKind.value.elements;
  if (exprKind.case !== 'structExpr') return [];
  return exprKind.value.entries.flatMap(({ keyKind, value }) => [
    ...(keyKind.case === 'mapKey' ? [keyKind.value] : []),
    ...(value === undefined ? [] : [value]),
  ]);
}

function problemOf(
  call: ExpressionNode,
  format: string,
  args: readonly ExpressionNode[],
  types: CheckedTypes,
): ExpressionProblem | undefined {
  const at = (node: ExpressionNode, message: string) => ({ message, offset: types.placeOf(node) });
  let used = 0;
  for (const piece of piecesOf(format)) {
    if (piece.kind === 'text') continue;
    if (piece.kind === 'cut') return at(call, 'unexpected end of string');
    const arg = args[used];
    if (arg === undefined) return at(call, `index ${used} out of range`);
    if (piece.kind === 'unreadable') {
      return at(call, `could not parse formatting clause: ${piece.problem}`);
    }
    const { verb } = piece.clause;
    const odd = misfitOf(arg, verb, types);
    if (odd !== undefined) return at(odd, misfit(verb, nameOf(types.typeOf(odd))));
    used += 1;
  }
  return used < args.length
    ? at(
        call,
        `too many arguments supplied to string.format (expected ${used}, got ${args.length})`,
      )
    : undefined;
}

/** What is wrong with the calls of `format` whose format and list of arguments are written out. */
export function formatProblems(
  parsed: ParsedExpression,
  types: CheckedTypes,
): readonly ExpressionProblem[] {
  const problems: ExpressionProblem[] = [];
  for (const node of nodesOf(parsed.expr)) {
    if (node.exprKind.case !== 'callExpr' || node.exprKind.value.function !== 'format') continue;
    const { target, args } = node.exprKind.value;
    const format = writtenText(target);
    const list = args[0]?.exprKind;
    if (format === undefined || list?.case !== 'listExpr') continue;
    const problem = problemOf(node, format, list.value.elements, types);
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}
