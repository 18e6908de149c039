import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import test, { type TestContext } from 'node:test';
import { joinStreams } from '../src/streams/forward/join-streams.ts';

async function textFrom(stream: Duplex): Promise<string> {
  return Buffer.concat((await stream.toArray()) as Buffer[]).toString();
}

/** A TCP connection: the end that a pod holds, and the end that is joined. */
async function tcpPair(
  context: TestContext,
): Promise<{ readonly pod: Socket; readonly joined: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  context.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const joined = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [pod] = (await once(server, 'connection')) as [Socket];
  context.after(() => {
    pod.destroy();
    joined.destroy();
  });
  return { pod, joined };
}

test('carries both directions and ends when both have ended', async () => {
  const [client, clientSide] = duplexPair();
  const [pod, podSide] = duplexPair();
  const joined = joinStreams(clientSide, podSide);
  client.end('question');
  assert.equal(await textFrom(pod), 'question');
  pod.end('answer');

  assert.equal(await textFrom(client), 'answer');
  await joined;
  assert.equal(clientSide.destroyed && podSide.destroyed, true);
});

test('delivers to a slow client all that a pod sent before it closed', async (context) => {
  const { pod, joined: podSide } = await tcpPair(context);
  const [client, clientSide] = duplexPair({ highWaterMark: 1024 });
  const joined = joinStreams(clientSide, podSide);
  const total = 8 * 1024 * 1024;
  pod.end(Buffer.alloc(total, 1));
  let received = 0;
  for await (const piece of client) {
    received += (piece as Buffer).length;
    // A client slower than the network: the pod is long gone when the last byte arrives.
    if (received % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await joined;

  assert.equal(received, total);
});

test('breaks the connection to the pod when the client breaks', async (context) => {
  const { pod, joined: podSide } = await tcpPair(context);
  const [, clientSide] = duplexPair();
  const joined = joinStreams(clientSide, podSide);
  pod.resume();
  const gone = new Promise((resolve) => pod.once('close', resolve));
  pod.on('end', () => pod.end());
  clientSide.destroy(new Error('reset'));
  await joined;

  await gone;
});

test('breaks the stream of the client when the pod breaks', async (context) => {
  const { pod, joined: podSide } = await tcpPair(context);
  const [client, clientSide] = duplexPair();
  const joined = joinStreams(clientSide, podSide);
  client.resume();
  pod.resetAndDestroy();
  await joined;

  assert.equal(clientSide.destroyed, true);
  assert.equal(clientSide.writableFinished, false);
});

test('lets a client that goes on sending to a closed pod come to its end', async (context) => {
  const { pod, joined: podSide } = await tcpPair(context);
  const [client, clientSide] = duplexPair();
  const joined = joinStreams(clientSide, podSide);
  pod.end('bye');
  pod.resume();
  const received = textFrom(client);
  for (let sent = 0; sent < 50 && !client.destroyed; sent += 1) {
    client.write(Buffer.alloc(16 * 1024));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await joined;

  assert.equal(await received, 'bye');
});

test('makes a pod wait for a client that does not read', async (context) => {
  const { pod, joined: podSide } = await tcpPair(context);
  const [client, clientSide] = duplexPair();
  const joined = joinStreams(clientSide, podSide);
  let written = 0;
  for (let idle = 0; idle < 300;) {
    if (pod.writableNeedDrain) {
      await new Promise((resolve) => setImmediate(resolve));
      idle += 1;
    } else {
      idle = 0;
      pod.write(Buffer.alloc(64 * 1024));
      written += 64 * 1024;
      assert.ok(written < 64 * 1024 * 1024, 'takes any number of bytes that nobody reads');
    }
  }
  client.destroy();
  clientSide.destroy();
  await joined;
});
