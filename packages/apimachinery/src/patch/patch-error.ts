/**
 * Why a patch was not applied.
 * - `INVALID_PATCH`: it is no patch of its kind.
 * - `TEST_FAILED`: a JSON patch's `test` found another value.
 * - `PATH_NOT_FOUND`: a JSON patch points at what is not there.
 * - `PATCH_TOO_LARGE`: it has more operations, copies more bytes or is nested deeper than is safe to work on.
 */
export type PatchErrorCode = 'INVALID_PATCH' | 'TEST_FAILED' | 'PATH_NOT_FOUND' | 'PATCH_TOO_LARGE';

/** A patch that cannot be applied; nothing was changed. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
  readonly code: PatchErrorCode;

  constructor(code: PatchErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
