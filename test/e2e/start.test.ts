import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { StartedProgram, stillRunning } from './started-program.ts';

test('--once shows the diagnosis, ends with exit code 0 and leaves nothing behind', async () => {
  await using program = await StartedProgram.start(['--once', '--plain']);

  const { exitCode, stdout, stderr } = await program.end();

  assert.equal(exitCode, 0, `${stdout}\n${stderr}`);
  assert.equal(stderr, '');
  assert.match(stdout, /Hello from the self-destructing app! 6/);
  assert.match(stdout, /diagnostics\.local\.io\/restart-reason: Completed \(Exit Code: 0\)/);
  assert.match(stdout, /diagnostics\.local\.io\/restart-time: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/);
  assert.match(stdout, /PodRestarted: Pod fragile-app-\S+ restarted due to Completed \(Exit/);
  assert.match(stdout, /fragileapp-diagnoser: diagnosedPods 1, lastProcessedPod fragile-app-/);
  assert.deepEqual(await program.leftFiles(), []);
});

test('Ctrl-C half-way ends it with exit code 130, its containers too, and leaves nothing behind', async () => {
  await using program = await StartedProgram.start(['--plain']);
  await program.untilLine(/pod fragile-app-\S+ is ready/);
  const containers = await program.descendants();
  // The app, two replicas of the operator.
  assert.ok(containers.length >= 3, `${String(containers.length)} processes`);

  program.interrupt();
  const { exitCode, stderr } = await program.end();

  assert.equal(exitCode, 130, stderr);
  assert.equal(stderr, 'Stopped; nothing is left behind.\n');
  assert.deepEqual(await program.leftFiles(), []);
  assert.deepEqual(await stillRunning(containers), []);
});

test('Ctrl-C while the cluster starts leaves nothing behind either', async () => {
  await using program = await StartedProgram.start(['--plain']);
  await program.untilLine(/Starting the embedded cluster/);

  program.interrupt();
  const { exitCode, stderr } = await program.end();

  assert.equal(exitCode, 130, stderr);
  assert.deepEqual(await program.leftFiles(), []);
});

const wrongUsages: readonly [args: readonly string[], says: RegExp][] = [
  [['--twice'], /unknown option '--twice'/],
  [['--port', '70000'], /'70000' is invalid.*It is a number from 0 to 65535/],
  [['--once', '--empty'], /--once and --empty contradict each other/],
  [['now'], /too many arguments/],
];
for (const [args, says] of wrongUsages) {
  test(`refuses ${args.join(' ')} with exit code 2 and says why`, async () => {
    await using program = await StartedProgram.start(args);
    const { exitCode, stdout, stderr } = await program.end();
    assert.equal(exitCode, 2);
    assert.match(stderr, says);
    assert.equal(stdout, '');
    assert.deepEqual(await program.leftFiles(), []);
  });
}

test('a port in use is named, and nothing is left behind', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  try {
    const { port } = other.address() as AddressInfo; // a TCP server that listens has such an address
    await using program = await StartedProgram.start([
      '--empty',
      '--plain',
      '--port',
      String(port),
    ]);

    const { exitCode, stderr } = await program.end();

    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      new RegExp(`^error: .*127\\.0\\.0\\.1:${String(port)}: the port is in use`),
    );
    assert.deepEqual(await program.leftFiles(), []);
  } finally {
    other.close();
  }
});

test('a temporary folder that cannot be written to is named, and TMPDIR as the way out', async () => {
  // A file: no user, however mighty, can make a folder in it.
  const noFolder = fileURLToPath(import.meta.url);
  await using program = await StartedProgram.start(['--empty', '--plain'], noFolder);

  const { exitCode, stderr } = await program.end();

  assert.equal(exitCode, 1);
  assert.match(stderr, /^error: no folder for the cluster could be made in .*start\.test\.ts/);
  assert.match(stderr, /Set TMPDIR to a folder you may write to/);
});
