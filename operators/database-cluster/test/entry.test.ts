import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree, signalAll } from './process-tree.ts';

const options = { timeout: 300_000 };
const entry = new URL('../entry/entry.sh', import.meta.url).pathname;

/** What stands for the programs of PostgreSQL: each notes how it was called; a rewind takes as long as the file `hold` is there. */
const programs = {
  pg_controldata: `echo 'Database cluster state: shut down in recovery'`,
  pg_rewind: 'while [ -e "$FOLDER/hold" ]; do sleep 0.05; done; [ ! -e "$FOLDER/fail" ]',
  pg_basebackup:
    'while [ -n "$1" ]; do [ "$1" = -D ] && target=$2; shift; done; mkdir -p "$target"; [ ! -e "$FOLDER/fail" ] && echo 15 >"$target/PG_VERSION"',
  postgres: 'exec sleep 1000',
};

/** The entry program of a standby, with played programs. */
class PlayedEntry implements AsyncDisposable {
  readonly folder: string;
  #child: ChildProcess | undefined;
  #number = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  static async create(version: string): Promise<PlayedEntry> {
    const played = new PlayedEntry(await mkdtemp(join(tmpdir(), 'entry-')));
    const { folder } = played;
    for (const path of ['bin', 'control']) await mkdir(join(folder, path));
    await mkdir(played.data, { recursive: true });
    await writeFile(join(played.data, 'PG_VERSION'), `${version}\n`);
    await writeFile(join(folder, 'calls'), '');
    for (const [name, text] of Object.entries(programs)) {
      const note = `echo "${name} $*" >>"$FOLDER/calls"`;
      await writeFile(join(folder, 'bin', name), `#!/bin/bash\n${note}\n${text}\n`, {
        mode: 0o755,
      });
    }
    return played;
  }

  get data(): string {
    return join(this.folder, 'var/lib/postgresql/data/pgdata');
  }

  get isStandby(): boolean {
    return existsSync(join(this.data, 'standby.signal'));
  }

  start(): void {
    const { folder } = this;
    this.#child = spawn('bash', [entry], {
      stdio: 'ignore',
      env: {
        PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
        KUBEWRIGHT_ROOT: folder,
        FOLDER: folder,
      },
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    signalAll(processTree(child.pid ?? 0), 'SIGKILL');
    await ended;
  }

  /** Wants a standby; `rejoin` says which attempt to bring it in line there has been. */
  async follow(rejoin: string): Promise<void> {
    this.#number += 1;
    const path = join(this.folder, 'control/want');
    const text = `number=${String(this.#number)}\nrole=standby\nsource=host=db-0\nrejoin=${rejoin}\n`;
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }

  async hold(name: 'hold' | 'fail', isHeld: boolean): Promise<void> {
    const path = join(this.folder, name);
    await (isHeld ? writeFile(path, '') : rm(path));
  }

  /** How the programs were called, one line each, looks at the control data aside. */
  async calls(): Promise<string[]> {
    const text = await readFile(join(this.folder, 'calls'), 'utf8');
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('pg_controldata'));
  }

  async until(isSo: (calls: readonly string[]) => boolean): Promise<string[]> {
    for (;;) {
      const calls = await this.calls();
      if (isSo(calls)) return calls;
      await sleep(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

const program = (call: string | undefined): string => call?.split(' ', 1)[0] ?? '';

test(
  'a standby whose rewind was cut off is never started until it is rewound',
  options,
  async () => {
    await using played = await PlayedEntry.create('15');
    await writeFile(join(played.data, 'standby.signal'), '');
    await played.hold('hold', true);
    played.start();
    await played.follow('1');
    await played.until((calls) => program(calls[0]) === 'pg_rewind');
    assert.equal(played.isStandby, false);
    await played.kill();

    // A new agent knows nothing of the attempt before.
    await played.follow('0');
    await played.hold('hold', false);
    played.start();
    const calls = await played.until((all) => program(all.at(-1)) === 'postgres');
    assert.deepEqual(calls.map(program), ['pg_rewind', 'pg_rewind', 'postgres']);
    assert.equal(played.isStandby, true);
  },
);

test(
  'a rewind that fails leaves data that is not started, and is followed by a clone in its place',
  options,
  async () => {
    await using played = await PlayedEntry.create('15');
    await played.hold('fail', true);
    played.start();
    await played.follow('0');
    await played.until((calls) => calls.length >= 2);
    assert.equal(played.isStandby, false);
    assert.deepEqual([...new Set((await played.calls()).map(program))], ['pg_rewind']);

    await played.follow('clone-1');
    await played.until((calls) => calls.some((call) => program(call) === 'pg_basebackup'));
    // Also a clone that fails: what is neither old nor new is no data.
    assert.equal(existsSync(join(played.data, 'PG_VERSION')), false);
    await played.hold('fail', false);
    await played.until((calls) => program(calls.at(-1)) === 'postgres');
    assert.equal(played.isStandby, true);
    assert.equal(existsSync(`${played.data}.new`), false);
  },
);

for (const [version, option] of [
  ['12', ''],
  ['13', ' --no-ensure-shutdown'],
  ['18', ' --no-ensure-shutdown'],
] as const) {
  test(`pg_rewind ${version} is called with the options that it knows`, options, async () => {
    await using played = await PlayedEntry.create(version);
    played.start();
    await played.follow('0');
    const [call] = await played.until((calls) => calls.length > 0);
    assert.equal(
      call,
      `pg_rewind -D ${played.data} --source-server=host=db-0 dbname=postgres${option}`,
    );
  });
}
