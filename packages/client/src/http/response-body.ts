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
 * The bytes of an answer, decompressed. Leaving the loop early ends the request.
 *
 * @throws TransportError when the connection breaks, or the signal's reason when it aborts.
 */
export async function* readResponseBody(
  body: Readable,
  options: ResponseBodyOptions,
): AsyncGenerator<Uint8Array, void> {
  const { host, signal, contentEncoding } = options;
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
