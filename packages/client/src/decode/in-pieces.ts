import { setImmediate } from 'node:timers/promises';

// About a millisecond of decoding.
const pieceBytes = 64 * 1024;

/**
 * The same bytes, in pieces that are quick to decode. A socket gives no larger ones; a body that comes as a whole, as
 * from a server in the same process, is cut, and the event loop gets a turn after each piece.
 */
export async function* inPieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of body) {
    for (let start = 0; start < chunk.byteLength; start += pieceBytes) {
      if (start > 0) await setImmediate();
      yield chunk.subarray(start, start + pieceBytes);
    }
  }
}
