import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair, PassThrough, type Duplex } from 'node:stream';
import test from 'node:test';
import type { WebSocketConnection } from '@kubewright/apimachinery';
import { serveSpdyForward } from '../src/streams/forward/serve-spdy-forward.ts';
import { WebSocketDuplex } from '../src/streams/websocket/websocket-duplex.ts';
import { FrameClient } from './frame-client.ts';
import {
  accepted,
  messagesOf,
  refusalOf,
  streamFixture,
  textOf,
  type StreamFixture,
} from './stream-fixture.ts';

const V4 = 'v4.channel.k8s.io';
const TUNNEL = 'SPDY/3.1+portforward.k8s.io';

/** Gives the pod's end of each new connection to a port. */
function port(fixture: StreamFixture, number: number): () => Promise<Duplex> {
  const opened: Duplex[] = [];
  const waiting: ((end: Duplex) => void)[] = [];
  fixture.node.ports.set(number, async () => {
    const [near, far] = duplexPair();
    far.on('error', () => undefined);
    // As with sockets: when one end goes, so does the other.
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
    const take = waiting.shift();
    if (take === undefined) opened.push(far);
    else take(far);
    return near;
  });
  return () =>
    new Promise((resolve) => {
      const end = opened.shift();
      if (end === undefined) waiting.push(resolve);
      else resolve(end);
    });
}

function open(
  { streams }: StreamFixture,
  query: string,
  protocol = V4,
): Promise<WebSocketConnection> {
  return streams.connectWebSocket(accepted(`portforward?${query}`), {
    path: '',
    protocols: [protocol],
  });
}

async function textFrom(stream: Duplex): Promise<string> {
  return Buffer.concat((await stream.toArray()) as Buffer[]).toString();
}

// -------------------------------------------------------------------------------------------------------- channels

test('names the port on both channels, then carries its bytes', async () => {
  const fixture = streamFixture();
  const pod = port(fixture, 8080);
  const connection = await open(fixture, 'ports=8080');
  await connection.send(Buffer.from('\0ping'));
  const end = await pod();
  const [piece] = (await once(end, 'data')) as [Buffer];
  end.end(`pong to ${piece.toString()}`);
  const messages = await messagesOf(connection);

  assert.deepEqual(messages.slice(0, 2), [
    [0, '\x90\x1f'],
    [1, '\x90\x1f'],
  ]);
  assert.equal(textOf(messages.slice(2), 0), 'pong to ping');
  assert.equal(textOf(messages.slice(2), 1), '');
});

test('forwards several ports, and goes on with the others when one is refused', async () => {
  const fixture = streamFixture();
  const pod = port(fixture, 80);
  const connection = await open(fixture, 'ports=81,80');
  await connection.send(Buffer.from('\x02to port 80'));
  const end = await pod();
  await once(end, 'data');
  end.end('from port 80');
  const messages = await messagesOf(connection);

  assert.equal(textOf(messages, 1), 'Q\0connect to port 81: connection refused');
  assert.equal(textOf(messages, 2), 'P\0from port 80');
});

test('closes the connection to the pod when the client goes', async () => {
  const fixture = streamFixture();
  const pod = port(fixture, 80);
  const connection = await open(fixture, 'ports=80');
  const end = await pod();
  const closed = new Promise((resolve) => end.once('close', resolve));
  end.resume();
  await connection.close();

  await closed;
});

test('makes a pod wait for a client that does not read', async () => {
  const fixture = streamFixture();
  const pod = port(fixture, 80);
  const connection = await open(fixture, 'ports=80');
  const end = await pod();
  let written = 0;
  const chunk = Buffer.alloc(64 * 1024);
  for (let idle = 0; idle < 50;) {
    if (end.writableNeedDrain) {
      await new Promise((resolve) => setImmediate(resolve));
      idle += 1;
    } else {
      idle = 0;
      end.write(chunk);
      written += chunk.length;
      assert.ok(written < 8 * 1024 * 1024, 'takes any number of bytes that nobody reads');
    }
  }
  await connection.close();
});

test('refuses ports as the real server does', async () => {
  const { streams } = streamFixture();
  const message = async (query: string) => {
    const refusal = await refusalOf(
      streams.connectWebSocket(accepted(`portforward?${query}`), { path: '', protocols: [V4] }),
    );
    return `${refusal.code} ${refusal.message}`;
  };

  assert.equal(await message(''), '400 query parameter "port" is required');
  assert.equal(await message('ports=0'), '400 port "0" must be > 0');
  assert.equal(
    await message('ports=abc'),
    '400 cannot convert to []int32: strconv.ParseUint: parsing "abc": invalid syntax',
  );
  assert.equal(
    await message('ports=99999'),
    '400 cannot convert to []int32: strconv.ParseUint: parsing "99999": value out of range',
  );
});

// ------------------------------------------------------------------------------------------------------------ SPDY

function spdy(fixture: StreamFixture) {
  const [near, far] = duplexPair();
  const stop = new AbortController();
  const served = serveSpdyForward({
    socket: far,
    target: { namespace: 'default', pod: 'web', uid: 'u' },
    backend: fixture.node,
    signal: stop.signal,
  });
  return { client: new FrameClient(near), served, stop };
}

function openPair(client: FrameClient, id: number, number: number): void {
  const headers = { port: String(number), requestid: String(id) };
  client.open(id, { ...headers, streamtype: 'error' }, true);
  client.open(id + 2, { ...headers, streamtype: 'data' });
}

test('forwards connections over pairs of streams, each side ending for itself', async () => {
  const fixture = streamFixture();
  const pod = port(fixture, 80);
  const { client, served } = spdy(fixture);
  openPair(client, 1, 80);
  const end = await pod();
  end.write('first, from the pod');
  assert.equal((await client.next('data'))?.payload.toString(), 'first, from the pod');

  client.data(3, 'question', true);
  assert.equal(await textFrom(end), 'question');
  // The pod answers after the client has ended its side.
  end.end('answer');
  assert.equal((await client.next('data'))?.payload.toString(), 'answer');
  assert.equal((await client.next('data'))?.isLast, true);
  client.socket.end();
  await served;
});

test('forwards many connections at once and mixes none up', async () => {
  const fixture = streamFixture();
  const count = 50;
  fixture.node.ports.set(80, async () => {
    const echo = new PassThrough();
    return echo;
  });
  const { client, served } = spdy(fixture);
  for (let index = 0; index < count; index += 1) {
    openPair(client, 4 * index + 1, 80);
    client.data(4 * index + 3, `connection ${index}`, true);
  }
  const texts = new Map<number, string>();
  let ended = 0;
  while (ended < count) {
    const frame = await client.next('data');
    assert.ok(frame);
    texts.set(frame.streamId, (texts.get(frame.streamId) ?? '') + frame.payload.toString());
    if (frame.isLast && frame.streamId % 4 === 3) ended += 1;
  }

  for (let index = 0; index < count; index += 1) {
    assert.equal(texts.get(4 * index + 3), `connection ${index}`);
  }
  client.socket.end();
  await served;
});

test('says on the error stream why a port cannot be reached', async () => {
  const { client, served } = spdy(streamFixture());
  openPair(client, 1, 81);
  const frames = [await client.next('data'), await client.next('data'), await client.next('data')];

  assert.equal(
    frames.find((frame) => frame?.streamId === 1 && frame.payload.length > 0)?.payload.toString(),
    'connect to port 81: connection refused',
  );
  client.socket.end();
  await served;
});

test('breaks off streams that name no type, no port, or come twice', async () => {
  const { client, served } = spdy(streamFixture());
  const bad = [
    { port: '80', requestid: '1' },
    { streamtype: 'data', requestid: '1' },
    { streamtype: 'data', port: '0', requestid: '1' },
    { streamtype: 'data', port: '70000', requestid: '1' },
  ];
  for (const [index, headers] of bad.entries()) {
    client.open(2 * index + 1, headers);
    assert.equal((await client.next('rst-stream'))?.streamId, 2 * index + 1);
  }
  client.open(21, { streamtype: 'data', port: '80', requestid: '7' });
  client.open(23, { streamtype: 'data', port: '80', requestid: '7' });
  assert.equal((await client.next('rst-stream'))?.streamId, 23);
  client.socket.end();
  await served;
});

test('closes all connections to the pod when the client goes or the server closes', async () => {
  for (const way of ['client', 'server'] as const) {
    const fixture = streamFixture();
    const pod = port(fixture, 80);
    const { client, served, stop } = spdy(fixture);
    openPair(client, 1, 80);
    openPair(client, 5, 80);
    const ends = [await pod(), await pod()];
    const closed = ends.map((end) => {
      end.resume();
      return new Promise((resolve) => end.once('close', resolve));
    });
    if (way === 'client') client.socket.destroy();
    else stop.abort(new Error('closing'));
    await served;

    await Promise.all(closed);
  }
});

test('keeps other connections when the pod cuts one', async () => {
  const fixture = streamFixture();
  const pod = port(fixture, 80);
  const { client, served } = spdy(fixture);
  openPair(client, 1, 80);
  openPair(client, 5, 80);
  const [one, other] = [await pod(), await pod()];
  one.destroy(new Error('reset'));
  await client.next('rst-stream');
  other.write('still here');
  let frame = await client.next('data');
  while (frame !== undefined && frame.streamId !== 7) frame = await client.next('data');

  assert.equal(frame?.payload.toString(), 'still here');
  client.socket.end();
  await served;
});

test('tunnels SPDY through the messages of a WebSocket', async () => {
  const fixture = streamFixture();
  const pod = port(fixture, 80);
  const connection = await open(fixture, '', TUNNEL);
  assert.equal(connection.protocol, TUNNEL);
  const tunnel = new WebSocketDuplex({
    ...connection,
    messages: connection.messages,
    send: (message) => connection.send(message),
    close: () => connection.close(),
    sendText: () => Promise.reject(new Error('no text here')),
    onClose: () => undefined,
    destroy: () => void connection.close(),
  });
  const client = new FrameClient(tunnel);
  openPair(client, 1, 80);
  const end = await pod();
  const big = Buffer.alloc(500_000, 7);
  end.end(big);
  let received = 0;
  for (let frame = await client.next('data'); frame; frame = await client.next('data')) {
    received += frame.payload.length;
    if (frame.isLast && frame.streamId === 3) break;
  }

  assert.equal(received, big.length);
  tunnel.destroy();
});
