import type { ImpersonationEntry } from '../kubeconfig/entries.ts';
import type { CredentialHeaders } from './credentials.ts';

// What a header name may hold (RFC 9110, token), without the percent sign that escapes the rest.
const plainByte = /[A-Za-z0-9!#$&'*+\-.^_`|~]/;

/** Headers that make the API server treat the request as somebody else's, if the asker may do that. */
export function impersonationHeaders(entry: ImpersonationEntry | undefined): CredentialHeaders {
  if (entry === undefined) return {};
  const headers: Record<string, string | readonly string[]> = { 'impersonate-user': entry.user };
  if (entry.uid !== undefined) headers['impersonate-uid'] = entry.uid;
  if (entry.groups.length > 0) headers['impersonate-group'] = entry.groups;
  for (const [name, values] of Object.entries(entry.extra)) {
    headers[`impersonate-extra-${escapeName(name)}`] = values;
  }
  return headers;
}

/** The API server lowers the case of header names and undoes percent escapes. */
function escapeName(name: string): string {
  return Array.from(Buffer.from(name.toLowerCase()), (byte) => {
    const character = String.fromCharCode(byte);
    return plainByte.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}
