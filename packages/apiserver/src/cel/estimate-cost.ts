import { maxSizeOf, type CelType } from './cel-types.ts';
import type { CheckedTypes } from './check-expression.ts';
import type { ExpressionNode } from './expression-nodes.ts';
import { overloadsOf } from './overloads.ts';

/** Highest estimated cost of one rule, and of all rules of one schema, as in the API server. */
export const RULE_COST_LIMIT = 10_000_000;
export const SCHEMA_COST_LIMIT = 100_000_000;

const LIST_BASE = 10;
const MAP_BASE = 30;
/** Reading a text costs a tenth of its length; a pattern multiplies that by a quarter of its own. */
const TRAVERSAL = 0.1;
const PATTERN = 0.25;

/** Calls that read their texts or lists from end to end. */
const TRAVERSING = new Set([
  'contains',
  'startsWith',
  'endsWith',
  'format',
  'strings.quote',
  'indexOf',
  'lastIndexOf',
  'lowerAscii',
  'upperAscii',
  'replace',
  'split',
  'substring',
  'trim',
  'join',
  'isSorted',
  'sum',
  'min',
  'max',
  'reverse',
  'url',
  'isURL',
  'quantity',
  'isQuantity',
  'ip',
  'isIP',
  'cidr',
  'isCIDR',
  'semver',
  'isSemver',
  'bytes',
]);

/** Calls that compare each element of a list with each. */
const COMPARING_ALL = new Set(['distinct', 'sort', '@sortByAssociatedKeys']);

const COMPARING = new Set(['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_']);

/**
 * Estimates what evaluating an expression costs at most, in the API server's units: about one for each step, with sizes
 * taken from the bounds of the schema.
 *
 * Caveats: follows the API server's estimate in what grows (loops, texts, patterns), not to the last unit.
 */
export function estimateCost(node: ExpressionNode, types: CheckedTypes): number {
  const cost = (child: ExpressionNode | undefined): number =>
    child === undefined ? 0 : estimateCost(child, types);
  const size = (child: ExpressionNode | undefined): number =>
    child === undefined ? 0 : maxSizeOf(types.typeOf(child));
  const { exprKind } = node;
  switch (exprKind.case) {
    case 'identExpr':
      return 1;
    case 'selectExpr':
      return 1 + cost(exprKind.value.operand);
    case 'listExpr':
      return LIST_BASE + exprKind.value.elements.reduce((sum, element) => sum + cost(element), 0);
    case 'structExpr':
      return (
        MAP_BASE + exprKind.value.entries.reduce((sum, entry) => sum + 1 + cost(entry.value), 0)
      );
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
      const rounds = size(iterRange);
      const round = cost(loopCondition) + cost(loopStep);
      return cost(iterRange) + cost(accuInit) + rounds * round + cost(result);
    }
    case 'callExpr': {
      const { target, args } = exprKind.value;
      const qualifier = target?.exprKind.case === 'identExpr' ? target.exprKind.value.name : '';
      const qualified = `${qualifier}.${exprKind.value.function}`;
      const isQualified = overloadsOf(qualified) !== undefined;
      const name = isQualified ? qualified : exprKind.value.function;
      const operands = target === undefined || isQualified ? args : [target, ...args];
      const before = operands.reduce((sum, operand) => sum + cost(operand), 0);
      return before + callCost(name, operands, types, size);
    }
    default:
      return 0;
  }
}

function hasSize(type: CelType): boolean {
  if (type.kind === 'list' || type.kind === 'map') return true;
  // What an optional holds is compared from end to end, whatever it is.
  if (type.kind === 'optional') return type.value.kind === 'object' || hasSize(type.value);
  return type.kind === 'primitive' && ['string', 'bytes', 'dyn', 'none'].includes(type.name);
}

function isSized(node: ExpressionNode | undefined, types: CheckedTypes): boolean {
  if (node === undefined) return false;
  const type = types.typeOf(node);
  return hasSize(type);
}

function callCost(
  name: string,
  operands: readonly ExpressionNode[],
  types: CheckedTypes,
  size: (node: ExpressionNode | undefined) => number,
): number {
  const [first, second] = operands;
  if (name === 'matches' || name === 'find' || name === 'findAll') {
    return Math.max(1, size(first) * TRAVERSAL) * Math.max(1, size(second) * PATTERN);
  }
  if (COMPARING_ALL.has(name)) {
    const keys = operands.at(-1);
    const type = keys === undefined ? undefined : types.typeOf(keys);
    const each = type?.kind === 'list' && isText(type.element) ? 2 + TRAVERSAL : 2;
    return LIST_BASE + each * size(keys) ** 2;
  }
  if (name === '@in') return isSized(second, types) ? size(second) : 1;
  if (COMPARING.has(name)) {
    // The shorter side decides.
    return isSized(first, types) && isSized(second, types)
      ? Math.max(1, Math.min(size(first), size(second)) * TRAVERSAL)
      : 1;
  }
  if (name === '_+_' && isSized(first, types)) {
    return (size(first) + size(second)) * TRAVERSAL;
  }
  if (name.startsWith('sets.')) return size(first) * size(second);
  if (TRAVERSING.has(name) && isSized(first, types)) {
    const type = first === undefined ? undefined : types.typeOf(first);
    // A list of texts is as long as all of its texts.
    const width = type?.kind === 'list' && isText(type.element) ? maxSizeOf(type.element) : 1;
    return Math.max(
      1,
      size(first) * width * (type?.kind === 'list' && width === 1 ? 1 : TRAVERSAL),
    );
  }
  return 1;
}

function isText(type: { readonly kind: string; readonly name?: unknown }): boolean {
  return type.kind === 'primitive' && (type.name === 'string' || type.name === 'bytes');
}
