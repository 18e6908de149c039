import type { IncomingMessage } from 'node:http';
import { MAX_REQUEST_BODY_BYTES } from '../contracts.ts';

/**
 * Reads the body of a request. Stops one byte after {@link MAX_REQUEST_BODY_BYTES}; the rest stays unread, and the
 * connection cannot be used again.
 *
 * @throws Error when the peer goes before the end
 */
export async function readRequestBody(
  message: IncomingMessage,
): Promise<{ readonly body: Uint8Array; readonly complete: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Not the default iteration: leaving that early would destroy the socket before the answer is sent.
  for await (const chunk of message.iterator({ destroyOnReturn: false })) {
    // No encoding is set: chunks are buffers.
    const bytes = chunk as Buffer;
    chunks.push(bytes);
    length += bytes.byteLength;
    if (length > MAX_REQUEST_BODY_BYTES) {
      const body = Buffer.concat(chunks, MAX_REQUEST_BODY_BYTES + 1);
      return { body, complete: false };
    }
  }
  return { body: Buffer.concat(chunks, length), complete: true };
}
