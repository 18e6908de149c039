import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../server.js', import.meta.url));

type App = ChildProcessByStdio<null, Readable, Readable>;

function spawnApp(port: string): App & AsyncDisposable {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: port },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  return Object.assign(child, {
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  });
}

async function portOf(app: App): Promise<number> {
  const lines = createInterface({ input: app.stdout });
  for await (const line of lines) {
    const found = /listening on port (\d+)/.exec(line);
    if (found !== null) {
      app.stdout.resume();
      return Number(found[1]);
    }
  }
  throw new Error('the app ended without listening');
}

async function fetchPath(
  port: number,
  path: string,
  agent?: Agent,
): Promise<{ status: number | undefined; body: string }> {
  const [response] = (await once(
    get({ port, path, host: '127.0.0.1', ...(agent === undefined ? {} : { agent }) }),
    'response',
  )) as [IncomingMessage]; // 'response' has this one argument
  return { status: response.statusCode, body: await text(response) };
}

test('greets, counts, and ends with exit code 0 after the sixth greeting', async () => {
  await using app = spawnApp('0');
  const exited = once(app, 'exit');
  const port = await portOf(app);

  const bodies: string[] = [];
  for (let count = 1; count <= 6; count += 1) bodies.push((await fetchPath(port, '/')).body);

  assert.deepEqual(
    bodies,
    [1, 2, 3, 4, 5, 6].map((count) => `Hello from the self-destructing app! ${String(count)}`),
  );
  assert.deepEqual(await exited, [0, null]);
});

test('ends also while a client keeps its connection alive', async () => {
  await using app = spawnApp('0');
  const exited = once(app, 'exit');
  const port = await portOf(app);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (let count = 1; count <= 6; count += 1) await fetchPath(port, '/', agent);
    assert.deepEqual(await exited, [0, null]);
  } finally {
    agent.destroy();
  }
});

test('answers /health with OK and does not count it', async () => {
  await using app = spawnApp('0');
  const port = await portOf(app);

  for (let count = 0; count < 10; count += 1) {
    assert.deepEqual(await fetchPath(port, '/health'), { status: 200, body: 'OK' });
  }
  assert.equal((await fetchPath(port, '/')).body, 'Hello from the self-destructing app! 1');
});

test('answers an unknown path with 404 and does not count it', async () => {
  await using app = spawnApp('0');
  const port = await portOf(app);

  assert.equal((await fetchPath(port, '/favicon.ico')).status, 404);
  assert.equal((await fetchPath(port, '/?a=b')).body, 'Hello from the self-destructing app! 1');
});

test('ends with exit code 0 on a SIGTERM from outside', async () => {
  await using app = spawnApp('0');
  const exited = once(app, 'exit');
  await portOf(app);

  app.kill('SIGTERM');

  assert.deepEqual(await exited, [0, null]);
});

test('says that the port is taken, and how to choose another', async () => {
  const other = createServer().listen(0);
  await once(other, 'listening');
  try {
    // Safe: a TCP server that listens has such an address.
    const { port } = other.address() as AddressInfo;
    await using app = spawnApp(String(port));
    const [stderr] = await Promise.all([text(app.stderr), once(app, 'exit')]);
    assert.match(stderr, new RegExp(`port ${String(port)} is taken`));
    assert.match(stderr, /set PORT to another/);
    assert.equal(app.exitCode, 1);
  } finally {
    other.close();
  }
});

test('refuses a PORT that is no port', async () => {
  await using app = spawnApp('http');
  const [stderr] = await Promise.all([text(app.stderr), once(app, 'exit')]);
  assert.match(stderr, /PORT is "http"/);
  assert.equal(app.exitCode, 2);
});
