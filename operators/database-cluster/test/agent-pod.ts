import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client } from '@kubewright/client';
import { createLogger, SystemClock } from '@kubewright/runtime';
import pg from 'pg';
import { Agent, type AgentReport } from '../src/agent/agent.ts';
import { ControlFolder } from '../src/agent/control-folder.ts';
import { internalRoles } from '../src/agent/server-config.ts';
import { processTree, signalAll } from './process-tree.ts';
import { serverPrograms } from './server-programs.ts';
import { SwitchedTransport } from './switched-transport.ts';

const entry = new URL('../entry/entry.sh', import.meta.url).pathname;

/** Longest wait for an answer of a server, in milliseconds; it bounds a failure only: a machine that is busy answers late. */
const answerLimitMs = 60_000;

/** Passwords of the clusters in tests. */
export const passwords = { replicator: 'replicate', user: 'use' };

/** What an {@link AgentPod} is made from. */
export interface AgentPodOptions {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  /** Folder that becomes its root. */
  readonly folder: string;
  readonly transport: Client['transport'];
  readonly leaseName: string;
}

/** A pod as the operator makes it, without a node: its server is a real one, its agent lives in this process. */
export class AgentPod {
  readonly name: string;
  readonly address: string;
  readonly #options: AgentPodOptions;
  readonly #network: SwitchedTransport;
  #life:
    | {
        readonly entry: ChildProcess;
        readonly agent: Agent;
        readonly stop: AbortController;
        readonly run: Promise<void>;
        readonly log: Promise<string>;
      }
    | undefined;
  #lives = 0;
  /** What the entry program said in the lives that have ended. */
  #log = '';

  constructor(options: AgentPodOptions) {
    this.name = options.name;
    this.address = options.address;
    this.#options = options;
    this.#network = new SwitchedTransport(options.transport);
  }

  /** Folder of its volume. */
  get volume(): string {
    return join(this.#options.folder, 'var/lib/postgresql/data');
  }

  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  /** What its agent found last; undefined when it does not run. */
  get report(): AgentReport | undefined {
    return this.#life?.agent.report;
  }

  /** Whether its agent reaches the API server. */
  set reachesApi(value: boolean) {
    this.#network.isCut = !value;
  }

  /** Programs that are found before those of the server. */
  get #ownPrograms(): string {
    return join(this.#options.folder, 'bin');
  }

  /** Clones that begin from now on are given so little of the network that they do not end. */
  async slowClonesDown(): Promise<void> {
    await mkdir(this.#ownPrograms, { recursive: true });
    const script = `#!/bin/sh\nexec ${serverPrograms}/pg_basebackup --max-rate=32k "$@"\n`;
    await writeFile(join(this.#ownPrograms, 'pg_basebackup'), script, { mode: 0o755 });
  }

  /** Ends the clone that is under way; the next one is as fast as can be. */
  async interruptSlowClone(): Promise<void> {
    await rm(this.#ownPrograms, { recursive: true });
    const isClone = (pid: number): boolean => {
      try {
        return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').includes('pg_basebackup');
      } catch {
        return false; // it has ended meanwhile
      }
    };
    signalAll(processTree(this.#life?.entry.pid ?? 0).filter(isClone), 'SIGTERM');
  }

  /** Begins a new life: another pod of the same name, with the same volume. */
  async start(): Promise<void> {
    const { name, namespace, address, folder, leaseName } = this.#options;
    this.#lives += 1;
    this.reachesApi = true;
    for (const path of ['control', 'tmp', 'secrets/internal', 'secrets/credentials']) {
      await mkdir(join(folder, path), { recursive: true });
    }
    await rm(join(folder, 'control'), { recursive: true });
    await mkdir(join(folder, 'control'));
    const secrets = {
      'internal/replicator-password': passwords.replicator,
      'credentials/password': passwords.user,
    };
    for (const [path, secret] of Object.entries(secrets)) {
      await writeFile(join(folder, 'secrets', path), secret);
    }
    const child = spawn('bash', [entry], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: `${this.#ownPrograms}:${serverPrograms}:${process.env['PATH'] ?? ''}`,
        HOME: folder,
        TMPDIR: join(folder, 'tmp'),
        KUBEWRIGHT_ROOT: folder,
      },
    });
    const agent = new Agent({
      name,
      uid: String(this.#lives),
      namespace,
      address,
      leaseName,
      domain: `pods.${namespace}.svc`,
      client: new Client({ transport: this.#network, fieldManager: name }),
      control: new ControlFolder(join(folder, 'control')),
      secretsFolder: join(folder, 'secrets'),
      times: { leaseDurationMs: 6000, retryPeriodMs: 500 },
      clock: new SystemClock(),
      logger: createLogger({ level: (process.env['LOG_LEVEL'] ?? 'silent') as 'silent' }),
    });
    const stop = new AbortController();
    const log = text(child.stderr);
    this.#life = { entry: child, agent, stop, run: agent.run(stop.signal), log };
  }

  /** Ends all of it at once, as when the machine is switched off. */
  async kill(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    this.reachesApi = false;
    life.stop.abort(new Error('killed'));
    signalAll(processTree(life.entry.pid ?? 0), 'SIGKILL');
    this.#log += await life.log;
    await life.run;
  }

  /** Ends it in good order, as a deleted pod does: the server first, then the agent. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    const ended = once(life.entry, 'exit');
    life.entry.kill('SIGTERM');
    await ended;
    life.stop.abort(new Error('stopped'));
    this.#log += await life.log;
    await life.run;
  }

  /** Everything that the entry program has said; ends the pod first. */
  async log(): Promise<string> {
    await this.kill();
    return this.#log;
  }

  /** A connection of the user. Rejects when the server does not answer. */
  async connect(given: pg.ClientConfig = {}): Promise<pg.Client> {
    const client = new pg.Client({
      host: this.address,
      user: 'app',
      password: passwords.user,
      database: 'app',
      connectionTimeoutMillis: answerLimitMs,
      query_timeout: answerLimitMs,
      ...given,
    });
    client.on('error', () => undefined); // tests kill servers
    await client.connect();
    return client;
  }

  async query<Row extends pg.QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    const client = await this.connect();
    try {
      return (await client.query<Row>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** Asks as the superuser, who may come from the pod itself only. */
  async queryAsSuperuser(sql: string): Promise<void> {
    const client = await this.connect({
      host: join(this.#options.folder, 'control'),
      user: internalRoles.superuser,
    });
    await client.query(sql);
    await client.end();
  }

  /** Stops or continues the processes that send the log to standbys. */
  async signalSenders(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const rows = await this.query<{ pid: number }>('SELECT pid FROM pg_stat_replication');
    signalAll(
      rows.map(({ pid }) => pid),
      signal,
    );
  }

  /** Removes the log that a rewind would read, while the server holds its newest part open. */
  async removeLog(): Promise<void> {
    const folder = join(this.volume, 'pgdata/pg_wal');
    for (const name of await readdir(folder)) {
      if (/^[0-9A-F]{24}$/.test(name)) await rm(join(folder, name));
    }
  }

  /** Removes the volume. */
  async loseVolume(): Promise<void> {
    await rm(this.volume, { recursive: true, force: true });
  }
}
