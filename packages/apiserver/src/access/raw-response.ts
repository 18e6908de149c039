import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ServerResponse } from '../contracts.ts';

/** Answers an upgrade request that was refused, in plain HTTP on the raw socket, and ends the connection. */
export async function writeRawResponse(socket: Duplex, answer: ServerResponse): Promise<void> {
  const chunks: Uint8Array[] = [];
  if (answer.body instanceof Uint8Array) chunks.push(answer.body);
  else for await (const chunk of answer.body) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const lines = [`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? 'Unknown'}`];
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const line of typeof value === 'string' ? [value] : value) lines.push(`${name}: ${line}`);
  }
  lines.push(`content-length: ${body.byteLength}`, 'connection: close', '', '');
  const { promise, resolve } = Promise.withResolvers<undefined>();
  socket.once('close', () => resolve(undefined));
  socket.end(Buffer.concat([Buffer.from(lines.join('\r\n')), body]), () => socket.destroy());
  await promise;
}
