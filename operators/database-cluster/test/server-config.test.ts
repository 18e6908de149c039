import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  hostBasedAuthentication,
  passwordFile,
  postgresConfig,
  type ServerConfigInput,
} from '../src/agent/server-config.ts';
import {
  becomeServerUser,
  installedVersion,
  missingPrograms,
  serverPrograms,
} from './server-programs.ts';

const majors = [12, 13, 14, 15, 16, 17, 18];

function inputOf(major: number, tls = true): ServerConfigInput {
  return {
    settings: {
      instances: 2,
      major,
      failover: undefined,
      tls,
      authentication: 'scram-sha-256',
      username: 'app',
      metricsPath: undefined,
    },
    address: '127.0.0.1',
    name: 'db-0',
    synchronousStandbyNames: 'FIRST 1 ("db-1")',
    source: { host: '10.0.0.1', serverName: "db-1.o'hara.svc" },
  };
}

function settingsIn(config: string): Map<string, string> {
  return new Map(
    config
      .trim()
      .split('\n')
      .map((line) => line.split(/ = (.*)/s).slice(0, 2) as [string, string]),
  );
}

/** Settings of ours that not every version from 12 to 18 has, by the release notes of PostgreSQL. */
const since: Readonly<Record<string, number>> = { wal_keep_size: 13 };
const until: Readonly<Record<string, number>> = { wal_keep_segments: 12 };

for (const major of majors) {
  test(`the configuration of PostgreSQL ${String(major)} has only what it knows, and keeps 256 MB of log`, () => {
    const settings = settingsIn(postgresConfig(inputOf(major)));
    const unknown = [...settings.keys()].filter(
      (name) => major < (since[name] ?? 0) || major > (until[name] ?? Infinity),
    );
    assert.deepEqual(unknown, []);
    const kept =
      settings.get('wal_keep_size') ??
      `'${String(16 * Number(settings.get('wal_keep_segments')?.slice(1, -1)))}MB'`;
    assert.equal(kept, "'256MB'");
    // Standbys are told by a file and this setting since version 12.
    assert.equal(settings.get('recovery_target_timeline'), "'latest'");
  });
}

test('texts are quoted, so that a value cannot end its line', () => {
  const settings = settingsIn(postgresConfig(inputOf(15)));
  assert.equal(settings.get('synchronous_standby_names'), `'FIRST 1 ("db-1")'`);
  assert.match(
    settings.get('primary_conninfo') ?? '',
    /host=db-1\.o''hara\.svc hostaddr=10\.0\.0\.1 /,
  );
  assert.equal(passwordFile('a:b\\c'), '*:*:*:kubewright_replicator:a\\:b\\\\c\n');
});

test('without TLS nothing asks for it, and with it nobody gets in without', () => {
  const open = settingsIn(postgresConfig(inputOf(15, false)));
  assert.equal(open.get('ssl'), "'off'");
  assert.match(open.get('primary_conninfo') ?? '', /sslmode=disable/);
  const rules = hostBasedAuthentication(inputOf(15))
    .split('\n')
    .map((line) => line.split('\t'));
  const plain = rules.filter(([type, , , , method]) => type === 'host' && method !== 'reject');
  assert.deepEqual(plain, []);
});

test(
  `the server of this machine takes the configuration of its version`,
  { skip: missingPrograms ?? false },
  () => {
    becomeServerUser();
    const folder = mkdtempSync('/tmp/server-config-');
    try {
      const config = join(folder, 'postgresql.conf');
      writeFileSync(config, postgresConfig(inputOf(Number(installedVersion), false)));
      const program = (name: string, ...args: string[]): string =>
        execFileSync(join(serverPrograms, name), args, { encoding: 'utf8', cwd: folder });
      program('initdb', '-D', join(folder, 'data'), '-N', '--auth=trust');
      const shown = program(
        'postgres',
        '-D',
        join(folder, 'data'),
        '-c',
        `config_file=${config}`,
        '-C',
        'wal_keep_size',
      );
      assert.equal(shown.trim(), '256');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
