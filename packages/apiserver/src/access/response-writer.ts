import type { ServerResponse as NodeResponse } from 'node:http';
import { asError } from '@kubewright/apimachinery';
import type { ServerResponse } from '../contracts.ts';
import { bytesOfHeader } from './header-text.ts';

/** Node's own header shape wants mutable lists. */
function headerLines(headers: ServerResponse['headers']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? bytesOfHeader(value) : value.map(bytesOfHeader),
    ]),
  );
}

/** Resolves when the connection takes more bytes, or is gone. */
function writable(response: NodeResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const done = () => {
    response.off('drain', done);
    response.off('close', done);
    resolve(undefined);
  };
  response.once('drain', done);
  response.once('close', done);
  return promise;
}

/**
 * Sends an answer. A stream is pulled only as fast as the connection takes it, and let go as soon as the peer has gone.
 * A stream that fails cuts the connection, so that the peer cannot take a part for the whole.
 */
export async function writeResponse(
  response: NodeResponse,
  answer: ServerResponse,
  options: { readonly withoutBody: boolean },
): Promise<void> {
  if (answer.reset === true) {
    response.destroy();
    return;
  }
  const { body } = answer;
  const isWhole = body instanceof Uint8Array;
  if (isWhole) {
    const headers = { ...headerLines(answer.headers), 'content-length': String(body.byteLength) };
    response.writeHead(answer.status, headers);
    response.end(options.withoutBody ? undefined : body);
    return;
  }
  response.writeHead(answer.status, headerLines(answer.headers));
  const iterator = body[Symbol.asyncIterator]();
  if (options.withoutBody) {
    response.end();
    await iterator.return?.();
    return;
  }
  // The reader of a watch waits for these before anything happens.
  response.flushHeaders();
  let leave: (() => void) | undefined;
  response.once('close', () => leave?.());
  // A promise of its own for each step: racing against one for the whole life of a watch would pile up on that one.
  const step = () =>
    new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
      leave = () => resolve({ done: true, value: undefined });
      iterator.next().then(resolve, reject);
    });
  try {
    while (!response.destroyed) {
      const next = await step();
      if (next.done === true) break;
      if (next.value.byteLength > 0 && !response.write(next.value)) await writable(response);
    }
    if (!response.destroyed) response.end();
  } catch (error) {
    response.destroy(asError(error));
  } finally {
    await iterator.return?.();
  }
}
