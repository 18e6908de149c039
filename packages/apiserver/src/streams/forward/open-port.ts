import type { Duplex } from 'node:stream';
import type { NodeBackend, PodTarget } from '../node-backend.ts';

/** A connection to a port of the pod, or the text the client shall see. */
export type OpenedPort =
  | { readonly state: 'open'; readonly stream: Duplex }
  | { readonly state: 'refused'; readonly message: string };

/** Connects to a port of a pod; a connection that comes after the client has gone is closed again. */
export async function openPort(
  backend: NodeBackend,
  target: PodTarget,
  port: number,
  signal: AbortSignal,
): Promise<OpenedPort> {
  try {
    const stream = await backend.portForward(target, port);
    stream.on('error', () => undefined);
    if (signal.aborted) stream.destroy();
    return { state: 'open', stream };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { state: 'refused', message };
  }
}
