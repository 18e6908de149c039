import { DecodeError } from '../decode/decode-error.ts';

/**
 * All bytes of a body, in one piece.
 *
 * @param maxBytes - Bound; a longer body is left early.
 * @throws DecodeError `TOO_LONG` when the bound is passed.
 */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxBytes) {
      throw new DecodeError('TOO_LONG', `the answer is longer than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length);
}
