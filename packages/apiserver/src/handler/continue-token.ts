import { parseRevision } from './read-options.ts';
import { badRequest } from '../status.ts';

/** Where a paged list goes on. */
export interface ContinueToken {
  /** The revision whose snapshot the pages show; -1 goes on with the current state instead. */
  readonly revision: number;
  /** The order key of the last object shown. */
  readonly after: string;
}

/** Encodes the place after the object with the key `after`. Same layout as the real server's, which clients may look into. */
export function encodeContinueToken(token: ContinueToken): string {
  const text = JSON.stringify({
    v: 'meta.k8s.io/v1',
    rv: token.revision,
    start: `/${token.after}\u0000`,
  });
  return Buffer.from(text).toString('base64url');
}

/** What Go's JSON parser says about the first character of a token that holds no JSON. */
function syntaxText(text: string): string {
  const first = Buffer.from(text, 'base64url').toString('latin1')[0];
  return first === undefined
    ? 'unexpected end of JSON input'
    : `invalid character '${first}' looking for beginning of value`;
}

/** @throws StatusError 400 for a token that this server did not make */
export function decodeContinueToken(text: string): ContinueToken {
  const refuse = (detail: string) =>
    badRequest(`invalid continue token: continue key is not valid: ${detail}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    throw refuse(syntaxText(text));
  }
  if (typeof parsed !== 'object' || parsed === null) throw refuse('it does not decode');
  const { v, rv, start } = parsed as Record<string, unknown>;
  if (v !== 'meta.k8s.io/v1')
    throw refuse(`server does not recognize this encoded version ${JSON.stringify(v ?? '')}`);
  const revision = rv === -1 ? -1 : parseRevision(String(rv));
  if (revision === undefined || revision === 0) {
    throw badRequest(
      'invalid continue token: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    );
  }
  if (typeof start !== 'string' || start === '') {
    throw refuse('encoded start key empty (version meta.k8s.io/v1)');
  }
  return { revision, after: start.replace(/^\//, '').replace(/\p{Cc}$/u, '') };
}
