import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  ConfigMap,
  Role,
  RoleBinding,
  type Transport,
  type TransportResponse,
} from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { createController, done, Manager } from '@kubewright/runtime';
import {
  CountedTransport,
  isAtRest,
  isSettled,
  startTestEnvironment,
  untilPermitted,
  type TestEnvironment,
} from '../src/index.ts';

/** A transport whose answers are given by the test. */
function answering(response: () => Promise<TransportResponse>): CountedTransport {
  return new CountedTransport({
    request: response,
    webSocket: () => Promise.reject(new Error('there is none')),
    close: () => Promise.resolve(),
  });
}

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from('one'));
  yield Buffer.from('two');
}

const answer = (): Promise<TransportResponse> =>
  Promise.resolve({ status: 200, headers: {}, body: bytes() });

describe('a request', () => {
  test('is under way until its answer was read to the end', async () => {
    const transport = answering(answer);
    const sent = transport.request({ method: 'GET', path: '/' });
    assert.equal(transport.underWay, 1);
    const { body } = await sent;
    assert.equal(transport.underWay, 1);
    for await (const _piece of body) assert.equal(transport.underWay, 1);
    assert.equal(transport.underWay, 0);
  });

  test('is under way until its answer is left, or was never there', async () => {
    const left = answering(answer);
    const { body } = await left.request({ method: 'GET', path: '/' });
    await body[Symbol.asyncIterator]().return?.();
    assert.equal(left.underWay, 0);
    const failing = answering(() => Promise.reject(new Error('no server')));
    await assert.rejects(failing.request({ method: 'GET', path: '/' }), /no server/);
    assert.equal(failing.underWay, 0);
  });

  test('that opens a stream is under way until that has begun', async () => {
    const transport = answering(answer);
    await transport.request({ method: 'GET', path: '/', longLived: true });
    assert.equal(transport.underWay, 0);
  });
});

describe('a manager', { timeout: 120_000 }, () => {
  let environment: TestEnvironment;
  let client: Client;
  before(async () => {
    environment = await startTestEnvironment();
    client = await environment.client();
  });
  after(() => environment[Symbol.asyncDispose]());

  /** What a watch says is held back while the gate is closed. */
  function withGate(inner: Transport): { transport: CountedTransport; close: () => () => void } {
    let gate = Promise.resolve<undefined>(undefined);
    const transport = new CountedTransport({
      request: async (request) => {
        const response = await inner.request(request);
        if (request.longLived !== true) return response;
        async function* heldBack(): AsyncGenerator<Uint8Array> {
          for await (const piece of response.body) {
            await gate;
            yield piece;
          }
        }
        return { ...response, body: heldBack() };
      },
      webSocket: (request) => inner.webSocket(request),
      close: () => Promise.resolve(),
    });
    const close = (): (() => void) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      gate = promise;
      return () => resolve(undefined);
    };
    return { transport, close };
  }

  test('has settled when it was told of everything, its own writes too, and is done with it', async () => {
    const namespace = await environment.newNamespace();
    const { transport, close } = withGate(client.transport);
    const manager = new Manager({
      client: new Client({ transport }),
      namespaces: [namespace],
      metrics: { port: false },
      health: { port: false },
    });
    let work = Promise.resolve<undefined>(undefined);
    const seen: string[] = [];
    const metadata = { name: 'made', namespace };
    manager.add(
      createController(manager, {
        name: 'settling',
        for: { resource: ConfigMap },
        reconcile: async ({ name }, context) => {
          seen.push(name);
          await work;
          if (name === 'given') await context.client.apply(ConfigMap, { metadata });
          return done();
        },
      }),
    );
    const stop = new AbortController();
    const run = manager.run({ signal: stop.signal });
    const followed = [{ informer: manager.cache.informer(ConfigMap), namespace }];
    const observed = { manager, transport };
    const hasSettled = (): Promise<boolean> => isSettled(observed, client, followed);
    await until(hasSettled);

    let open = close();
    await client.create(ConfigMap, { metadata: { name: 'given', namespace } });
    assert.equal(await isAtRest(observed), true);
    assert.equal(await hasSettled(), false, 'it has not heard of what is given');

    const { promise, resolve } = Promise.withResolvers<undefined>();
    work = promise;
    open();
    await until(() => Promise.resolve(seen.includes('given')));
    assert.equal(await isAtRest(observed), false, 'it works');
    assert.equal(await hasSettled(), false, 'it works');

    open = close();
    resolve(undefined);
    await until(() => isAtRest(observed));
    await client.get(ConfigMap, metadata);
    assert.equal(await hasSettled(), false, 'it has not heard of what it has made');
    open();
    await until(hasSettled);
    assert.deepEqual(seen.slice(-2), ['given', 'made']);
    stop.abort();
    await run;
  });

  test('may wait until its user is permitted what it needs', async () => {
    const namespace = await environment.newNamespace();
    const name = 'operator';
    const rules = [
      { apiGroups: [''], resources: ['configmaps', 'pods/log'], verbs: ['get', 'list'] },
    ];
    let isPermitted = false;
    const waiting = untilPermitted(client, { user: name, namespace, rules }).then(() => {
      isPermitted = true;
    });
    await client.create(Role, { metadata: { name, namespace }, rules });
    assert.equal(isPermitted, false);
    await client.create(RoleBinding, {
      metadata: { name, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
    });
    await waiting;
    const user = await environment.client({ user: name });
    assert.deepEqual((await user.list(ConfigMap, { namespace })).items, []);
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}
