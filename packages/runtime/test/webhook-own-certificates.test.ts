import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import {
  ClusterRole,
  ClusterRoleBinding,
  CustomResourceDefinition,
  MutatingWebhookConfiguration,
  Role,
  RoleBinding,
  Secret,
  ValidatingWebhookConfiguration,
  type PolicyRule,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { startTestEnvironment, type TestEnvironment } from '@kubewright/cluster';
import {
  SelfManagedCertificates,
  type CertificateContext,
  type InjectionTargets,
  type KeyedCertificate,
} from '../src/index.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { recordingLogger, type LogEntry } from './controller-under-test.ts';

const dayMs = 24 * 60 * 60 * 1000;
const intervalMs = 10_000;
const nothing: InjectionTargets = {
  customResourceDefinitions: [],
  validatingWebhookConfigurations: [],
  mutatingWebhookConfigurations: [],
};

let environment: TestEnvironment;
let admin: Client;
let namespace: string;
let count = 0;

before(async () => {
  environment = await startTestEnvironment({
    kind: 'in-process',
    embedded: { hasControllers: false, hasNode: false },
  });
  admin = await environment.client();
});

beforeEach(async () => {
  namespace = await environment.newNamespace();
});

after(async () => environment[Symbol.asyncDispose]());

interface Replica {
  readonly certificates: SelfManagedCertificates;
  readonly clock: FakeClock;
  readonly logs: LogEntry[];
  readonly used: KeyedCertificate[];
  load(): Promise<KeyedCertificate>;
  /** Lets the time between two looks pass, and the look. */
  nextLook(): Promise<void>;
  /** Looks after the certificate until stopped. */
  keep(): void;
  stop(): Promise<void>;
}

function newReplica(
  options: { client?: Client; targets?: Partial<InjectionTargets>; nowMs?: number } = {},
): Replica {
  const { client = admin, targets = {}, nowMs = Date.now() } = options;
  const clock = new FakeClock({ startMs: nowMs });
  const logs: LogEntry[] = [];
  const used: KeyedCertificate[] = [];
  const stop = new AbortController();
  const context: CertificateContext = {
    client,
    clock,
    logger: recordingLogger(logs),
    targets: { ...nothing, ...targets },
  };
  const certificates = new SelfManagedCertificates({
    secret: { namespace, name: 'webhook' },
    service: { namespace, name: 'operator' },
    lifetimes: { authorityMs: 100 * dayMs, servingMs: 30 * dayMs },
    checkIntervalMs: intervalMs,
  });
  let kept: Promise<unknown> = Promise.resolve();
  const untilWaiting = async (): Promise<void> => {
    while (clock.pendingTimers === 0) await new Promise(setImmediate);
  };
  return {
    certificates,
    clock,
    logs,
    used,
    load: async () => certificates.load(context, stop.signal),
    keep: () => {
      kept = certificates
        .keep(context, (certificate) => used.push(certificate), stop.signal)
        .catch((error: unknown) => error);
    },
    nextLook: async () => {
      await untilWaiting();
      await clock.advance(intervalMs);
      await untilWaiting();
    },
    stop: async () => {
      stop.abort(new Error('enough'));
      await kept;
    },
  };
}

async function newDefinition(): Promise<string> {
  count += 1;
  const plural = `stores${String(count)}`;
  const group = 'certificates.example.com';
  await admin.create(CustomResourceDefinition, {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: `Store${String(count)}`, plural },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object' } },
        },
      ],
      conversion: {
        strategy: 'Webhook',
        webhook: {
          conversionReviewVersions: ['v1'],
          clientConfig: { service: { namespace, name: 'operator', path: '/convert' } },
        },
      },
    },
  });
  return `${plural}.${group}`;
}

async function injectedInto(name: string): Promise<string> {
  const { spec } = await admin.get(CustomResourceDefinition, { name });
  const caBundle = spec.conversion?.webhook?.clientConfig?.caBundle ?? '';
  return Buffer.from(caBundle, 'base64').toString();
}

function isSignedBy(serving: KeyedCertificate, bundle: string): boolean {
  const [authority = ''] = bundle.split(/(?<=-----END CERTIFICATE-----\n)/);
  const { publicKey } = new X509Certificate(authority);
  return new X509Certificate(serving.certificate).verify(publicKey);
}

test('are made, shared and injected', async () => {
  const name = await newDefinition();
  const replica = newReplica({ targets: { customResourceDefinitions: [name] } });
  const serving = await replica.load();
  assert.ok(isSignedBy(serving, await injectedInto(name)));
  assert.equal(
    new X509Certificate(serving.certificate).subjectAltName,
    `DNS:operator.${namespace}.svc, DNS:operator.${namespace}.svc.cluster.local`,
  );
  const { type, data = {} } = await admin.get(Secret, { namespace, name: 'webhook' });
  assert.equal(type, 'kubernetes.io/tls');
  assert.deepEqual(Object.keys(data).sort(), ['ca.crt', 'ca.key', 'tls.crt', 'tls.key']);
  assert.equal(replica.certificates.problem(), undefined);
});

test('are the same for all replicas, however many begin at once', async () => {
  const replicas = Array.from({ length: 8 }, () => newReplica());
  const served = await Promise.all(replicas.map(async (replica) => replica.load()));
  assert.equal(new Set(served.map(({ certificate }) => certificate)).size, 1);
});

test('are put into a Secret that a chart has made, beside what is in it', async () => {
  await admin.create(Secret, {
    metadata: { namespace, name: 'webhook', labels: { chart: 'store' } },
    data: { note: 'a2VwdA==' },
  });
  await newReplica().load();
  const { type, data = {}, metadata } = await admin.get(Secret, { namespace, name: 'webhook' });
  assert.deepEqual(
    [type, data['note'], metadata.labels],
    ['Opaque', 'a2VwdA==', { chart: 'store' }],
  );
  assert.ok(data['tls.key'] !== undefined);
});

test('are renewed by one replica and taken over by the others', async () => {
  const first = newReplica();
  const before = await first.load();
  first.keep();
  await first.nextLook();
  assert.deepEqual(first.used, []);
  // The clock of another is the first to say that it is time.
  const second = newReplica({ nowMs: first.clock.now() + 21 * dayMs });
  const renewed = await second.load();
  assert.notEqual(renewed.certificate, before.certificate);
  await first.nextLook();
  assert.deepEqual(first.used, [renewed]);
  await first.nextLook();
  second.keep();
  await second.nextLook();
  assert.deepEqual([first.used, second.used], [[renewed], []]);
  await Promise.all([first.stop(), second.stop()]);
});

test('of a new authority are served only when that is injected', async () => {
  const name = await newDefinition();
  const first = newReplica({ targets: { customResourceDefinitions: [name] } });
  const before = await first.load();
  const old = await injectedInto(name);
  // Nobody has looked for so long that both have to be replaced.
  const late = newReplica({
    targets: { customResourceDefinitions: [name] },
    nowMs: first.clock.now() + 85 * dayMs,
  });
  const serving = await late.load();
  const bundle = await injectedInto(name);
  assert.ok(bundle.endsWith(old) && bundle.length > old.length);
  assert.ok(isSignedBy(serving, bundle));
  assert.ok(isSignedBy(before, old));
});

test('are injected again when somebody takes them out', async () => {
  const name = await newDefinition();
  const replica = newReplica({ targets: { customResourceDefinitions: [name] } });
  await replica.load();
  const bundle = await injectedInto(name);
  replica.keep();
  const conversion = { webhook: { clientConfig: { caBundle: null } } };
  await admin.patch(
    CustomResourceDefinition,
    { name },
    { type: 'merge', body: { spec: { conversion } } },
  );
  await replica.nextLook();
  assert.equal(await injectedInto(name), bundle);
  await admin.delete(Secret, { namespace, name: 'webhook' });
  await replica.nextLook();
  assert.notEqual(await injectedInto(name), bundle);
  assert.equal(replica.used.length, 1);
  await replica.stop();
});

test('are injected into all webhooks of configurations, and nothing else of these changes', async () => {
  const name = `operator-${namespace}`;
  const webhooks = ['a', 'b'].map((each) => ({
    name: `${each}.stores.example.com`,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None' as const,
    clientConfig: { service: { namespace, name: 'operator', path: `/${each}` } },
  }));
  await admin.create(ValidatingWebhookConfiguration, { metadata: { name }, webhooks });
  await admin.create(MutatingWebhookConfiguration, { metadata: { name }, webhooks });
  const replica = newReplica({
    targets: { validatingWebhookConfigurations: [name], mutatingWebhookConfigurations: [name] },
  });
  const serving = await replica.load();
  for (const resource of [ValidatingWebhookConfiguration, MutatingWebhookConfiguration]) {
    const { webhooks: injected = [] } = await admin.get(resource, { name });
    assert.deepEqual(
      injected.map(({ clientConfig }) => clientConfig.service?.path),
      ['/a', '/b'],
    );
    for (const { clientConfig } of injected) {
      const bundle = Buffer.from(clientConfig.caBundle ?? '', 'base64').toString();
      assert.ok(isSignedBy(serving, bundle));
    }
  }
  await admin.delete(ValidatingWebhookConfiguration, { name });
  await admin.delete(MutatingWebhookConfiguration, { name });
});

test('are served before the definition is there, which is a problem until it comes', async () => {
  const name = `stores${String(count + 1)}.certificates.example.com`;
  const replica = newReplica({ targets: { customResourceDefinitions: [name] } });
  await replica.load();
  assert.match(
    replica.certificates.problem() ?? '',
    /cannot be injected: get CustomResourceDefinition .* not found/,
  );
  await newDefinition();
  replica.keep();
  await replica.nextLook();
  assert.equal(replica.certificates.problem(), undefined);
  assert.notEqual(await injectedInto(name), '');
  await replica.stop();
});

test('wait for a permission that is missing, and say which', async () => {
  const user = `operator-${namespace}`;
  const replica = newReplica({ client: await environment.client({ user }) });
  const loaded = replica.load();
  while (replica.clock.pendingTimers === 0) await new Promise(setImmediate);
  assert.match(
    replica.certificates.problem() ?? '',
    /cannot be shared: get Secret .*: secrets "webhook" is forbidden: User "operator-.*" cannot get resource "secrets"/,
  );
  await grant(user, [
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: ['webhook'],
      verbs: ['get', 'update'],
    },
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
  ]);
  await replica.clock.advance(intervalMs);
  assert.ok((await loaded).certificate.startsWith('-----BEGIN CERTIFICATE-----'));
});

test('need no more than to get and patch what they are injected into, by name', async () => {
  const user = `operator-${namespace}`;
  const name = await newDefinition();
  await admin.create(Secret, { metadata: { namespace, name: 'webhook' } });
  await grant(user, [
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: ['webhook'],
      verbs: ['get', 'update'],
    },
  ]);
  await admin.create(ClusterRole, {
    metadata: { name: user },
    rules: [
      {
        apiGroups: ['apiextensions.k8s.io'],
        resources: ['customresourcedefinitions'],
        resourceNames: [name],
        verbs: ['get', 'patch'],
      },
    ],
  });
  await admin.create(ClusterRoleBinding, {
    metadata: { name: user },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  });
  const client = await environment.client({ user });
  const replica = newReplica({ client, targets: { customResourceDefinitions: [name] } });
  await replica.load();
  assert.equal(replica.certificates.problem(), undefined);
});

async function grant(user: string, rules: PolicyRule[]): Promise<void> {
  await admin.create(Role, { metadata: { namespace, name: user }, rules });
  await admin.create(RoleBinding, {
    metadata: { namespace, name: user },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  });
}
