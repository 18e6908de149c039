import { request } from 'node:http';
import type { Client } from '@kubewright/client';

/** One answer, or why there was none. */
export type Answer =
  { readonly status: number; readonly body: string } | { readonly failure: string };

/**
 * Sends one HTTP request to a port of a pod, through the API server, as `kubectl port-forward` does.
 * A refused or broken connection is an answer too: the pod may be on its way down.
 */
export async function ask(
  client: Client,
  pod: { readonly name: string; readonly namespace: string },
  port: number,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const stream = await client.portForward(pod, port, { signal });
    return await new Promise<Answer>((resolve, reject) => {
      const call = request(
        {
          createConnection: () => stream,
          path: '/',
          headers: { host: 'localhost', connection: 'close' },
          signal,
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              body: Buffer.concat(parts).toString('utf8'),
            }),
          );
          response.on('error', reject);
        },
      );
      call.on('error', reject);
      call.on('close', () => stream.destroy());
      call.end();
    });
  } catch (error) {
    signal.throwIfAborted();
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
