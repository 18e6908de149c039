import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CustomResourceDefinition, Secret, type ObjectOf } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilServed } from '@kubewright/cluster';
import { defineCustomResource, defineVersion } from '@kubewright/crd';
import type { Manager } from '@kubewright/runtime';
import * as z from 'zod';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';
import { untilAnswer } from './until-answer.ts';
import { untilFollowed } from './until-followed.ts';
import { limitMs, untilGone, untilObject } from './until-object.ts';
import { webhookManager } from './webhook-manager.ts';

const Store = defineCustomResource({
  group: 'conversion.example.com',
  kind: 'Store',
  plural: 'stores',
  scope: 'Namespaced',
  versions: [
    defineVersion({
      name: 'v1',
      storage: true,
      spec: z.object({
        size: z.string().regex(/^\d+Gi$/),
        policy: z.enum(['Keep', 'Drop']).default('Drop'),
        replicas: z.int32().min(0).default(1),
      }),
      status: z.object({ replicas: z.int32().optional(), note: z.string().optional() }),
      scale: {
        specReplicas: (o) => o.spec.replicas,
        statusReplicas: (o) => o.status.replicas,
      },
    }),
    defineVersion({
      name: 'v1beta1',
      storage: false,
      spec: z.object({ gigabytes: z.int32().min(1).max(100), count: z.int32().default(1) }),
      status: z.object({ count: z.int32().optional() }),
      scale: { specReplicas: (o) => o.spec.count, statusReplicas: (o) => o.status.count },
    }),
  ],
  conversion: {
    webhook: { service: { namespace: 'default', name: 'store-operator' } },
    converters: {
      v1beta1: {
        toStorage: ({ spec, status }) => {
          if (spec.gigabytes === 13) throw new Error('thirteen gigabytes bring bad luck');
          return {
            spec: { size: `${String(spec.gigabytes)}Gi`, replicas: spec.count },
            ...(status === undefined ? {} : { status: { replicas: status.count } }),
          };
        },
        fromStorage: ({ spec, status }) => ({
          spec: { gigabytes: Number.parseInt(spec.size, 10), count: spec.replicas },
          ...(status === undefined ? {} : { status: { count: status.replicas } }),
        }),
      },
    },
  },
});
const StoreV1 = Store.resource;
const StoreBeta = Store.version('v1beta1').resource;
type StoreBeta = ObjectOf<typeof StoreBeta>;
const definition = { name: 'stores.conversion.example.com' };

describeOnEachServer(
  'a custom resource whose versions the operator converts',
  {},
  (environment) => {
    let client: Client;
    let namespace: string;
    let manager: Manager;
    let run: Promise<void>;
    const stop = new AbortController();

    before(async () => {
      client = await environment().client();
      namespace = await environment().newNamespace();
      manager = webhookManager(client, namespace, 'store-operator-webhook');
      manager.webhooks.convert(Store);
      run = manager.run({ signal: stop.signal });
      await manager.started;
      const url = `https://127.0.0.1:${String(manager.addresses.webhooks?.port ?? 0)}/convert`;
      await client.create(CustomResourceDefinition, Store.manifest({ conversionWebhook: { url } }));
      await untilInjected();
      await untilServed(client, [Store.manifest()]);
      await untilFollowed(client, definition);
    });

    after(async () => {
      await client.delete(CustomResourceDefinition, definition);
      await untilGone(client, CustomResourceDefinition, definition);
      stop.abort(new Error('the tests are over'));
      await run;
    });

    async function untilInjected(): Promise<void> {
      await untilObject(
        client,
        CustomResourceDefinition,
        definition,
        ({ spec }) => spec.conversion?.webhook?.clientConfig?.caBundle !== undefined,
      );
    }

    async function createBeta(name: string, gigabytes: number): Promise<StoreBeta> {
      return client.create(StoreBeta, {
        metadata: { namespace, name },
        spec: { gigabytes, count: 2 },
      });
    }

    test('is read in the version asked for, whichever it was written in', async () => {
      await createBeta('both', 5);
      const stored = await client.get(StoreV1, { namespace, name: 'both' });
      assert.deepEqual(stored.spec, { size: '5Gi', policy: 'Drop', replicas: 2 });
      const told = await client.get(StoreBeta, { namespace, name: 'both' });
      assert.deepEqual(told.spec, { gigabytes: 5, count: 2 });
      assert.deepEqual(
        { ...told.metadata, managedFields: [] },
        { ...stored.metadata, managedFields: [] },
      );
    });

    test('keeps what the older version cannot tell when that is written', async () => {
      await client.create(StoreV1, {
        metadata: { namespace, name: 'kept' },
        spec: { size: '5Gi', policy: 'Keep', replicas: 1 },
      });
      const beta = await client.get(StoreBeta, { namespace, name: 'kept' });
      await client.update(StoreBeta, { ...beta, spec: { ...beta.spec, gigabytes: 6 } });
      const stored = await client.get(StoreV1, { namespace, name: 'kept' });
      assert.deepEqual(stored.spec, { size: '6Gi', policy: 'Keep', replicas: 1 });
      assert.equal(stored.metadata.annotations, undefined);
    });

    test('is listed in either version', async () => {
      await createBeta('one', 1);
      await createBeta('two', 2);
      const { items } = await client.list(StoreBeta, { namespace });
      assert.ok(items.every(({ apiVersion }) => apiVersion === 'conversion.example.com/v1beta1'));
      const sizes = new Map(items.map(({ metadata, spec }) => [metadata.name, spec.gigabytes]));
      assert.deepEqual([sizes.get('one'), sizes.get('two')], [1, 2]);
    });

    test('is watched in the version asked for', async () => {
      const { metadata } = await client.list(StoreBeta, { namespace });
      await client.create(StoreV1, {
        metadata: { namespace, name: 'watched' },
        spec: { size: '7Gi', policy: 'Drop', replicas: 1 },
      });
      const limit = AbortSignal.timeout(limitMs);
      for await (const event of client.watch(StoreBeta, {
        namespace,
        resourceVersion: metadata.resourceVersion,
        signal: limit,
      })) {
        if (event.type === 'BOOKMARK') continue;
        assert.equal(event.object.metadata.name, 'watched');
        assert.equal(event.object.spec.gigabytes, 7);
        return;
      }
      assert.fail('the watch ended');
    });

    test('is validated in the version it is written in', async () => {
      const refusal = await refusalOf(createBeta('large', 101));
      assert.equal(
        refusal.status.message,
        'Store.conversion.example.com "large" is invalid: spec.gigabytes: Invalid value: 101: spec.gigabytes in body should be less than or equal to 100',
      );
    });

    test('is not written when the converter refuses, and the writer is told why', async () => {
      const refusal = await refusalOf(createBeta('unlucky', 13));
      assert.equal(refusal.code, 500);
      assert.equal(
        refusal.status.message,
        'conversion webhook for conversion.example.com/v1beta1, Kind=Store failed: thirteen gigabytes bring bad luck',
      );
    });

    test('has a status in each version', async () => {
      await createBeta('status', 3);
      const stored = await client.get(StoreV1, { namespace, name: 'status' });
      await client.updateStatus(StoreV1, { ...stored, status: { replicas: 1, note: 'kept' } });
      const told = await client.get(StoreBeta, { namespace, name: 'status' });
      assert.deepEqual(told.status, { count: 1 });
      await client.updateStatus(StoreBeta, { ...told, status: { count: 2 } });
      const { status } = await client.get(StoreV1, { namespace, name: 'status' });
      assert.deepEqual(status, { replicas: 2, note: 'kept' });
    });

    test('is scaled in each version', async () => {
      await createBeta('scaled', 3);
      await client.setScale(StoreBeta, { namespace, name: 'scaled' }, 4);
      const { spec } = await client.get(StoreV1, { namespace, name: 'scaled' });
      assert.equal(spec.replicas, 4);
      const scale = await client.getScale(StoreBeta, { namespace, name: 'scaled' });
      assert.equal(scale.spec?.replicas, 4);
    });

    test('is applied by two managers in two versions', async () => {
      const metadata = { namespace, name: 'applied' };
      await client.apply(
        StoreV1,
        {
          apiVersion: StoreV1.apiVersion,
          kind: 'Store',
          metadata,
          spec: { size: '5Gi', policy: 'Keep' },
        },
        { fieldManager: 'new' },
      );
      await client.apply(
        StoreBeta,
        { apiVersion: StoreBeta.apiVersion, kind: 'Store', metadata, spec: { count: 3 } },
        { fieldManager: 'old' },
      );
      const { spec } = await client.get(StoreV1, metadata);
      assert.deepEqual(spec, { size: '5Gi', policy: 'Keep', replicas: 3 });
      const conflict = await refusalOf(
        client.apply(
          StoreV1,
          { apiVersion: StoreV1.apiVersion, kind: 'Store', metadata, spec: { replicas: 9 } },
          { fieldManager: 'third' },
        ),
      );
      assert.equal(
        conflict.status.message,
        'Apply failed with 1 conflict: conflict with "old": .spec.count',
      );
    });

    test('stays convertible when somebody removes the injected authority', async () => {
      await createBeta('before', 4);
      await client.patch(CustomResourceDefinition, definition, {
        type: 'merge',
        body: { spec: { conversion: { webhook: { clientConfig: { caBundle: null } } } } },
      });
      await untilInjected();
      await untilFollowed(client, definition);
      const { spec } = await client.get(StoreBeta, { namespace, name: 'before' });
      assert.equal(spec.gigabytes, 4);
    });

    test('stays convertible when somebody deletes the Secret with the authority', async () => {
      await createBeta('secret', 4);
      const secret = { namespace, name: 'store-operator-webhook' };
      const before = await client.get(Secret, secret);
      await client.delete(Secret, secret);
      const after = await untilObject(
        client,
        Secret,
        secret,
        ({ metadata, data }) => metadata.uid !== before.metadata.uid && data !== undefined,
      );
      assert.notEqual(after.data?.['ca.crt'], before.data?.['ca.crt']);
      await untilObject(
        client,
        CustomResourceDefinition,
        definition,
        ({ spec }) => spec.conversion?.webhook?.clientConfig?.caBundle === after.data?.['ca.crt'],
      );
      await untilFollowed(client, definition);
      // The operator tells of its authority and serves under it, in whichever order.
      await untilAnswer(
        () =>
          client.get(StoreBeta, { namespace, name: 'secret' }).then(
            ({ spec }) => spec.gigabytes,
            (error: unknown) => String(error),
          ),
        (answer) => answer === 4,
      );
    });
  },
);
