import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  CustomResourceDefinition,
  Deployment,
  EndpointSlice,
  EventsV1Event,
  isConditionTrue,
  Namespace,
  Pod,
  Secret,
  StatusError,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { DatabaseCluster, DatabaseClusterV1beta1 } from '@kubewright/database-cluster';
import { installOperator, operatorManifests } from './install-operator.ts';
import { untilObject } from './until-object.ts';

const operator = { name: 'database-cluster', namespace: 'database-cluster-system' };
const service = { name: 'database-cluster-webhook', namespace: operator.namespace };
const definition = { name: 'databaseclusters.example.com' };
/** Where the operator does not look: nothing but the webhook touches what is made here. */
const namespace = 'conversion';

const { v1, v1beta1 } = { v1: DatabaseCluster.resource, v1beta1: DatabaseClusterV1beta1.resource };
type CurrentCluster = DatabaseCluster;
type OlderCluster = DatabaseClusterV1beta1;

/** Declares tests of the conversion of DatabaseClusters by the operator that is installed as its users do it. */
export function declareConversion(getClient: () => Client): void {
  let client: Client;

  before(async () => {
    client = getClient();
    await client.create(Namespace, { metadata: { name: namespace } });
    await installOperator(client, await operatorManifests(operator.name));
    await untilServing();
  });

  async function caBundle(): Promise<string | undefined> {
    return bundleOf(await client.get(CustomResourceDefinition, definition));
  }

  async function untilServing(): Promise<void> {
    await untilObject(client, Deployment, operator, ({ status }) =>
      isConditionTrue(status?.conditions, 'Available'),
    );
    await untilObject(
      client,
      CustomResourceDefinition,
      definition,
      (each) => bundleOf(each) !== undefined,
    );
    await untilConverted();
  }

  /** A real server follows its own definitions some moments later. */
  async function untilConverted(): Promise<void> {
    const signal = AbortSignal.timeout(180_000);
    for (;;) {
      const problem = await refusal(() => client.create(v1beta1, older('probe'), { dryRun: true }));
      if (problem === undefined) return;
      if (signal.aborted) throw new Error(`nothing is converted: ${problem}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  test('what is made in the older version is there in the newer one', async () => {
    await client.create(v1beta1, older('old'));
    const { apiVersion, spec } = await client.get(v1, { namespace, name: 'old' });
    assert.equal(apiVersion, 'example.com/v1');
    assert.deepEqual(spec, older('old').spec);
  });

  test('what the older version changes arrives, and what it does not know stays', async () => {
    const name = 'new';
    const spec = { ...older(name).spec, version: '15', reclaimPolicy: 'Retain' } as const;
    const made: CurrentCluster = {
      apiVersion: v1.apiVersion,
      kind: v1.kind,
      metadata: { name, namespace },
      spec,
    };
    await client.create(v1, made);
    const seen = await client.get(v1beta1, { namespace, name });
    assert.equal('reclaimPolicy' in seen.spec, false);
    const body = { spec: { replicas: 3 } };
    await client.patch(v1beta1, { namespace, name }, { type: 'merge', body });
    const { spec: after } = await client.get(v1, { namespace, name });
    assert.deepEqual(after, { ...spec, replicas: 3 });
  });

  test('lists and watches are of the version that was asked for', async () => {
    const { items, metadata } = await client.list(v1beta1, { namespace });
    assert.deepEqual(
      items.map((each) => [each.apiVersion, each.metadata.name]),
      [
        ['example.com/v1beta1', 'new'],
        ['example.com/v1beta1', 'old'],
      ],
    );
    const { resourceVersion } = metadata;
    const body = { spec: { replicas: 4 } };
    await client.patch(v1, { namespace, name: 'old' }, { type: 'merge', body });
    const signal = AbortSignal.timeout(180_000);
    for await (const event of client.watch(v1beta1, { namespace, resourceVersion, signal })) {
      if (event.type === 'BOOKMARK') continue;
      assert.deepEqual(
        [event.object.apiVersion, event.object.spec.replicas],
        ['example.com/v1beta1', 4],
      );
      break;
    }
  });

  test('the schema of the older version holds for what is made in it', async () => {
    const { spec } = older('wrong');
    const wrong: OlderCluster = { ...older('wrong'), spec: { ...spec, version: '15' } };
    assert.match((await refusal(() => client.create(v1beta1, wrong))) ?? '', /spec\.version/);
  });

  test('the authority is back in the definition when somebody took it out', async () => {
    const bundle = await caBundle();
    const operations = [
      { op: 'remove', path: '/spec/conversion/webhook/clientConfig/caBundle' },
    ] as const;
    await client.patch(CustomResourceDefinition, definition, { type: 'json', operations });
    await untilObject(
      client,
      CustomResourceDefinition,
      definition,
      (each) => bundleOf(each) === bundle,
    );
    await untilConverted();
  });

  for (const { happening, undo, cause } of [
    {
      happening: 'emptied',
      undo: () =>
        client.patch(Secret, service, {
          type: 'json',
          operations: [{ op: 'remove', path: '/data' }],
        }),
      cause: 'the Secret was emptied or overwritten',
    },
    {
      happening: 'deleted',
      undo: () => client.delete(Secret, service),
      cause: 'the Secret was deleted',
    },
  ]) {
    test(`a new authority is made, told, and taken up by all replicas when the Secret was ${happening}`, async () => {
      await untilObject(
        client,
        Deployment,
        operator,
        ({ spec, status }) => spec?.replicas === status?.availableReplicas,
      );
      const bundle = await caBundle();
      const replacements = await linesOfPods('webhook certificate replaced');
      await undo();
      await untilObject(client, CustomResourceDefinition, definition, (each) => {
        const now = bundleOf(each);
        return now !== undefined && now !== bundle;
      });
      await untilConverted();
      const { type, reportingController } = await untilObject(
        client,
        EventsV1Event,
        { namespace: operator.namespace },
        ({ reason, regarding, note }) =>
          reason === 'WebhookAuthorityMade' &&
          regarding?.name === service.name &&
          note?.endsWith(cause) === true,
      );
      assert.deepEqual([type, reportingController], ['Warning', 'webhooks']);
      await untilEachHasMore(replacements, 'webhook certificate replaced');
      // One authority: the one in the Secret is the one that is injected.
      const { data } = await client.get(Secret, service);
      assert.equal(data?.['ca.crt'], await caBundle());
    });
  }

  /** How often each pod of the operator has logged a message. */
  async function linesOfPods(message: string): Promise<Map<string, number>> {
    const labelSelector = `app.kubernetes.io/name=${operator.name}`;
    const { items } = await client.list(Pod, { namespace: operator.namespace, labelSelector });
    const counts = new Map<string, number>();
    for (const { metadata } of items) {
      const log = await client.logText({ namespace: operator.namespace, name: metadata.name });
      counts.set(metadata.name, log.split(`"${message}"`).length - 1);
    }
    return counts;
  }

  async function untilEachHasMore(
    before: ReadonlyMap<string, number>,
    message: string,
  ): Promise<void> {
    assert.ok(before.size > 1, 'one replica alone takes nothing over');
    const signal = AbortSignal.timeout(180_000);
    for (;;) {
      const now = await linesOfPods(message);
      if ([...before].every(([pod, count]) => (now.get(pod) ?? 0) > count)) return;
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  test('a webhook that is down holds up the older version, in these words, and not the newer one', async () => {
    await client.setScale(Deployment, operator, 0);
    await untilEndpoints(0);
    // A node still leads to the address of a pod that has just gone, for a moment, and the pod still answers until it is.
    await untilRefused(
      /^conversion webhook for example\.com\/v1beta1, Kind=DatabaseCluster failed: Post "https:\/\/database-cluster-webhook\.database-cluster-system\.svc:443\/convert\?timeout=30s": dial tcp [\d.]+:443: connect: (connection refused|no route to host)$/,
    );
    const message = await refusal(() => client.create(v1beta1, older('late')));
    assert.notEqual(message, undefined, 'it is made without a webhook');
    const body = { metadata: { labels: { seen: 'yes' } } };
    await client.patch(v1, { namespace, name: 'new' }, { type: 'merge', body });

    await client.setScale(Deployment, operator, 2);
    await untilServing();
    await client.create(v1beta1, older('late'));
  });

  /** Waits until the older version is refused in these words. */
  async function untilRefused(words: RegExp): Promise<void> {
    const signal = AbortSignal.timeout(180_000);
    for (;;) {
      const message = await refusal(() => client.create(v1beta1, older('late'), { dryRun: true }));
      if (message !== undefined && words.test(message)) return;
      if (signal.aborted) throw new Error(`not refused as it should be: ${message ?? 'taken'}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async function untilEndpoints(count: number): Promise<void> {
    const signal = AbortSignal.timeout(180_000);
    for (;;) {
      const { items } = await client.list(EndpointSlice, {
        namespace: operator.namespace,
        labelSelector: `kubernetes.io/service-name=${service.name}`,
      });
      if (items.flatMap(({ endpoints }) => endpoints ?? []).length === count) return;
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function bundleOf({ spec }: Stored<CustomResourceDefinition>): string | undefined {
  return spec.conversion?.webhook?.clientConfig?.caBundle;
}

function older(name: string): OlderCluster {
  return {
    apiVersion: v1beta1.apiVersion,
    kind: v1beta1.kind,
    metadata: { name, namespace },
    spec: { version: '13', replicas: 1, storage: { size: '1Gi' } },
  };
}

/** What the server says against it; undefined when it does it. */
async function refusal(attempt: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (error instanceof StatusError) return error.status.message ?? error.message;
    throw error;
  }
}
