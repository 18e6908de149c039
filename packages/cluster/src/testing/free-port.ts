import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Where no system gives out ports by itself: whoever asks for any port, or calls somebody, gets a higher one. */
const [lowest, highest] = [20_000, 32_000];

/**
 * A port that nobody listens on now, for a program that must be told one. It is none that the system gives to others before
 * the program has begun.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    const server = createServer();
    // Rejects when it emits an error first.
    const listens = once(server, 'listening');
    server.listen({ port, exclusive: true });
    try {
      await listens;
    } catch (error) {
      if (isTaken(error)) continue;
      throw error;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
