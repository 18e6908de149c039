// Almost every value is ASCII, and is the same either way.
const beyondAscii = /[^\0-\x7f]/;

/** A header value as Node sends and receives it: one character for each byte. Clients of the API mean the bytes as UTF-8. */
export function bytesOfHeader(text: string): string {
  return beyondAscii.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** The text that the bytes of a header mean. */
export function textOfHeader(bytes: string): string {
  return beyondAscii.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}
