import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Pod, type TransportRequest, type TransportResponse } from '@kubewright/apimachinery';
import {
  Client,
  fixedCredentials,
  HttpTransport,
  TransportError,
  type Credential,
} from '../src/index.ts';
import type { HttpTransportOptions } from '../src/index.ts';
import { LocalServer } from './local-server.ts';

const quick = { baseDelayMs: 1, maxDelayMs: 1 };

function transportTo(
  server: { readonly url: string },
  options: Partial<HttpTransportOptions> = {},
): HttpTransport & AsyncDisposable {
  const transport = new HttpTransport({ server: server.url, retries: quick, ...options });
  return Object.assign(transport, { [Symbol.asyncDispose]: () => transport.close() });
}

async function textOf({ body }: TransportResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const get = (path: string, more: Partial<TransportRequest> = {}): TransportRequest => ({
  method: 'GET',
  path,
  ...more,
});

async function failureOf(work: Promise<unknown>): Promise<TransportError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof TransportError, String(error));
    return error;
  }
  return assert.fail('it did not fail');
}

const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response.setHeader('x-one', ['a', 'b']);
    response.end(
      `${request.method ?? ''} ${request.url ?? ''} ${Buffer.concat(chunks).toString()}`,
    );
  });
};

test('sends method, path, headers and body, and answers status, headers and body', async () => {
  await using server = await LocalServer.listen(echo);
  await using transport = transportTo(server, {
    credentials: fixedCredentials({
      headers: { authorization: 'Bearer t', 'impersonate-group': ['a', 'b'] },
    }),
  });
  const response = await transport.request({
    method: 'POST',
    path: '/api?x=1',
    headers: { 'content-type': 'text/plain' },
    body: 'hellö',
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers['x-one'], 'a, b');
  assert.equal(await textOf(response), 'POST /api?x=1 hellö');
  const [request] = server.requests;
  assert.equal(request?.headers.authorization, 'Bearer t');
  assert.deepEqual(request.headersDistinct['impersonate-group'], ['a', 'b']);
  assert.equal(request.headers['content-type'], 'text/plain');
});

test('puts the path of the server URL in front', async () => {
  await using server = await LocalServer.listen(echo);
  await using transport = transportTo({ url: `${server.url}/k8s/clusters/c-1/` });
  assert.equal(
    await textOf(await transport.request(get('/version'))),
    'GET /k8s/clusters/c-1/version ',
  );
});

test('sends and reads headers as UTF-8', async () => {
  await using server = await LocalServer.listen(({ headers }, response) => {
    response.setHeader('warning', [String(headers['x-who']), 'plain']);
    response.end();
  });
  await using transport = transportTo(server);
  const { headers } = await transport.request(get('/', { headers: { 'x-who': 'jürgen 你好' } }));
  assert.equal(headers['warning'], 'jürgen 你好, plain');
  assert.equal(server.requests[0]?.headers['x-who'], Buffer.from('jürgen 你好').toString('latin1'));
});

test('never fails because of a status code', async () => {
  await using server = await LocalServer.listen((_, response) => response.writeHead(503).end('no'));
  await using transport = transportTo(server);
  const response = await transport.request(get('/'));
  assert.equal(response.status, 503);
  assert.equal(await textOf(response), 'no');
});

test('keeps its connections for the next calls', async () => {
  await using server = await LocalServer.listen(echo);
  await using transport = transportTo(server);
  for (let count = 0; count < 9; count++) await textOf(await transport.request(get('/')));
  // A connection is free again only after a turn of the event loop, so that two take turns.
  assert.ok(server.connections <= 2, `${server.connections} connections`);
});

test('answers calls while any number of streams is open', async () => {
  await using server = await LocalServer.listen((request, response) => {
    if (request.url === '/watch') response.write('first');
    else response.end('done');
  });
  await using transport = transportTo(server, { maxCallConnections: 2 });
  const streams = await Promise.all(
    Array.from({ length: 20 }, () => transport.request(get('/watch', { longLived: true }))),
  );
  const bodies = streams.map(({ body }) => body[Symbol.asyncIterator]());
  await Promise.all(bodies.map((body) => body.next()));
  assert.equal(await textOf(await transport.request(get('/call'))), 'done');
  for (const body of bodies) await body.return?.();
});

test('lets calls wait beyond the bound of connections', async () => {
  const waiting: ServerResponse[] = [];
  await using server = await LocalServer.listen((_, response) => {
    waiting.push(response);
    if (waiting.length === 2) for (const each of waiting.splice(0)) each.end('ok');
  });
  await using transport = transportTo(server, { maxCallConnections: 2 });
  const answers = await Promise.all(
    Array.from({ length: 10 }, async () => textOf(await transport.request(get('/')))),
  );
  assert.equal(answers.length, 10);
  assert.equal(server.connections, 2);
});

test('ends a stream whose reader leaves', async () => {
  await using server = await LocalServer.listen((_, response) => response.write('x'));
  await using transport = transportTo(server);
  const { body } = await transport.request(get('/', { longLived: true }));
  for await (const _ of body) break;
  await server.untilIdle();
  assert.equal(server.open, 0);
});

test('ends a stream that is left before it is read', async () => {
  await using server = await LocalServer.listen((_, response) => response.write('x'));
  await using transport = transportTo(server);
  const { body } = await transport.request(get('/', { longLived: true }));
  await body[Symbol.asyncIterator]().return?.();
  await server.untilIdle();
  assert.equal(server.open, 0);
});

test('ends an answer without end that no decoder can read', async () => {
  await using server = await LocalServer.listen((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).write('<html>');
  });
  await using transport = transportTo(server);
  const client = new Client({ transport });
  const refused = { code: 'UNSUPPORTED_MEDIA_TYPE' };
  await assert.rejects(client.get(Pod, { name: 'web' }), refused);
  await assert.rejects(client.list(Pod), refused);
  await assert.rejects(async () => {
    for await (const _ of client.watch(Pod)) assert.fail('there is nothing to watch');
  }, refused);
  assert.equal(server.requests.length, 3);
  await server.untilIdle();
  assert.equal(server.open, 0);
});

test('repeats a read whose connection broke, until the server is back', async () => {
  let attempts = 0;
  await using server = await LocalServer.listen((request, response) => {
    if (++attempts < 4) request.socket.resetAndDestroy();
    else response.end('back');
  });
  await using transport = transportTo(server);
  assert.equal(await textOf(await transport.request(get('/'))), 'back');
  assert.equal(attempts, 4);
});

test('repeats on new connections when the old ones were given up', async () => {
  let attempts = 0;
  await using server = await LocalServer.listen((request, response) => {
    if (++attempts < 4) request.socket.resetAndDestroy();
    else response.end('back');
  });
  // Each failure makes all connections suspect.
  await using transport = transportTo(server, { suspectAfterMs: 0 });
  assert.equal(await textOf(await transport.request(get('/'))), 'back');
});

test('gives up after the repetitions allowed', async () => {
  let attempts = 0;
  await using server = await LocalServer.listen((request) => {
    attempts++;
    request.socket.resetAndDestroy();
  });
  await using transport = transportTo(server, { retries: { ...quick, maxRetries: 2 } });
  const error = await failureOf(transport.request(get('/')));
  assert.equal(error.code, 'CONNECTION_LOST');
  assert.equal(error.maybeSent, true);
  assert.equal(attempts, 3);
});

for (const [method, headers, repeats] of [
  ['PUT', {}, true],
  ['DELETE', {}, true],
  ['PATCH', { 'content-type': 'application/apply-patch+yaml' }, true],
  ['PATCH', { 'content-type': 'application/json-patch+json' }, false],
  ['PATCH', { 'content-type': 'application/merge-patch+json' }, false],
  ['POST', {}, false],
] as const) {
  const name = `${method} ${Object.values(headers).join('')}`.trim();
  test(`${repeats ? 'repeats' : 'does not repeat'} a ${name} that may have been carried out`, async () => {
    let attempts = 0;
    await using server = await LocalServer.listen((request, response) => {
      if (++attempts === 1) request.socket.resetAndDestroy();
      else response.end('done');
    });
    await using transport = transportTo(server);
    const work = transport.request({ method, path: '/', headers, body: '{}' });
    if (repeats) assert.equal(await textOf(await work), 'done');
    else assert.equal((await failureOf(work)).code, 'CONNECTION_LOST');
    assert.equal(attempts, repeats ? 2 : 1);
  });
}

test('repeats also a POST when it was surely not sent', async () => {
  const { port } = await closedServer();
  let pauses = 0;
  await using transport = transportTo(
    { url: `http://127.0.0.1:${port}` },
    {
      retries: {
        ...quick,
        random: () => {
          pauses++;
          return 0;
        },
      },
    },
  );
  const work = transport.request({ method: 'POST', path: '/', body: 'x' });
  await using _later = await LocalServer.listen(echo, undefined, port);
  assert.equal(await textOf(await work), 'POST / x');
  assert.ok(pauses <= 5);
});

/** The port of a server that was there and is gone. */
async function closedServer(): Promise<{ port: number }> {
  await using server = await LocalServer.listen(echo);
  return { port: server.port };
}

test('survives a restart of the server between two calls', async () => {
  await using transportHolder = new AsyncDisposableStack();
  let port: number;
  let transport: HttpTransport;
  {
    await using first = await LocalServer.listen(echo);
    port = first.port;
    transport = transportHolder.use(transportTo(first));
    await textOf(await transport.request(get('/a')));
    first.cut();
  }
  await using _second = await LocalServer.listen(echo, undefined, port);
  assert.equal(await textOf(await transport.request(get('/b'))), 'GET /b ');
});

test('says that nobody listens there', async () => {
  const { port } = await closedServer();
  await using transport = transportTo(
    { url: `http://127.0.0.1:${port}` },
    { retries: { maxRetries: 0 } },
  );
  const error = await failureOf(transport.request({ method: 'POST', path: '/' }));
  assert.equal(error.code, 'CONNECT_FAILED');
  assert.equal(error.maybeSent, false);
  assert.equal(
    error.message,
    `127.0.0.1:${port}: connection refused: is the API server running there?`,
  );
});

test('bounds the wait for the headers of a call', async () => {
  await using server = await LocalServer.listen(() => undefined);
  await using transport = transportTo(server, { headersTimeoutMs: 20 });
  assert.equal((await failureOf(transport.request(get('/')))).code, 'HEADERS_TIMEOUT');
});

test('bounds the silence within the body of a call', async () => {
  await using server = await LocalServer.listen((_, response) => response.write('half'));
  await using transport = transportTo(server, { bodyTimeoutMs: 20 });
  const response = await transport.request(get('/'));
  assert.equal((await failureOf(textOf(response))).code, 'BODY_TIMEOUT');
});

test('uses no connection from before, once a call was given up that waited for its answer', async () => {
  const dead = new Set<Socket>();
  const sockets = new Set<Socket>();
  await using server = await LocalServer.listen(({ socket, url }, response) => {
    sockets.add(socket);
    // The path of a connection that was cut without a word leads nowhere.
    if (!dead.has(socket)) response.end(url);
  });
  await using transport = transportTo(server, { suspectAfterMs: 0 });
  const call = async (signal?: AbortSignal): Promise<string> =>
    textOf(await transport.request(get('/', signal && { signal })));
  await Promise.all([call(), call(), call()]);
  assert.equal(sockets.size, 3);
  for (const socket of sockets) dead.add(socket);

  const patience = new AbortController();
  const given = assert.rejects(call(patience.signal), { message: 'too long' });
  while (server.requests.length < 4) await turn();
  patience.abort(new Error('too long'));
  await given;
  assert.deepEqual(await Promise.all([call(), call()]), ['/', '/']);
});

test('never times out on a stream', async () => {
  const { promise: begin, resolve: onBegin } = Promise.withResolvers<ServerResponse>();
  await using server = await LocalServer.listen((request, response) => {
    if (request.url === '/stream') onBegin(response);
  });
  await using transport = transportTo(server, { headersTimeoutMs: 10, bodyTimeoutMs: 10 });
  const stream = transport.request(get('/stream', { longLived: true }));
  // A call that does time out shows that more than the bound has passed.
  const outlast = async (): Promise<unknown> => failureOf(transport.request(get('/call')));
  await outlast();
  (await begin).write('a');
  const iterator = (await stream).body[Symbol.asyncIterator]();
  assert.equal(Buffer.from((await iterator.next()).value ?? '').toString(), 'a');
  await outlast();
  (await begin).write('b');
  assert.equal(Buffer.from((await iterator.next()).value ?? '').toString(), 'b');
  await iterator.return?.();
});

test('reports an answer that breaks off', async () => {
  await using server = await LocalServer.listen((request, response) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write('half', () => request.socket.destroy());
  });
  await using transport = transportTo(server);
  const response = await transport.request(get('/'));
  assert.equal((await failureOf(textOf(response))).code, 'CONNECTION_LOST');
});

test('reports a peer that does not speak HTTP', async () => {
  await using server = await LocalServer.listen(echo);
  server.server.removeAllListeners('connection');
  server.server.on('connection', (socket) => {
    socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
  });
  await using transport = transportTo(server);
  const error = await failureOf(transport.request(get('/')));
  assert.equal(error.code, 'PROTOCOL_ERROR');
});

test('rejects with the reason of a signal that is aborted already, without connecting', async () => {
  await using server = await LocalServer.listen(echo);
  await using transport = transportTo(server);
  const reason = new Error('no');
  await assert.rejects(
    transport.request(get('/', { signal: AbortSignal.abort(reason) })),
    (error) => error === reason,
  );
  assert.equal(server.connections, 0);
});

test('aborts while connecting, waiting, and reading, and leaves no listener', async () => {
  const reason = new Error('enough');
  await using server = await LocalServer.listen((request, response) => {
    if (request.url !== '/silent') response.write('first');
  });
  await using transport = transportTo(server);

  const connecting = new AbortController();
  const neverConnected = transport.request(get('/', { signal: connecting.signal }));
  connecting.abort(reason);
  await assert.rejects(neverConnected, (error) => error === reason);

  const waiting = new AbortController();
  const silent = transport.request(get('/silent', { signal: waiting.signal }));
  await once(server.server, 'request');
  waiting.abort(reason);
  await assert.rejects(silent, (error) => error === reason);

  const reading = new AbortController();
  const { body } = await transport.request(
    get('/stream', { signal: reading.signal, longLived: true }),
  );
  const iterator = body[Symbol.asyncIterator]();
  await iterator.next();
  const next = iterator.next();
  reading.abort(reason);
  await assert.rejects(next, (error) => error === reason);

  await server.untilIdle();
  for (const { signal } of [connecting, waiting, reading]) {
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  }
});

test('removes its listeners from a signal that is used for many calls', async () => {
  await using server = await LocalServer.listen(echo);
  await using transport = transportTo(server);
  const { signal } = new AbortController();
  for (let count = 0; count < 20; count++) {
    await textOf(await transport.request(get('/', { signal })));
  }
  await new Promise(setImmediate);
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});

test('aborts a pause between two attempts', async () => {
  const { port } = await closedServer();
  const controller = new AbortController();
  const reason = new Error('enough');
  await using transport = transportTo(
    { url: `http://127.0.0.1:${port}` },
    {
      retries: {
        baseDelayMs: 1_000_000,
        maxDelayMs: 1_000_000,
        random: () => {
          setImmediate(() => controller.abort(reason));
          return 0;
        },
      },
    },
  );
  await assert.rejects(
    transport.request(get('/', { signal: controller.signal })),
    (error) => error === reason,
  );
  assert.deepEqual(getEventListeners(controller.signal, 'abort'), []);
});

test('ends what is under way when it is closed, and refuses what comes later', async () => {
  await using server = await LocalServer.listen((request, response) => {
    if (request.url === '/stream') response.write('first');
  });
  const transport = transportTo(server);
  const stream = await transport.request(get('/stream', { longLived: true }));
  const iterator = stream.body[Symbol.asyncIterator]();
  await iterator.next();
  const call = transport.request(get('/silent'));
  await once(server.server, 'request');
  const [callFailure, streamFailure] = await Promise.all([
    failureOf(call),
    failureOf(iterator.next()),
    transport.close(),
  ]);
  assert.equal(callFailure.code, 'CLOSED');
  assert.equal(streamFailure.code, 'CLOSED');
  await server.untilIdle();
  assert.equal((await failureOf(transport.request(get('/')))).code, 'CLOSED');
  await transport.close();
});

test('asks for gzip when told to, and reads it', async () => {
  await using server = await LocalServer.listen((request, response) => {
    const zips = request.headers['accept-encoding'] === 'gzip';
    response.writeHead(200, zips ? { 'content-encoding': 'gzip' } : {});
    response.end(zips ? gzipSync('zipped') : 'plain');
  });
  await using zipping = transportTo(server, { compression: true });
  assert.equal(await textOf(await zipping.request(get('/'))), 'zipped');
  await using local = transportTo(server);
  assert.equal(await textOf(await local.request(get('/'))), 'plain');
});

test('reports a compressed answer that is damaged', async () => {
  await using server = await LocalServer.listen((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip at all');
  });
  await using transport = transportTo(server, { compression: true });
  await failureOf(textOf(await transport.request(get('/'))));
});

test('refuses a server URL of another scheme', () => {
  assert.throws(() => new HttpTransport({ server: 'ftp://x' }), TypeError);
});

test('opens nothing when it is closed while the credential is being obtained', async () => {
  await using server = await LocalServer.listen(echo);
  const { promise: obtained, resolve } = Promise.withResolvers<Credential>();
  const transport = transportTo(server, {
    credentials: {
      current: () => obtained,
      renew: () => Promise.resolve(false),
      close: () => Promise.resolve(),
    },
  });
  const work = transport.request(get('/'));
  await transport.close();
  resolve({ headers: {} });
  assert.equal((await failureOf(work)).code, 'CLOSED');
  assert.equal(server.connections, 0);
});

test('lets go of the refused answer when the credential cannot be renewed', async () => {
  await using server = await LocalServer.listen((_, response) => response.writeHead(401).end('no'));
  const failure = new Error('plug-in failed');
  await using transport = transportTo(server, {
    maxCallConnections: 1,
    credentials: {
      current: () => Promise.resolve({ headers: {} }),
      renew: () => Promise.reject(failure),
      close: () => Promise.resolve(),
    },
  });
  for (let count = 0; count < 3; count++) {
    await assert.rejects(transport.request(get('/')), (error) => error === failure);
  }
});
