import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import test, { type TestContext } from 'node:test';
import { CertificateAuthority } from '../src/access/certificate-authority.ts';
import { ListenError } from '../src/access/listen-error.ts';
import { createTlsListener } from '../src/access/tls-listener.ts';
import {
  MAX_REQUEST_BODY_BYTES,
  type ListenerOptions,
  type RequestHandler,
  type ServerRequest,
  type TlsListener,
} from '../src/contracts.ts';
import { failure } from '../src/status.ts';

const CLOCK: ListenerOptions['clock'] = {
  now: () => Date.now(),
  schedule: () => ({ [Symbol.dispose]: () => undefined }),
};

const NO_STREAMS: ListenerOptions['streams'] = {
  logs: () => Promise.reject(new Error('not used')),
  refuse: () => {
    throw new Error('not used');
  },
  connectWebSocket: () => Promise.reject(new Error('not used')),
  serveSocket: () => Promise.reject(new Error('not used')),
};

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

interface Fixture {
  readonly listener: TlsListener;
  readonly port: number;
  readonly ca: string;
  readonly call: (options?: RequestOptions, body?: string | Buffer) => Promise<Answer>;
}

function answer(text: string) {
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: Buffer.from(text) };
}

async function listening(
  context: TestContext,
  handle: RequestHandler,
  options: Partial<ListenerOptions> = {},
): Promise<Fixture> {
  const listener = createTlsListener({
    handle,
    acceptUpgrade: () => Promise.reject(failure(403, 'Forbidden', 'no upgrades here')),
    streams: NO_STREAMS,
    clock: CLOCK,
    ...options,
  });
  context.after(() => listener.stop());
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  const ca = await listener.caCertificate();
  const call = (requestOptions: RequestOptions = {}, body?: string | Buffer) =>
    new Promise<Answer>((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port, ca, agent: new Agent(), ...requestOptions },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString(),
            }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  return { listener, port, ca, call };
}

test('hands over method, path, query, headers and body of a request', async (context) => {
  const { promise: seen, resolve: see } = Promise.withResolvers<ServerRequest>();
  const { call } = await listening(context, async (received) => {
    see(received);
    return answer('ok');
  });

  const result = await call(
    {
      method: 'POST',
      path: '/api/v1/pods%2Fx?limit=5&labelSelector=a%3Db',
      headers: { 'X-One': ['a', 'b'], 'content-type': 'application/json' },
    },
    '{"a":1}',
  );

  assert.equal(result.body, 'ok');
  const received = await seen;
  assert.equal(received.method, 'POST');
  assert.equal(received.path, '/api/v1/pods%2Fx');
  assert.equal(received.query.get('labelSelector'), 'a=b');
  assert.equal(received.headers['x-one'], 'a, b');
  assert.equal(Buffer.from(received.body).toString(), '{"a":1}');
  assert.equal(received.clientCertificate, undefined);
});

test('reads user and groups from a client certificate of its own authority', async (context) => {
  const { call, listener } = await listening(context, async ({ clientCertificate }) =>
    answer(JSON.stringify(clientCertificate)),
  );
  const { certificate, key } = await listener.issueClientCertificate({
    user: 'jane',
    groups: ['team-a', 'team-b'],
    validityMs: 60_000,
  });

  const { body } = await call({ cert: certificate, key });

  const { fingerprint, ...rest } = JSON.parse(body) as Record<string, unknown>;
  assert.deepEqual(rest, {
    verified: true,
    commonName: 'jane',
    organizations: ['team-a', 'team-b'],
  });
  assert.match(String(fingerprint), /^[0-9a-f]{64}$/);
});

test('tells a certificate of a foreign authority from one of its own', async (context) => {
  const { call } = await listening(context, async ({ clientCertificate }) =>
    answer(JSON.stringify(clientCertificate)),
  );
  const foreign = await CertificateAuthority.create('kubewright-ca');
  const { certificate, key } = await foreign.issueClient({
    user: 'admin',
    groups: ['system:masters'],
    validityMs: 60_000,
  });

  const { body } = await call({ cert: certificate, key });

  assert.equal((JSON.parse(body) as { verified: boolean }).verified, false);
});

test('does not count a certificate that has run out', async (context) => {
  const { call, listener } = await listening(context, async ({ clientCertificate }) =>
    answer(JSON.stringify(clientCertificate)),
  );
  // The format counts whole seconds, rounded down: this one ends before it is used.
  const { certificate, key } = await listener.issueClientCertificate({
    user: 'jane',
    groups: [],
    validityMs: 1,
  });

  const { body } = await call({ cert: certificate, key });

  assert.deepEqual(JSON.parse(body), { verified: false, problem: 'CERT_HAS_EXPIRED' });
});

test('serves names and addresses of the local machine with a certificate clients accept', async (context) => {
  const { port, ca } = await listening(context, async () => answer('ok'));
  for (const servername of ['localhost', 'kubernetes.default.svc']) {
    const socket = connectTls({ host: '127.0.0.1', port, ca, servername });
    await once(socket, 'secureConnect');
    assert.equal(socket.authorized, true, servername);
    socket.destroy();
  }
});

test('stops reading a body that is too long and still answers', async (context) => {
  let length = 0;
  const { call } = await listening(context, async ({ body }) => {
    length = body.byteLength;
    return { ...answer('too long'), status: 413 };
  });

  const { status, headers } = await call(
    { method: 'POST' },
    Buffer.alloc(MAX_REQUEST_BODY_BYTES + 2),
  );

  assert.equal(status, 413);
  assert.equal(headers['connection'], 'close');
  assert.equal(length, MAX_REQUEST_BODY_BYTES + 1);
});

test('sends headers of a stream before its first byte', async (context) => {
  const { promise: go, resolve: proceed } = Promise.withResolvers<undefined>();
  async function* lines() {
    await go;
    yield Buffer.from('one\n');
  }
  const { port, ca } = await listening(context, async () => ({
    status: 200,
    headers: {},
    body: lines(),
  }));
  const sent = request({ host: '127.0.0.1', port, ca, agent: false }).end();

  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  proceed(undefined);

  assert.equal((await response.setEncoding('utf8').toArray()).join(''), 'one\n');
});

test('slows a producer down to the pace of a reader that stands still', async (context) => {
  let produced = 0;
  const chunk = Buffer.alloc(64 * 1024);
  async function* endless() {
    while (true) {
      produced += 1;
      yield chunk;
    }
  }
  const { port, ca } = await listening(context, async () => ({
    status: 200,
    headers: {},
    body: endless(),
  }));
  const sent = request({ host: '127.0.0.1', port, ca, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [
    NodeJS.ReadableStream & { destroy(): void },
  ];
  response.pause();

  // Once the buffers on the way are full, the producer must come to rest.
  let before = -1;
  while (before !== produced) {
    before = produced;
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  assert.ok(produced > 0 && produced < 10_000, `produced ${produced} chunks`);
  response.destroy();
});

test('aborts the request and lets go of the stream when the peer leaves', async (context) => {
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
  const { promise: aborted, resolve: abort } = Promise.withResolvers<undefined>();
  const { port, ca } = await listening(context, async ({ signal }) => {
    async function* watch() {
      try {
        yield Buffer.from('first\n');
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        abort(undefined);
      } finally {
        release(undefined);
      }
    }
    return { status: 200, headers: {}, body: watch() };
  });
  const sent = request({ host: '127.0.0.1', port, ca, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await once(response, 'data');

  sent.destroy();

  await Promise.all([aborted, released]);
});

test('cuts the connection of a stream that fails, so that the peer sees no whole answer', async (context) => {
  async function* broken() {
    yield Buffer.from('half');
    throw new Error('the store burst');
  }
  const { call } = await listening(context, async () => ({
    status: 200,
    headers: {},
    body: broken(),
  }));

  await assert.rejects(call(), /aborted|socket hang up|ECONNRESET/);
});

test('answers HEAD with the headers of GET and no body', async (context) => {
  const { call } = await listening(context, async () => answer('twelve bytes'));

  const { headers, body } = await call({ method: 'HEAD' });

  assert.equal(headers['content-length'], '12');
  assert.equal(body, '');
});

test('sends each value of a listed header as a line of its own', async (context) => {
  const { port, ca } = await listening(context, async () => ({
    ...answer('ok'),
    headers: { warning: ['299 - "one"', '299 - "two"'] },
  }));
  const sent = request({ host: '127.0.0.1', port, ca, agent: false }).end();

  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();

  assert.deepEqual(response.headersDistinct['warning'], ['299 - "one"', '299 - "two"']);
});

test('takes and sends headers as UTF-8', async (context) => {
  const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');
  const { call } = await listening(context, async ({ headers }) => ({
    ...answer('ok'),
    headers: { warning: `299 - "${headers['impersonate-user'] ?? ''}"` },
  }));

  const { headers } = await call({ headers: { 'impersonate-user': bytesOf('jürgen 你好') } });

  assert.equal(headers['warning'], bytesOf('299 - "jürgen 你好"'));
});

test('answers a refused upgrade in plain HTTP', async (context) => {
  const { call } = await listening(context, async () => answer('not an upgrade'));

  const { status, body } = await call({
    headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1' },
    method: 'POST',
  });

  assert.equal(status, 403);
  assert.equal((JSON.parse(body) as { message: string }).message, 'no upgrades here');
});

test('answers a handler that throws with a 500 Status', async (context) => {
  const { call } = await listening(context, () => Promise.reject(new Error('boom')));

  const { status, body } = await call();

  assert.equal(status, 500);
  assert.equal((JSON.parse(body) as { reason: string }).reason, 'InternalError');
});

test('names the port that is taken', async (context) => {
  const { port } = await listening(context, async () => answer('first'));
  const second = createTlsListener({
    handle: async () => answer('second'),
    acceptUpgrade: () => Promise.reject(new Error('not used')),
    streams: NO_STREAMS,
    clock: CLOCK,
  });

  await assert.rejects(second.listen({ host: '127.0.0.1', port }), (error) => {
    assert.ok(error instanceof ListenError);
    assert.equal(error.code, 'address-in-use');
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`));
    return true;
  });
});

test('cuts idle, silent and streaming connections when it stops, and listens on the same port again', async (context) => {
  const { listener, port, ca, call } = await listening(context, async ({ path, signal }) => {
    if (path !== '/watch') return answer('alive');
    async function* silent(): AsyncGenerator<Uint8Array> {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      yield Buffer.alloc(0);
    }
    return { status: 200, headers: {}, body: silent() };
  });
  const closed = (socket: Socket) => {
    socket.on('error', () => undefined);
    return once(socket, 'close');
  };
  const idle = connectTls({ host: '127.0.0.1', port, ca });
  await once(idle, 'secureConnect');
  const silent = connectTcp({ host: '127.0.0.1', port });
  await once(silent, 'connect');
  const watch = request({ host: '127.0.0.1', port, ca, agent: false, path: '/watch' }).end();
  const [response] = (await once(watch, 'response')) as [IncomingMessage];
  const cut = once(response, 'error');
  response.resume();
  const ends = [closed(idle), closed(silent)];

  await listener.stop();
  await Promise.all([...ends, cut]);
  const again = await listener.listen({ host: '127.0.0.1', port });

  assert.equal(again.port, port);
  // Same authority: clients need no new kubeconfig.
  assert.equal((await call()).body, 'alive');
});

test('takes rubbish in place of TLS without falling over', async (context) => {
  const { port, call } = await listening(context, async () => answer('alive'));
  const socket = connectTcp({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  const gone = once(socket, 'close');
  socket.write('GET / HTTP/1.1\r\n\r\n');
  await gone;

  assert.equal((await call()).body, 'alive');
});
