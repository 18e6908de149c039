/**
 * Why a role is not made.
 * - `WILDCARD`: a rule permits everything of something.
 * - `INVALID_RULE`: a rule permits nothing, or a server would not take it.
 */
export type RoleErrorCode = 'WILDCARD' | 'INVALID_RULE';

/** Rules that cannot become a role. */
export class RoleError extends Error {
  override readonly name = 'RoleError';
  readonly code: RoleErrorCode;

  constructor(code: RoleErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
