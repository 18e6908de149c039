import { setTimeout as sleep } from 'node:timers/promises';
import { Secret, Service } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import pg from 'pg';

/** Longest wait for an answer, in milliseconds: so long that a busy machine is no failure. */
const patienceMs = 60_000;

/** Which database, by the name of its DatabaseCluster. */
export interface DatabaseName {
  readonly namespace: string;
  readonly name: string;
}

/** Connects as a user of a database would: with what is in its Secret, by its Service. */
export async function connect(
  client: Client,
  { namespace, name }: DatabaseName,
): Promise<pg.Client> {
  const { data = {} } = await client.get(Secret, { namespace, name: `${name}-credentials` });
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
  const { spec } = await client.get(Service, { namespace, name });
  const connection = new pg.Client({
    // The name that the Secret gives is one that only pods can resolve.
    host: spec?.clusterIP ?? '',
    port: Number(text('port')),
    user: text('username'),
    password: text('password'),
    database: text('database'),
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
  });
  connection.on('error', () => undefined); // whoever asks next is told
  await connection.connect();
  return connection;
}

/** Asks once, by a connection of its own. */
export async function ask(client: Client, database: DatabaseName, sql: string): Promise<unknown[]> {
  const connection = await connect(client, database);
  try {
    return (await connection.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await connection.end();
  }
}

/** Waits until the Service leads to the primary: it does a moment after the pod is ready, and nothing tells when. */
export async function untilAnswering(client: Client, database: DatabaseName): Promise<void> {
  const signal = AbortSignal.timeout(patienceMs);
  for (;;) {
    try {
      await ask(client, database, 'SELECT');
      return;
    } catch (cause) {
      const { namespace, name } = database;
      if (signal.aborted) throw new Error(`${namespace}/${name} does not answer`, { cause });
      await sleep(50);
    }
  }
}

/**
 * Writes numbers one by one into the table `numbers`, by one connection for as long as that lasts, and remembers which were
 * acknowledged and what failed.
 */
export class SteadyWriter implements AsyncDisposable {
  readonly acknowledged: number[] = [];
  /** What went wrong, each time that something did. */
  readonly failures: string[] = [];
  readonly #stop = new AbortController();
  readonly #work: Promise<void>;

  /** @param first - The first number. */
  constructor(client: Client, database: DatabaseName, first: number) {
    this.#work = this.#write(client, database, first);
  }

  async #write(client: Client, database: DatabaseName, first: number): Promise<void> {
    let connection: pg.Client | undefined;
    for (let number = first; !this.#stop.signal.aborted; number += 1) {
      try {
        connection ??= await connect(client, database);
        await connection.query('INSERT INTO numbers VALUES ($1)', [number]);
        this.acknowledged.push(number);
        await sleep(20);
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error));
        await connection?.end().catch(() => undefined);
        connection = undefined;
        await sleep(200);
      }
    }
    await connection?.end().catch(() => undefined);
  }

  /** Waits until so many more writes are acknowledged. */
  async more(count: number): Promise<void> {
    const wanted = this.acknowledged.length + count;
    while (this.acknowledged.length < wanted) await sleep(50);
  }

  /** Stops writing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#work;
  }
}

/** Which of the numbers are not in the table. */
export async function missingNumbers(
  client: Client,
  database: DatabaseName,
  numbers: readonly number[],
): Promise<number[]> {
  const rows = await ask(client, database, 'SELECT number FROM numbers');
  // As the table is defined.
  const found = new Set((rows as { number: number }[]).map(({ number }) => number));
  return numbers.filter((number) => !found.has(number));
}
