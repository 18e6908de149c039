import { ExpressionError } from './expression-error.ts';
import { nodesOf, type ExpressionNode, type ParsedExpression } from './expression-nodes.ts';
import { callKind, ExpressionWriter, type ExpressionKind } from './expression-writer.ts';

/** One call that a macro rewrites. */
interface MacroCall {
  readonly node: ExpressionNode;
  readonly target: ExpressionNode;
  readonly variable: string;
  readonly body: ExpressionNode;
}

type Macro = (call: MacroCall, writer: ExpressionWriter) => ExpressionKind;

/** The optional that `optMap` looks into; named, so that it is evaluated once. */
const LOOKED_INTO = '@optional';
/** The list that `sortBy` sorts. */
const SORTED = '@sorted';

/** `body` about what an optional holds; `wrap` makes an optional of it. */
function mapOptional(
  { node, target, variable, body }: MacroCall,
  writer: ExpressionWriter,
  wrap: (result: ExpressionNode) => ExpressionNode,
): ExpressionKind {
  const optional = (): ExpressionNode => writer.ident(node, LOOKED_INTO);
  const value = writer.call(node, 'value', [], optional());
  const mapped = writer.node(node, writer.binding(node, variable, value, body));
  const result = writer.call(node, '_?_:_', [
    writer.call(node, 'hasValue', [], optional()),
    wrap(mapped),
    writer.call(node, 'optional.none', []),
  ]);
  return writer.binding(node, LOOKED_INTO, target, result);
}

const MACROS: Readonly<Record<string, Macro>> = {
  optMap: (call, writer) =>
    mapOptional(call, writer, (result) => writer.call(call.node, 'optional.of', [result])),
  optFlatMap: (call, writer) => mapOptional(call, writer, (result) => result),
  sortBy: ({ node, target, variable, body }, writer) => {
    if (target.exprKind.case === 'constExpr' || target.exprKind.case === 'structExpr') {
      const message =
        'sortBy can only be applied to a list, identifier, comprehension, call or select expression';
      throw new ExpressionError([{ message, offset: writer.offsetOf(target) }]);
    }
    const list = (): ExpressionNode => writer.ident(node, SORTED);
    const keys = writer.map(node, list(), variable, body);
    const result = writer.node(node, callKind('@sortByAssociatedKeys', [keys], list()));
    return writer.binding(node, SORTED, target, result);
  },
};

/** What the API server says of a first argument that is no name. */
function notAName(macro: string): string {
  return macro === 'sortBy'
    ? 'argument is not an identifier'
    : `${macro}() variable name must be a simple identifier`;
}

/**
 * Writes out the macros that the parser does not know.
 *
 * @throws ExpressionError for a macro whose variable is no name
 */
export function expandMacros(parsed: ParsedExpression): void {
  const writer = new ExpressionWriter(parsed);
  for (const node of [...nodesOf(parsed.expr)]) {
    if (node.exprKind.case !== 'callExpr') continue;
    const { function: name, target, args } = node.exprKind.value;
    const [variable, body] = args;
    const macro = Object.hasOwn(MACROS, name) ? MACROS[name] : undefined;
    if (macro === undefined || target === undefined || args.length !== 2) continue;
    if (variable === undefined || body === undefined) continue;
    if (variable.exprKind.case !== 'identExpr') {
      throw new ExpressionError([{ message: notAName(name), offset: writer.offsetOf(variable) }]);
    }
    const call = { node, target, variable: variable.exprKind.value.name, body };
    node.exprKind = macro(call, writer);
  }
}
