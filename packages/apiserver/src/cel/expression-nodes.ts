import type { parse } from '@bufbuild/cel';

/** A parsed expression; its nodes have numbers by which positions and types are found. */
export type ParsedExpression = ReturnType<typeof parse>;

/** One node of a parsed expression. */
export type ExpressionNode = ParsedExpression['expr'];

/** A text that is written out in an expression; undefined for other nodes. */
export function writtenText(node: ExpressionNode | undefined): string | undefined {
  const constant =
    node?.exprKind.case === 'constExpr' ? node.exprKind.value.constantKind : undefined;
  return constant?.case === 'stringValue' ? constant.value : undefined;
}

/** Every node of an expression, outermost first. */
export function* nodesOf(node: ExpressionNode | undefined): Generator<ExpressionNode> {
  if (node === undefined) return;
  yield node;
  const { exprKind } = node;
  switch (exprKind.case) {
    case 'selectExpr':
      yield* nodesOf(exprKind.value.operand);
      break;
    case 'callExpr':
      yield* nodesOf(exprKind.value.target);
      for (const arg of exprKind.value.args) yield* nodesOf(arg);
      break;
    case 'listExpr':
      for (const element of exprKind.value.elements) yield* nodesOf(element);
      break;
    case 'structExpr':
      for (const { keyKind, value } of exprKind.value.entries) {
        if (keyKind.case === 'mapKey') yield* nodesOf(keyKind.value);
        yield* nodesOf(value);
      }
      break;
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
      for (const part of [iterRange, accuInit, loopCondition, loopStep, result]) {
        yield* nodesOf(part);
      }
      break;
    }
    default:
      break;
  }
}
