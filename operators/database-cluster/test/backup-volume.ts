import { spawn, type ChildProcess } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import pg from 'pg';
import { serverPrograms, serverUser } from './server-programs.ts';

/** How a program ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

const entry = new URL('../entry', import.meta.url).pathname;
const password = "it's: a \\ secret";

/**
 * A PostgreSQL server without a cluster around it, and the file system of a pod that backs it up: what the programs of the
 * operator see, and can be made to fail.
 */
export class BackupVolume implements AsyncDisposable {
  readonly #folder: string;
  readonly #user = serverUser();
  #server: ChildProcess | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(): Promise<BackupVolume> {
    // Named like the folder of a cluster: the next one removes what a killed test left behind.
    const volume = new BackupVolume(await mkdtemp(`/tmp/kubewright-${String(process.pid)}-`));
    await volume.#prepare();
    return volume;
  }

  async #prepare(): Promise<void> {
    const folder = this.#folder;
    for (const path of ['volume', 'tmp', 'secrets/credentials']) {
      await mkdir(join(folder, path), { recursive: true });
    }
    // As on a node that runs containers as plain processes: mounts are links.
    await symlink(join(folder, 'volume'), join(folder, 'backups'));
    await symlink(entry, join(folder, 'scripts'));
    await this.setPassword(password);
    if (this.#user !== undefined) {
      const { uid, gid } = this.#user;
      for (const path of ['', 'volume', 'tmp', 'secrets/credentials/password']) {
        await chown(join(folder, path), uid, gid);
      }
    }
    const passwordFile = join(folder, 'secrets/credentials/password');
    const made = await this.#run(
      ['initdb', '-D', join(folder, 'data'), '-U', 'app', `--pwfile=${passwordFile}`, '-N'].concat(
        '--auth=scram-sha-256',
      ),
    );
    if (made.code !== 0) throw new Error(made.output);
    await this.startServer();
  }

  /** What the programs believe the password to be. */
  async setPassword(text: string): Promise<void> {
    await writeFile(join(this.#folder, 'secrets/credentials/password'), text);
  }

  async restorePassword(): Promise<void> {
    await this.setPassword(password);
  }

  async startServer(): Promise<void> {
    const [folder, data] = [this.#folder, join(this.#folder, 'data')];
    const settings = ['listen_addresses=', `unix_socket_directories=${folder}`, 'fsync=off'];
    this.#server = this.#spawn(
      ['postgres', '-D', data, ...settings.flatMap((setting) => ['-c', setting])],
      {},
    );
    this.#server.stderr?.resume();
    for (;;) {
      const client = await this.connect('postgres').catch(() => undefined);
      if (client !== undefined) return client.end();
      await sleep(50);
    }
  }

  async stopServer(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server?.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    await ended;
  }

  async connect(database: string): Promise<pg.Client> {
    const client = new pg.Client({ host: this.#folder, user: 'app', password, database });
    client.on('error', () => undefined); // tests stop the server
    await client.connect();
    return client;
  }

  async query(database: string, sql: string): Promise<unknown[]> {
    const client = await this.connect(database);
    try {
      const { rows } = await client.query<Record<string, unknown>>(sql);
      return rows;
    } finally {
      await client.end();
    }
  }

  /** Begins a program of the operator, as its pod would. */
  begin(
    script: 'backup.sh' | 'restore.sh',
    database: string,
    env: Readonly<Record<string, string>> = {},
    before = '',
  ): ChildProcess {
    const path = join(this.#folder, 'scripts', script);
    return this.#spawn(['bash', '-c', `${before} exec bash '${path}'`], {
      RETENTION_SECONDS: '3600',
      PGDATABASE: database,
      ...env,
    });
  }

  /** Runs a program of the operator to its end. */
  async run(
    script: 'backup.sh' | 'restore.sh',
    database: string,
    env: Readonly<Record<string, string>> = {},
    before = '',
  ): Promise<Ended> {
    return ended(this.begin(script, database, env, before));
  }

  /** Names of the files in the volume. */
  async files(): Promise<string[]> {
    return (await readdir(join(this.#folder, 'volume'))).filter((name) => name !== '.lock').sort();
  }

  /** Path of a file in the volume. */
  path(name: string): string {
    return join(this.#folder, 'volume', name);
  }

  async clear(): Promise<void> {
    for (const name of await this.files()) await rm(this.path(name));
  }

  async #run(command: readonly string[]): Promise<Ended> {
    return ended(this.#spawn(command, {}));
  }

  #spawn(
    [program = '', ...args]: readonly string[],
    env: Readonly<Record<string, string>>,
  ): ChildProcess {
    const folder = this.#folder;
    return spawn(program, args, {
      ...this.#user,
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: `${serverPrograms}:${process.env['PATH'] ?? ''}`,
        TMPDIR: join(folder, 'tmp'),
        KUBEWRIGHT_ROOT: folder,
        PGHOST: folder,
        PGUSER: 'app',
        PGCONNECT_TIMEOUT: '60',
        ...env,
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopServer();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Waits for the end of a program. */
export async function ended(child: ChildProcess): Promise<Ended> {
  // Safe: both are pipes.
  const [out, error] = [child.stdout, child.stderr] as [
    NodeJS.ReadableStream,
    NodeJS.ReadableStream,
  ];
  const [[code], ...said] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(out),
    text(error),
  ]);
  return { code, output: said.join('') };
}
