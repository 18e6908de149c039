import {
  celEnv,
  isCelError,
  parse,
  plan,
  type CelEnv,
  type CelInput,
  type CelValue,
} from '@bufbuild/cel';

const STANDARD: CelEnv = celEnv();

/** An expression of our own, in CEL without what Kubernetes adds. The function throws an Error where the expression fails. */
export function standardExpression(
  source: string,
): (variables: Readonly<Record<string, CelInput>>) => CelValue {
  const evaluate = plan(STANDARD, parse(source));
  return (variables) => {
    const result = evaluate(variables);
    if (isCelError(result)) throw new Error(result.message);
    return result;
  };
}
