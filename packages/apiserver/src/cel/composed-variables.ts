import { celFunc, CelScalar, type CelFunc, type CelValue } from '@bufbuild/cel';
import { nodesOf, type ParsedExpression } from './expression-nodes.ts';
import { callKind, ExpressionWriter } from './expression-writer.ts';

const { DYN, STRING } = CelScalar;

/** The variable whose members are composed ones. */
export const VARIABLES = 'variables';
/** Name of the function that gives a composed variable. */
const READ = '@variable';

/**
 * The composed variables that expressions read. One instance belongs to one compiled environment and is told the
 * variables before each evaluation; evaluation is synchronous, so no two share it at a time.
 */
export class ComposedVariables {
  #read: ((name: string) => CelValue) | undefined;

  /** From now on expressions read these; `read` is called only for what an expression really asks for. */
  use(read: ((name: string) => CelValue) | undefined): void {
    this.#read = read;
  }

  /** What {@link readComposed} has put in place of a member. */
  get function(): CelFunc {
    return celFunc(READ, [STRING], DYN, (name) => {
      if (this.#read === undefined) throw new Error('there are no variables to read');
      return this.#read(name);
    });
  }
}

/** Makes every `variables.name` of an expression a call, so that what nobody asks for is never evaluated. */
export function readComposed(parsed: ParsedExpression): void {
  const writer = new ExpressionWriter(parsed);
  for (const node of [...nodesOf(parsed.expr)]) {
    const { exprKind } = node;
    if (exprKind.case !== 'selectExpr') continue;
    const { operand, field, testOnly } = exprKind.value;
    if (operand?.exprKind.case !== 'identExpr' || operand.exprKind.value.name !== VARIABLES) {
      continue;
    }
    // The checker has seen the member: it is there.
    node.exprKind = testOnly
      ? writer.boolean(node, true).exprKind
      : callKind(READ, [writer.text(operand, field)]);
  }
}
