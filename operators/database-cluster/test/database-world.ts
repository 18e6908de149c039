import { setTimeout as sleep } from 'node:timers/promises';
import {
  EventsV1Event,
  isConditionTrue,
  Lease,
  Pod,
  Secret,
  Service,
  type Stored,
} from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { startTestEnvironment, type TestEnvironment } from '@kubewright/cluster';
import { createLogger, Manager } from '@kubewright/runtime';
import pg from 'pg';
import { readRecord, type LeaderRecord } from '../src/agent/leader-record.ts';
import { DatabaseCluster, type DatabaseClusterSpec } from '../src/api/database-cluster.ts';
import { createDatabaseClusterController } from '../src/database-cluster-controller.ts';
import type { ObjectOptions } from '../src/objects/cluster-context.ts';
import { installedVersion, serverPrograms, serverUser } from './server-programs.ts';

const version = installedVersion ?? '15';

/** Longest wait for one thing, in milliseconds: it only bounds a failure. */
const limitMs = 180_000;

/**
 * Time limit of a test of a whole world, in milliseconds: beyond what its waits may take together, as the one that does not
 * come to an end is to say so, and whoever waits on after the limit keeps the process alive.
 */
export const worldTestLimitMs = 800_000;

/** A lease, in seconds, for tests in which no primary goes: so long that none loses it because the machine is busy. */
export const patientLeaseSeconds = 60;

/** Longest wait for an answer of a server, in milliseconds; it bounds a failure only. */
const answerLimitMs = 60_000;

const main = new URL('../src/main.ts', import.meta.url).pathname;

/** A cluster that pods really run in, with the operator. */
export class DatabaseWorld implements AsyncDisposable {
  readonly client: Client;
  readonly namespace = 'default';
  readonly #environment: TestEnvironment;
  #operator: RunningOperator | undefined;

  private constructor(environment: TestEnvironment, client: Client) {
    this.#environment = environment;
    this.client = client;
  }

  static async start(): Promise<DatabaseWorld> {
    const server = { command: ['bash'], path: [serverPrograms] };
    const environment = await startTestEnvironment({
      embedded: {
        hasControllers: true,
        hasNode: true,
        images: {
          [`postgres:${version}`]: server,
          'database-cluster:test': { command: [process.execPath, main] },
        },
        parentFolder: '/tmp',
        // Changed Secrets are seen within seconds.
        kubelet: { volumeRefreshMs: 1_000, syncPeriodMs: 1_000 },
      },
    });
    const { spec, ...manifest } = DatabaseCluster.manifest();
    // No webhook is served here.
    await environment.install({ ...manifest, spec: { ...spec, conversion: { strategy: 'None' } } });
    return new DatabaseWorld(environment, await environment.client());
  }

  /** Starts the operator, or a further one after the last was stopped; with other settings than {@link testObjects} where they are given. */
  startOperator(settings: Partial<ObjectOptions> = {}): void {
    // A second one would be left behind, and keep the process alive.
    if (this.#operator !== undefined) throw new Error('the operator runs already: stop it first');
    this.#operator = new RunningOperator(this.client, { ...testObjects, ...settings });
  }

  async stopOperator(): Promise<void> {
    await this.#operator?.stop();
    this.#operator = undefined;
  }

  async createDatabase(name: string, spec: Partial<DatabaseClusterSpec> = {}): Promise<void> {
    await this.client.create(
      DatabaseCluster.resource,
      DatabaseCluster.create({
        metadata: { name, namespace: this.namespace },
        spec: { replicas: 1, version, storage: { size: '64Mi' }, ...spec },
      }),
    );
  }

  async database(name: string): Promise<Stored<DatabaseCluster>> {
    return this.client.get(DatabaseCluster.resource, { namespace: this.namespace, name });
  }

  async untilReady(name: string): Promise<void> {
    await this.until(async () =>
      isConditionTrue((await this.database(name)).status?.conditions, 'Ready'),
    );
  }

  async record(name: string): Promise<LeaderRecord> {
    return readRecord(
      await this.client.get(Lease, { namespace: this.namespace, name: `${name}-primary` }),
    );
  }

  /** A connection of a user of the database, by way of a Service. */
  async connect(name: string, service = name, given: pg.ClientConfig = {}): Promise<pg.Client> {
    const { namespace } = this;
    const { data = {} } = await this.client.get(Secret, { namespace, name: `${name}-credentials` });
    const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
    const { spec } = await this.client.get(Service, { namespace, name: service });
    const client = new pg.Client({
      host: spec?.clusterIP ?? '',
      ...(await this.#tlsOf(name, service)),
      port: Number(text('port')),
      user: text('username'),
      password: text('password'),
      database: text('database'),
      connectionTimeoutMillis: answerLimitMs,
      query_timeout: answerLimitMs,
      ...given,
    });
    client.on('error', () => undefined); // the test sees its queries fail
    await client.connect();
    return client;
  }

  /** Connects, again until somebody answers: a lease of a few seconds runs out on a busy machine, and between two primaries nobody does. */
  async connection(name: string): Promise<pg.Client> {
    let client: pg.Client | undefined;
    await this.until(async () => {
      client = await this.connect(name);
      return true;
    });
    if (client === undefined) throw new TypeError('it came to pass without a connection');
    return client;
  }

  /** Runs SQL, which bears repetition, until it has an answer; see {@link connection}. */
  async query<Row extends object>(
    name: string,
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    let found: Row[] = [];
    await this.until(async () => {
      const client = await this.connect(name);
      try {
        ({ rows: found } = await client.query<Row>(sql, [...values]));
        return true;
      } finally {
        await client.end();
      }
    });
    return found;
  }

  /** TLS as a careful client has it, where the database has it. */
  async #tlsOf(name: string, service: string): Promise<object> {
    const { namespace } = this;
    const { spec } = await this.database(name);
    if (spec.security?.tlsEnabled !== true) return {};
    const textsIn = async (secret: string): Promise<Record<string, string>> => {
      const { data = {} } = await this.client.get(Secret, { namespace, name: secret });
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
      );
    };
    const { 'ca.crt': ca } = await textsIn(`${name}-tls`);
    const servername = `${service}.${namespace}.svc`;
    if (spec.security.authentication?.type !== 'cert') return { ssl: { ca, servername } };
    const { 'tls.crt': cert, 'tls.key': key } = await textsIn(`${name}-client`);
    return { ssl: { ca, servername, cert, key } };
  }

  async pod(name: string): Promise<Stored<Pod>> {
    return this.client.get(Pod, { namespace: this.namespace, name });
  }

  async logs(pod: string, container: string): Promise<string> {
    return this.client.logText({ namespace: this.namespace, name: pod }, { container });
  }

  async events(): Promise<string[]> {
    const { items } = await this.client.list(EventsV1Event, { namespace: this.namespace });
    return items
      .filter(({ reportingController }) => reportingController === 'database-cluster')
      .map(({ reason, note }) => `${reason ?? ''}: ${note ?? ''}`);
  }

  /**
   * Looks again and again until it is so.
   *
   * @throws Error with what was waited for, and how the databases are, when it does not come to pass.
   */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    const signal = AbortSignal.timeout(limitMs);
    let cause: unknown;
    const isSoNow = async (): Promise<boolean> => {
      try {
        return await isSo();
      } catch (error) {
        cause = error;
        return false;
      }
    };
    while (!(await isSoNow())) {
      if (signal.aborted) {
        const state = await this.#state();
        throw new Error(`did not come to pass: ${String(isSo)}; databases: ${state}`, { cause });
      }
      await sleep(100);
    }
  }

  async #state(): Promise<string> {
    const { namespace } = this;
    const { items } = await this.client.list(DatabaseCluster.resource, { namespace });
    const pods = await this.client.list(Pod, { namespace });
    return JSON.stringify([
      ...items.map(({ metadata, status }) => ({ name: metadata.name, status })),
      ...pods.items.map(({ metadata, status }) => ({ pod: metadata.name, status })),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopOperator();
    await this.#environment[Symbol.asyncDispose]();
  }
}

/** The settings of the operator in tests. */
export const testObjects: ObjectOptions = {
  postgresImage: 'postgres',
  agentImage: 'database-cluster:test',
  agentCommand: [],
  userId: serverUser()?.uid ?? process.getuid?.() ?? 0,
  imagePullPolicy: 'IfNotPresent',
  leaseDurationSeconds: 6,
  retryPeriodSeconds: 1,
  podUpdateStrategy: 'OnDelete',
};

class RunningOperator {
  readonly #stop = new AbortController();
  readonly #run: Promise<void>;

  constructor(client: Client, objects: ObjectOptions) {
    const manager = new Manager({
      client: new Client({ transport: client.transport, fieldManager: 'database-cluster' }),
      metrics: { port: false },
      health: { port: false },
      logger: createLogger({ level: (process.env['LOG_LEVEL'] ?? 'silent') as 'silent' }),
    });
    manager.add(createDatabaseClusterController(manager, { objects }));
    this.#run = manager.run({ signal: this.#stop.signal });
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the test is over'));
    await this.#run;
  }
}
