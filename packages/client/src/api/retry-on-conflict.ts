import { isConflict } from '@kubewright/apimachinery';
import { delay } from '../abort/delay.ts';

/** How often a read-change-write is repeated. */
export interface RetryOnConflictOptions {
  /** Attempts in all, 1 or more. Default 5. */
  readonly attempts?: number | undefined;
  /** Longest first pause, in milliseconds; it doubles each time. Default 10. */
  readonly baseDelayMs?: number | undefined;
  /** Gives numbers from 0 (inclusive) to 1, for the jitter. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Repeats a read-change-write that met somebody else's change in between.
 *
 * **Assumptions:** `attempt` reads the object anew each time.
 *
 * @throws The conflict of the last attempt; any other error at once.
 *
 * @example
 * ```ts
 * await retryOnConflict(async () => {
 *   const deployment = await client.get(Deployment, { namespace: 'default', name: 'web' });
 *   deployment.metadata.labels = { ...deployment.metadata.labels, seen: 'yes' };
 *   await client.update(Deployment, deployment);
 * });
 * ```
 */
export async function retryOnConflict<T>(
  attempt: () => Promise<T>,
  options: RetryOnConflictOptions = {},
): Promise<T> {
  const { attempts = 5, baseDelayMs = 10, random = Math.random, signal } = options;
  for (let count = 1; ; count++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!isConflict(error) || count >= attempts) throw error;
    }
    await delay(baseDelayMs * 2 ** (count - 1) * (0.5 + random() / 2), signal);
  }
}
