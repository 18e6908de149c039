import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import test, { type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { createTlsListener } from '../src/access/tls-listener.ts';
import { notFound } from '../src/status.ts';
import { FrameClient } from './frame-client.ts';
import { cat } from './scripted-node.ts';
import { accepted, runningPod, streamFixture, type StreamFixture } from './stream-fixture.ts';

interface Wire extends StreamFixture {
  readonly port: number;
  readonly ca: string;
  readonly stop: () => Promise<void>;
}

/** The streams of the pod `web` behind a real listener; the path's last part is the subresource. */
async function wire(context: TestContext, pod = runningPod('web', 'app')): Promise<Wire> {
  const fixture = streamFixture();
  fixture.node.scripts.set('cat', cat);
  fixture.node.scripts.set('sh', async ({ stdout }) => {
    stdout.write('out');
    return 3;
  });
  const listener = createTlsListener({
    handle: async () => ({ status: 200, headers: {}, body: Buffer.from('plain') }),
    acceptUpgrade: async ({ path, query }) => {
      const subresource = path.split('/').at(-1) ?? '';
      if (subresource === 'gone') throw notFound({ group: '', plural: 'pods' }, 'web');
      return accepted(`${subresource}?${query.toString()}`, pod);
    },
    streams: fixture.streams,
    clock: { now: () => Date.now(), schedule: () => ({ [Symbol.dispose]: () => undefined }) },
  });
  context.after(() => listener.stop());
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  return { ...fixture, port, ca: await listener.caCertificate(), stop: () => listener.stop() };
}

function dial({ port, ca }: Wire, path: string, protocols: string[]): WebSocket {
  return new WebSocket(`wss://127.0.0.1:${port}/${path}`, protocols, { ca });
}

interface Heard {
  readonly protocol: string;
  readonly messages: readonly (readonly [kind: 'binary' | 'text', message: string])[];
  readonly code: number;
}

async function listen(socket: WebSocket, onOpen?: () => void): Promise<Heard> {
  const messages: ['binary' | 'text', string][] = [];
  socket.on('message', (data, isBinary) => {
    // The default of `ws`: one buffer.
    messages.push([isBinary ? 'binary' : 'text', (data as Buffer).toString('latin1')]);
  });
  let protocol = '';
  socket.once('open', () => {
    protocol = socket.protocol;
    onOpen?.();
  });
  const [code] = (await once(socket, 'close')) as [number];
  return { protocol, messages, code };
}

/** What came last, on the error channel. */
function errorOf({ messages }: Heard): string {
  const [, text = ''] = messages.at(-1) ?? [];
  assert.equal(text.charCodeAt(0), 3);
  return text.slice(1);
}

interface Refused {
  readonly status: number;
  readonly headers: IncomingMessage['headersDistinct'];
  readonly body: string;
}

function upgrade(
  { port, ca }: Wire,
  path: string,
  headers: Readonly<Record<string, string>>,
  method = 'POST',
): Promise<Refused | { readonly socket: Duplex; readonly response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      ca,
      path: `/${path}`,
      method,
      headers: { connection: 'Upgrade', ...headers },
      agent: false,
    });
    sent.on('error', reject);
    sent.on('upgrade', (response, socket) => resolve({ socket, response }));
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headersDistinct,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.end();
  });
}

test('runs a command over a WebSocket', async (context) => {
  const server = await wire(context);
  const heard = await listen(
    dial(server, 'exec?command=sh&stdout=true', ['v5.channel.k8s.io', 'v4.channel.k8s.io']),
  );

  assert.equal(heard.protocol, 'v5.channel.k8s.io');
  assert.equal(heard.code, 1000);
  assert.deepEqual(heard.messages.slice(0, 2), [
    ['binary', '\x01'],
    ['binary', '\x01out'],
  ]);
  assert.match(errorOf(heard), /^\{.*"ExitCode","message":"3"/);
});

test('speaks text to clients that want base64', async (context) => {
  const server = await wire(context);
  const socket = dial(server, 'exec?command=cat&stdin=true&stdout=true', [
    'v4.base64.channel.k8s.io',
  ]);
  const heard = listen(socket, () => socket.send(`0${Buffer.from('hello').toString('base64')}`));
  socket.on('message', (data) => {
    if ((data as Buffer).toString().startsWith('1aGVsbG8')) socket.close();
  });

  assert.deepEqual((await heard).messages, [
    ['text', '1'],
    ['text', `1${Buffer.from('hello').toString('base64')}`],
  ]);
});

test('serves clients that name no protocol', async (context) => {
  const server = await wire(context);
  const heard = await listen(dial(server, 'exec?command=sh&stdout=true', []));

  assert.equal(heard.protocol, '');
  assert.match(errorOf(heard), /^command terminated with non-zero exit code/);
});

test('takes input in large amounts and gives it back whole', async (context) => {
  const server = await wire(context);
  const socket = dial(server, 'exec?command=cat&stdin=true&stdout=true', ['v5.channel.k8s.io']);
  const total = 8 * 1024 * 1024;
  let received = 0;
  socket.on('message', (data) => {
    const bytes = data as Buffer;
    if (bytes[0] === 1) received += bytes.length - 1;
  });
  socket.once('open', () => {
    for (let sent = 0; sent < total; sent += 32 * 1024) {
      socket.send(Buffer.concat([Buffer.of(0), Buffer.alloc(32 * 1024, 0x61)]));
    }
    socket.send(Buffer.of(255, 0));
  });
  await once(socket, 'close');

  assert.equal(received, total);
});

test('cuts a client that sends a frame of rubbish, and kills its command', async (context) => {
  const server = await wire(context);
  const socket = dial(server, 'exec?command=cat&stdin=true&stdout=true', ['v5.channel.k8s.io']);
  socket.on('error', () => undefined);
  await once(socket, 'message');
  const raw = (socket as unknown as { _socket: Duplex })._socket;
  raw.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
  await once(socket, 'close');

  while (server.node.running > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('cuts WebSockets and kills their commands when the listener stops', async (context) => {
  const server = await wire(context);
  const socket = dial(server, 'exec?command=cat&stdin=true&stdout=true', ['v5.channel.k8s.io']);
  socket.on('error', () => undefined);
  await once(socket, 'message');
  const closed = once(socket, 'close');
  await server.stop();
  await closed;

  while (server.node.running > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('tunnels forwarded ports, under a name with a slash in it', async (context) => {
  const server = await wire(context);
  const result = await upgrade(
    server,
    'portforward',
    {
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io',
    },
    'GET',
  );
  assert.ok('socket' in result);
  result.socket.destroy();

  assert.equal(result.response.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  assert.equal(result.response.headers['sec-websocket-protocol'], 'SPDY/3.1+portforward.k8s.io');
});

test('switches to SPDY and runs a command', async (context) => {
  const server = await wire(context);
  const result = await upgrade(server, 'exec?command=sh&stdout=true', {
    upgrade: 'SPDY/3.1',
    'x-stream-protocol-version': 'v5.channel.k8s.io, v4.channel.k8s.io',
  });
  assert.ok('socket' in result);
  assert.equal(result.response.headers['x-stream-protocol-version'], 'v4.channel.k8s.io');
  const client = new FrameClient(result.socket);
  client.open(1, { streamtype: 'error' });
  client.open(3, { streamtype: 'stdout' });
  let text = '';
  for (let frame = await client.next('data'); frame; frame = await client.next('data')) {
    if (frame.streamId === 3) text += frame.payload.toString();
  }

  assert.equal(text, 'out');
});

test('refuses upgrades in the words of the kubelet, as plain text', async (context) => {
  const server = await wire(context);
  const refused = async (path: string, headers: Readonly<Record<string, string>>) => {
    const result = await upgrade(server, path, headers);
    assert.ok('status' in result);
    return result;
  };

  const none = await refused('exec?command=sh&stdout=true', { upgrade: 'SPDY/3.1' });
  assert.equal(none.status, 400);
  assert.equal(none.body, 'unable to upgrade: X-Stream-Protocol-Version is required\n');

  const unknown = await refused('exec?command=sh&stdout=true', {
    upgrade: 'SPDY/3.1',
    'x-stream-protocol-version': 'foo',
  });
  assert.equal(unknown.status, 403);
  assert.equal(
    unknown.body,
    'unable to upgrade: unable to negotiate protocol: client supports [foo], server accepts [v4.channel.k8s.io v3.channel.k8s.io v2.channel.k8s.io channel.k8s.io]\n',
  );
  assert.deepEqual(
    unknown.headers['x-accepted-stream-protocol-versions'],
    ['v4.channel.k8s.io, v3.channel.k8s.io, v2.channel.k8s.io, channel.k8s.io'].flatMap((list) =>
      list.split(', '),
    ),
  );
});

test('refuses upgrades that the gate refuses with its Status', async (context) => {
  const server = await wire(context);
  const result = await upgrade(server, 'gone', { upgrade: 'SPDY/3.1' });

  assert.ok('status' in result);
  assert.equal(result.status, 404);
  assert.equal((JSON.parse(result.body) as { message: string }).message, 'pods "web" not found');
});

test('answers a malformed WebSocket handshake and lets the connection go', async (context) => {
  const server = await wire(context);
  const result = await upgrade(
    server,
    'exec?command=sh&stdout=true',
    { upgrade: 'websocket', 'sec-websocket-version': '13' },
    'GET',
  );

  assert.ok('status' in result);
  assert.equal(result.status, 400);
});
