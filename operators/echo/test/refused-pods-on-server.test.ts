import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import {
  findCondition,
  isForbidden,
  isNotFound,
  Job,
  LimitRange,
  Namespace,
  ownerReference,
  Pod,
  ResourceQuota,
  ServiceAccount,
  StatusError,
  ValidatingWebhookConfiguration,
} from '@kubewright/apimachinery';
import {
  defineAdmission,
  deny,
  Manager,
  SelfManagedCertificates,
  validatingWebhook,
} from '@kubewright/runtime';
import { FakeClock } from '@kubewright/runtime/testing';
import { Echo, watchedNamespaceRules } from '../src/index.ts';
import { echoPod } from '../src/work/echo-pod.ts';
import { EchoWorld, until } from './echo-world.ts';

/** Something that keeps the pods of a namespace from being made. */
interface Obstacle {
  /** Of what the test is named. */
  readonly what: string;
  readonly raise: (world: EchoWorld, until: AsyncDisposableStack) => Promise<void>;
  /** What the pod has that the operator's have not. */
  readonly pod?: { readonly hostNetwork: true };
  readonly says: RegExp;
}

const noRoomForPods = (world: EchoWorld): Promise<void> => world.leaveNoRoom('pods');

const obstacles: readonly Obstacle[] = [
  {
    what: 'a quota',
    raise: noRoomForPods,
    says: /: pods "a-" is forbidden: exceeded quota: no-room, requested: pods=1, used: pods=0, limited: pods=0$/,
  },
  {
    what: 'a LimitRange',
    raise: async (world) => {
      const spec = { limits: [{ type: 'Container', max: { cpu: '1m' } }] };
      await world.client.create(LimitRange, { metadata: world.ref('range'), spec });
    },
    says: /: pods "a-" is forbidden: maximum cpu usage per Container is 1m, but limit is 100m$/,
  },
  {
    what: 'Pod Security',
    raise: async ({ client, namespace: name }) => {
      const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
      await client.patch(Namespace, { name }, { type: 'merge', body: { metadata: { labels } } });
    },
    pod: { hostNetwork: true },
    says: /: pods "a-" is forbidden: violates PodSecurity "restricted:latest": host namespaces \(hostNetwork=true\)$/,
  },
  {
    what: 'a webhook',
    raise: refuseByWebhook,
    says: /: admission webhook "pods\.\S+" denied the request: not on my watch$/,
  },
  {
    what: 'a missing ServiceAccount',
    raise: async (world) => {
      const { client } = world;
      const hard = { 'count/serviceaccounts': '0' };
      // Or it would be there again at once.
      await client.create(ResourceQuota, { metadata: world.ref('no-accounts'), spec: { hard } });
      await until(async () => {
        const { status } = await client.get(ResourceQuota, world.ref('no-accounts'));
        return status?.hard?.['count/serviceaccounts'] === '0';
      });
      await until(() =>
        client.delete(ServiceAccount, world.ref('default')).then(
          () => true,
          (error: unknown) => {
            if (isNotFound(error)) return false;
            throw error;
          },
        ),
      );
    },
    says: /: pods "a-" is forbidden: error looking up service account \S+\/default: serviceaccount "default" not found$/,
  },
];

describe('an Echo whose Job gets no pod', { timeout: 900_000 }, () => {
  let shared: EchoWorld;
  before(async () => {
    shared = await EchoWorld.start({ hasControllers: true });
  });
  after(() => shared[Symbol.asyncDispose]());

  /** False, and says so, where no controller makes pods. */
  const hasControllers = (t: TestContext): boolean => {
    const { controllers } = shared.environment.capabilities;
    if (!controllers) t.skip('needs a server with controllers: set KUBECONFIG to one of a cluster');
    return controllers;
  };

  for (const { what, raise, pod, says } of obstacles) {
    test(`because of ${what} says why, in the condition and in one Event, at next to no cost`, async (t) => {
      if (!hasControllers(t)) return;
      const world = await shared.inNewNamespace();
      await using raised = new AsyncDisposableStack();
      await raise(world, raised);
      await untilRefused(world, pod);
      const clock = new FakeClock({ startMs: Date.now() });
      const echo = await world.createEcho('a');
      if (pod !== undefined) {
        const { spec } = echoPod('a', echo.spec.message);
        const metadata = { ...world.ref('a'), ownerReferences: [ownerReference(echo)] };
        const template = { spec: { ...spec, containers: spec?.containers ?? [], ...pod } };
        await world.client.create(Job, { metadata, spec: { template } });
      }
      await using operator = world.run({ clock });
      await operator.passUntil(() => isTold(world, 'a'));
      const told = await world.untilReason(Echo.resource, 'a', 'FailedCreate', 'Complete');
      assert.ok(told.startsWith(`Job ${world.namespace}/a is refused its pod: `), told);
      assert.match(told, says);
      assert.equal(
        findCondition((await world.echo('a')).status?.conditions, 'Ready')?.status,
        'True',
      );
      await operator.untilSettled();

      const requests = await operator.requestsOfAMinute();

      assert.ok(requests.length <= 2, requests.join('\n'));
      assert.ok(requests.every(isListOfEvents), requests.join('\n'));
      const events = (await world.events()).filter((event) => event.includes(' FailedCreate: '));
      assert.deepEqual(events, [`a: Warning FailedCreate: ${told}`]);
    });
  }

  test('says nothing of it any more as soon as it has one', async (t) => {
    if (!hasControllers(t)) return;
    const world = await shared.inNewNamespace();
    await noRoomForPods(world);
    const clock = new FakeClock({ startMs: Date.now() });
    await world.createEcho('a');
    await using operator = world.run({ clock });
    await operator.passUntil(() => isTold(world, 'a'));
    await world.client.delete(ResourceQuota, world.ref('no-room'));
    assert.equal(
      await world.untilReason(Echo.resource, 'a', 'JobRunning', 'Complete'),
      `Job ${world.namespace}/a has not ended`,
    );
  });

  test('costs no more than one, when there are many', async (t) => {
    if (!hasControllers(t)) return;
    const world = await shared.inNewNamespace();
    await noRoomForPods(world);
    const clock = new FakeClock({ startMs: Date.now() });
    await using operator = world.run({ clock });
    const names = Array.from({ length: 6 }, (_, index) => `a${String(index)}`);
    // Each is looked at in its own seconds of the minutes to come.
    for (const name of names) {
      await world.createEcho(name);
      await operator.passUntil(() => isTold(world, name));
      await operator.pass(2_000);
    }
    await operator.untilSettled();
    const requests = await operator.requestsOfAMinute();
    assert.ok(requests.length > 0 && requests.length < names.length, requests.join('\n'));
    assert.ok(requests.every(isListOfEvents), requests.join('\n'));
  });

  test('is one whose Job runs, where Events may not be read', async (t) => {
    if (!hasControllers(t)) return;
    const world = await shared.inNewNamespace();
    await noRoomForPods(world);
    const rules = watchedNamespaceRules().map((rule) => ({
      ...rule,
      verbs: rule.verbs.filter((verb) => rule.resources?.[0] !== 'events' || verb !== 'list'),
    }));
    const clock = new FakeClock({ startMs: Date.now() });
    await world.createEcho('a');
    await using operator = world.run({ clock, as: await world.clientWith(rules) });
    await operator.passUntil(() => operator.transport.reads.some(isListOfEvents));
    await operator.untilSettled();
    await operator.requestsOfAMinute();
    const { status } = await world.echo('a');
    const reasons = status?.conditions?.map(({ reason }) => reason);
    assert.deepEqual(reasons, ['JobCreated', 'JobRunning']);
    assert.equal(await operator.metric('controller_runtime_reconcile_errors_total'), 0);
  });

  test('is not one whose pod waits for a node: no Event is read for it', async (t) => {
    if (!hasControllers(t)) return;
    const world = await shared.inNewNamespace();
    const clock = new FakeClock({ startMs: Date.now() });
    await world.createEcho('a');
    await using operator = world.run({ clock });
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
    await until(async () => (await world.job('a')).status?.active === 1);
    await operator.untilSettled();
    await operator.requestsOfAMinute();
    assert.deepEqual(operator.transport.reads.filter(isListOfEvents), []);
    await world.untilReason(Echo.resource, 'a', 'JobRunning', 'Complete');
  });
});

function isListOfEvents(request: string): boolean {
  return /^GET \/apis\/events\.k8s\.io\/v1\/namespaces\/[^/]+\/events\?/.test(request);
}

async function isTold(world: EchoWorld, name: string): Promise<boolean> {
  const { status } = await world.echo(name);
  return findCondition(status?.conditions, 'Complete')?.reason === 'FailedCreate';
}

/** Waits until the server refuses such a pod: it learns of obstacles some moments later. */
async function untilRefused(world: EchoWorld, more: Obstacle['pod']): Promise<void> {
  const { spec } = echoPod('a', 'm');
  const pod = {
    metadata: world.ref('probe'),
    spec: { ...spec, containers: spec?.containers ?? [], ...more },
  };
  await until(() =>
    world.client.create(Pod, pod, { dryRun: true }).then(
      () => false,
      (error: unknown) => {
        if (isForbidden(error)) return true;
        // A webhook that is not known by its authority yet, or refuses.
        if (error instanceof StatusError) return error.message.includes('denied the request');
        throw error;
      },
    ),
  );
}

/** A webhook that refuses the pods of the namespace, until it is given up. */
async function refuseByWebhook(world: EchoWorld, raised: AsyncDisposableStack): Promise<void> {
  const { client, namespace } = world;
  const name = `pods.${namespace}.example.com`;
  const admission = defineAdmission({
    name,
    webhooks: [
      validatingWebhook<Pod>({
        name,
        resource: Pod,
        operations: ['CREATE'],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        validate: () => deny('not on my watch'),
      }),
    ],
  });
  const manager = new Manager({
    client,
    metrics: { port: false },
    health: { port: false },
    webhooks: {
      port: 0,
      host: '127.0.0.1',
      certificates: new SelfManagedCertificates({
        secret: { namespace, name: 'webhook' },
        hosts: ['127.0.0.1'],
      }),
    },
  });
  manager.webhooks.admit(admission);
  const stop = new AbortController();
  const run = manager.run({ signal: stop.signal });
  raised.defer(async () => {
    stop.abort(new Error('the test is over'));
    await run;
  });
  await manager.started;
  const url = `https://127.0.0.1:${String(manager.addresses.webhooks?.port ?? 0)}`;
  for (const manifest of admission.manifests({ target: { url } })) {
    if (manifest.kind !== 'ValidatingWebhookConfiguration') continue;
    await client.create(ValidatingWebhookConfiguration, manifest);
    const ref = { name: manifest.metadata.name ?? name };
    raised.defer(async () => {
      await client.delete(ValidatingWebhookConfiguration, ref);
    });
  }
}
