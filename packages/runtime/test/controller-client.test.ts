import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ConfigMap,
  Lease,
  type Stored,
  type Transport,
  type TransportRequest,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { done, requeue, type ReconcileContext, type Result } from '../src/controller/index.ts';
import { settle } from '../src/testing/index.ts';
import { map } from './cache-under-test.ts';
import { controllerUnderTest } from './controller-under-test.ts';

type Answer = (request: TransportRequest) => unknown;

/** A transport that answers each request with the JSON of what the function gives, and keeps the requests. */
function transportOf(answer: Answer): Transport & { readonly requests: TransportRequest[] } {
  const requests: TransportRequest[] = [];
  return {
    requests,
    async request(request) {
      request.signal?.throwIfAborted();
      requests.push(request);
      const body = Buffer.from(JSON.stringify(await answer(request)));
      async function* bytes(): AsyncGenerator<Uint8Array> {
        yield body;
      }
      return { status: 200, headers: { 'content-type': 'application/json' }, body: bytes() };
    },
    webSocket: () => Promise.reject(new Error('no sockets')),
    close: () => Promise.resolve(),
  };
}

/** Runs one reconcile of the object a/one on a server that answers writes so, and gives what it returned. */
async function reconcileOnce<R>(
  answer: (put: (value: string) => Stored<ConfigMap>, request: TransportRequest) => unknown,
  act: (context: ReconcileContext, one: Stored<ConfigMap>) => Promise<R>,
): Promise<{ readonly result: R; readonly requests: readonly TransportRequest[] }> {
  const results: R[] = [];
  const transport = transportOf((request) =>
    answer((value) => env.maps.put(map('default/one', value)), request),
  );
  const env = controllerUnderTest(
    {
      reconcile: async (_request, context) => {
        env.maps.isSlow = true;
        if (results.length === 0) results.push(await act(context, one));
        return done();
      },
    },
    transport,
  );
  const one = env.maps.put(map('default/one', '1'));
  await env.start();
  await settle();
  await env[Symbol.asyncDispose]();
  const [result] = results;
  if (result === undefined) assert.fail('the reconcile did not end');
  return { result, requests: transport.requests };
}

const ref = { namespace: 'default', name: 'one' };

function shown({ cache }: ReconcileContext): string {
  return cache.get(ConfigMap, ref)?.data?.['value'] ?? 'nothing';
}

describe('the client of a reconcile', () => {
  const writes: readonly [string, (client: Client, one: Stored<ConfigMap>) => Promise<unknown>][] =
    [
      ['update', (client, one) => client.update(ConfigMap, { ...one, data: { value: '2' } })],
      ['patch', (client) => client.patch(ConfigMap, ref, { type: 'merge', body: { data: { value: '2' } } })], // prettier-ignore
      ['apply', (client) => client.apply(ConfigMap, { metadata: ref }, { fieldManager: 'test' })],
      ['create', (client) => client.create(ConfigMap, map('default/one', '2'))],
      ['updateStatus', (client, one) => client.updateStatus(ConfigMap, { ...one, metadata: { ...one.metadata, labels: { new: '' } } })], // prettier-ignore
    ];
  for (const [name, write] of writes) {
    test(`shows what ${name} wrote in the cache at once`, async () => {
      const { result } = await reconcileOnce(
        (put) => put('2'),
        async (context, one) => {
          assert.equal(shown(context), '1');
          await write(context.client, one);
          return shown(context);
        },
      );
      assert.equal(result, '2');
    });
  }

  test('shows nothing of a dry run', async () => {
    const { result } = await reconcileOnce(
      (_put, { body = '' }) => {
        const object = JSON.parse(body.toString()) as Stored<ConfigMap>;
        const metadata = { ...object.metadata, resourceVersion: '999' };
        return { ...object, metadata, data: { value: '2' } };
      },
      async (context, one) => {
        await context.client.update(ConfigMap, one, { dryRun: true });
        return shown(context);
      },
    );
    assert.equal(result, '1');
  });

  test('shows nothing of an answer of another kind', async () => {
    const { result } = await reconcileOnce(
      () => ({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { ...ref, uid: 'x', resourceVersion: '999' } }), // prettier-ignore
      async (context) => {
        await context.client.patch(ConfigMap, ref, { type: 'merge', body: {} });
        return shown(context);
      },
    );
    assert.equal(result, '1');
  });

  test('hides what it deleted, whether the server answers a Status or the object', async () => {
    for (const answer of ['status', 'object'] as const) {
      let uid = '';
      const { result } = await reconcileOnce(
        () =>
          answer === 'status'
            ? { kind: 'Status', status: 'Success', details: { name: 'one', uid } }
            : { ...map('default/one', '1'), apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...ref, uid, resourceVersion: '101' } }, // prettier-ignore
        async (context, one) => {
          ({ uid } = one.metadata);
          await context.client.delete(ConfigMap, ref);
          return shown(context);
        },
      );
      assert.equal(result, 'nothing');
    }
  });

  test('shows an object whose deletion waits for a finalizer as it is now', async () => {
    const { result } = await reconcileOnce(
      (put) => {
        const object = put('1');
        const deletionTimestamp = '2026-01-01T00:00:00Z';
        return {
          ...object,
          metadata: { ...object.metadata, deletionTimestamp, finalizers: ['a/b'] },
        };
      },
      async (context) => {
        await context.client.delete(ConfigMap, ref);
        return context.cache.get(ConfigMap, ref)?.metadata.deletionTimestamp ?? 'not deleted';
      },
    );
    assert.equal(result, '2026-01-01T00:00:00Z');
  });

  test('writes objects that no informer holds as well', async () => {
    const { requests } = await reconcileOnce(
      () => ({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { ...ref, uid: 'x', resourceVersion: '1' } }), // prettier-ignore
      async ({ client }) => client.create(Lease, { metadata: ref }),
    );
    assert.equal(requests.length, 1);
  });

  test('gives each call the signal of the reconcile', async () => {
    const { result, requests } = await reconcileOnce(
      (put) => put('2'),
      async ({ client, signal }) => {
        await client.get(ConfigMap, ref);
        await client.patch(ConfigMap, ref, { type: 'merge', body: {} });
        return signal;
      },
    );
    assert.deepEqual(
      requests.map((request) => request.signal === result),
      [true, true],
    );
  });

  test('refuses to write when the reconcile was told to end, with or without a signal of its own', async () => {
    for (const own of [undefined, new AbortController().signal]) {
      const errors: unknown[] = [];
      const resume = Promise.withResolvers<undefined>();
      const transport = transportOf(() => assert.fail('a write got through'));
      const env = controllerUnderTest(
        {
          reconcile: async (_request, { client }): Promise<Result> => {
            await resume.promise;
            await client
              .patch(
                ConfigMap,
                ref,
                { type: 'merge', body: {} },
                own === undefined ? {} : { signal: own },
              )
              .catch((error: unknown) => errors.push(error));
            return requeue();
          },
        },
        transport,
      );
      env.maps.put(map('default/one', '1'));
      await env.start();
      env.work.abort(new Error('the lease is lost'));
      resume.resolve(undefined);
      await env.ended;
      assert.match(String(errors[0]), /the lease is lost/);
      await env[Symbol.asyncDispose]();
    }
  });
});
