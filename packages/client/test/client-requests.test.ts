import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { mock, test } from 'node:test';
import { ConfigMap, Deployment, isConflict, Pod, StatusError } from '@kubewright/apimachinery';
import {
  Client,
  KubeConfig,
  retryOnConflict,
  TransportError,
  type ClientSettings,
  type RequestSample,
} from '../src/index.ts';
import { LocalServer } from './local-server.ts';
import { failure, ScriptedTransport, type Answer } from './scripted-transport.ts';

const ref = { name: 'web', namespace: 'default' };
const pod: Answer = { body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' } } };

function scripted(
  answers: readonly Answer[],
  settings: ClientSettings = {},
): { client: Client; transport: ScriptedTransport } {
  const transport = new ScriptedTransport(answers);
  return { client: new Client({ ...settings, transport }), transport };
}

async function refusal(work: Promise<unknown>): Promise<StatusError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof StatusError);
    return error;
  }
  return assert.fail('it was not refused');
}

test('names the attempt and the object in a refusal', async () => {
  const conflict = failure(409, 'Conflict', 'the object has been modified');
  const forbidden = failure(403, 'Forbidden', 'pods is forbidden');
  const { client } = scripted([conflict, forbidden, forbidden, conflict, conflict, forbidden]);
  const messages = [
    await refusal(client.update(Deployment, { metadata: ref })),
    await refusal(client.list(Pod)),
    await refusal(client.list(Pod, { namespace: 'ns' })),
    await refusal(client.updateStatus(Deployment, { metadata: ref })),
    await refusal(client.create(ConfigMap, { metadata: { generateName: 'a-' } })),
    await refusal(client.evict(ref)),
  ].map(({ message }) => message);
  assert.deepEqual(messages, [
    'update Deployment default/web: the object has been modified',
    'list pods: pods is forbidden',
    'list pods in namespace ns: pods is forbidden',
    'update Deployment/status default/web: the object has been modified',
    'create ConfigMap default/a-…: the object has been modified',
    'evict Pod default/web: pods is forbidden',
  ]);
});

test('makes a refusal of what is no Status, in one readable line', async () => {
  const html =
    '<html><head><style>p { color: red }</style><title>502</title></head>\r\n<body><h1>Bad\u0007 Gateway</h1></body></html>';
  const { client } = scripted([
    { status: 502, headers: { 'content-type': 'text/html' }, body: html },
  ]);
  const error = await refusal(client.get(Pod, ref));
  assert.equal(error.code, 502);
  assert.equal(error.reason, 'Unknown');
  assert.equal(
    error.message,
    'get Pod default/web: HTTP 502 without a Kubernetes Status (content type text/html): 502 Bad Gateway',
  );
});

test('keeps a foreign refusal short, however long it is', async () => {
  let sent = 0;
  async function* endless(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      sent++;
      yield Buffer.alloc(10_000, 'x');
    }
  }
  const { client } = scripted([
    { status: 403, headers: { 'content-type': 'text/plain' }, body: endless() },
  ]);
  const error = await refusal(client.get(Pod, ref));
  assert.equal(error.reason, 'Forbidden');
  assert.ok(error.message.length < 500);
  assert.ok(sent < 10);
});

test('keeps a refusal whose text breaks off', async () => {
  async function* broken(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from('{"kind":"Sta');
    throw new Error('reset');
  }
  const { client } = scripted([{ status: 404, body: broken() }]);
  const error = await refusal(client.get(Pod, ref));
  assert.equal(error.reason, 'NotFound');
});

test('tells where a redirect leads', async () => {
  const { client } = scripted([
    {
      status: 302,
      headers: { 'content-type': '', location: 'https://login.example.com/' },
      body: '',
    },
  ]);
  assert.match((await refusal(client.get(Pod, ref))).message, /redirect to https:\/\/login\./);
});

/** Runs work whose waits pass at once; answers how long they would have taken, in milliseconds. */
async function withoutWaiting<T>(work: () => Promise<T>): Promise<{ result: T; waits: number[] }> {
  const waits: number[] = [];
  const timer = mock.method(globalThis, 'setTimeout', (callback: () => void, delayMs: number) => {
    waits.push(delayMs);
    queueMicrotask(callback);
  });
  try {
    return { result: await work(), waits };
  } finally {
    timer.mock.restore();
  }
}

test('comes back when the server says, for a write too', async () => {
  const busy: Answer = {
    ...failure(429, 'TooManyRequests', 'busy'),
    headers: { 'retry-after': '2' },
  };
  const down = failure(503, 'ServiceUnavailable', 'down', { details: { retryAfterSeconds: 3 } });
  const { client, transport } = scripted([busy, down, pod]);
  const { waits } = await withoutWaiting(() => client.create(Pod, { metadata: { name: 'web' } }));
  assert.deepEqual(waits, [2000, 3000]);
  assert.equal(transport.requests.length, 3);
});

test('does not come back when the server does not say when', async () => {
  const { client, transport } = scripted([failure(503, 'ServiceUnavailable', 'down')]);
  await refusal(client.get(Pod, ref));
  assert.equal(transport.requests.length, 1);
});

test('repeats a read, but not a write, after a failure that may have done something', async () => {
  const timeout = failure(504, 'Timeout', 'etcd', { details: { retryAfterSeconds: 1 } });
  const reading = scripted([timeout, pod]);
  await withoutWaiting(() => reading.client.get(Pod, ref));
  assert.equal(reading.transport.requests.length, 2);
  const writing = scripted([timeout]);
  await refusal(writing.client.create(Pod, { metadata: { name: 'web' } }));
  assert.equal(writing.transport.requests.length, 1);
});

test('gives up after the attempts allowed', async () => {
  const busy = failure(429, 'TooManyRequests', 'busy', { details: { retryAfterSeconds: 1 } });
  const { client, transport } = scripted([busy, busy, busy], { retryAfter: { maxRetries: 2 } });
  const { result } = await withoutWaiting(() => refusal(client.get(Pod, ref)));
  assert.equal(result.retryAfterSeconds, 1);
  assert.equal(transport.requests.length, 3);
});

test('gives up at once when the wait would be too long in all', async () => {
  const busy = (seconds: number): Answer =>
    failure(429, 'TooManyRequests', 'busy', { details: { retryAfterSeconds: seconds } });
  const { client, transport } = scripted([busy(6), busy(5)], {
    retryAfter: { maxTotalMs: 10_000 },
  });
  await withoutWaiting(() => refusal(client.get(Pod, ref)));
  assert.equal(transport.requests.length, 2);
});

test('does not wait for a disruption budget', async () => {
  const blocked = failure(429, 'TooManyRequests', 'Cannot evict pod', {
    details: { retryAfterSeconds: 10, causes: [{ reason: 'DisruptionBudget' }] },
  });
  const { client, transport } = scripted([blocked]);
  assert.equal((await refusal(client.evict(ref))).code, 429);
  assert.equal(transport.requests.length, 1);
});

test('stops waiting when the signal aborts, and leaves no listener', async () => {
  const busy = failure(429, 'TooManyRequests', 'busy', { details: { retryAfterSeconds: 50 } });
  const { client } = scripted([busy]);
  const controller = new AbortController();
  const work = client.get(Pod, ref, { signal: controller.signal });
  const reason = new Error('enough');
  setImmediate(() => controller.abort(reason));
  await assert.rejects(work, (error) => error === reason);
  assert.deepEqual(getEventListeners(controller.signal, 'abort'), []);
});

test('hands on warnings with the attempt', async () => {
  const heard: string[][] = [];
  const warning = '299 - "first \\"quoted\\"", 299 kube "second, with comma", 199 - "other"';
  const { client } = scripted([{ ...pod, headers: { warning } }], {
    onWarning: (text, attempt) => heard.push([text, attempt]),
  });
  await client.get(Pod, ref);
  assert.deepEqual(heard, [
    ['first "quoted"', 'get Pod default/web'],
    ['second, with comma', 'get Pod default/web'],
  ]);
});

test('tells each attempt to the metrics, with names left out of the path', async () => {
  const samples: RequestSample[] = [];
  const busy = failure(429, 'TooManyRequests', 'busy', { details: { retryAfterSeconds: 1 } });
  const { client } = scripted([busy, pod, { error: new Error('no connection') }], {
    onRequest: (sample) => samples.push(sample),
  });
  await withoutWaiting(() => client.get(Pod, ref));
  await assert.rejects(client.raw({ method: 'GET', path: '/healthz?x=y' }));
  assert.deepEqual(
    samples.map(({ durationMs, ...sample }) => {
      assert.ok(durationMs >= 0);
      return sample;
    }),
    [
      {
        method: 'GET',
        verb: 'get',
        pathPattern: '/api/v1/namespaces/{namespace}/pods/{name}',
        resource: 'pods',
        code: '429',
        host: 'in-process',
      },
      {
        method: 'GET',
        verb: 'get',
        pathPattern: '/api/v1/namespaces/{namespace}/pods/{name}',
        resource: 'pods',
        code: '200',
        host: 'in-process',
      },
      {
        method: 'GET',
        verb: 'raw',
        pathPattern: '(raw)',
        resource: undefined,
        code: '<error>',
        host: 'in-process',
      },
    ],
  );
});

test('sends any request, and reads its JSON', async () => {
  const { client, transport } = scripted([{ body: { a: 1 } }, failure(404, 'NotFound', 'no')]);
  const answer = await client.rawJson<{ a: number }>({ method: 'GET', path: '/openapi/v3' });
  assert.equal(answer.a, 1);
  assert.equal(transport.sent().path, '/openapi/v3');
  const error = await refusal(client.raw({ method: 'DELETE', path: '/x?y' }));
  assert.equal(error.message, 'DELETE /x: no');
});

test('closes the transport', async () => {
  const { client, transport } = scripted([]);
  {
    await using _ = client;
  }
  assert.equal(transport.closed, 1);
});

test('repeats a change as long as somebody else was faster', async () => {
  const conflict = failure(409, 'Conflict', 'changed');
  const { client } = scripted([conflict, conflict, pod]);
  const { result, waits } = await withoutWaiting(() =>
    retryOnConflict(() => client.update(Pod, { metadata: ref }), { random: () => 1 }),
  );
  assert.equal(result.metadata.name, 'web');
  assert.deepEqual(waits, [10, 20]);
});

test('gives up a change after the attempts allowed, and at once after another error', async () => {
  const conflict = failure(409, 'Conflict', 'changed');
  const { client, transport } = scripted([conflict, conflict, failure(403, 'Forbidden', 'no')]);
  const change = (): Promise<unknown> => client.update(Pod, { metadata: ref });
  await withoutWaiting(async () => {
    await assert.rejects(retryOnConflict(change, { attempts: 2 }), isConflict);
    assert.equal(transport.requests.length, 2);
    await refusal(retryOnConflict(change));
  });
  assert.equal(transport.requests.length, 3);
});

test('reports an answer that is not JSON, or longer than an object may be', async () => {
  const { client } = scripted([{ body: 'ok' }, { body: 'x'.repeat(101) }], {
    maxObjectBytes: 100,
  });
  await assert.rejects(client.rawJson({ method: 'GET', path: '/readyz' }), {
    name: 'DecodeError',
    code: 'MALFORMED',
    message: 'GET /readyz: the answer is not JSON: ok',
  });
  await assert.rejects(client.get(Pod, ref), {
    name: 'DecodeError',
    code: 'TOO_LONG',
    message: 'get Pod default/web: the answer is longer than 100 bytes',
  });
});

test('names the attempt when a WebSocket is refused or fails, and counts it', async () => {
  const samples: RequestSample[] = [];
  const refused = new StatusError({ code: 403, reason: 'Forbidden', message: 'no' });
  const lost = new TransportError('host: reset', {
    code: 'CONNECTION_LOST',
    host: 'host',
    maybeSent: true,
  });
  const failures = [refused, lost];
  const transport = new ScriptedTransport();
  transport.webSocket = () => Promise.reject(failures.shift() ?? new Error('too many'));
  const client = new Client({ transport, onRequest: (sample) => samples.push(sample) });
  const error = await refusal(client.exec(ref, { command: ['date'] }));
  assert.equal(error.message, 'exec in Pod default/web: no');
  await assert.rejects(client.portForward(ref, 80), {
    name: 'TransportError',
    message: 'forward port 80 of Pod default/web: host: reset',
  });
  assert.deepEqual(
    samples.map(({ verb, code, pathPattern }) => [verb, code, pathPattern]),
    [
      ['exec', '403', '/api/v1/namespaces/{namespace}/pods/{name}/exec'],
      ['portforward', '<error>', '/api/v1/namespaces/{namespace}/pods/{name}/portforward'],
    ],
  );
});

test('connects by a kubeconfig, in the namespace of its context', async () => {
  await using server = await LocalServer.listen((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(pod.body));
  });
  const config = KubeConfig.fromString(`
clusters: [{name: c, cluster: {server: '${server.url}'}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: x, context: {cluster: c, user: u, namespace: apps}}]`);
  const samples: RequestSample[] = [];
  {
    await using client = await Client.fromKubeConfig(config, {
      namespace: undefined,
      userAgent: 'test/1',
      onRequest: (sample) => samples.push(sample),
    });
    assert.equal(client.namespace, 'apps');
    await client.get(Pod, { name: 'web' });
  }
  const [request] = server.requests;
  assert.equal(request?.url, '/api/v1/namespaces/apps/pods/web');
  assert.deepEqual(
    [request.headers.authorization, request.headers['user-agent']],
    ['Bearer t', 'test/1'],
  );
  assert.equal(samples[0]?.host, `127.0.0.1:${server.port}`);
});
