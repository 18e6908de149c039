import pg from 'pg';
import { serverPort } from '../api/settings.ts';

/** How a server is reached. */
export interface SessionOptions {
  /** Host, or folder of its socket. */
  readonly host: string;
  readonly user: string;
  /** Undefined: the server lets the user in without. */
  readonly password?: string;
  readonly database?: string;
  /** Certificate of the authority and the name in the server's; undefined: no TLS. */
  readonly tls: { readonly ca: string; readonly serverName: string } | undefined;
  /** Longest wait for a connection, in milliseconds. */
  readonly timeoutMs: number;
  /** Longest wait for an answer, in milliseconds. Default: as for a connection. 0: without bound. */
  readonly answerTimeoutMs?: number;
}

/**
 * Does something with one connection and closes it.
 *
 * @throws Error of the connection or of PostgreSQL (with its SQLSTATE as `code`).
 */
export async function withSession<T>(
  options: SessionOptions,
  use: (session: DatabaseSession) => Promise<T>,
): Promise<T> {
  const session = new DatabaseSession(options);
  try {
    await session.open();
    return await use(session);
  } finally {
    await session.close();
  }
}

/** One connection to a PostgreSQL server. */
export class DatabaseSession {
  readonly #client: pg.Client;
  /** What broke the connection; nothing can be asked any more. */
  #failure: Error | undefined;

  constructor({
    host,
    user,
    password,
    database = 'postgres',
    tls,
    timeoutMs,
    answerTimeoutMs = timeoutMs,
  }: SessionOptions) {
    this.#client = new pg.Client({
      host,
      port: serverPort,
      user,
      password,
      database,
      application_name: 'kubewright-agent',
      connectionTimeoutMillis: timeoutMs,
      query_timeout: answerTimeoutMs,
      // What the agent writes must not wait for a standby that the agent itself has to take off the list.
      options: '-c synchronous_commit=local',
      keepAlive: true,
      ...(tls === undefined ? {} : { ssl: { ca: tls.ca, servername: tls.serverName } }),
    });
    this.#client.on('error', (error) => {
      this.#failure = error;
    });
  }

  get isUsable(): boolean {
    return this.#failure === undefined;
  }

  async open(): Promise<void> {
    await this.#client.connect();
  }

  /** Rows of a statement; values of all types come as PostgreSQL's texts unless pg knows better. */
  async rows<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    try {
      return (await this.#client.query<Row>(sql, values)).rows;
    } catch (error) {
      // A connection whose answer was not waited for is out of step.
      if (!(error instanceof pg.DatabaseError)) {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined); // what is broken is closed already
  }
}

/** A name in SQL. */
export const identifier = (name: string): string => pg.escapeIdentifier(name);
/** A text in SQL. */
export const literal = (text: string): string => pg.escapeLiteral(text);
