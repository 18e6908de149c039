import { StatusError } from '@kubewright/apimachinery';
import { DecodeError } from '@kubewright/client';

/**
 * Why a list or a watch did not go on:
 * - `denied`: the permission is missing (403)
 * - `unauthorized`: the credentials are missing, wrong or expired (401)
 * - `missing`: the server does not know the resource, for example because its CRD is not installed (404)
 * - `expired`: the version is too old to go on from (410)
 * - `ahead`: the server has not reached the version asked for, because it lags or was restored from a backup (504)
 * - `stale`: the server answered with a list older than what is known
 * - `unsupported`: the server refused the kind of request itself (400, 405, 422)
 * - `throttled`: too many requests (429)
 * - `server-error`: any other answer that is no success
 * - `malformed`: the answer could not be understood
 * - `silent`: nothing came for so long that the connection counts as dead
 * - `closed`: the server ended a watch soon after it began
 * - `unreachable`: no answer, or the connection broke
 */
export type WatchProblemKind =
  | 'denied'
  | 'unauthorized'
  | 'missing'
  | 'expired'
  | 'ahead'
  | 'stale'
  | 'unsupported'
  | 'throttled'
  | 'server-error'
  | 'malformed'
  | 'silent'
  | 'closed'
  | 'unreachable';

/** What went wrong, for people, Events and readiness. */
export interface WatchProblem {
  readonly kind: WatchProblemKind;
  /** What did not go on. */
  readonly verb: 'list' | 'watch';
  /** In the server's words where it gave some. */
  readonly message: string;
  /** The error itself, when there was one. */
  readonly cause?: unknown;
}

/** The kind of an error that ended a list or a watch. Decides by codes and reasons, never by messages alone. */
export function problemKindOf(error: unknown): WatchProblemKind {
  if (error instanceof StatusError) return kindOfStatus(error);
  // An answer that was cut off says that the connection broke, not that the server talks nonsense.
  if (error instanceof DecodeError) return error.code === 'TRUNCATED' ? 'unreachable' : 'malformed';
  return 'unreachable';
}

/** The problem that an error means. */
export function problemOf(verb: 'list' | 'watch', error: unknown): WatchProblem {
  return {
    kind: problemKindOf(error),
    verb,
    message: error instanceof Error ? describe(error) : String(error),
    cause: error,
  };
}

/** The problem of a watch that the server ended soon after it began. */
export function closure(): WatchProblem {
  return {
    kind: 'closed',
    verb: 'watch',
    message: 'the server closed the watch soon after it began',
  };
}

/** The problem of a connection on which nothing comes. */
export function silence(verb: 'list' | 'watch'): WatchProblem {
  return { kind: 'silent', verb, message: 'nothing was heard from the server for too long' };
}

function kindOfStatus(error: StatusError): WatchProblemKind {
  if (error.code === 410 || error.reason === 'Expired') return 'expired';
  if (isVersionAhead(error)) return 'ahead';
  switch (error.code) {
    case 400:
    case 405:
    case 422:
      return 'unsupported';
    case 401:
      return 'unauthorized';
    case 403:
      return 'denied';
    case 404:
      return 'missing';
    case 429:
      return 'throttled';
    default:
      return 'server-error';
  }
}

/** The server marks this Timeout by a cause; its message is "Too large resource version: 9, current: 5". */
function isVersionAhead(error: StatusError): boolean {
  return (
    error.status.details?.causes?.some((cause) => cause.reason === 'ResourceVersionTooLarge') ??
    false
  );
}

/** Network libraries put what matters (ECONNREFUSED 127.0.0.1:6443) into the cause. */
function describe(error: Error): string {
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' && !error.message.includes(cause.message)
    ? `${error.message}: ${cause.message}`
    : error.message;
}
