import ts from 'typescript';

/** A change of a source text that turns one condition into its opposite. */
export interface Mutant {
  /** `bad-nodes.ts:38 !enough`: file, line and condition. */
  readonly name: string;
  readonly source: string;
}

/** Functions whose argument answers yes or no. */
const askers: ReadonlySet<string> = new Set(['filter', 'some', 'every', 'find', 'findLast']);

/**
 * The source with each of its conditions negated in turn: of `if` and `?:`, each side of `&&` and `||`, and what a
 * `filter` or the like asks.
 */
export function negatedConditions(file: string, source: string): readonly Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const conditions: ts.Expression[] = [];
  const add = (expression: ts.Expression): void => {
    const inner = ts.isParenthesizedExpression(expression) ? expression.expression : expression;
    if (isLogical(inner)) [inner.left, inner.right].forEach(add);
    else if (!conditions.includes(inner)) conditions.push(inner);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIfStatement(node)) add(node.expression);
    if (ts.isConditionalExpression(node)) add(node.condition);
    if (ts.isBinaryExpression(node) && isLogical(node)) add(node);
    if (ts.isCallExpression(node)) {
      const question = questionOf(node);
      if (question !== undefined) add(question);
    }
    node.forEachChild(visit);
  };
  visit(tree);
  return conditions.map((condition) => {
    const [start, end] = [condition.getStart(), condition.getEnd()];
    const line = tree.getLineAndCharacterOfPosition(start).line + 1;
    const text = source.slice(start, end);
    return {
      name: `${file}:${String(line)} ${text.replace(/\s+/g, ' ')}`,
      source: `${source.slice(0, start)}!(${text})${source.slice(end)}`,
    };
  });
}

function isLogical(node: ts.Node): node is ts.BinaryExpression {
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  return kind === ts.SyntaxKind.AmpersandAmpersandToken || kind === ts.SyntaxKind.BarBarToken;
}

/** The expression that the function given to `filter` or the like returns. */
function questionOf({
  expression,
  arguments: [asked],
}: ts.CallExpression): ts.Expression | undefined {
  if (!ts.isPropertyAccessExpression(expression) || !askers.has(expression.name.text))
    return undefined;
  return asked !== undefined && ts.isArrowFunction(asked) && !ts.isBlock(asked.body)
    ? asked.body
    : undefined;
}
