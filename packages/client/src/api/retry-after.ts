import type { StatusError } from '@kubewright/apimachinery';

/** How long refused requests are repeated when the server asks to come back later. */
export interface RetryAfterOptions {
  /** Repetitions after the first attempt, 0 or more. Default 5; 0 switches them off. */
  readonly maxRetries?: number | undefined;
  /** Bound of all waits of one request together, in milliseconds. Default 60,000. */
  readonly maxTotalMs?: number | undefined;
}

const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

/**
 * The pause before a refused request is repeated, in milliseconds, or undefined when it is not.
 * Only a refusal with a time is temporary by the server's own word; 429 and 503 mean that nothing was done,
 * other codes (500, 504) leave that open, so only idempotent requests follow them.
 */
export function retryPauseOf(
  error: StatusError,
  request: { readonly method: string; readonly retry: number; readonly waitedMs: number },
  options: RetryAfterOptions,
): number | undefined {
  const { maxRetries = 5, maxTotalMs = 60_000 } = options;
  if (error.retryAfterSeconds === undefined || request.retry >= maxRetries) return undefined;
  const nothingDone = error.code === 429 || error.code === 503;
  const mayRepeat = nothingDone || (error.code >= 500 && idempotentMethods.has(request.method));
  // A disruption budget frees up in minutes, not seconds; whoever evicts decides how long to wait.
  const isBudget = error.status.details?.causes?.some(
    ({ reason }) => reason === 'DisruptionBudget',
  );
  if (!mayRepeat || isBudget === true) return undefined;
  const pauseMs = error.retryAfterSeconds * 1000;
  return request.waitedMs + pauseMs > maxTotalMs ? undefined : pauseMs;
}
