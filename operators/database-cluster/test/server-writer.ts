import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { AgentPod } from './agent-pod.ts';

let nextNumber = 1;

/** A write that a server has acknowledged. */
export interface Acknowledged {
  readonly number: number;
  readonly server: string;
  /** When it was sent and acknowledged, in milliseconds of one monotonic clock. */
  readonly sentMs: number;
  readonly atMs: number;
}

/** Writes to one server again and again, whatever it is at the moment, and remembers what it took. */
export class ServerWriter implements AsyncDisposable {
  readonly acknowledged: Acknowledged[] = [];
  readonly #stop = new AbortController();
  readonly #work: Promise<void>;

  /** @param setup - What each connection begins with. */
  constructor(pod: AgentPod, setup = '') {
    this.#work = this.#write(pod, setup);
  }

  async #write(pod: AgentPod, setup: string): Promise<void> {
    let connection: pg.Client | undefined;
    while (!this.#stop.signal.aborted) {
      // One number for all servers: no two writes are the same.
      const number = nextNumber++;
      try {
        if (connection === undefined) {
          connection = await pod.connect({ query_timeout: 2000 });
          if (setup !== '') await connection.query(setup);
        }
        const sentMs = performance.now();
        await connection.query('INSERT INTO numbers VALUES ($1, $2)', [number, pod.name]);
        this.acknowledged.push({ number, server: pod.name, sentMs, atMs: performance.now() });
        await sleep(5);
      } catch {
        await connection?.end().catch(() => undefined);
        connection = undefined;
        await sleep(50);
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
