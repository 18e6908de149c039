import { MalformedReviewError } from './webhook-route.ts';

/** A body longer than what is taken. */
export class BodyTooLongError extends Error {
  override readonly name = 'BodyTooLongError';
  readonly code = 'ERR_BODY_TOO_LONG';
}

/**
 * The JSON of a request body, read up to a bound.
 *
 * @throws BodyTooLongError, and leaves the rest unread.
 * @throws MalformedReviewError when it is no JSON.
 */
export async function readJsonBody(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<unknown> {
  const read: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxBytes) {
      throw new BodyTooLongError(`the body is longer than ${String(maxBytes)} bytes`);
    }
    read.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(read).toString()) as unknown;
  } catch (cause) {
    throw new MalformedReviewError('the body is no JSON', { cause });
  }
}
