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
  type NamespacedName,
  type PolicyRule,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { startTestEnvironment, type TestEnvironment } from '@kubewright/cluster';
import {
  SelfManagedCertificates,
  type CertificateContext,
  type CertificateLifetimes,
  type EventInput,
  type EventSubject,
  type InjectionTargets,
  type KeyedCertificate,
} from '../src/index.ts';
import { noInstruments } from '../src/metrics/instruments.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { recordingLogger, type LogEntry } from './controller-under-test.ts';

const dayMs = 24 * 60 * 60 * 1000;
const resyncIntervalMs = 1_200_000;
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
  readonly events: { readonly event: EventInput; readonly subject: EventSubject | undefined }[];
  /** Failed steps, in order. */
  readonly failures: string[];
  readonly used: KeyedCertificate[];
  /** The verbs of its requests, but for those of its watches. */
  readonly requests: string[];
  load(): Promise<KeyedCertificate>;
  /** Looks after the certificate until stopped. */
  keep(): void;
  /** Lets time pass until something has come to pass. */
  until(isDone: () => boolean | Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
}

function newReplica(
  options: {
    client?: Client;
    targets?: Partial<InjectionTargets>;
    nowMs?: number;
    lifetimes?: Partial<CertificateLifetimes>;
  } = {},
): Replica {
  const { client = admin, targets = {}, nowMs = Date.now() } = options;
  const clock = new FakeClock({ startMs: nowMs });
  const logs: LogEntry[] = [];
  const events: Replica['events'] = [];
  const failures: string[] = [];
  const used: KeyedCertificate[] = [];
  const requests: string[] = [];
  const stop = new AbortController();
  const context: CertificateContext = {
    client: recording(client, requests),
    clock,
    logger: recordingLogger(logs),
    instruments: noInstruments,
    metrics: { failed: (step) => failures.push(step) },
    targets: { ...nothing, ...targets },
    report: (event, subject) => events.push({ event, subject }),
  };
  const certificates = new SelfManagedCertificates({
    secret: { namespace, name: 'webhook' },
    service: { namespace, name: 'operator' },
    lifetimes: { authorityMs: 100 * dayMs, servingMs: 30 * dayMs, ...options.lifetimes },
    resyncIntervalMs,
  });
  let kept: Promise<unknown> = Promise.resolve();
  return {
    certificates,
    clock,
    logs,
    events,
    failures,
    used,
    requests,
    load: async () => certificates.load(context, stop.signal),
    keep: () => {
      kept = certificates
        .keep(context, (certificate) => used.push(certificate), stop.signal)
        .catch((error: unknown) => error);
    },
    // Slowly: the time that its requests take is none to this clock.
    until: async (isDone) => {
      while (!(await isDone())) await clock.advance(10);
    },
    stop: async () => {
      stop.abort(new Error('enough'));
      await kept;
    },
  };
}

/** The client, with the names of the methods that are called put down: get, apply, patch. */
function recording(client: Client, requests: string[]): Client {
  return new Proxy(client, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (key === 'get' || key === 'apply' || key === 'patch') requests.push(key);
        return Reflect.apply(value, target, args);
      };
    },
  });
}

/** Lets time pass for all of them until something has come to pass. */
async function untilAmong(
  replicas: readonly Replica[],
  isDone: () => boolean | Promise<boolean>,
): Promise<void> {
  while (!(await isDone())) {
    await Promise.all(replicas.map(async ({ clock }) => clock.advance(10)));
  }
}

/** The serving certificate in the Secret; undefined when there is none. */
async function shared(): Promise<string | undefined> {
  const [secret] = (await admin.list(Secret, { namespace })).items;
  const certificate = secret?.data?.['tls.crt'];
  return certificate === undefined ? undefined : Buffer.from(certificate, 'base64').toString();
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
  assert.equal(type, 'Opaque');
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
  // The clock of another is the first to say that it is time.
  const second = newReplica({ nowMs: first.clock.now() + 21 * dayMs });
  const renewed = await second.load();
  assert.notEqual(renewed.certificate, before.certificate);
  await first.until(() => first.used.length > 0);
  second.keep();
  await second.until(() => second.requests.length > 2);
  assert.deepEqual([first.used, second.used], [[renewed], []]);
  await Promise.all([first.stop(), second.stop()]);
});

test('are renewed when it is time although nothing happens', async () => {
  const minuteMs = 60_000;
  const replica = newReplica({ lifetimes: { servingMs: 180 * minuteMs } });
  const before = await replica.load();
  replica.keep();
  // Two thirds of its life, which has begun five minutes before now, are over after 118 minutes.
  for (let minutes = 0; minutes < 115; minutes += 1) await replica.clock.advance(minuteMs);
  assert.equal(replica.used.length, 0);
  for (let minutes = 0; minutes < 25; minutes += 1) await replica.clock.advance(minuteMs);
  await replica.until(() => replica.used.length > 0);
  assert.notEqual(replica.used[0]?.certificate, before.certificate);
  await replica.stop();
});

test('are asked for by nobody while nothing happens', async () => {
  const name = await newDefinition();
  const replica = newReplica({ targets: { customResourceDefinitions: [name] } });
  await replica.load();
  replica.keep();
  for (let seconds = 0; seconds < 10; seconds += 1) await replica.clock.advance(1000);
  const { length } = replica.requests;
  for (let minutes = 0; minutes < 10; minutes += 1) await replica.clock.advance(60_000);
  assert.deepEqual(replica.requests.slice(length), []);
  await replica.stop();
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
  const body = { spec: { conversion } };
  await admin.patch(CustomResourceDefinition, { name }, { type: 'merge', body });
  await replica.until(async () => (await injectedInto(name)) === bundle);
  assert.deepEqual(replica.used, []);
  await replica.stop();
});

/** A few replicas that look after one certificate. */
async function keptBy(count: number, name: string): Promise<readonly Replica[]> {
  const replicas = Array.from({ length: count }, () =>
    newReplica({ targets: { customResourceDefinitions: [name] } }),
  );
  await Promise.all(replicas.map(async (replica) => replica.load()));
  for (const replica of replicas) replica.keep();
  await untilQuiet(replicas);
  return replicas;
}

/** Lets time pass until none of them asks for anything, so that what follows is seen by their watches. */
async function untilQuiet(replicas: readonly Replica[]): Promise<void> {
  let seen = 0;
  let quietMs = 0;
  await untilAmong(replicas, () => {
    const now = replicas.reduce((sum, { requests }) => sum + requests.length, 0);
    quietMs = now === seen ? quietMs + 10 : 0;
    seen = now;
    return quietMs > 2_000;
  });
}

for (const { cause, undo } of [
  { cause: 'the Secret was deleted', undo: (ref: NamespacedName) => admin.delete(Secret, ref) },
  {
    cause: 'the Secret was emptied or overwritten',
    undo: (ref: NamespacedName) =>
      admin.patch(Secret, ref, { type: 'json', operations: [{ op: 'remove', path: '/data' }] }),
  },
]) {
  test(`are made anew by one replica and taken over by all others when ${cause}`, async () => {
    const name = await newDefinition();
    const replicas = await keptBy(5, name);
    const before = await injectedInto(name);
    for (const { logs, events } of replicas) {
      logs.length = 0;
      events.length = 0;
    }
    await undo({ namespace, name: 'webhook' });
    await untilAmong(replicas, () => replicas.every(({ used }) => used.length > 0));

    const served = new Set(replicas.flatMap(({ used }) => used.map((each) => each.certificate)));
    assert.deepEqual([...served], [await shared()]);
    await untilAmong(replicas, async () => {
      const bundle = await injectedInto(name);
      return (
        bundle !== before && replicas.every(({ used: [now] }) => now && isSignedBy(now, bundle))
      );
    });
    assert.equal((await injectedInto(name)).includes(before), false);
    const lines = replicas.flatMap(({ logs }) =>
      logs.filter(({ message }) => message === 'a new webhook authority was made'),
    );
    assert.deepEqual(
      lines.map((line) => [line.level, line['cause'], line['secret']]),
      [['warn', cause, `${namespace}/webhook`]],
    );
    const events = replicas.flatMap((replica) => replica.events);
    assert.deepEqual(
      events.map(({ event, subject }) => [event.type, event.reason, subject?.metadata.name]),
      [['Warning', 'WebhookAuthorityMade', 'webhook']],
    );
    assert.ok(events[0]?.event.note.endsWith(cause));
    await Promise.all(replicas.map(async (replica) => replica.stop()));
  });
}

test('end as one and the same however often the Secret is deleted meanwhile', async () => {
  const name = await newDefinition();
  const replicas = await keptBy(4, name);
  for (let times = 0; times < 5; times += 1) {
    await admin.delete(Secret, { namespace, name: 'webhook' });
    await untilAmong(replicas, async () => (await shared()) !== undefined);
  }
  await untilAmong(replicas, async () => {
    const certificate = await shared();
    return replicas.every(({ used }) => used.at(-1)?.certificate === certificate);
  });
  const bundle = await injectedInto(name);
  for (const { used } of replicas)
    assert.ok(used.every((each) => each !== used.at(-1) || isSignedBy(each, bundle)));
  await Promise.all(replicas.map(async (replica) => replica.stop()));
});

test('are served anew where only some of those that trusted the lost ones can be reached', async () => {
  const names = [await newDefinition(), await newDefinition()];
  const [good = '', bad = ''] = names;
  const replica = newReplica({ targets: { customResourceDefinitions: names } });
  await replica.load();
  replica.keep();
  const body = { spec: { conversion: { strategy: 'None', webhook: null } } };
  await admin.patch(CustomResourceDefinition, { name: bad }, { type: 'merge', body });
  await replica.until(() => replica.failures.length > 0);
  assert.equal(replica.used.length, 0);
  await admin.delete(Secret, { namespace, name: 'webhook' });
  await replica.until(() => replica.used.length > 0);
  const [serving] = replica.used;
  assert.ok(serving !== undefined && isSignedBy(serving, await injectedInto(good)));
  await replica.stop();
});

test('are made in the next Secret when somebody deletes the one that is being filled', async () => {
  const ref = { namespace, name: 'webhook' };
  let deletions = 0;
  const client = new Proxy(admin, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        if (key === 'patch' && deletions < 2) {
          deletions += 1;
          await admin.delete(Secret, ref);
          // Once nothing is there to be patched, once another replica has made the next one.
          if (deletions === 2) await admin.create(Secret, { metadata: ref });
        }
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
  const replica = newReplica({ client });
  const serving = await replica.load();
  assert.deepEqual([deletions, replica.failures], [2, []]);
  assert.equal(serving.certificate, await shared());
});

test('are told of when they are made and nobody has lost any', async () => {
  const replica = newReplica();
  await replica.load();
  assert.deepEqual(
    replica.events.map(({ event }) => [event.type, event.reason]),
    [['Normal', 'WebhookAuthorityMade']],
  );
  assert.deepEqual(
    replica.logs.map(({ level, message }) => [level, message]),
    [['info', 'a new webhook authority was made']],
  );
});

test('are injected ever more slowly when somebody else overwrites them each time', async () => {
  const name = await newDefinition();
  const replica = newReplica({ targets: { customResourceDefinitions: [name] } });
  await replica.load();
  const stop = new AbortController();
  const body = { spec: { conversion: { webhook: { clientConfig: { caBundle: null } } } } };
  let overwritten = 0;
  const quarrel = (async () => {
    const { signal } = stop;
    const fieldSelector = `metadata.name=${name}`;
    for await (const { type, object } of admin.watch(CustomResourceDefinition, {
      fieldSelector,
      signal,
    })) {
      if (
        type === 'BOOKMARK' ||
        object.spec.conversion?.webhook?.clientConfig?.caBundle === undefined
      )
        continue;
      overwritten += 1;
      await admin.patch(CustomResourceDefinition, { name }, { type: 'merge', body });
    }
  })().catch((error: unknown) => error);
  replica.keep();
  await replica.until(() => overwritten > 3);
  for (let seconds = 0; seconds < 300; seconds += 1) await replica.clock.advance(1000);
  // Half a second, one, two, … sixty.
  assert.ok(overwritten < 16, String(overwritten));
  await replica.stop();
  stop.abort(new Error('enough'));
  await quarrel;
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
  replica.keep();
  await newDefinition();
  await replica.until(() => replica.certificates.problem() === undefined);
  assert.notEqual(await injectedInto(name), '');
  await replica.stop();
});

/** All that is needed of the Secret, by its name. */
const ofSecret: PolicyRule = {
  apiGroups: [''],
  resources: ['secrets'],
  resourceNames: ['webhook'],
  verbs: ['get', 'list', 'watch', 'create', 'patch'],
};

test('wait for a permission that is missing, and say which', async () => {
  const user = `operator-${namespace}`;
  const replica = newReplica({ client: await environment.client({ user }) });
  const loaded = replica.load();
  await replica.until(() => replica.failures.length > 0);
  const problem = replica.certificates.problem() ?? '';
  assert.match(
    problem,
    /cannot be shared: get Secret .*: secrets "webhook" is forbidden: User "operator-.*" cannot get resource "secrets"/,
  );
  for (let seconds = 0; seconds < 300; seconds += 1) await replica.clock.advance(1000);
  // Half a second, one, two, … sixty.
  assert.ok(replica.requests.length < 14, String(replica.requests.length));
  assert.deepEqual(new Set(replica.failures), new Set(['share']));
  assert.deepEqual(
    replica.events.map(({ event }) => [event.type, event.reason, event.note]),
    [['Warning', 'MissingPermission', problem]],
  );
  assert.equal(replica.logs.length, 1);

  await grant(user, [{ ...ofSecret, verbs: ['get', 'patch'] }]);
  await replica.until(() => replica.events.length > 1);
  assert.match(
    replica.certificates.problem() ?? '',
    /cannot be shared: apply Secret .* cannot create resource "secrets"/,
  );
  await admin.patch(
    Role,
    { namespace, name: user },
    { type: 'merge', body: { rules: [ofSecret] } },
  );
  let serving: KeyedCertificate | undefined;
  void loaded.then((certificate) => (serving = certificate));
  await replica.until(() => serving !== undefined);
  assert.equal(replica.certificates.problem(), undefined);
});

test('stay in use while a new one cannot be made, which is told and tried again', async () => {
  const user = `operator-${namespace}`;
  await grant(user, [ofSecret]);
  const replica = newReplica({ client: await environment.client({ user }) });
  await replica.load();
  replica.keep();
  await replica.until(() => replica.requests.length > 3);
  const role = { namespace, name: user };
  const body = { rules: [{ ...ofSecret, verbs: ['get', 'list', 'watch'] }] };
  await admin.patch(Role, role, { type: 'merge', body });
  replica.events.length = 0;
  await admin.delete(Secret, { namespace, name: 'webhook' });
  await replica.until(() => replica.failures.length > 2);
  assert.deepEqual([replica.certificates.problem(), replica.used], [undefined, []]);
  const [told, ...others] = replica.events;
  assert.deepEqual([told?.event.reason, others], ['MissingPermission', []]);
  assert.match(told?.event.note ?? '', /cannot patch resource "secrets"/);

  await admin.patch(Role, role, { type: 'merge', body: { rules: [ofSecret] } });
  await replica.until(() => replica.used.length > 0);
  assert.equal(replica.used[0]?.certificate, await shared());
  assert.ok(
    replica.logs.some(({ message }) => message === 'the webhook certificate is in order again'),
  );
  await replica.stop();
});

test('tell that they cannot be watched, and are looked at all the same', async () => {
  const user = `operator-${namespace}`;
  await grant(user, [{ ...ofSecret, verbs: ['get', 'create', 'patch'] }]);
  const replica = newReplica({ client: await environment.client({ user }) });
  await replica.load();
  replica.keep();
  await replica.until(() =>
    replica.events.some(({ event }) => event.reason === 'MissingPermission'),
  );
  const told = replica.events.filter(({ event }) => event.reason === 'MissingPermission');
  assert.match(
    told[0]?.event.note ?? '',
    /cannot list secrets in namespace .* "webhook" is forbidden/,
  );
  assert.equal(replica.certificates.problem(), undefined);
  await admin.delete(Secret, { namespace, name: 'webhook' });
  for (let minutes = 0; minutes < 21; minutes += 1) await replica.clock.advance(60_000);
  await replica.until(() => replica.used.length > 0);
  await replica.stop();
});

test('need no permission but for their Secret and what they are injected into, by name', async () => {
  const user = `operator-${namespace}`;
  const name = await newDefinition();
  await grant(user, [ofSecret]);
  await admin.create(ClusterRole, {
    metadata: { name: user },
    rules: [
      {
        apiGroups: ['apiextensions.k8s.io'],
        resources: ['customresourcedefinitions'],
        resourceNames: [name],
        verbs: ['get', 'list', 'watch', 'patch'],
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
  replica.keep();
  await admin.delete(Secret, { namespace, name: 'webhook' });
  await replica.until(() => replica.used.length > 0);
  assert.deepEqual([replica.certificates.problem(), replica.failures], [undefined, []]);
  await replica.stop();
});

async function grant(user: string, rules: PolicyRule[]): Promise<void> {
  await admin.create(Role, { metadata: { namespace, name: user }, rules });
  await admin.create(RoleBinding, {
    metadata: { namespace, name: user },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  });
}
