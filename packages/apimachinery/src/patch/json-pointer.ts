import { maxPatchDepth } from './patch-depth.ts';
import { PatchError } from './patch-error.ts';

/**
 * The reference tokens of a JSON pointer (RFC 6901): `/a~1b/0` → `['a/b', '0']`; the empty pointer is the whole document.
 *
 * @throws PatchError `INVALID_PATCH` when the text is no pointer, `PATCH_TOO_LARGE` beyond 1,000 tokens.
 */
export function parseJsonPointer(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) {
    throw new PatchError(
      'INVALID_PATCH',
      `the path ${JSON.stringify(pointer)} does not begin with "/"`,
    );
  }
  if (/~(?![01])/.test(pointer)) {
    throw new PatchError(
      'INVALID_PATCH',
      `the path ${JSON.stringify(pointer)} has a "~" that is neither "~0" nor "~1"`,
    );
  }
  const tokens = pointer.slice(1).split('/');
  if (tokens.length > maxPatchDepth) {
    throw new PatchError(
      'PATCH_TOO_LARGE',
      `a path of ${tokens.length} tokens: at most ${maxPatchDepth}`,
    );
  }
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The JSON pointer of reference tokens: `['a/b', '0']` → `/a~1b/0`. */
export function formatJsonPointer(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
