import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ConfigMap,
  StatusError,
  type KubernetesObject,
  type Stored,
  type Transport,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { NoopWrites, type Write } from '../src/cache/noop-writes.ts';
import { done, type ControllerOptions, type ReconcileContext } from '../src/controller/index.ts';
import { settle } from '../src/testing/index.ts';
import { map } from './cache-under-test.ts';
import { controllerUnderTest } from './controller-under-test.ts';

const ref = { namespace: 'default', name: 'one' };
const manager = { fieldManager: 'test' };

/** A transport whose every answer is what the function gives, as JSON. */
function transportOf(answer: () => unknown, paths: string[]): Transport {
  return {
    async request({ method, path, signal }) {
      signal?.throwIfAborted();
      paths.push(`${method} ${path.split('?', 1)[0] ?? ''}`);
      const body = Buffer.from(JSON.stringify(await answer()));
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: ReadableStream.from([body]),
      };
    },
    webSocket: () => Promise.reject(new Error('no sockets')),
    close: () => Promise.resolve(),
  };
}

interface Round {
  readonly client: Client;
  readonly context: ReconcileContext;
  /** The object as the server has it. */
  readonly one: Stored<ConfigMap>;
  /** Changes the object on the server; the watch tells of it at once. */
  readonly put: (value: string) => Promise<void>;
  /** Takes the watch away, and refuses another. */
  readonly lose: () => Promise<void>;
  /** How the server answers from now on. Default: the object with a value that no other answer had. */
  answers: () => unknown;
}

/** Runs reconciles of the object default/one with the value 1, which the server changes with each write. */
async function reconciling(
  rounds: readonly ((round: Round) => Promise<unknown>)[],
  options: Partial<ControllerOptions<ConfigMap>> = {},
): Promise<{ readonly sent: readonly string[]; readonly noops: readonly string[] }> {
  const sent: string[] = [];
  let count = 1;
  let answers = (): unknown => env.maps.put(map('default/one', String((count += 1))));
  const transport = transportOf(() => answers(), sent);
  const waiting = [...rounds];
  const over = Promise.withResolvers<undefined>();
  const env = controllerUnderTest(
    {
      ...options,
      reconcile: async (_request, context) => {
        const round = waiting.shift();
        if (round === undefined) return done();
        const stage: Round = {
          client: context.client,
          context,
          one,
          put: async (value) => {
            env.maps.isSlow = false;
            env.maps.put(map('default/one', value));
            await settle();
          },
          lose: async () => {
            env.maps.refuse = () => new Error('ECONNREFUSED');
            env.maps.cut(new Error('ECONNRESET'));
            await settle();
          },
          get answers() {
            return answers;
          },
          set answers(next) {
            answers = next;
          },
        };
        try {
          await round(stage);
          if (waiting.length === 0) over.resolve(undefined);
        } catch (error) {
          waiting.length = 0;
          over.reject(error);
        }
        return done();
      },
    },
    transport,
  );
  const one = env.maps.put(map('default/one', '1'));
  await env.start();
  while (waiting.length > 0) {
    env.maps.put(map('default/other', String(waiting.length)));
    await settle();
  }
  await over.promise.finally(() => env[Symbol.asyncDispose]());
  return { sent, noops: env.instruments.noopWrites };
}

type Writing = (client: Client, one: Stored<ConfigMap>) => Promise<unknown>;

const changesNothing: Readonly<Record<string, Writing>> = {
  'an update of what the cache shows': (client, one) => client.update(ConfigMap, one),
  'an update of the status, whatever it says of the rest': (client, one) =>
    client.updateStatus(ConfigMap, { ...one, data: { value: 'other' } }),
  'an update of the status by subresource': (client, one) =>
    client.update(ConfigMap, { ...one, data: {} }, { subresource: 'status' }),
  'a merge patch of what is there': (client) =>
    client.patch(ConfigMap, ref, { type: 'merge', body: { data: { value: '1' } } }),
  'a merge patch that removes what is not there': (client) =>
    client.patch(ConfigMap, ref, { type: 'merge', body: { data: { other: null } } }),
  'a merge patch for the uid and version that are there': (client, { metadata }) =>
    client.patch(ConfigMap, ref, {
      type: 'merge',
      body: { metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion } },
    }),
  'a JSON patch of what is there': (client) =>
    client.patch(ConfigMap, ref, {
      type: 'json',
      operations: [
        { op: 'test', path: '/data/value', value: '1' },
        { op: 'add', path: '/data/value', value: '1' },
      ],
    }),
  'a patch without a namespace, which is then the one of the client': (client) =>
    client.patch(ConfigMap, { name: 'one' }, { type: 'merge', body: { data: { value: '1' } } }),
};

const mayChangeSomething: Readonly<Record<string, Writing>> = {
  'an update of another value': (client, one) =>
    client.update(ConfigMap, { ...one, data: { value: '0' } }),
  'an update that names no version': (client, { metadata, ...rest }) => {
    const { resourceVersion: _, ...others } = metadata;
    return client.update(ConfigMap, { ...rest, metadata: others });
  },
  'an update that names another version': (client, one) =>
    client.update(ConfigMap, { ...one, metadata: { ...one.metadata, resourceVersion: '1' } }),
  'an update of the status with other metadata': (client, one) =>
    client.updateStatus(ConfigMap, {
      ...one,
      metadata: { ...one.metadata, labels: { app: 'web' } },
    }),
  'a merge patch of another value': (client) =>
    client.patch(ConfigMap, ref, { type: 'merge', body: { data: { value: '0' } } }),
  'a merge patch for another uid': (client) =>
    client.patch(ConfigMap, ref, { type: 'merge', body: { metadata: { uid: 'another' } } }),
  'a merge patch of managedFields, which the cache does not have': (client) =>
    client.patch(ConfigMap, ref, { type: 'merge', body: { metadata: { managedFields: null } } }),
  'a JSON patch of another value': (client) =>
    client.patch(ConfigMap, ref, {
      type: 'json',
      operations: [{ op: 'replace', path: '/data/value', value: '0' }],
    }),
  'a JSON patch whose test fails': (client) =>
    client.patch(ConfigMap, ref, {
      type: 'json',
      operations: [{ op: 'test', path: '/data/value', value: '0' }],
    }),
  'a strategic merge patch': (client) =>
    client.patch(ConfigMap, ref, { type: 'strategic', body: { data: { value: '1' } } }),
  'an apply of what is there, the first time': (client) =>
    client.apply(ConfigMap, { metadata: ref, data: { value: '1' } }, manager),
  'a write to another subresource': (client) =>
    client.patch(ConfigMap, ref, { type: 'merge', body: {} }, { subresource: 'scale' }),
  'a write of an object that the cache does not have': (client) =>
    client.patch(ConfigMap, { ...ref, name: 'two' }, { type: 'merge', body: {} }),
  'a dry run': (client, one) => client.update(ConfigMap, one, { dryRun: true }),
};

describe('a write that changes nothing', () => {
  for (const [what, write] of Object.entries(changesNothing)) {
    test(`is not sent: ${what}`, async () => {
      const { sent, noops } = await reconciling([
        async ({ client, one }) => {
          assert.deepEqual(await write(client, one), one);
        },
      ]);
      assert.deepEqual(sent, []);
      assert.equal(noops.length, 1);
    });
  }

  test('is answered with an object of the caller’s own', async () => {
    await reconciling([
      async ({ client, context, one }) => {
        const answer = await client.update(ConfigMap, one);
        answer.data = { value: 'mine' };
        assert.equal(context.cache.get(ConfigMap, ref)?.data?.['value'], '1');
      },
    ]);
  });

  test('is refused like any other when the reconcile was told to end', async () => {
    const aborted = AbortSignal.abort(new Error('enough'));
    await reconciling([
      async ({ client, one }) => {
        await assert.rejects(client.update(ConfigMap, one, { signal: aborted }), /enough/);
      },
    ]);
  });
});

describe('a write that may change something is sent', () => {
  for (const [what, write] of Object.entries(mayChangeSomething)) {
    test(what, async () => {
      const { sent, noops } = await reconciling([({ client, one }) => write(client, one)]);
      assert.equal(sent.length, 1);
      assert.deepEqual(noops, []);
    });
  }

  const patch: Writing = (client) =>
    client.patch(ConfigMap, ref, { type: 'merge', body: { data: { value: '1' } } });

  test('after the reconcile has read the resource from the server', async () => {
    for (const read of [
      (client: Client) => client.get(ConfigMap, ref),
      (client: Client) => client.rawJson({ method: 'GET', path: '/api/v1/configmaps' }),
    ]) {
      const { sent } = await reconciling([
        async (round) => {
          round.answers = () => round.one;
          await read(round.client);
          await patch(round.client, round.one);
        },
      ]);
      assert.equal(sent.length, 2);
    }
  });

  test('after a conflict, which says that the server is further than the cache', async () => {
    const { sent } = await reconciling([
      async (round) => {
        const { client, one } = round;
        round.answers = () => {
          throw new StatusError({ code: 409, reason: 'Conflict', message: 'it has changed' });
        };
        await assert.rejects(client.update(ConfigMap, { ...one, data: {} }), { code: 409 });
        round.answers = () => one;
        await patch(client, one);
      },
    ]);
    assert.equal(sent.length, 2);
  });

  test('but not because an earlier reconcile had to', async () => {
    const { sent } = await reconciling([
      async (round) => {
        round.answers = () => round.one;
        await round.client.get(ConfigMap, ref);
      },
      ({ client, one }) => patch(client, one),
    ]);
    assert.equal(sent.length, 1);
  });

  test('when the cache is out of touch with the server', async () => {
    const { sent } = await reconciling([
      async ({ client, one, lose }) => {
        await lose();
        await patch(client, one);
      },
    ]);
    assert.equal(sent.length, 1);
  });

  test('when the cache keeps a part of each object only', async () => {
    const { sent } = await reconciling([({ client, one }) => patch(client, one)], {
      for: { resource: ConfigMap, transform: (object) => ({ ...object, labels: {} }) },
    });
    assert.equal(sent.length, 1);
  });
});

describe('one’s own writes', () => {
  const set = (client: Client, value: string) =>
    client.patch(ConfigMap, ref, { type: 'merge', body: { data: { value } } });

  test('count before the watch has told of them', async () => {
    const { sent, noops } = await reconciling([
      async (round) => {
        const { client, one } = round;
        round.answers = () => ({
          ...one,
          data: { value: '2' },
          metadata: { ...one.metadata, resourceVersion: '999' },
        });
        await set(client, '2');
        await set(client, '2');
        // What the watch has told last is 1, but that is no longer so.
        await set(client, '1');
      },
    ]);
    assert.equal(sent.length, 2);
    assert.deepEqual(noops, ['patch']);
  });
});

describe('an apply', () => {
  const apply = (client: Client, value = '1', options: object = manager) =>
    client.apply(ConfigMap, { metadata: ref, data: { value } }, options);

  test('of what was applied last is not sent while the object has the version that came of it', async () => {
    const { sent, noops } = await reconciling([
      ({ client }) => apply(client),
      ({ client }) => apply(client),
      ({ client }) => apply(client),
    ]);
    assert.equal(sent.length, 1);
    assert.deepEqual(noops, ['apply', 'apply']);
  });

  test('is sent when anybody has written since, even what it says', async () => {
    const { sent } = await reconciling([
      ({ client }) => apply(client),
      async ({ client, put }) => {
        await put('changed');
        await put('1');
        await apply(client);
      },
    ]);
    assert.equal(sent.length, 2);
  });

  for (const [what, second] of Object.entries({
    'another value': (client: Client) => apply(client, '2'),
    'another manager': (client: Client) => apply(client, '1', { fieldManager: 'other' }),
    'another wish about conflicts': (client: Client) => apply(client, '1', { ...manager, force: true }), // prettier-ignore
    'another subresource': (client: Client) => apply(client, '1', { ...manager, subresource: 'status' }), // prettier-ignore
  })) {
    test(`with ${what} is sent`, async () => {
      const { sent } = await reconciling([
        ({ client }) => apply(client),
        ({ client }) => second(client),
      ]);
      assert.equal(sent.length, 2);
    });
  }

  test('is forgotten for the object that was longest not applied, when there are too many', () => {
    const stored = (name: string): Stored<KubernetesObject> => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '' },
    });
    const writes = new NoopWrites({
      // Only asked for ConfigMaps, which it has by their names.
      cache: { findWhole: (_resource, { name }) => stored(name) as never },
      maxApplied: 2,
    });
    const write = (name: string): Write & { readonly verb: 'apply' } => ({
      verb: 'apply',
      resource: ConfigMap,
      reference: { name },
      subresource: undefined,
      configuration: {},
      options: {},
    });
    for (const name of ['a', 'b', 'a', 'c']) writes.applied(write(name), stored(name));
    const remembered = ['a', 'b', 'c'].filter((name) => writes.unchangedBy(write(name)));
    assert.deepEqual(remembered, ['a', 'c']);
  });
});
