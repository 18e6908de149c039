import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  defineResource,
  EventsV1Event,
  isNotFound,
  type KubernetesObject,
  Role,
  RoleBinding,
  Secret,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { startTestEnvironment, testEnvironmentKinds } from '@kubewright/cluster';
import type { TestEnvironment } from '@kubewright/cluster';
import { Manager } from '../src/index.ts';

const Gadget = defineResource<KubernetesObject>({
  group: 'shop.example.com',
  version: 'v1',
  kind: 'Gadget',
  plural: 'gadgets',
  scope: 'Namespaced',
});

let environment: TestEnvironment;
let admin: Client;

before(async () => {
  const [kind = 'in-process'] = testEnvironmentKinds();
  environment = await startTestEnvironment({ kind });
  admin = await environment.client();
});

after(async () => {
  await environment[Symbol.asyncDispose]();
});

/** A client of a user who may create Events and read Gadgets, and nothing else. */
async function poorClient(namespace: string): Promise<Client> {
  const metadata = { name: 'poor', namespace };
  await admin.create(Role, {
    metadata,
    rules: [
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
      { apiGroups: [Gadget.group], resources: [Gadget.plural], verbs: ['list', 'watch'] },
    ],
  });
  await admin.create(RoleBinding, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'poor' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'poor' }],
  });
  const client = await environment.client({ user: 'poor' });
  // A real server learns of rights a moment later. There are no Gadgets, so the right shows as a 404.
  for (let error: unknown; !isNotFound(error);) {
    error = await client.list(Gadget, { namespace }).catch((reason: unknown) => reason);
  }
  return client;
}

test('an operator tells of what it may not read, and of what is not there, on its own pod', async () => {
  const namespace = await environment.newNamespace();
  const pod = { namespace, name: 'operator-1', uid: 'a-uid' };
  const manager = new Manager({
    client: await poorClient(namespace),
    namespaces: [namespace],
    pod,
    metrics: { port: false },
    health: { port: false },
  });
  manager.cache.informer(Secret);
  manager.cache.informer(Gadget);
  const stop = new AbortController();
  const run = manager.run({ signal: stop.signal });
  let events: EventsV1Event[] = [];
  while (events.length < 2) ({ items: events } = await admin.list(EventsV1Event, { namespace }));
  const readiness = manager.cache.readiness();
  stop.abort(new Error('the test is over'));
  await run;

  const byReason = new Map(events.map((event) => [event.reason, event]));
  assert.match(
    byReason.get('MissingPermission')?.note ?? '',
    new RegExp(
      `^cannot list secrets in namespace "${namespace}": .*User "poor" cannot list resource "secrets"`,
    ),
  );
  assert.match(
    byReason.get('MissingResource')?.note ?? '',
    new RegExp(`^cannot list gadgets.shop.example.com in namespace "${namespace}": .*Install its`),
  );
  for (const { regarding } of events) {
    assert.deepEqual(regarding, { apiVersion: 'v1', kind: 'Pod', ...pod });
  }
  assert.equal(readiness.length, 2);
  for (const problem of readiness) assert.match(problem, /^cannot list .* in namespace /);
});
