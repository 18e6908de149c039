import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { mock, test } from 'node:test';
import { Client, PortForwardError, PortForwarder } from '../src/index.ts';
import { ScriptedTransport } from './scripted-transport.ts';
import { ScriptedWebSocket } from './scripted-web-socket.ts';

const ref = { name: 'web', namespace: 'ns' };
const protocol = 'v4.channel.k8s.io';
const portNumber = Uint8Array.of(0x90, 0x1f); // 8080, little endian

/** A node that has said which port the channels are for. */
async function node(onSend?: (message: Uint8Array) => void): Promise<ScriptedWebSocket> {
  const socket = new ScriptedWebSocket(protocol, onSend);
  await socket.serve(0, portNumber);
  await socket.serve(1, portNumber);
  return socket;
}

function clientOf(...sockets: ScriptedWebSocket[]): {
  client: Client;
  transport: ScriptedTransport;
} {
  const transport = new ScriptedTransport([], sockets);
  return { client: new Client({ transport }), transport };
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

test('asks for the port, and carries bytes both ways without the port numbers', async () => {
  const socket = await node();
  const { client, transport } = clientOf(socket);
  const stream = await client.portForward(ref, 8080);
  const [asked] = transport.webSocketRequests;
  assert.equal(asked?.path, '/api/v1/namespaces/ns/pods/web/portforward?ports=8080');
  assert.deepEqual(asked.protocols, [protocol]);
  stream.write('ping');
  await socket.serve(0, 'po');
  await socket.serve(0, 'ng');
  socket.end();
  assert.equal(await textOf(stream), 'pong');
  assert.deepEqual(socket.sent, [Uint8Array.of(0, ...Buffer.from('ping'))]);
});

test('keeps bytes that arrive together with the port number', async () => {
  const socket = new ScriptedWebSocket(protocol);
  await socket.serve(0, Buffer.concat([portNumber, Buffer.from('early')]));
  socket.end();
  const { client } = clientOf(socket);
  assert.equal(await textOf(await client.portForward(ref, 8080)), 'early');
});

test('fails with what the node says', async () => {
  const socket = await node();
  await socket.serve(1, 'connection refused');
  const { client } = clientOf(socket);
  const stream = await client.portForward(ref, 8080);
  await assert.rejects(
    textOf(stream),
    (error) =>
      error instanceof PortForwardError &&
      error.port === 8080 &&
      error.message === 'forward port 8080 of Pod ns/web: connection refused',
  );
  assert.ok(stream.destroyed);
  assert.equal(socket.closed, 1);
});

test('fails when the connection breaks', async () => {
  const socket = await node();
  const { client } = clientOf(socket);
  const stream = await client.portForward(ref, 8080);
  const failure = new Error('reset');
  socket.break(failure);
  await assert.rejects(textOf(stream), (error) => error === failure);
});

test('goes on reading after its own end, and closes when the pod stays silent', async () => {
  const timers = mock.timers;
  timers.enable({ apis: ['setTimeout'] });
  try {
    const socket = await node();
    const { client } = clientOf(socket);
    const stream = await client.portForward(ref, 8080, { lingerMs: 1000 });
    stream.end('question');
    const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    const first = iterator.next();
    await new Promise(setImmediate);
    timers.tick(999);
    await socket.serve(0, 'answer');
    assert.equal(Buffer.from((await first).value as Uint8Array).toString(), 'answer');
    // The answer has started the wait anew.
    timers.tick(999);
    assert.equal(socket.closed, 0);
    timers.tick(1);
    assert.equal((await iterator.next()).done, true);
    assert.equal(socket.closed, 2);
  } finally {
    timers.reset();
  }
});

test('closes the connection when it is destroyed', async () => {
  const socket = await node();
  const { client } = clientOf(socket);
  const stream = await client.portForward(ref, 8080);
  stream.destroy();
  await once(stream, 'close');
  assert.equal(socket.closed, 1);
});

test('does not read faster than its reader', async () => {
  const socket = await node();
  const { client } = clientOf(socket);
  const stream = await client.portForward(ref, 8080);
  const chunk = Buffer.alloc(512 * 1024);
  let served = 0;
  const serving = (async () => {
    for (let count = 0; count < 20; count++) {
      await socket.serve(0, chunk);
      served++;
    }
    socket.end();
  })();
  stream.read(0);
  await new Promise(setImmediate);
  assert.ok(served < 10);
  assert.equal((await textOf(stream)).length, 20 * chunk.byteLength);
  await serving;
});

for (const port of [0, 65_536, 1.5, Number.NaN]) {
  test(`refuses port ${port}`, async () => {
    await assert.rejects(clientOf().client.portForward(ref, port), TypeError);
  });
}

/** A node whose pod answers the first message. */
async function answering(answer: string, ends = true): Promise<ScriptedWebSocket> {
  const socket = await node(() => {
    void socket.serve(0, answer);
    if (ends) socket.end();
  });
  return socket;
}

test('can carry an HTTP client', async () => {
  const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello';
  const stream = await clientOf(await answering(answer, false)).client.portForward(ref, 8080);
  const call = request({ createConnection: () => stream, path: '/' });
  call.end();
  const [response] = (await once(call, 'response')) as [AsyncIterable<Uint8Array>];
  assert.equal(await textOf(response), 'hello');
  stream.destroy();
});

test('forwards each connection to a local port by one of its own', async () => {
  const { client, transport } = clientOf(await answering('answer 0'), await answering('answer 1'));
  const forwarder = await client.forwardPort(ref, 8080);
  const { localPort } = forwarder;
  for (const index of [0, 1]) {
    const socket = connect(localPort, '127.0.0.1');
    socket.write(`question ${index}`);
    assert.equal(await textOf(socket), `answer ${index}`);
  }
  assert.equal(transport.webSocketRequests.length, 2);
  await forwarder.close();
  await forwarder.close();
  await assert.rejects(once(connect(localPort, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
});

test('tells of a connection that cannot be forwarded, and goes on', async () => {
  const failures: unknown[] = [];
  const failure = new Error('no such pod');
  const { promise: told, resolve } = Promise.withResolvers<undefined>();
  await using forwarder = await new PortForwarder(() => Promise.reject(failure), {
    onError: (error) => {
      failures.push(error);
      if (failures.length === 2) resolve(undefined);
    },
  }).listen();
  for (let count = 0; count < 2; count++) {
    const socket = connect(forwarder.localPort, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'close');
  }
  await told;
  assert.deepEqual(failures, [failure, failure]);
});

test('ends its connections when it is closed', async () => {
  const socket = await node();
  const { client } = clientOf(socket);
  const forwarder = await client.forwardPort(ref, 8080);
  const local: Socket = connect(forwarder.localPort, '127.0.0.1').on('error', () => undefined);
  const received = once(local, 'data');
  await socket.serve(0, 'x');
  await received;
  const closed = once(local, 'close');
  await forwarder.close();
  await closed;
  assert.ok(socket.closed > 0);
});

test('says when the local port is taken', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  assert.ok(typeof address === 'object' && address !== null);
  await assert.rejects(clientOf().client.forwardPort(ref, 8080, { localPort: address.port }), {
    code: 'EADDRINUSE',
  });
  taken.close();
});
