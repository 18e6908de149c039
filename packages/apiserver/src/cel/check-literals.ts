import { RE2JS } from 're2js';
import { toDuration, toTimestamp } from './cel-environment.ts';
import { formatProblems } from './check-format.ts';
import { areEquivalent, describeType, isOptionalType, type CelType } from './cel-types.ts';
import type { CheckedTypes } from './check-expression.ts';
import { ExpressionError, type ExpressionProblem } from './expression-error.ts';
import {
  nodesOf,
  writtenText,
  type ExpressionNode,
  type ParsedExpression,
} from './expression-nodes.ts';

/** Functions of a text that may be written into a rule as it is, and what reads such a text. */
const LITERALS: Readonly<Record<string, (text: string) => unknown>> = {
  matches: (text) => RE2JS.compile(text),
  find: (text) => RE2JS.compile(text),
  findAll: (text) => RE2JS.compile(text),
  duration: toDuration,
  timestamp: toTimestamp,
};

/** Texts written into a rule as patterns or times are read once, here, so that a bad one is told at once. */
function checkTexts(parsed: ParsedExpression): void {
  for (const node of nodesOf(parsed.expr)) {
    if (node.exprKind.case !== 'callExpr') continue;
    const { function: name, args } = node.exprKind.value;
    const [first] = args;
    const read = Object.hasOwn(LITERALS, name) ? LITERALS[name] : undefined;
    const text = writtenText(first);
    if (read === undefined || first === undefined || text === undefined) continue;
    try {
      read(text);
    } catch {
      const offset = parsed.sourceInfo?.positions[String(first.id)] ?? 0;
      throw new ExpressionError([{ message: `invalid ${name} argument`, offset }]);
    }
  }
}

/** Looks at the elements of lists and the keys and values of maps: those of one literal are of one type. */
class LiteralTypes {
  readonly #types: CheckedTypes;
  readonly problems: ExpressionProblem[] = [];

  constructor(types: CheckedTypes) {
    this.#types = types;
  }

  checkList(elements: readonly ExpressionNode[], optional: ReadonlySet<number>): void {
    const types = elements.map((element, index) => this.#typeOf(element, optional.has(index)));
    const [first] = types;
    const odd = types.findIndex((type) => first !== undefined && !areEquivalent(first, type));
    this.#compare(elements[odd], first, types[odd]);
  }

  checkMap(entries: readonly MapEntry[]): void {
    const [first, ...others] = entries;
    if (first === undefined) return;
    const keyType = this.#typeOf(first.key, false);
    const valueType = this.#typeOf(first.value, first.isOptional);
    for (const { key, value, isOptional } of others) {
      this.#compare(key, keyType, this.#typeOf(key, false));
      this.#compare(value, valueType, this.#typeOf(value, isOptional));
    }
  }

  #typeOf(node: ExpressionNode, isOptional: boolean): CelType {
    const type = this.#types.typeOf(node);
    return isOptional && isOptionalType(type) ? type.value : type;
  }

  #compare(
    node: ExpressionNode | undefined,
    expected: CelType | undefined,
    found: CelType | undefined,
  ): void {
    if (node === undefined || expected === undefined || found === undefined) return;
    if (areEquivalent(expected, found)) return;
    const message = `expected type '${describeType(expected)}' but found '${describeType(found)}'`;
    this.problems.push({ message, offset: this.#types.placeOf(node) });
  }
}

interface MapEntry {
  readonly key: ExpressionNode;
  readonly value: ExpressionNode;
  readonly isOptional: boolean;
}

/** Lists and maps in a call of `format` may hold values of several types. */
function exemptNodes(parsed: ParsedExpression): ReadonlySet<ExpressionNode> {
  const calls = [...nodesOf(parsed.expr)].filter(
    ({ exprKind }) => exprKind.case === 'callExpr' && exprKind.value.function === 'format',
  );
  return new Set(calls.flatMap((call) => [...nodesOf(call)]));
}

function aggregateProblems(
  parsed: ParsedExpression,
  types: CheckedTypes,
): readonly ExpressionProblem[] {
  const literals = new LiteralTypes(types);
  const exempt = exemptNodes(parsed);
  for (const node of nodesOf(parsed.expr)) {
    const { exprKind } = node;
    if (exempt.has(node)) continue;
    if (exprKind.case === 'listExpr') {
      literals.checkList(exprKind.value.elements, new Set(exprKind.value.optionalIndices));
    }
    if (exprKind.case === 'structExpr') {
      literals.checkMap(
        exprKind.value.entries.flatMap(({ keyKind, value, optionalEntry }) =>
          keyKind.case === 'mapKey' && value !== undefined
            ? [{ key: keyKind.value, value, isOptional: optionalEntry }]
            : [],
        ),
      );
    }
  }
  return literals.problems;
}

/**
 * Checks what is written out in an expression whose types make sense.
 *
 * @throws ExpressionError for patterns and times that cannot be read, for formats that do not fit their arguments, and for lists and
 * maps of several types
 */
export function checkLiterals(parsed: ParsedExpression, types: CheckedTypes): void {
  checkTexts(parsed);
  const problems = [...aggregateProblems(parsed, types), ...formatProblems(parsed, types)];
  if (problems.length > 0) throw new ExpressionError(problems);
}
