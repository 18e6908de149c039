import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { test } from 'node:test';
import { StatusError, type WebSocketConnection } from '@kubewright/apimachinery';
import { WebSocketServer, type WebSocket } from 'ws';
import { HttpTransport, TransportError, type Credentials } from '../src/index.ts';
import { LocalServer } from './local-server.ts';

interface Peer extends AsyncDisposable {
  readonly server: LocalServer;
  readonly transport: HttpTransport;
  /** Opens a connection and answers both of its ends. */
  open(
    protocols?: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ ours: WebSocketConnection; theirs: WebSocket }>;
}

async function peer(credentials?: Credentials): Promise<Peer> {
  const server = await LocalServer.listen((_, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ server: server.server });
  const transport = new HttpTransport({ server: server.url, credentials });
  return {
    server,
    transport,
    open: async (protocols = ['v5.channel.k8s.io'], signal) => {
      const arrival = once(sockets, 'connection') as Promise<[WebSocket]>;
      const request = { path: '/exec?x=1', protocols, ...(signal === undefined ? {} : { signal }) };
      const ours = await transport.webSocket(request);
      const [theirs] = await arrival;
      return { ours, theirs };
    },
    [Symbol.asyncDispose]: async () => {
      await transport.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function collect(connection: WebSocketConnection): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of connection.messages) texts.push(Buffer.from(message).toString());
  return texts;
}

test('carries whole messages both ways, and ends when the peer closes', async () => {
  await using there = await peer();
  const { ours, theirs } = await there.open(['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  assert.equal(ours.protocol, 'v5.channel.k8s.io');
  const received = once(theirs, 'message');
  await ours.send(Buffer.from('to the server'));
  const [message, isBinary] = (await received) as [Buffer, boolean];
  assert.deepEqual([message.toString(), isBinary], ['to the server', true]);
  theirs.send(Buffer.from('one'));
  theirs.send(Buffer.from(''));
  theirs.send(Buffer.from('two'));
  theirs.close(1000);
  assert.deepEqual(await collect(ours), ['one', '', 'two']);
});

test('keeps a silent connection alive by pings', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  await using there = await peer();
  const { ours, theirs } = await there.open();
  for (let turn = 0; turn < 3; turn += 1) {
    const ping = once(theirs, 'ping');
    t.mock.timers.tick(30_000);
    await ping;
  }
  await ours.close();
});

test('sends the same credentials as a call', async () => {
  await using there = await peer({
    current: () => Promise.resolve({ headers: { authorization: 'Bearer t' } }),
    renew: () => Promise.resolve(false),
    close: () => Promise.resolve(),
  });
  const upgraded = once(there.server.server, 'upgrade');
  await there.open();
  const [request] = (await upgraded) as [{ headers: Record<string, string>; url: string }];
  assert.equal(request.headers['authorization'], 'Bearer t');
  assert.equal(request.url, '/exec?x=1');
});

test('throws when the connection breaks, after the messages before', async () => {
  await using there = await peer();
  const { ours, theirs } = await there.open();
  theirs.send(Buffer.from('one'), () => theirs.terminate());
  const iterator = ours.messages[Symbol.asyncIterator]();
  assert.equal(Buffer.from((await iterator.next()).value ?? '').toString(), 'one');
  await assert.rejects(
    iterator.next(),
    (error) => error instanceof TransportError && error.code === 'CONNECTION_LOST',
  );
});

test('throws what the peer says when it closes because of an error', async () => {
  await using there = await peer();
  const { ours, theirs } = await there.open();
  theirs.close(1011, 'the node is gone');
  await assert.rejects(collect(ours), /ended with code 1011: the node is gone/);
});

test('holds the peer back while nobody reads', async () => {
  await using there = await peer();
  const { ours, theirs } = await there.open();
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  const count = 40;
  let sent = 0;
  const all = Array.from({ length: count }, () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    theirs.send(chunk, () => {
      sent++;
      resolve(undefined);
    });
    return promise;
  });
  // The socket's buffers take some of it; it is the rest that must wait.
  await all[0];
  await new Promise(setImmediate);
  assert.ok(sent < count);
  let bytes = 0;
  for await (const message of ours.messages) {
    bytes += message.byteLength;
    if (bytes === count * chunk.byteLength) break;
  }
  await Promise.all(all);
});

test('fails to send once the connection has ended', async () => {
  await using there = await peer();
  const { ours } = await there.open();
  await ours.close();
  await assert.rejects(ours.send(Buffer.from('x')), { code: 'CONNECTION_LOST' });
});

test('closes by a handshake, and may be closed twice', async () => {
  await using there = await peer();
  const { ours, theirs } = await there.open();
  const closed = once(theirs, 'close');
  await Promise.all([ours.close(), ours.close()]);
  assert.equal((await closed)[0], 1000);
  assert.deepEqual(await collect(ours), []);
});

test('throws the reason of a signal that aborts, and leaves no listener', async () => {
  await using there = await peer();
  const controller = new AbortController();
  const { ours } = await there.open([], controller.signal);
  const reading = collect(ours);
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(reading, (error) => error === reason);
  assert.deepEqual(getEventListeners(controller.signal, 'abort'), []);
});

test('aborts the opening handshake', async () => {
  await using server = await LocalServer.listen(() => undefined);
  server.server.on('upgrade', () => undefined);
  const transport = new HttpTransport({ server: server.url });
  const controller = new AbortController();
  const reason = new Error('enough');
  const opening = transport.webSocket({ path: '/', protocols: [], signal: controller.signal });
  await once(server.server, 'upgrade');
  controller.abort(reason);
  await assert.rejects(opening, (error) => error === reason);
  await transport.close();
  assert.deepEqual(getEventListeners(controller.signal, 'abort'), []);
});

test('rejects with the StatusError of a refused upgrade', async () => {
  await using server = await LocalServer.listen((_, response) => {
    response.writeHead(403, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden', message: 'no exec' }),
    );
  });
  const transport = new HttpTransport({ server: server.url });
  await assert.rejects(
    transport.webSocket({ path: '/', protocols: [] }),
    (error) => error instanceof StatusError && error.code === 403 && error.message === 'no exec',
  );
  await transport.close();
});

test('renews the credential after a 401, once', async () => {
  let token = 'old';
  await using server = await LocalServer.listen((_, response) => response.writeHead(401).end());
  const sockets = new WebSocketServer({ noServer: true });
  server.server.on('upgrade', (request, socket, head) => {
    if (request.headers.authorization === 'Bearer new') {
      sockets.handleUpgrade(request, socket, head, () => undefined);
    } else {
      socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n');
    }
  });
  const transport = new HttpTransport({
    server: server.url,
    credentials: {
      current: () => Promise.resolve({ headers: { authorization: `Bearer ${token}` } }),
      renew: () => {
        token = 'new';
        return Promise.resolve(true);
      },
      close: () => Promise.resolve(),
    },
  });
  const connection = await transport.webSocket({ path: '/', protocols: [] });
  await connection.close();
  await transport.close();
});

test('ends its WebSockets when the transport is closed', async () => {
  await using there = await peer();
  const { ours, theirs } = await there.open();
  const closed = once(theirs, 'close');
  await there.transport.close();
  await closed;
  assert.deepEqual(await collect(ours), []);
});
