import type { ExpressionNode, ParsedExpression } from './expression-nodes.ts';
import { nodesOf } from './expression-nodes.ts';

/** What a node holds beside its number. */
export type ExpressionKind = ExpressionNode['exprKind'];

/** The variable of a loop without rounds: it is never set. */
const UNUSED = '#unused';

/** Writes nodes into an expression that has been parsed, each with a number and a place of its own. */
export class ExpressionWriter {
  readonly #positions: Record<string, number>;
  #last: bigint;

  constructor(parsed: ParsedExpression) {
    this.#positions = parsed.sourceInfo?.positions ?? {};
    const numbers = [...nodesOf(parsed.expr)].map(({ id }) => id);
    this.#last = [...numbers, ...Object.keys(this.#positions).map(BigInt)].reduce(
      (highest, id) => (id > highest ? id : highest),
      0n,
    );
  }

  /** Where a node stands. */
  offsetOf(node: ExpressionNode): number {
    return this.#positions[String(node.id)] ?? 0;
  }

  /** A node of its own at the place of another one. */
  node(place: ExpressionNode, exprKind: ExpressionKind): ExpressionNode {
    this.#last += 1n;
    this.#positions[String(this.#last)] = this.offsetOf(place);
    // Checker and planner read the members of nodes, and nothing of how they were made.
    return { id: this.#last, exprKind } as unknown as ExpressionNode;
  }

  ident(place: ExpressionNode, name: string): ExpressionNode {
    return this.node(place, identKind(name));
  }

  text(place: ExpressionNode, text: string): ExpressionNode {
    return this.node(place, constantKind({ case: 'stringValue', value: text }));
  }

  integer(place: ExpressionNode, value: bigint): ExpressionNode {
    return this.node(place, constantKind({ case: 'int64Value', value }));
  }

  boolean(place: ExpressionNode, value: boolean): ExpressionNode {
    return this.node(place, constantKind({ case: 'boolValue', value }));
  }

  select(place: ExpressionNode, operand: ExpressionNode, field: string): ExpressionNode {
    const exprKind = { case: 'selectExpr', value: { operand, field, testOnly: false } };
    // As above.
    return this.node(place, exprKind as unknown as ExpressionKind);
  }

  call(
    place: ExpressionNode,
    name: string,
    args: readonly ExpressionNode[],
    target?: ExpressionNode,
  ): ExpressionNode {
    return this.node(place, callKind(name, args, target));
  }

  list(place: ExpressionNode, elements: readonly ExpressionNode[]): ExpressionNode {
    return this.node(place, {
      case: 'listExpr',
      value: { elements, optionalIndices: [] },
      // As above.
    } as unknown as ExpressionKind);
  }

  /** What `result` is when `name` stands for `value`, which is evaluated once: a loop without rounds. */
  binding(
    place: ExpressionNode,
    name: string,
    value: ExpressionNode,
    result: ExpressionNode,
  ): ExpressionKind {
    return this.#fold({
      accuVar: name,
      accuInit: value,
      iterVar: UNUSED,
      iterRange: this.list(place, []),
      loopCondition: this.boolean(place, false),
      loopStep: this.ident(place, name),
      result,
    });
  }

  /** The list of what `step` is for each element of a range. */
  map(
    place: ExpressionNode,
    range: ExpressionNode,
    variable: string,
    step: ExpressionNode,
  ): ExpressionNode {
    const made = '@result';
    return this.node(
      place,
      this.#fold({
        accuVar: made,
        accuInit: this.list(place, []),
        iterVar: variable,
        iterRange: range,
        loopCondition: this.boolean(place, true),
        loopStep: this.call(place, '_+_', [this.ident(place, made), this.list(place, [step])]),
        result: this.ident(place, made),
      }),
    );
  }

  #fold(value: Readonly<Record<string, unknown>>): ExpressionKind {
    // As above.
    return { case: 'comprehensionExpr', value } as unknown as ExpressionKind;
  }
}

function identKind(name: string): ExpressionKind {
  // As above.
  return { case: 'identExpr', value: { name } } as unknown as ExpressionKind;
}

function constantKind(constant: {
  readonly case: string;
  readonly value: unknown;
}): ExpressionKind {
  // As above.
  return { case: 'constExpr', value: { constantKind: constant } } as unknown as ExpressionKind;
}

/** A call of a function, or of a method when it has a target. */
export function callKind(
  name: string,
  args: readonly ExpressionNode[],
  target?: ExpressionNode,
): ExpressionKind {
  // As above.
  return { case: 'callExpr', value: { function: name, args, target } } as unknown as ExpressionKind;
}

/** Whether a comprehension only gives a value a name, as {@link ExpressionWriter.binding} writes it. */
export function isBinding(fold: { readonly iterVar: string }): boolean {
  return fold.iterVar === UNUSED;
}
