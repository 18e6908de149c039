import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { toTransportError } from './connection-failure.ts';

/** Where a body comes from. */
export interface ResponseBodyOptions {
  /** Host and port of the API server, for messages. */
  readonly host: string;
  readonly signal: AbortSignal | undefined;
  /** The `content-encoding` header of the answer. */
  readonly contentEncoding: string | undefined;
}

/**
 * The bytes of an answer, decompressed. Leaving the loop early ends the request, and so does `return` before the loop
 * has begun, which a generator alone would not notice.
 *
 * @throws TransportError when the connection breaks, or the signal's reason when it aborts.
 */
export function readResponseBody(
  body: Readable,
  options: ResponseBodyOptions,
): AsyncIterableIterator<Uint8Array, void> {
  const chunks = readChunks(body, options);
  let hasBegun = false;
  return {
    next: () => {
      hasBegun = true;
      return chunks.next();
    },
    return: () => {
      // What undici reports of its own destruction has nobody to hear it.
      if (!hasBegun) body.on('error', () => undefined).destroy();
      return chunks.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* readChunks(
  body: Readable,
  { host, signal, contentEncoding }: ResponseBodyOptions,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* decompressed(body, contentEncoding);
  } catch (error) {
    signal?.throwIfAborted();
    throw toTransportError(error, host);
  }
}

// A readable without an encoding yields Buffers; its type says `any`.
function decompressed(body: Readable, encoding: string | undefined): AsyncIterable<Uint8Array> {
  if (encoding !== 'gzip') return body;
  // `pipeline` hands errors of the body on; its callback has nothing left to do.
  return pipeline(body, createGunzip(), () => undefined);
}
