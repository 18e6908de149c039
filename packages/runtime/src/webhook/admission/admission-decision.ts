import type { StatusCause, StatusReason } from '@kubewright/apimachinery';

/** Why a request is refused. */
export interface AdmissionRefusal {
  /** Tells it from letting the request pass. */
  readonly allowed: false;
  /** Shown to whoever sent the request: what is wrong, where, and what to do instead. */
  readonly message: string;
  /** HTTP status, 400 or more. */
  readonly code: number;
  readonly reason: StatusReason;
  /** The fields that are wrong, each with what is wrong with it. */
  readonly causes: readonly StatusCause[];
}

/** What a handler says to a request: a refusal, or nothing to let it pass. */
export type AdmissionDecision = AdmissionRefusal | undefined;

/**
 * Refuses a request.
 *
 * @param options.code - Default 403.
 * @param options.reason - Default `Forbidden`.
 *
 * @example
 * ```ts
 * validate: ({ object }) =>
 *   object.spec.replicas % 2 === 0 ? deny('spec.replicas must be odd: an even quorum cannot be split') : undefined,
 * ```
 */
export function deny(
  message: string,
  options: Partial<Pick<AdmissionRefusal, 'code' | 'reason' | 'causes'>> = {},
): AdmissionRefusal {
  const { code = 403, reason = 'Forbidden', causes = [] } = options;
  return { allowed: false, message, code, reason, causes };
}
