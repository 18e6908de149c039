import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { duplexPair } from 'node:stream';
import test from 'node:test';
import { StatusError, type WebSocketConnection } from '@kubewright/apimachinery';
import { SPDY_COMMAND_PROTOCOLS } from '../src/streams/command/command-protocol.ts';
import { parseCommandRequest } from '../src/streams/command/command-request.ts';
import { serveSpdyCommand } from '../src/streams/command/serve-spdy-command.ts';
import { TerminalSizes } from '../src/streams/command/terminal-sizes.ts';
import { FrameClient } from './frame-client.ts';
import { cat } from './scripted-node.ts';
import {
  accepted,
  channelOf,
  messagesOf,
  refusalOf,
  runningPod,
  streamFixture,
  textOf,
  type StreamFixture,
} from './stream-fixture.ts';

const V5 = 'v5.channel.k8s.io';
const V4 = 'v4.channel.k8s.io';

function open(
  { streams }: StreamFixture,
  text: string,
  options: { protocols?: readonly string[]; signal?: AbortSignal } = {},
): Promise<WebSocketConnection> {
  const { protocols = [V5], signal } = options;
  return streams.connectWebSocket(accepted(text), {
    path: '',
    protocols,
    ...(signal === undefined ? {} : { signal }),
  });
}

function fixtureWithShell(exitCode = 0): StreamFixture {
  const fixture = streamFixture();
  fixture.node.scripts.set('sh', async ({ stdout, stderr }) => {
    stdout.write('out');
    stderr.write('err');
    return exitCode;
  });
  fixture.node.scripts.set('cat', cat);
  return fixture;
}

async function startedBy({ node }: StreamFixture): Promise<void> {
  while (node.running === 0) await new Promise((resolve) => setImmediate(resolve));
}

async function endedBy({ node }: StreamFixture): Promise<void> {
  while (node.running > 0) await new Promise((resolve) => setImmediate(resolve));
}

test('carries output and success of a command', async () => {
  const fixture = fixtureWithShell();
  const connection = await open(fixture, 'exec?command=sh&command=-c&stdout=true&stderr=true');
  const messages = await messagesOf(connection);

  assert.equal(connection.protocol, V5);
  // The first message is empty: it says that the connection stands.
  assert.deepEqual(messages[0], [1, '']);
  assert.equal(textOf(messages, 1), 'out');
  assert.equal(textOf(messages, 2), 'err');
  assert.deepEqual(JSON.parse(textOf(messages, 3)), { metadata: {}, status: 'Success' });
  assert.deepEqual(fixture.node.execs[0]?.options.command, ['sh', '-c']);
  assert.deepEqual(fixture.node.execs[0].target, {
    namespace: 'default',
    pod: 'web',
    uid: 'uid-of-web',
    container: 'app',
  });
});

test('says the exit code of a command that failed, in the words of the version', async () => {
  const status = {
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '3' }] },
  };
  const last = async (protocol: string) => {
    const connection = await open(fixtureWithShell(3), 'exec?command=sh&stdout=true', {
      protocols: [protocol],
    });
    return textOf(await messagesOf(connection), 3);
  };

  assert.deepEqual(JSON.parse(await last(V5)), {
    ...status,
    message: 'command terminated with non-zero exit code: command terminated with exit code 3',
  });
  assert.deepEqual(JSON.parse(await last(V4)), {
    ...status,
    message:
      'command terminated with non-zero exit code: error executing command [sh], exit code 3',
  });
  assert.equal(
    await last('channel.k8s.io'),
    'command terminated with non-zero exit code: error executing command [sh], exit code 3',
  );
});

test('says why a command could not be started', async () => {
  const messages = await messagesOf(
    await open(fixtureWithShell(), 'exec?command=nope&stdout=true'),
  );

  assert.deepEqual(JSON.parse(textOf(messages, 3)), {
    metadata: {},
    status: 'Failure',
    message:
      'Internal error occurred: Internal error occurred: error executing command in container: exec: "nope": executable file not found in $PATH',
    reason: 'InternalError',
    details: {
      causes: [
        {
          message:
            'Internal error occurred: error executing command in container: exec: "nope": executable file not found in $PATH',
        },
      ],
    },
    code: 500,
  });
});

test('passes on the status that a node refuses with', async () => {
  const fixture = streamFixture();
  fixture.node.exec = () =>
    Promise.reject(
      new StatusError({ status: 'Failure', reason: 'BadRequest', message: 'not so', code: 400 }),
    );
  const messages = await messagesOf(await open(fixture, 'exec?command=x&stdout=true'));

  assert.deepEqual(JSON.parse(textOf(messages, 3)), {
    metadata: {},
    status: 'Failure',
    message: 'not so',
    reason: 'BadRequest',
    code: 400,
  });
});

test('ends the input of a command when the client closes its channel', async () => {
  const connection = await open(fixtureWithShell(), 'exec?command=cat&stdin=true&stdout=true');
  await connection.send(Buffer.from('\0hello '));
  await connection.send(Buffer.from('\0world'));
  await connection.send(Buffer.of(255, 0));
  const messages = await messagesOf(connection);

  assert.equal(textOf(messages, 1), 'hello world');
  assert.match(textOf(messages, 3), /"Success"/);
});

test('ends the connection of a client that closes a channel there is not', async () => {
  const fixture = fixtureWithShell();
  const connection = await open(fixture, 'exec?command=cat&stdin=true&stdout=true');
  await connection.send(Buffer.of(255, 9));
  const messages = await messagesOf(connection);

  assert.equal(textOf(messages, 3), '');
});

test('passes over empty messages, unknown channels and input nobody asked for', async () => {
  const fixture = fixtureWithShell();
  const connection = await open(fixture, 'exec?command=cat&stdin=true&stdout=true');
  for (const message of [[], [9, 1], [1, 65], [4, 123]]) {
    await connection.send(Uint8Array.from(message));
  }
  await connection.send(Buffer.from('\0ok'));
  await connection.send(Buffer.of(255, 0));

  assert.equal(textOf(await messagesOf(connection), 1), 'ok');
});

test('tells a terminal its size', async () => {
  const fixture = streamFixture();
  fixture.node.scripts.set('top', async ({ stdin, sizes, options, stdout }) => {
    await once(stdin, 'data');
    stdout.write(JSON.stringify([options.tty, options.stderr, sizes]));
    return 0;
  });
  const connection = await open(
    fixture,
    'exec?command=top&stdin=true&stdout=true&stderr=true&tty=true',
  );
  await connection.send(Buffer.from('\x04{"Width":99,"Height":33}'));
  await connection.send(Buffer.from('\x04rubbish'));
  await new Promise((resolve) => setImmediate(resolve));
  await connection.send(Buffer.from('\0q'));

  // A terminal has one output: stderr is not asked for.
  assert.deepEqual(JSON.parse(textOf(await messagesOf(connection), 1)), [
    true,
    false,
    [{ width: 99, height: 33 }],
  ]);
});

test('reads sizes in whatever pieces, and forgets what is none', () => {
  const sizes = new TerminalSizes();
  const push = (text: string) => sizes.push(Buffer.from(text));

  assert.deepEqual(push('{"Width":1,'), []);
  assert.deepEqual(push('"Height":2}\n{"Width":3,"Height":4}{"Wid'), [
    { width: 1, height: 2 },
    { width: 3, height: 4 },
  ]);
  assert.deepEqual(push('th":-1,"Height":1}{"Width":"7","Height":1}{}'), []);
  assert.deepEqual(push('x'.repeat(10_000)), []);
  assert.deepEqual(push('{"Width":5,"Height":6}'), [{ width: 5, height: 6 }]);
});

test('kills the command of a client that has gone', async () => {
  const fixture = fixtureWithShell();
  const connection = await open(fixture, 'exec?command=cat&stdin=true&stdout=true');
  await connection.send(Buffer.from('\0x'));
  const iterator = connection.messages[Symbol.asyncIterator]();
  await iterator.next();
  assert.equal(fixture.node.running, 1);

  await connection.close();
  await endedBy(fixture);
});

test('kills the command when its signal aborts, and leaves no listener behind', async () => {
  const fixture = fixtureWithShell();
  const controller = new AbortController();
  const { signal } = controller;
  const connection = await open(fixture, 'exec?command=cat&stdin=true&stdout=true', { signal });
  await connection.send(Buffer.from('\0x'));
  const reason = new Error('enough');
  controller.abort(reason);

  await assert.rejects(messagesOf(connection), reason);
  await endedBy(fixture);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('makes a command wait for a client that does not read', async () => {
  const fixture = streamFixture();
  let written = 0;
  fixture.node.scripts.set('yes', async ({ stdout, killed }) => {
    const end = killed.then(() => 'killed' as const);
    for (let state: unknown; state !== 'killed';) {
      written += 65_536;
      if (!stdout.write(Buffer.alloc(65_536))) {
        state = await Promise.race([once(stdout, 'drain'), end]);
      }
    }
    return 137;
  });
  const connection = await open(fixture, 'exec?command=yes&stdout=true');
  let before = -1;
  while (before !== written) {
    before = written;
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  assert.ok(written < 4 * 1024 * 1024, `wrote ${written} bytes`);
  await connection.close();
  await endedBy(fixture);
});

test('makes a client wait for a command that does not read', async () => {
  const fixture = streamFixture();
  const { promise: go, resolve: proceed } = Promise.withResolvers<undefined>();
  fixture.node.scripts.set('slow', async ({ stdin, stdout }) => {
    await go;
    let total = 0;
    for await (const piece of stdin) total += (piece as Buffer).length;
    stdout.write(String(total));
    return 0;
  });
  const connection = await open(fixture, 'exec?command=slow&stdin=true&stdout=true');
  const message = Buffer.alloc(64 * 1024);
  let sent = 0;
  const sending = (async () => {
    for (; sent < 100; sent += 1) await connection.send(message);
    await connection.send(Buffer.of(255, 0));
  })();
  for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(sent < 50, `took ${sent} messages`);
  proceed(undefined);
  await sending;

  assert.equal(textOf(await messagesOf(connection), 1), String(100 * (64 * 1024 - 1)));
});

test('takes the rest of the input when a command stops reading early', async () => {
  const fixture = streamFixture();
  fixture.node.scripts.set('head', async ({ stdin, stdout }) => {
    const [piece] = (await once(stdin, 'data')) as [Buffer];
    stdin.destroy();
    stdout.write(piece.subarray(0, 1));
    return 0;
  });
  const connection = await open(fixture, 'exec?command=head&stdin=true&stdout=true');
  const reading = messagesOf(connection);
  const message = Buffer.concat([Buffer.of(0), Buffer.alloc(64 * 1024, 0x61)]);
  try {
    for (let sent = 0; sent < 100; sent += 1) await connection.send(message);
  } catch {
    // The command may have ended meanwhile.
  }

  assert.equal(textOf(await reading, 1), 'a');
});

test('attaches to a container and lets go of it', async () => {
  const fixture = streamFixture();
  fixture.node.scripts.set('attach', async ({ stdout, killed }) => {
    stdout.write('tick');
    await killed;
    return 0;
  });
  const connection = await open(fixture, 'attach?stdout=true');
  const iterator = connection.messages[Symbol.asyncIterator]();
  const seen: string[] = [];
  while (!seen.includes('tick')) {
    const next = await iterator.next();
    assert.notEqual(next.done, true);
    seen.push(channelOf(next.value as Uint8Array)[1]);
  }
  await connection.close();
  await endedBy(fixture);
});

test('refuses what the real server and its kubelet refuse, in their words', async () => {
  const { streams } = streamFixture();
  const two = runningPod('two', 'a', 'b');
  two['spec'] = { ...two['spec'], initContainers: [{ name: 'i' }] } as object;
  const stopped = runningPod('web', 'app');
  stopped['status'] = {};
  const unscheduled = runningPod('web', 'app');
  unscheduled['spec'] = { containers: [{ name: 'app' }] };
  const elsewhere = runningPod('web', 'app');
  elsewhere['spec'] = { ...elsewhere['spec'], nodeName: 'n9' } as object;
  const message = async (text: string, pod = runningPod('web', 'app'), protocols = [V5]) => {
    const refusal = await refusalOf(
      streams.connectWebSocket(accepted(text, pod), { path: '', protocols }),
    );
    return `${refusal.code} ${refusal.message}`;
  };

  assert.equal(
    await message('exec?command=ls&stdout=true', two),
    '400 a container name must be specified for pod two, choose one of: [i a b]',
  );
  assert.equal(
    await message('exec?command=ls&stdout=true&container=zz', two),
    '400 container zz is not valid for pod two',
  );
  assert.equal(
    await message('exec?command=ls&stdout=true', unscheduled),
    '400 pod web does not have a host assigned',
  );
  assert.equal(
    await message('exec?command=ls'),
    '400 you must specify at least 1 of stdin, stdout, stderr',
  );
  assert.equal(
    await message('exec?command=ls&stdout=true', stopped),
    '500 container not found ("app")',
  );
  assert.equal(
    await message('attach?stdout=true', stopped),
    '500 container app not found in pod web_default',
  );
  assert.equal(
    await message('exec?command=ls&stdout=true', elsewhere),
    '500 error dialing backend: the kubelet of node "n9" is not connected',
  );
  assert.match(await message('exec?command=ls&stdout=true', undefined, ['foo']), /^403 /);
  assert.equal(
    (await refusalOf(() => streams.refuse(accepted('exec?command=ls&stdout=true')))).message,
    'Upgrade request required',
  );
});

// ---------------------------------------------------------------------------------------------------------- SPDY

function spdyCommand(fixture: StreamFixture, text: string, protocolName = V4) {
  const [near, far] = duplexPair();
  const protocol = SPDY_COMMAND_PROTOCOLS.find(({ name }) => name === protocolName);
  assert.ok(protocol);
  const stop = new AbortController();
  const served = serveSpdyCommand({
    socket: far,
    protocol,
    request: parseCommandRequest('exec', accepted(text)),
    backend: fixture.node,
    signal: stop.signal,
  });
  return { client: new FrameClient(near), served, stop };
}

/** The bytes of each stream until the server says goodbye. */
async function collect(client: FrameClient): Promise<Map<number, string>> {
  const texts = new Map<number, string>();
  for (let frame = await client.next('data'); frame; frame = await client.next('data')) {
    texts.set(frame.streamId, (texts.get(frame.streamId) ?? '') + frame.payload.toString());
  }
  return texts;
}

test('runs a command over SPDY streams', async () => {
  const { client, served } = spdyCommand(
    fixtureWithShell(),
    'exec?command=cat&stdin=true&stdout=true',
  );
  client.open(1, { streamtype: 'error' });
  client.open(3, { streamtype: 'stdin' });
  client.open(5, { streamtype: 'stdout' });
  client.data(3, 'hello', true);
  const texts = await collect(client);
  await served;

  assert.equal(texts.get(5), 'hello');
  assert.equal(texts.get(1), '{"metadata":{},"status":"Success"}');
});

test('says failures as bare text to clients of old versions', async () => {
  const { client, served } = spdyCommand(
    fixtureWithShell(4),
    'exec?command=sh&stdout=true',
    'v2.channel.k8s.io',
  );
  client.open(1, { streamtype: 'error' });
  client.open(3, { streamtype: 'stdout' });
  const texts = await collect(client);
  await served;

  assert.equal(
    texts.get(1),
    'command terminated with non-zero exit code: error executing command [sh], exit code 4',
  );
});

test('breaks off streams that were not asked for', async () => {
  const { client, served } = spdyCommand(fixtureWithShell(), 'exec?command=sh&stdout=true');
  client.open(1, { streamtype: 'error' });
  client.open(3, { streamtype: 'error' });
  assert.equal((await client.next('rst-stream'))?.streamId, 3);
  client.open(5, { streamtype: 'stdin' });
  assert.equal((await client.next('rst-stream'))?.streamId, 5);
  client.open(7, { streamtype: 'stdout' });

  assert.match((await collect(client)).get(1) ?? '', /Success/);
  await served;
});

test('gives up a command whose client goes before its streams are there', async () => {
  const { client, served } = spdyCommand(fixtureWithShell(), 'exec?command=sh&stdout=true');
  client.open(1, { streamtype: 'error' });
  client.socket.destroy();

  await served;
});

test('kills a command over SPDY when the server closes', async () => {
  const fixture = fixtureWithShell();
  const { client, served, stop } = spdyCommand(fixture, 'exec?command=cat&stdin=true&stdout=true');
  client.open(1, { streamtype: 'error' });
  client.open(3, { streamtype: 'stdin' });
  client.open(5, { streamtype: 'stdout' });
  await startedBy(fixture);
  stop.abort(new Error('closing'));
  await served;

  await endedBy(fixture);
});
