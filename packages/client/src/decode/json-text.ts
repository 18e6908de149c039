import { comma, isSpace } from './json-bytes.ts';
import type { ByteRange } from './value-scanner.ts';

/** The UTF-8 text of bytes. */
export function textOf(bytes: Uint8Array, start = 0, end: number = bytes.byteLength): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('utf8', start, end);
}

/**
 * The text of a JSON object without one of its members, and without the comma that set it apart.
 *
 * @param member - From the quote of the member's name to the end of its value.
 */
export function textWithout(bytes: Uint8Array, member: ByteRange): string {
  let { start, end } = member;
  let before = start - 1;
  while (isSpace(bytes[before])) before--;
  if (bytes[before] === comma) {
    start = before;
  } else {
    while (isSpace(bytes[end])) end++;
    if (bytes[end] === comma) end++;
  }
  return textOf(bytes, 0, start) + textOf(bytes, end);
}
