import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { StatusError } from '@kubewright/apimachinery';
import { Client, TransportError, type CommandSession, type ExecOptions } from '../src/index.ts';
import { ScriptedTransport } from './scripted-transport.ts';
import { ScriptedWebSocket } from './scripted-web-socket.ts';

const ref = { name: 'web', namespace: 'ns' };
const v5 = 'v5.channel.k8s.io';
const success = JSON.stringify({ metadata: {}, status: 'Success' });
// As a kubelet sends it: without kind and code.
const exitWith = (code: number): string =>
  JSON.stringify({
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with exit code ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });

async function start(
  socket: ScriptedWebSocket,
  options: Partial<ExecOptions> = {},
): Promise<{ session: CommandSession; transport: ScriptedTransport }> {
  const transport = new ScriptedTransport([], [socket]);
  const client = new Client({ transport });
  return { session: await client.exec(ref, { command: ['date'], ...options }), transport };
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

test('asks for the command and the streams that are wanted', async () => {
  const socket = new ScriptedWebSocket(v5);
  const { transport } = await start(socket, {
    command: ['sh', '-c', 'echo "$1" & exit; #', '-'],
    container: 'main',
    stderr: false,
  });
  const [request] = transport.webSocketRequests;
  assert.ok(request);
  assert.deepEqual(request.protocols, ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  const url = new URL(request.path, 'http://x');
  assert.equal(url.pathname, '/api/v1/namespaces/ns/pods/web/exec');
  assert.deepEqual(url.searchParams.getAll('command'), ['sh', '-c', 'echo "$1" & exit; #', '-']);
  assert.deepEqual(
    ['container', 'stdin', 'stdout', 'stderr', 'tty'].map((name) => url.searchParams.get(name)),
    ['main', 'false', 'true', 'false', 'false'],
  );
});

test('hands on output and errors apart, and the exit code', async () => {
  const socket = new ScriptedWebSocket(v5);
  const { session } = await start(socket);
  await socket.serve(1);
  await socket.serve(1, 'out ');
  await socket.serve(2, 'err');
  await socket.serve(1, 'put');
  await socket.serve(3, exitWith(7));
  assert.deepEqual(await session.exit, { exitCode: 7 });
  assert.deepEqual(
    [await textOf(session.stdout), await textOf(session.stderr)],
    ['out put', 'err'],
  );
  assert.equal(socket.closed, 1);
});

test('reads a status that comes in pieces', async () => {
  const socket = new ScriptedWebSocket(v5);
  const { session } = await start(socket);
  await socket.serve(3, success.slice(0, 10));
  await socket.serve(3, success.slice(10));
  assert.deepEqual(await session.exit, { exitCode: 0 });
});

test('fails with the reason when the command could not run', async () => {
  const socket = new ScriptedWebSocket(v5);
  const { session } = await start(socket);
  const status = { status: 'Failure', reason: 'InternalError', message: 'no such file', code: 500 };
  await socket.serve(3, JSON.stringify(status));
  const failed = (error: unknown): boolean =>
    error instanceof StatusError &&
    error.reason === 'InternalError' &&
    error.message === 'exec in Pod ns/web: no such file';
  await assert.rejects(session.exit, failed);
  await assert.rejects(textOf(session.stdout), failed);
});

test('fails when the connection ends without a status, or breaks', async () => {
  const ended = new ScriptedWebSocket(v5);
  const first = await start(ended);
  await ended.serve(1, 'some');
  ended.end();
  await assert.rejects(
    first.session.exit,
    (error) =>
      error instanceof TransportError &&
      error.message ===
        'exec in Pod ns/web: the connection ended without saying how the command ended',
  );
  const broken = new ScriptedWebSocket(v5);
  const second = await start(broken);
  const failure = new Error('reset');
  broken.break(failure);
  await assert.rejects(second.session.exit, (error) => error === failure);
});

test('hands on what came before a failure', async () => {
  const socket = new ScriptedWebSocket(v5);
  const { session } = await start(socket);
  await socket.serve(1, 'some');
  socket.end();
  const iterator = session.stdout[Symbol.asyncIterator]();
  assert.equal(Buffer.from((await iterator.next()).value ?? '').toString(), 'some');
  await assert.rejects(iterator.next(), TransportError);
});

async function* inputOf(...chunks: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* chunks;
}

test('sends input in pieces, and its end', async () => {
  const { promise: atEnd, resolve } = Promise.withResolvers<undefined>();
  const socket = new ScriptedWebSocket(v5, (message) => {
    if (message[0] === 255) resolve(undefined);
  });
  const large = Buffer.alloc(100_000, 'x');
  const { session, transport } = await start(socket, { stdin: inputOf('héllo', large) });
  await atEnd;
  const url = new URL(transport.webSocketRequests[0]?.path ?? '', 'http://x');
  assert.equal(url.searchParams.get('stdin'), 'true');
  const data = socket.sent.slice(0, -1);
  assert.ok(data.every((message) => message[0] === 0 && message.byteLength <= 32 * 1024 + 1));
  assert.deepEqual(
    Buffer.concat(data.map((message) => message.subarray(1))),
    Buffer.concat([Buffer.from('héllo'), large]),
  );
  assert.deepEqual(socket.sent.at(-1), Uint8Array.of(255, 0));
  await socket.serve(3, success);
  await session.exit;
});

test('says the end of input by a keystroke where the server knows no other way', async () => {
  const { promise: atEnd, resolve } = Promise.withResolvers<undefined>();
  const socket = new ScriptedWebSocket('v4.channel.k8s.io', (message) => {
    if (message[1] === 4) resolve(undefined);
  });
  const { session } = await start(socket, { stdin: inputOf('x'), tty: true });
  await atEnd;
  await socket.serve(3, success);
  await session.exit;
});

test('fails rather than hang when the end of input cannot be said', async () => {
  const socket = new ScriptedWebSocket('v4.channel.k8s.io');
  const { session } = await start(socket, { stdin: inputOf('x') });
  await assert.rejects(
    session.exit,
    (error) =>
      error instanceof TransportError &&
      error.code === 'PROTOCOL_ERROR' &&
      error.message.startsWith('exec in Pod ns/web: the server speaks v4.channel.k8s.io only'),
  );
});

test('fails with what the input throws', async () => {
  const socket = new ScriptedWebSocket(v5);
  const failure = new Error('disk');
  // eslint-disable-next-line require-yield
  async function* input(): AsyncGenerator<string> {
    throw failure;
  }
  const { session } = await start(socket, { stdin: input() });
  await assert.rejects(session.exit, (error) => error === failure);
  assert.ok(socket.closed > 0);
});

test('ends with the command although its input goes on, and leaves the stream to its owner', async () => {
  const socket = new ScriptedWebSocket(v5);
  const stdin = new PassThrough();
  const { session } = await start(socket, { stdin });
  await socket.serve(3, success);
  assert.deepEqual(await session.exit, { exitCode: 0 });
  stdin.write('late');
  await new Promise(setImmediate);
  assert.equal(stdin.destroyed, false);
});

test('leaves the loop of an input it needs no more', async () => {
  const { promise: left, resolve: onLeft } = Promise.withResolvers<undefined>();
  const { promise: later, resolve: goOn } = Promise.withResolvers<undefined>();
  async function* input(): AsyncGenerator<string> {
    try {
      yield 'first';
      await later;
      yield 'second';
    } finally {
      onLeft(undefined);
    }
  }
  const socket = new ScriptedWebSocket(v5);
  const { session } = await start(socket, { stdin: input() });
  await socket.serve(3, success);
  await session.exit;
  goOn(undefined);
  await left;
});

test('tells the size of the terminal', async () => {
  const socket = new ScriptedWebSocket(v5);
  const { session } = await start(socket, { tty: true });
  await session.resize({ width: 80, height: 24 });
  const [message] = socket.sent;
  assert.equal(message?.[0], 4);
  assert.deepEqual(JSON.parse(Buffer.from(message.subarray(1)).toString()), {
    Width: 80,
    Height: 24,
  });
  await session.close();
});

test('holds the server back while output is not read, and lets it go on when the reader leaves', async () => {
  const socket = new ScriptedWebSocket(v5);
  const { session } = await start(socket);
  const chunk = Buffer.alloc(512 * 1024);
  let served = 0;
  const serving = (async () => {
    for (let count = 0; count < 20; count++) {
      await socket.serve(1, chunk);
      served++;
    }
    await socket.serve(3, success);
  })();
  await new Promise(setImmediate);
  assert.ok(served < 10);
  for await (const _ of session.stdout) break;
  await serving;
  assert.deepEqual(await session.exit, { exitCode: 0 });
});

test('closes when it goes out of scope', async () => {
  const socket = new ScriptedWebSocket(v5);
  {
    const { session } = await start(socket);
    await using _ = session;
  }
  assert.equal(socket.closed, 1);
});

test('attaches to the main process', async () => {
  const socket = new ScriptedWebSocket(v5);
  const transport = new ScriptedTransport([], [socket]);
  const session = await new Client({ transport }).attach(ref, { tty: true });
  const url = new URL(transport.webSocketRequests[0]?.path ?? '', 'http://x');
  assert.equal(url.pathname, '/api/v1/namespaces/ns/pods/web/attach');
  assert.deepEqual(
    [url.searchParams.get('tty'), url.searchParams.get('stderr')],
    ['true', 'false'],
  );
  await session.close();
  await assert.rejects(session.exit, /^TransportError: attach to Pod ns\/web: /);
});

test('reads logs with the options asked for', async () => {
  const transport = new ScriptedTransport([{ body: 'one\ntwo\n' }, { body: 'three' }]);
  const client = new Client({ transport });
  const text = await client.logText(ref, {
    container: 'main',
    previous: true,
    tailLines: 0,
    sinceSeconds: 5,
    timestamps: true,
    limitBytes: 10,
  });
  assert.equal(text, 'one\ntwo\n');
  assert.equal(transport.sent().path, '/api/v1/namespaces/ns/pods/web/log');
  assert.deepEqual(transport.sent().query, {
    container: 'main',
    previous: 'true',
    tailLines: '0',
    sinceSeconds: '5',
    timestamps: 'true',
    limitBytes: '10',
  });
  assert.equal(transport.requests[0]?.longLived, false);
  assert.equal(await textOf(await client.logs(ref, { follow: true })), 'three');
  assert.equal(transport.sent(1).query['follow'], 'true');
  assert.equal(transport.requests[1]?.longLived, true);
});
