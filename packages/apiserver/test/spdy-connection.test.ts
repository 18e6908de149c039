import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import test from 'node:test';
import { SpdyConnection } from '../src/streams/spdy/spdy-connection.ts';
import { SpdyEncoder } from '../src/streams/spdy/spdy-encoder.ts';
import type { SpdyStream } from '../src/streams/spdy/spdy-stream.ts';
import { FrameClient } from './frame-client.ts';

function connected() {
  const [near, far] = duplexPair();
  const streams: SpdyStream[] = [];
  const waiting: ((stream: SpdyStream) => void)[] = [];
  const connection = new SpdyConnection(far, {
    onStream: (stream) => {
      const take = waiting.shift();
      if (take === undefined) streams.push(stream);
      else take(stream);
    },
  });
  const accepted = () =>
    new Promise<SpdyStream>((resolve) => {
      const stream = streams.shift();
      if (stream === undefined) waiting.push(resolve);
      else resolve(stream);
    });
  return { client: new FrameClient(near), connection, ended: connection.run(), accepted };
}

test('accepts streams and carries bytes both ways, each side ending for itself', async () => {
  const { client, accepted, ended } = connected();
  client.open(1, { streamtype: 'data', port: '80' });
  client.data(1, 'ping', true);
  const stream = await accepted();

  assert.equal(stream.headers.get('port'), '80');
  assert.equal(Buffer.concat((await stream.toArray()) as Buffer[]).toString(), 'ping');
  stream.end('pong');

  assert.deepEqual(await client.next('syn-reply'), {
    type: 'syn-reply',
    streamId: 1,
    isLast: false,
    headers: new Map(),
  });
  assert.equal((await client.next('data'))?.payload.toString(), 'pong');
  assert.equal((await client.next('data'))?.isLast, true);
  client.socket.end();
  await ended;
});

test('answers pings of the client', async () => {
  const { client, ended } = connected();
  client.send({ type: 'ping', id: 7 });

  assert.deepEqual(await client.next('ping'), { type: 'ping', id: 7 });
  client.socket.end();
  await ended;
});

test('stops reading while a stream is not read, and goes on afterwards', async () => {
  const { client, accepted, ended } = connected();
  client.open(1);
  const stream = await accepted();
  const total = 4 * 1024 * 1024;
  const chunk = Buffer.alloc(64 * 1024, 1);
  let sent = 0;
  const sending = (async () => {
    while (sent < total) {
      const frame = new SpdyEncoder().encode({
        type: 'data',
        streamId: 1,
        isLast: false,
        payload: chunk,
      });
      sent += chunk.length;
      if (!client.socket.write(frame)) await once(client.socket, 'drain');
    }
    client.data(1, '', true);
  })();
  for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(sent < total / 2, `took ${sent} bytes that nobody read`);

  let received = 0;
  for await (const piece of stream) received += (piece as Buffer).length;
  await sending;

  assert.equal(received, total);
  client.socket.end();
  await ended;
});

test('sends without limit to a peer that shows no sign of flow control', async () => {
  const { client, accepted, ended } = connected();
  client.open(1);
  const stream = await accepted();
  const total = 300_000;
  stream.end(Buffer.alloc(total));
  let received = 0;
  for (
    let frame = await client.next('data');
    frame !== undefined;
    frame = await client.next('data')
  ) {
    received += frame.payload.length;
    if (frame.isLast) break;
  }

  assert.equal(received, total);
  client.socket.end();
  await ended;
});

test('respects the windows of a peer that has them', async () => {
  const { client, accepted, ended } = connected();
  client.send({ type: 'settings', settings: new Map([[7, 1000]]) });
  client.open(1);
  const stream = await accepted();
  stream.end(Buffer.alloc(2500));

  assert.equal((await client.next('data'))?.payload.length, 1000);
  client.send({ type: 'window-update', streamId: 1, delta: 700 });
  assert.equal((await client.next('data'))?.payload.length, 700);
  client.send({ type: 'settings', settings: new Map([[7, 1800]]) });
  assert.equal((await client.next('data'))?.payload.length, 800);
  assert.equal((await client.next('data'))?.isLast, true);
  client.socket.end();
  await ended;
});

test('counts all streams against the window of the connection', async () => {
  const { client, accepted, ended } = connected();
  client.send({ type: 'settings', settings: new Map([[7, 1_000_000]]) });
  client.open(1);
  client.open(3);
  const [one, other] = [await accepted(), await accepted()];
  one.write(Buffer.alloc(60_000));
  assert.equal((await client.next('data'))?.payload.length, 60_000);
  other.write(Buffer.alloc(60_000));
  assert.equal((await client.next('data'))?.payload.length, 64 * 1024 - 60_000);

  client.send({ type: 'window-update', streamId: 0, delta: 1_000_000 });
  assert.equal((await client.next('data'))?.payload.length, 120_000 - 64 * 1024);
  client.socket.end();
  await ended;
});

test('tells a peer with windows that it may send more', async () => {
  const { client, accepted, ended } = connected();
  client.open(1);
  client.data(1, Buffer.alloc(40_000));
  const stream = await accepted();
  stream.resume();

  const update = await client.next('window-update');
  assert.equal(update?.streamId, 1);
  assert.equal(update.delta, 40_000);
  client.socket.end();
  await ended;
});

test('ends a stream whose window overflows, and a connection whose does', async () => {
  const { client, accepted, ended } = connected();
  client.open(1);
  const stream = await accepted();
  const broken = new Promise((resolve) => stream.once('close', resolve));
  client.send({ type: 'window-update', streamId: 1, delta: 2 ** 31 - 1 });
  await broken;
  assert.deepEqual(await client.next('rst-stream'), { type: 'rst-stream', streamId: 1, status: 7 });

  client.send({ type: 'window-update', streamId: 0, delta: 2 ** 31 - 1 });
  assert.deepEqual(await client.next('goaway'), { type: 'goaway', lastStreamId: 1, status: 1 });
  await ended;
});

test('says goodbye to a peer that does not speak SPDY, and destroys its streams', async () => {
  const { client, accepted, ended } = connected();
  client.open(1);
  const stream = await accepted();
  client.socket.write(Buffer.from([0x80, 0x02, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1]));

  assert.deepEqual(await client.next('goaway'), { type: 'goaway', lastStreamId: 1, status: 1 });
  await ended;
  assert.equal(stream.destroyed, true);
});

test('ends the connection of a client that opens streams out of order', async () => {
  for (const ids of [[3, 1], [1, 1], [2]]) {
    const { client, ended } = connected();
    for (const id of ids) client.open(id);
    assert.equal((await client.next('goaway'))?.status, 1, ids.join());
    await ended;
  }
});

test('resets data for a stream that was never opened, and passes over late data', async () => {
  const { client, accepted, ended } = connected();
  client.data(5, 'nobody');
  assert.deepEqual(await client.next('rst-stream'), { type: 'rst-stream', streamId: 5, status: 2 });

  client.open(7);
  (await accepted()).destroy();
  assert.equal((await client.next('rst-stream'))?.status, 5);
  client.data(7, 'late');
  client.send({ type: 'ping', id: 1 });
  assert.deepEqual(await client.next('ping'), { type: 'ping', id: 1 });
  client.socket.end();
  await ended;
});

test('refuses more streams than it can hold', async () => {
  const { client, ended } = connected();
  for (let id = 1; id <= 2 * 2048 + 1; id += 2) client.open(id);

  assert.deepEqual(await client.next('rst-stream'), {
    type: 'rst-stream',
    streamId: 2 * 2048 + 1,
    status: 3,
  });
  client.socket.end();
  await ended;
});

test('destroys a stream that the client breaks off, and no other', async () => {
  const { client, accepted, ended } = connected();
  client.open(1);
  client.open(3);
  const [one, other] = [await accepted(), await accepted()];
  const broken = new Promise((resolve) => one.once('close', resolve));
  client.send({ type: 'rst-stream', streamId: 1, status: 5 });
  await broken;

  other.write('still here');
  assert.equal((await client.next('data'))?.payload.toString(), 'still here');
  client.socket.end();
  await ended;
});

test('fails writers that wait for a window when the connection goes', async () => {
  const { client, accepted, ended } = connected();
  client.send({ type: 'settings', settings: new Map([[7, 0]]) });
  client.open(1);
  const stream = await accepted();
  const written = new Promise((resolve) => {
    stream.write('x', resolve);
  });
  client.socket.destroy();
  await ended;

  assert.ok((await written) instanceof Error);
});

test('holds back from a peer that asks and never reads', async () => {
  const [near, far] = duplexPair();
  const connection = new SpdyConnection(far, { onStream: () => undefined });
  const ended = connection.run();
  const ping = new SpdyEncoder().encode({ type: 'ping', id: 1 });
  const flood = Buffer.concat(Array.from({ length: 10_000 }, () => ping));
  let sent = 0;
  // Writes until nothing more is taken, for as long as it takes.
  for (let idle = 0; idle < 50;) {
    if (near.writableNeedDrain) {
      await new Promise((resolve) => setImmediate(resolve));
      idle += 1;
      continue;
    }
    idle = 0;
    near.write(flood);
    sent += 1;
    assert.ok(sent < 1000, 'takes any number of questions');
  }

  assert.ok(far.writableLength < 2 * 1024 * 1024, `${far.writableLength} bytes wait`);
  near.destroy();
  far.destroy();
  await ended;
});
