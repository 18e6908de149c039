import type { Status } from './kinds/meta-v1.ts';

/** The reasons a server gives for a failed request (API conventions, "Response Status Kind"). */
export type StatusReason =
  | 'Unknown'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Invalid'
  | 'ServerTimeout'
  | 'Timeout'
  | 'TooManyRequests'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'Expired'
  | 'ServiceUnavailable';

/** A request that the API server refused: its `Status`, as an error. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  /** The server's answer, unchanged. */
  readonly status: Status;
  /** HTTP status code. */
  readonly code: number;
  /** Machine-readable reason; `Unknown` when the server gave none. A newer server may know more reasons. */
  readonly reason: StatusReason | (string & {});
  /** Seconds the server asks to wait before a retry, when it said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: Status, options?: ErrorOptions & { readonly attempt?: string }) {
    const message = status.message ?? status.reason ?? `HTTP ${String(status.code ?? 0)}`;
    super(options?.attempt === undefined ? message : `${options.attempt}: ${message}`, options);
    this.status = status;
    this.code = status.code ?? 0;
    this.reason = status.reason ?? 'Unknown';
    this.retryAfterSeconds = status.details?.retryAfterSeconds;
  }
}

function hasReason(error: unknown, reason: StatusReason): error is StatusError {
  return error instanceof StatusError && error.reason === reason;
}

/** The object, or the kind itself, does not exist. */
export function isNotFound(error: unknown): error is StatusError {
  return hasReason(error, 'NotFound');
}

/** An object of this name exists already. */
export function isAlreadyExists(error: unknown): error is StatusError {
  return hasReason(error, 'AlreadyExists');
}

/** The object changed since it was read, or another field manager owns a field. */
export function isConflict(error: unknown): error is StatusError {
  return hasReason(error, 'Conflict');
}

/** The object broke a rule of its schema or of the server. */
export function isInvalid(error: unknown): error is StatusError {
  return hasReason(error, 'Invalid');
}

/** The permission is missing. */
export function isForbidden(error: unknown): error is StatusError {
  return hasReason(error, 'Forbidden');
}

/** The namespace takes no new objects because it is being deleted: what was to be made would go with it. */
export function isNamespaceTerminating(error: unknown): error is StatusError {
  return (
    error instanceof StatusError &&
    (error.status.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating')
  );
}

/** The credentials are missing, wrong or expired. */
export function isUnauthorized(error: unknown): error is StatusError {
  return hasReason(error, 'Unauthorized');
}

/** The resourceVersion or continue token is too old (410): read the list again. */
export function isExpired(error: unknown): error is StatusError {
  return error instanceof StatusError && (error.code === 410 || error.reason === 'Expired');
}

/** The server asks to slow down (429). */
export function isTooManyRequests(error: unknown): error is StatusError {
  return error instanceof StatusError && error.code === 429;
}
