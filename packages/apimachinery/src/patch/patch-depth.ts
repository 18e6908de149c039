import { isDeeperThan } from '../json-value.ts';
import { PatchError } from './patch-error.ts';

/** Levels of nesting a patch may have: far more than any object of the API, far less than the stack holds. */
export const maxPatchDepth = 1000;

/**
 * Refuses what the recursive functions of this folder could not finish.
 *
 * @throws PatchError `PATCH_TOO_LARGE`
 */
export function refuseDeepPatch(patch: unknown): void {
  if (isDeeperThan(patch, maxPatchDepth)) {
    throw new PatchError(
      'PATCH_TOO_LARGE',
      `the patch is nested more than ${maxPatchDepth} levels deep`,
    );
  }
}
