import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** How two joined streams came apart. */
export type JoinResult = 'ended' | 'broken';

async function copy(source: Duplex, target: Duplex): Promise<JoinResult> {
  try {
    await pipeline(source, target);
    return 'ended';
  } catch {
    return 'broken';
  }
}

/**
 * Copies both ways between two streams, each direction ending for itself, until both have ended or one breaks. Both
 * are destroyed then. Slow readers slow the other side.
 */
export async function joinStreams(one: Duplex, other: Duplex): Promise<JoinResult> {
  const directions = [copy(one, other), copy(other, one)];
  const broken = new Promise<JoinResult>((resolve) => {
    for (const direction of directions) {
      void direction.then((result) => {
        if (result === 'broken') resolve(result);
      });
    }
  });
  const ended = Promise.all(directions).then((results): JoinResult =>
    results.every((result) => result === 'ended') ? 'ended' : 'broken',
  );
  const result = await Promise.race([ended, broken]);
  one.destroy();
  other.destroy();
  await ended;
  return result;
}
