import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BackupVolume, ended } from './backup-volume.ts';
import { missingPrograms } from './server-programs.ts';

const options = { skip: missingPrograms ?? false, timeout: 300_000 };

let volume: BackupVolume;
let count = 0;
before(async () => {
  if (missingPrograms !== undefined) return;
  volume = await BackupVolume.start();
  await volume.query('postgres', 'CREATE DATABASE shop');
  await volume.query(
    'shop',
    `CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
     CREATE TABLE invoices (id serial PRIMARY KEY, customer int REFERENCES customers, amount numeric(10,2), note text, mark bytea);
     CREATE VIEW large AS SELECT * FROM invoices WHERE amount > 100;
     INSERT INTO customers SELECT n, 'customer ' || n FROM generate_series(1, 50) n;
     INSERT INTO invoices (customer, amount, note, mark)
       SELECT 1 + n % 50, n / 7.0, CASE WHEN n % 3 = 0 THEN E'Straße\\t; ''quoted''\\n \\\\.' || n END, decode(md5(n::text), 'hex')
       FROM generate_series(1, 2000) n;`,
  );
});
after(async () => {
  if (missingPrograms === undefined) await volume[Symbol.asyncDispose]();
});
beforeEach(async () => {
  if (missingPrograms !== undefined) return;
  await volume.clear();
  await volume.restorePassword();
});

const everything = `SELECT i.id, c.name, i.amount::text, i.note, encode(i.mark, 'hex') FROM invoices i JOIN customers c ON c.id = i.customer ORDER BY i.id`;

async function newDatabase(): Promise<string> {
  count += 1;
  const name = `empty${String(count)}`;
  await volume.query('postgres', `CREATE DATABASE ${name}`);
  return name;
}

async function backUp(): Promise<string> {
  const { code, output } = await volume.run('backup.sh', 'shop');
  assert.equal(code, 0, output);
  return (await volume.files()).at(-1) ?? '';
}

const isTable = `SELECT to_regclass('invoices') IS NOT NULL AS is_there`;

test('what is restored is row by row what was backed up', options, async () => {
  await backUp();
  const database = await newDatabase();
  const { code, output } = await volume.run('restore.sh', database);
  assert.equal(code, 0, output);
  const rows = await volume.query(database, everything);
  assert.equal(rows.length, 2000);
  assert.deepEqual(rows, await volume.query('shop', everything));
  assert.deepEqual(
    await volume.query(database, 'SELECT count(*)::int FROM large'),
    await volume.query('shop', 'SELECT count(*)::int FROM large'),
  );
  // Sequences go on where they were.
  await volume.query(database, 'INSERT INTO invoices (customer) VALUES (1)');
});

test(
  'a second run finds that all is done, also when rows were written since',
  options,
  async () => {
    const name = await backUp();
    const database = await newDatabase();
    await volume.run('restore.sh', database);
    await volume.query(database, 'DELETE FROM invoices');
    const { code, output } = await volume.run('restore.sh', database);
    assert.equal(code, 0, output);
    assert.equal(output, `the database is restored by kubewright from ${name} already\n`);
    assert.deepEqual(await volume.query(database, everything), []);
  },
);

test('what was restored can be backed up and restored again', options, async () => {
  await backUp();
  const [one, two] = [await newDatabase(), await newDatabase()];
  await volume.run('restore.sh', one);
  await volume.clear();
  assert.equal((await volume.run('backup.sh', one)).code, 0);
  const { code, output } = await volume.run('restore.sh', two);
  assert.equal(code, 0, output);
  assert.deepEqual(await volume.query(two, everything), await volume.query('shop', everything));
});

test('a database with something in it is left alone', options, async () => {
  await backUp();
  const database = await newDatabase();
  await volume.query(database, 'CREATE TABLE mine AS SELECT 1 AS number');
  const { code, output } = await volume.run('restore.sh', database);
  assert.equal(code, 3, output);
  assert.match(output, /error: the database is not empty: restore into a new cluster/);
  assert.deepEqual(await volume.query(database, isTable), [{ is_there: false }]);
});

test('a damaged backup restores nothing at all', options, async () => {
  const name = await backUp();
  const whole = await readFile(volume.path(name));
  for (const length of [0, 100, whole.length / 2, whole.length - 40]) {
    await writeFile(volume.path(name), whole.subarray(0, length));
    const database = await newDatabase();
    const { code, output } = await volume.run('restore.sh', database);
    assert.equal(code, 3, output);
    assert.match(output, new RegExp(`error: the backup ${name} is damaged`));
    assert.deepEqual(await volume.query(database, isTable), [{ is_there: false }]);
  }
});

test(
  'a restore that is cut off leaves nothing, and the next one does it all',
  options,
  async () => {
    await backUp();
    const database = await newDatabase();
    // The restore waits for this connection in the middle of its work: it has made its tables and cannot give them a name.
    const holder = await volume.connect(database);
    await holder.query('BEGIN; LOCK TABLE pg_shdescription');
    const restore = volume.begin('restore.sh', database);
    await untilWaiting(database);
    process.kill(-(restore.pid ?? 0), 'SIGKILL');
    await ended(restore);
    await holder.query('ROLLBACK');
    await holder.end();
    assert.deepEqual(await volume.query(database, isTable), [{ is_there: false }]);
    const { code, output } = await volume.run('restore.sh', database);
    assert.equal(code, 0, output);
    assert.equal((await volume.query(database, everything)).length, 2000);
  },
);

/** Until some session of the database waits for a lock. */
async function untilWaiting(database: string): Promise<void> {
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '${database}'`;
  while ((await volume.query('postgres', waiting)).length === 0) await sleep(20);
}

test('says that there is no backup, or none of that name', options, async () => {
  const database = await newDatabase();
  const none = await volume.run('restore.sh', database);
  assert.equal(none.code, 3);
  assert.equal(none.output, 'error: there is no backup in the volume\n');
  await writeFile(volume.path('20260101T000000Z.dump.partial'), 'half');
  for (const name of ['20250101T000000Z.dump', '20260101T000000Z.dump.partial']) {
    const { code, output } = await volume.run('restore.sh', database, { BACKUP_NAME: name });
    assert.equal(code, 3);
    assert.equal(output, `error: there is no backup ${name} in the volume\n`);
  }
});

test(
  'a backup that was killed half way is none, and the next run clears it away',
  options,
  async () => {
    const holder = await volume.connect('shop');
    await holder.query('BEGIN; LOCK TABLE invoices');
    const backup = volume.begin('backup.sh', 'shop');
    await untilWaiting('shop');
    process.kill(-(backup.pid ?? 0), 'SIGKILL');
    await ended(backup);
    await holder.query('ROLLBACK');
    await holder.end();
    const [half = ''] = await volume.files();
    assert.match(half, /\.dump\.partial$/);
    const restore = await volume.run('restore.sh', await newDatabase());
    assert.match(restore.output, /there is no backup in the volume/);
    await backUp();
    const files = await volume.files();
    assert.equal(files.length, 1);
    assert.match(files[0] ?? '', /^\d{8}T\d{6}Z\.dump$/);
  },
);

test('a full volume fails the backup, which leaves nothing behind', options, async () => {
  const kept = await backUp();
  // The system refuses to let files grow beyond 4 KiB, as a full disk would.
  const { code, output } = await volume.run('backup.sh', 'shop', {}, `trap '' XFSZ; ulimit -f 4;`);
  assert.notEqual(code, 0);
  assert.match(output, /pg_dump: error: .*File too large/);
  assert.deepEqual(await volume.files(), [kept]);
});

test(
  'a volume that is full of what is too old becomes free before the next backup',
  options,
  async () => {
    await writeFile(volume.path('20200101T000000Z.dump'), 'old');
    await writeFile(volume.path('20200102T000000Z.dump'), 'old, but the newest');
    const { code } = await volume.run('backup.sh', 'shop', {}, `trap '' XFSZ; ulimit -f 4;`);
    assert.notEqual(code, 0);
    assert.deepEqual(await volume.files(), ['20200102T000000Z.dump']);
  },
);

test(
  'removes what is older than it is kept, and nothing that is not a backup',
  options,
  async () => {
    const nameAt = (secondsAgo: number): string =>
      `${new Date(Date.now() - secondsAgo * 1000).toISOString().replaceAll(/[-:]|\.\d+/g, '')}.dump`;
    const [old, young] = [nameAt(3700), nameAt(3500)];
    for (const name of [old, young, 'mine.dump', 'notes.txt'])
      await writeFile(volume.path(name), '');
    const { output } = await volume.run('backup.sh', 'shop');
    const files = await volume.files();
    assert.match(output, new RegExp(`backup ${old} is older than it is kept: removed`));
    assert.equal(files.length, 4);
    assert.ok(!files.includes(old));
    for (const name of [young, 'mine.dump', 'notes.txt']) assert.ok(files.includes(name), name);
  },
);

test('a wrong password, and a server that is away, are told as they are', options, async () => {
  await volume.setPassword('wrong');
  const wrong = await volume.run('backup.sh', 'shop');
  assert.equal(wrong.code, 1);
  assert.match(wrong.output, /pg_dump: error: .*password authentication failed for user "app"/);
  await volume.restorePassword();
  await volume.stopServer();
  const away = await volume.run('backup.sh', 'shop');
  const restore = await volume.run('restore.sh', 'shop');
  await volume.startServer();
  assert.equal(away.code, 1);
  assert.match(away.output, /pg_dump: error: .*(No such file|Connection refused)/);
  // Worth another try.
  assert.equal(restore.code, 2);
  assert.deepEqual(await volume.files(), []);
});

test('a lock that somebody holds fails the backup in time', options, async () => {
  const holder = await volume.connect('shop');
  await holder.query('BEGIN; LOCK TABLE invoices');
  const { code, output } = await volume.run('backup.sh', 'shop', { LOCK_WAIT_MS: '200' });
  await holder.end();
  assert.equal(code, 1);
  assert.match(output, /pg_dump: error: .*timeout/);
  assert.deepEqual(await volume.files(), []);
});

test('two backups at a time are written one after the other', options, async () => {
  const holder = await volume.connect('shop');
  await holder.query('BEGIN; LOCK TABLE invoices');
  const first = ended(volume.begin('backup.sh', 'shop'));
  await untilWaiting('shop');
  const second = ended(volume.begin('backup.sh', 'shop'));
  await holder.query('ROLLBACK');
  await holder.end();
  for (const { code, output } of await Promise.all([first, second])) assert.equal(code, 0, output);
  for (const name of await volume.files()) assert.match(name, /Z\.dump$/);
});
