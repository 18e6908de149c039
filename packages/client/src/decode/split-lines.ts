/** A line or an item was longer than the reader allows. */
export class OversizeError extends Error {
  override readonly name = 'OversizeError';
  readonly code = 'OVERSIZE';
}

const newline = 0x0a;

/**
 * Cuts a stream of bytes into lines without their newline; empty lines are left out, a last line without
 * newline is given too. Chunks may be cut anywhere, also inside a character.
 *
 * @throws OversizeError when a line is longer than `maxBytes`.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  const oversize = (): OversizeError =>
    new OversizeError(`a line is longer than ${maxBytes} bytes`);
  for await (const chunk of chunks) {
    // A view on the same memory: nothing is copied.
    let buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let end = buffer.indexOf(newline); end >= 0; end = buffer.indexOf(newline)) {
      const head = buffer.subarray(0, end);
      buffer = buffer.subarray(end + 1);
      if (restBytes + head.length > maxBytes) throw oversize();
      const line = rest.length === 0 ? head : Buffer.concat([...rest, head]);
      rest = [];
      restBytes = 0;
      if (line.length > 0) yield line;
    }
    if (buffer.length > 0) {
      restBytes += buffer.length;
      if (restBytes > maxBytes) throw oversize();
      rest.push(buffer);
    }
  }
  if (restBytes > 0) yield Buffer.concat(rest);
}
