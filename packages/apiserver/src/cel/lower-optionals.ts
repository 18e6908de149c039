import { isOptionalType } from './cel-types.ts';
import type { CheckedTypes } from './check-expression.ts';
import {
  nodesOf,
  writtenText,
  type ExpressionNode,
  type ParsedExpression,
} from './expression-nodes.ts';
import { callKind, ExpressionWriter, type ExpressionKind } from './expression-writer.ts';
import { OPTIONAL_FUNCTIONS } from './optional-values.ts';

/** The left side of `or`, named, so that it is evaluated once. */
const LEFT = '@left';

/** What an element is looked for in. */
const HOLDER = '@holder';

/**
 * Rewrites what an evaluator without optionals cannot do into calls of functions: selections that may find nothing,
 * literals with marked entries, and `or` and `orValue`, which evaluate their right side only when they need it.
 *
 * @param lazy names whose members are read by calls of their own: an optional member of theirs is there
 */
export function lowerOptionals(
  parsed: ParsedExpression,
  types: CheckedTypes,
  lazy: ReadonlySet<string>,
): void {
  const writer = new ExpressionWriter(parsed);
  for (const node of [...nodesOf(parsed.expr)]) {
    const lowered = lower(node, types, writer, lazy);
    if (lowered !== undefined) node.exprKind = lowered;
  }
}

function lower(
  node: ExpressionNode,
  types: CheckedTypes,
  writer: ExpressionWriter,
  lazy: ReadonlySet<string>,
): ExpressionKind | undefined {
  const { exprKind } = node;
  switch (exprKind.case) {
    case 'selectExpr': {
      const { operand, field, testOnly } = exprKind.value;
      if (operand === undefined || !isOptionalType(types.typeOf(operand))) return undefined;
      if (!testOnly)
        return lowerSelection(node, operand, writer.text(node, field), types, writer, lazy);
      return callKind(OPTIONAL_FUNCTIONS.has, [operand, writer.text(node, field)]);
    }
    case 'listExpr': {
      const { elements, optionalIndices } = exprKind.value;
      if (optionalIndices.length === 0) return undefined;
      return withMarks(node, OPTIONAL_FUNCTIONS.list, optionalIndices, elements.length, writer);
    }
    case 'structExpr': {
      const { entries } = exprKind.value;
      const marked = entries.flatMap(({ optionalEntry }, index) => (optionalEntry ? [index] : []));
      if (marked.length === 0) return undefined;
      return withMarks(node, OPTIONAL_FUNCTIONS.map, marked, entries.length, writer);
    }
    case 'callExpr':
      return lowerCall(node, exprKind.value, types, writer, lazy);
    default:
      return undefined;
  }
}

function withMarks(
  node: ExpressionNode,
  name: string,
  marked: readonly number[],
  size: number,
  writer: ExpressionWriter,
): ExpressionKind {
  const literal = writer.node(node, node.exprKind);
  const indices = marked
    .filter((index) => index < size)
    .map((index) => writer.integer(node, BigInt(index)));
  return callKind(name, [literal, writer.list(node, indices)]);
}

type Call = Extract<ExpressionKind, { readonly case: 'callExpr' }>['value'];

function lowerCall(
  node: ExpressionNode,
  call: Call,
  types: CheckedTypes,
  writer: ExpressionWriter,
  lazy: ReadonlySet<string>,
): ExpressionKind | undefined {
  const { function: name, target, args } = call;
  const [first, second] = args;
  if (name === 'or' || name === 'orValue') {
    if (target === undefined || first === undefined) return undefined;
    const left = (): ExpressionNode => writer.ident(node, LEFT);
    const choice = writer.call(node, '_?_:_', [
      writer.call(node, OPTIONAL_FUNCTIONS.isNone, [left()]),
      first,
      name === 'or' ? left() : writer.call(node, OPTIONAL_FUNCTIONS.held, [left()]),
    ]);
    return writer.binding(node, LEFT, target, choice);
  }
  if (first === undefined) return undefined;
  if (isNonZero(call)) {
    return isSchemaAggregate(first, types) ? callKind('optional.of', [first]) : undefined;
  }
  if (second === undefined) return undefined;
  if (name === '_?._') return lowerSelection(node, first, second, types, writer, lazy);
  const isHeld = isOptionalType(types.typeOf(first));
  if (name === '_[_]' && isHeld) return lowerHeldIndex(node, first, second, writer);
  if (name !== '_[?_]') return undefined;
  return isHeld
    ? lowerHeldIndex(node, first, second, writer)
    : callKind(OPTIONAL_FUNCTIONS.index, args);
}

function isNonZero({ function: name, target }: Call): boolean {
  return (
    name === 'ofNonZeroValue' &&
    target?.exprKind.case === 'identExpr' &&
    target.exprKind.value.name === 'optional'
  );
}

/** Objects, lists and maps that a schema describes are never zero, even empty ones. */
function isSchemaAggregate(node: ExpressionNode, types: CheckedTypes): boolean {
  const { kind } = types.typeOf(node);
  if (kind === 'object') return true;
  return (kind === 'list' || kind === 'map') && ['self', 'oldSelf'].includes(rootOf(node) ?? '');
}

/** The variable that a chain of selections and indices begins with. */
function rootOf(node: ExpressionNode | undefined): string | undefined {
  const { exprKind } = node ?? {};
  if (exprKind?.case === 'identExpr') return exprKind.value.name;
  if (exprKind?.case === 'selectExpr') return rootOf(exprKind.value.operand);
  const isIndex = exprKind?.case === 'callExpr' && exprKind.value.function === '_[_]';
  return isIndex ? rootOf(exprKind.value.args[0]) : undefined;
}

function lowerSelection(
  node: ExpressionNode,
  operand: ExpressionNode,
  field: ExpressionNode,
  types: CheckedTypes,
  writer: ExpressionWriter,
  lazy: ReadonlySet<string>,
): ExpressionKind {
  const { exprKind } = operand;
  if (exprKind.case === 'identExpr' && lazy.has(exprKind.value.name)) {
    return callKind('optional.of', [writer.select(node, operand, writtenText(field) ?? '')]);
  }
  const name = OPTIONAL_FUNCTIONS.select;
  // The API server looks into an optional that is the value of a variable or a call, not into one that it finds on its way.
  return isMemberOfPlain(operand, types)
    ? callKind(name, [writer.call(node, 'optional.of', [operand]), field])
    : callKind(name, [operand, field]);
}

/** Whether a node is a member of something that is no optional. */
function isMemberOfPlain({ exprKind }: ExpressionNode, types: CheckedTypes): boolean {
  if (exprKind.case === 'selectExpr') {
    const { operand } = exprKind.value;
    return operand !== undefined && !isOptionalType(types.typeOf(operand));
  }
  if (exprKind.case !== 'callExpr' || exprKind.value.function !== '_[_]') return false;
  const [operand] = exprKind.value.args;
  return operand !== undefined && !isOptionalType(types.typeOf(operand));
}

/** An element of what an optional holds; the index is evaluated only when it holds something. */
function lowerHeldIndex(
  node: ExpressionNode,
  operand: ExpressionNode,
  index: ExpressionNode,
  writer: ExpressionWriter,
): ExpressionKind {
  const holder = (): ExpressionNode => writer.ident(node, HOLDER);
  const element = writer.call(node, '_?_:_', [
    writer.call(node, OPTIONAL_FUNCTIONS.isNone, [holder()]),
    holder(),
    writer.call(node, OPTIONAL_FUNCTIONS.index, [holder(), index]),
  ]);
  return writer.binding(node, HOLDER, operand, element);
}
