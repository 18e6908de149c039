import type { CelInput } from '@bufbuild/cel';
import { AdmissionEvaluation, ExhaustedError } from '../../cel/admission-expression.ts';
import { evaluateConditions } from '../../cel/match-conditions.ts';
import type { Authorizer } from '../../contracts.ts';
import type { AdmissionPolicy, PolicyValidation } from './admission-policy.ts';

/** Longest computed message, in bytes. */
const MAX_MESSAGE_BYTES = 5 * 1024;

/** What a policy has against a request. */
export interface Objection {
  readonly message: string;
  /** Empty for `Invalid`. */
  readonly reason: string;
  /** The request is refused, whatever the binding does with what is invalid. */
  readonly isFinal: boolean;
}

/** What a policy is asked about. */
export interface PolicyInput {
  /** All that its expressions can look at. */
  readonly variables: Readonly<Record<string, CelInput>>;
  readonly authorizer: Authorizer;
}

/** Asks a policy about one request, with one set of parameters. */
export function evaluatePolicy(
  policy: AdmissionPolicy,
  { variables, authorizer }: PolicyInput,
): readonly Objection[] {
  const { ignoresFailures, validations } = policy;
  const failed = (message: string, isFinal = false): Objection[] =>
    ignoresFailures ? [] : [{ message, reason: '', isFinal }];
  const composed = policy.variables;
  const conditions = evaluateConditions(policy.matchConditions, {
    variables,
    authorizer,
    composed,
  });
  if (conditions.kind === 'no-match') return [];
  if (conditions.kind === 'error') return failed(conditions.message);
  const evaluation = new AdmissionEvaluation({ variables, authorizer, composed });
  // Messages cannot ask what a user may do.
  const { authorizer: _, ...told } = variables;
  const telling = new AdmissionEvaluation({ variables: told, authorizer, composed });
  const objections: Objection[] = [];
  for (const validation of validations) {
    try {
      if (evaluation.evaluate(validation.condition) === true) continue;
      const message = messageOf(validation, telling);
      objections.push({ message, reason: validation.reason, isFinal: false });
    } catch (error) {
      // Then nothing that was found out before counts, as in the API server.
      if (error instanceof ExhaustedError) return failed(error.message);
      objections.push(...failed(textOf(error)));
    }
  }
  for (const annotation of policy.auditAnnotations) {
    try {
      evaluation.evaluate(annotation);
    } catch (error) {
      objections.push(...failed(textOf(error), true));
    }
  }
  return objections;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function messageOf(
  { message, messageExpression }: PolicyValidation,
  evaluation: AdmissionEvaluation,
): string {
  if (messageExpression === undefined) return message;
  let computed: unknown;
  try {
    computed = evaluation.evaluate(messageExpression);
  } catch {
    // A message that cannot be made gives way to the fixed one, as in the API server.
    return message;
  }
  const text = typeof computed === 'string' ? computed.trim() : '';
  const isUsable =
    text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= MAX_MESSAGE_BYTES;
  return isUsable ? text : message;
}
