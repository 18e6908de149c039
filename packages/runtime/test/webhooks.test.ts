import assert from 'node:assert/strict';
import { Agent } from 'node:https';
import { test } from 'node:test';
import {
  applyJsonPatch,
  defineResource,
  type KubernetesObject,
  type ObjectMeta,
} from '@kubewright/apimachinery';
import {
  defineAdmission,
  deny,
  Manager,
  mutatingWebhook,
  validatingWebhook,
  type CertificateSource,
  type Convertible,
  type KeyedCertificate,
  type ManagerOptions,
} from '../src/index.ts';
import { aborted } from '../src/cancellation/aborted.ts';
import { createAuthority, issueServerCertificate } from '../src/webhook/certificates/x509.ts';
import { recordingLogger, type LogEntry } from './controller-under-test.ts';
import { QuietCluster } from './quiet-cluster.ts';
import { callWebhook, type PeerAnswer } from './webhook-peer.ts';

interface Store extends KubernetesObject {
  spec: { size: number; owner?: string };
}
const Store = defineResource<Store>({
  group: 'stores.example.com',
  version: 'v1',
  kind: 'Store',
  plural: 'stores',
  scope: 'Namespaced',
});
const metadata: ObjectMeta = { name: 'a', namespace: 'default' };

const validity = {
  notBefore: new Date(Date.now() - 60_000),
  notAfter: new Date(Date.now() + 3_600_000),
};
const authority = await createAuthority(validity);

async function newCertificate(): Promise<KeyedCertificate> {
  return issueServerCertificate(authority, ['127.0.0.1'], validity);
}

/** A certificate that a test gives, late if it wishes, and exchanges. */
class GivenCertificate implements CertificateSource {
  readonly first = Promise.withResolvers<KeyedCertificate>();
  use: (certificate: KeyedCertificate) => void = () => undefined;

  problem(): string | undefined {
    return undefined;
  }

  async load(): Promise<KeyedCertificate> {
    return this.first.promise;
  }

  async keep(
    _context: unknown,
    use: (certificate: KeyedCertificate) => void,
    signal: AbortSignal,
  ): Promise<void> {
    this.use = use;
    await aborted(signal);
    throw signal.reason;
  }
}

const limits = validatingWebhook<Store>({
  name: 'limits.stores.example.com',
  resource: Store,
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  validate: (request, { warn }) => {
    if (request.operation === 'DELETE') {
      return deny(`${request.oldObject.metadata.name ?? ''} stays`, {
        code: 409,
        reason: 'Conflict',
      });
    }
    if (request.operation === 'UPDATE' && request.object.spec.size < request.oldObject.spec.size) {
      return deny('a store cannot shrink', {
        causes: [{ field: 'spec.size', message: 'shrinks' }],
      });
    }
    if (request.object.spec.size > 10) warn('this is large');
    if (request.object.spec.size === 13) throw new Error('password is hunter2');
    return undefined;
  },
});
const defaults = mutatingWebhook<Store>({
  name: 'defaults.stores.example.com',
  resource: Store,
  mutate: (draft, { user }) => {
    draft.spec.owner ??= user.username ?? '';
    return draft.spec.size < 0 ? deny('a size is positive') : undefined;
  },
});
const admission = defineAdmission({ name: 'store-operator', webhooks: [defaults, limits] });

const convertible: Convertible = {
  resource: Store,
  convert: (object, apiVersion) => {
    if (object.metadata.name === 'bad') throw new Error('bad cannot be converted');
    return { ...object, apiVersion };
  },
};

interface Served extends AsyncDisposable {
  readonly manager: Manager;
  readonly certificates: GivenCertificate;
  readonly logs: LogEntry[];
  post(path: string, body?: unknown): Promise<PeerAnswer>;
}

async function serve(options: Partial<ManagerOptions> = {}): Promise<Served> {
  const stop = new AbortController();
  const logs: LogEntry[] = [];
  const certificates = new GivenCertificate();
  const manager = new Manager({
    client: new QuietCluster().client,
    metrics: { port: 0, host: '127.0.0.1' },
    health: { port: 0, host: '127.0.0.1' },
    logger: recordingLogger(logs),
    webhooks: { port: 0, host: '127.0.0.1', certificates },
    ...options,
  });
  manager.webhooks.admit(admission).convert(convertible);
  certificates.first.resolve(await newCertificate());
  const run = manager.run({ signal: stop.signal });
  await manager.started;
  const { port = 0 } = manager.addresses.webhooks ?? {};
  return {
    manager,
    certificates,
    logs,
    post: async (path, body) => callWebhook({ port, path, ca: authority.certificate, body }),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('enough'));
      await run;
    },
  };
}

function review(request: object): object {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: '1', userInfo: { username: 'ann' }, dryRun: false, name: 'a', ...request },
  };
}

function store(size: number): Store {
  return { apiVersion: Store.apiVersion, kind: 'Store', metadata, spec: { size } };
}

interface Answered {
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly warnings?: string[];
    readonly status?: object;
    readonly patch?: string;
    readonly patchType?: string;
    readonly result?: object;
    readonly convertedObjects?: KubernetesObject[];
  };
}

function answered({ status, body }: PeerAnswer): Answered['response'] {
  assert.equal(status, 200, body);
  // What a webhook answers is a review.
  return (JSON.parse(body) as Answered).response;
}

test('lets what is well pass, with a warning', async () => {
  await using served = await serve();
  const request = { operation: 'CREATE', object: store(11), oldObject: null };
  assert.deepEqual(answered(await served.post(limits.path, review(request))), {
    uid: '1',
    allowed: true,
    warnings: ['this is large'],
  });
});

test('refuses with the words, the code and the causes of the handler', async () => {
  await using served = await serve();
  const update = { operation: 'UPDATE', object: store(1), oldObject: store(2) };
  assert.deepEqual(answered(await served.post(limits.path, review(update))), {
    uid: '1',
    allowed: false,
    status: {
      message: 'a store cannot shrink',
      code: 403,
      reason: 'Forbidden',
      details: { causes: [{ field: 'spec.size', message: 'shrinks' }] },
    },
  });
  const deletion = { operation: 'DELETE', object: null, oldObject: store(2) };
  assert.deepEqual(answered(await served.post(limits.path, review(deletion))).status, {
    message: 'a stays',
    code: 409,
    reason: 'Conflict',
  });
});

test('answers what a mutating handler changes in its draft as a patch, and nothing when it changes nothing', async () => {
  await using served = await serve();
  const object = store(1);
  const changed = answered(
    await served.post(defaults.path, review({ operation: 'CREATE', object })),
  );
  assert.equal(changed.patchType, 'JSONPatch');
  const operations: unknown = JSON.parse(Buffer.from(changed.patch ?? '', 'base64').toString());
  assert.deepEqual(applyJsonPatch(object, operations as []), {
    ...object,
    spec: { size: 1, owner: 'ann' },
  });
  const whole = { ...object, spec: { size: 1, owner: 'bob' } };
  assert.deepEqual(
    answered(await served.post(defaults.path, review({ operation: 'CREATE', object: whole }))),
    { uid: '1', allowed: true },
  );
});

test('answers no patch with a refusal', async () => {
  await using served = await serve();
  const request = { operation: 'CREATE', object: store(-1) };
  const { allowed, patch } = answered(await served.post(defaults.path, review(request)));
  assert.deepEqual([allowed, patch], [false, undefined]);
});

test('converts all objects of a review or none, and says which one it was', async () => {
  await using served = await serve();
  const ask = async (names: readonly string[]): Promise<Answered['response']> =>
    answered(
      await served.post('/convert', {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'ConversionReview',
        request: {
          uid: '2',
          desiredAPIVersion: 'stores.example.com/v2',
          objects: names.map((name) => ({ ...store(1), metadata: { name } })),
        },
      }),
    );
  const { result, convertedObjects } = await ask(['a', 'b']);
  assert.deepEqual(result, { status: 'Success' });
  assert.deepEqual(
    convertedObjects?.map(({ apiVersion, metadata: { name } }) => [apiVersion, name]),
    [
      ['stores.example.com/v2', 'a'],
      ['stores.example.com/v2', 'b'],
    ],
  );
  assert.deepEqual(await ask(['a', 'bad']), {
    uid: '2',
    result: { status: 'Failed', message: 'bad cannot be converted' },
  });
});

test('logs what a handler throws, and tells the peer nothing of it', async () => {
  await using served = await serve();
  const request = { operation: 'CREATE', object: store(13) };
  const { status, body } = await served.post(limits.path, review(request));
  assert.deepEqual([status, body], [500, 'internal error\n']);
  const entry = served.logs.find(({ message }) => message === 'webhook failed');
  assert.equal(entry?.['path'], limits.path);
});

test('refuses what is no review', async () => {
  await using served = await serve();
  const { port = 0 } = served.manager.addresses.webhooks ?? {};
  const call = async (options: Partial<Parameters<typeof callWebhook>[0]>): Promise<number> => {
    const common = { port, path: limits.path, ca: authority.certificate };
    return (await callWebhook({ ...common, ...options })).status;
  };
  assert.equal(await call({ path: '/elsewhere' }), 404);
  assert.equal(await call({ method: 'PUT' }), 405);
  assert.equal(await call({ contentType: 'text/plain' }), 415);
  assert.equal(await call({ body: '{' }), 400);
  assert.equal(await call({ body: [] }), 400);
  assert.equal(await call({ body: { kind: 'AdmissionReview' } }), 400);
  assert.equal(await call({ body: review({ operation: 'CREATE' }) }), 400);
  assert.equal(await call({ body: review({ operation: 'CONNECT', object: store(1) }) }), 400);
  assert.equal(await call({ path: '/convert', body: review({}) }), 400);
});

test('reads no more of a body than it may, and goes on', async () => {
  await using served = await serve();
  const answer = await served.post(limits.path, `"${'x'.repeat(7 * 1024 * 1024)}"`).then(
    ({ status }) => status,
    // It may have closed the connection while the rest was still being sent.
    (error: unknown) => (error as NodeJS.ErrnoException).code,
  );
  assert.ok([413, 'EPIPE', 'ECONNRESET'].includes(answer ?? ''), String(answer));
  const request = { operation: 'CREATE', object: store(1) };
  assert.equal(answered(await served.post(limits.path, review(request))).allowed, true);
});

test('shows a new certificate from the next connection on', async () => {
  await using served = await serve();
  const before = await served.post('/elsewhere');
  served.certificates.use(await newCertificate());
  const after = await served.post('/elsewhere');
  assert.notEqual(after.serialNumber, before.serialNumber);
});

test('goes on with a connection that is open when the certificate is replaced', async () => {
  await using served = await serve();
  const { port = 0 } = served.manager.addresses.webhooks ?? {};
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const body = review({ operation: 'CREATE', object: store(1) });
  const post = async (): Promise<PeerAnswer> =>
    callWebhook({ port, path: limits.path, ca: authority.certificate, agent, body });
  const before = await post();
  // Of an authority that the peer does not know: over a new connection it would refuse it.
  const other = await createAuthority(validity);
  served.certificates.use(await issueServerCertificate(other, ['127.0.0.1'], validity));
  assert.deepEqual(await post(), before);
  assert.equal(before.status, 200);
  await assert.rejects(served.post('/elsewhere'), {
    code: /UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET_ISSUER/,
  });
  agent.destroy();
});

test('is not ready before it listens, and is not asked when there are no webhooks', async () => {
  const certificates = new GivenCertificate();
  const health = { port: 0, host: '127.0.0.1' } as const;
  const manager = new Manager({
    client: new QuietCluster().client,
    metrics: { port: false },
    health,
    webhooks: { port: 0, host: '127.0.0.1', certificates },
  });
  manager.webhooks.convert(convertible);
  const stop = new AbortController();
  const run = manager.run({ signal: stop.signal });
  while (manager.addresses.health === undefined) await new Promise(setImmediate);
  const readiness = async (): Promise<string> => {
    const { port } = manager.addresses.health ?? { port: 0 };
    const url = `http://127.0.0.1:${String(port)}/readyz?verbose`;
    return (await fetch(url, { headers: { connection: 'close' } })).text();
  };
  assert.match(await readiness(), /\[-\]webhooks failed: the webhook server does not listen yet/);
  certificates.first.resolve(await newCertificate());
  await manager.started;
  assert.match(await readiness(), /\[\+\]webhooks ok/);
  stop.abort(new Error('enough'));
  await run;

  const without = new Manager({
    client: new QuietCluster().client,
    metrics: { port: false },
    health,
  });
  const stopped = new AbortController();
  const other = without.run({ signal: stopped.signal });
  await without.started;
  assert.equal(without.addresses.webhooks, undefined);
  stopped.abort(new Error('enough'));
  await other;
});

test('is served by a standby too', async () => {
  const cluster = new QuietCluster();
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'op', namespace: 'ns', uid: '1', resourceVersion: '1' },
    spec: { holderIdentity: 'somebody', leaseDurationSeconds: 15, leaseTransitions: 1 },
  };
  cluster.answer = ({ path }) =>
    path.includes('/leases/op') ? { status: 200, body: lease } : undefined;
  await using standby = await serve({
    client: cluster.client,
    leaderElection: { leaseName: 'op', leaseNamespace: 'ns' },
  });
  assert.equal(standby.manager.isLeader, false);
  const request = { operation: 'CREATE', object: store(1) };
  assert.equal(answered(await standby.post(limits.path, review(request))).allowed, true);
});

test('counts its requests under the names of controller-runtime', async () => {
  await using served = await serve();
  await served.post(limits.path, review({ operation: 'CREATE', object: store(1) }));
  await served.post('/anything');
  const metrics = await served.manager.metrics.metrics();
  for (const line of [
    `controller_runtime_webhook_requests_total{webhook="${limits.path}",code="200"} 1`,
    'controller_runtime_webhook_requests_total{webhook="unknown",code="404"} 1',
    `controller_runtime_webhook_requests_in_flight{webhook="${limits.path}"} 0`,
    'kubewright_webhook_certificate_failures_total{step="share"} 0',
    'kubewright_webhook_certificate_failures_total{step="inject"} 0',
  ]) {
    assert.ok(metrics.includes(line), `${line} is missing in\n${metrics}`);
  }
});

test('needs a certificate, and webhooks that come in time', async () => {
  const manager = new Manager({
    client: new QuietCluster().client,
    metrics: { port: false },
    health: { port: false },
  });
  manager.webhooks.convert(convertible);
  await assert.rejects(manager.run(), { message: /webhooks need a certificate/ });
  assert.throws(() => manager.webhooks.convert(convertible), TypeError);
  assert.throws(() => manager.webhooks.admit(admission), TypeError);
});

test('tells API servers of its admission webhooks by manifests', () => {
  const target = { service: { namespace: 'stores', name: 'store-operator' } };
  const [mutating, validating, ...others] = admission.manifests({ target });
  assert.deepEqual(others, []);
  assert.deepEqual(validating, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'store-operator' },
    webhooks: [
      {
        name: 'limits.stores.example.com',
        admissionReviewVersions: ['v1'],
        clientConfig: {
          service: { ...target.service, path: '/validate-stores-example-com-v1-store' },
        },
        rules: [
          {
            apiGroups: ['stores.example.com'],
            apiVersions: ['v1'],
            resources: ['stores'],
            operations: ['CREATE', 'UPDATE', 'DELETE'],
            scope: 'Namespaced',
          },
        ],
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        sideEffects: 'None',
        timeoutSeconds: 10,
      },
    ],
  });
  assert.equal(mutating?.kind, 'MutatingWebhookConfiguration');
  assert.equal(mutating.webhooks?.[0]?.name, 'defaults.stores.example.com');
});

test('refuses webhooks that no server would take', () => {
  const validate = (): undefined => undefined;
  const name = 'limits.stores.example.com';
  assert.throws(() => validatingWebhook({ name: 'limits', resource: Store, validate }), TypeError);
  assert.throws(
    () => validatingWebhook({ name, resource: Store, timeoutSeconds: 31, validate }),
    TypeError,
  );
  assert.throws(
    () => mutatingWebhook({ name, resource: Store, operations: ['DELETE'], mutate: validate }),
    TypeError,
  );
  assert.throws(() => defineAdmission({ name: 'a', webhooks: [limits, limits] }), TypeError);
});
