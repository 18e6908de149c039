/** Something wrong with an expression. */
export interface ExpressionProblem {
  readonly message: string;
  /** UTF-16 offset in the text of the expression. */
  readonly offset: number;
}

/** An expression whose types make no sense. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  readonly code = 'INVALID_EXPRESSION';
  /** At least one, in the order of the text. */
  readonly problems: readonly ExpressionProblem[];

  constructor(problems: readonly ExpressionProblem[]) {
    super(problems.map(({ message }) => message).join('; '));
    this.problems = problems;
  }
}
