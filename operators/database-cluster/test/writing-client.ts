import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { DatabaseWorld } from './database-world.ts';

/** Writes numbers one by one, connects again when it is cut off, and remembers which were acknowledged. */
export class WritingClient implements AsyncDisposable {
  readonly acknowledged: number[] = [];
  /** Longest time between two acknowledgements, in milliseconds. */
  longestPauseMs = 0;
  readonly #stop = new AbortController();
  readonly #work: Promise<void>;

  constructor(world: DatabaseWorld, database: string) {
    this.#work = this.#write(world, database);
  }

  async #write(world: DatabaseWorld, database: string): Promise<void> {
    let connection: pg.Client | undefined;
    let lastAtMs = performance.now();
    for (let number = 1; !this.#stop.signal.aborted; number += 1) {
      try {
        connection ??= await world.connect(database);
        await connection.query('INSERT INTO numbers VALUES ($1)', [number]);
        this.acknowledged.push(number);
        const nowMs = performance.now();
        this.longestPauseMs = Math.max(this.longestPauseMs, nowMs - lastAtMs);
        lastAtMs = nowMs;
        await sleep(5);
      } catch {
        await connection?.end().catch(() => undefined);
        connection = undefined;
        await sleep(100);
      }
    }
    await connection?.end().catch(() => undefined);
  }

  /** Stops writing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#work;
  }
}
