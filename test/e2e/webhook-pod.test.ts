import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  ClusterRole,
  ClusterRoleBinding,
  ConfigMap,
  Deployment,
  isNotFound,
  MutatingWebhookConfiguration,
  Namespace,
  Pod,
  Role,
  RoleBinding,
  Service,
  ServiceAccount,
  StatusError,
  ValidatingWebhookConfiguration,
  type Stored,
} from '@kubewright/apimachinery';
import { EmbeddedCluster } from '@kubewright/cluster';
import { ownerWebhooks, port, service } from './owner-webhooks.ts';
import { untilObject } from './until-object.ts';

const { namespace, name } = service;
/** Longest wait, in milliseconds: it only bounds a failure. */
const limitMs = 60_000;
const linuxOnly =
  process.platform !== 'linux' &&
  'NOT RUN: only Linux has an address for each pod and Service without set-up';
const program = fileURLToPath(new URL('serve-owner-webhooks.ts', import.meta.url));
let cluster: EmbeddedCluster;

before(async () => {
  cluster = await EmbeddedCluster.start({
    images: { 'owners:1': { command: [process.execPath, program] } },
  });
  if (linuxOnly !== false) return;
  const { client } = cluster;
  const metadata = { namespace, name };
  await client.create(Namespace, { metadata: { name: namespace } });
  await client.create(ServiceAccount, { metadata });
  const subjects = [{ kind: 'ServiceAccount', namespace, name }];
  const apiGroup = 'rbac.authorization.k8s.io';
  await client.create(Role, {
    metadata,
    rules: [
      {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: ['owners-webhook'],
        verbs: ['get', 'list', 'watch', 'create', 'patch'],
      },
    ],
  });
  await client.create(RoleBinding, {
    metadata,
    roleRef: { apiGroup, kind: 'Role', name },
    subjects,
  });
  await client.create(ClusterRole, {
    metadata: { name },
    rules: [
      {
        apiGroups: ['admissionregistration.k8s.io'],
        resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
        resourceNames: [name],
        verbs: ['get', 'list', 'watch', 'patch'],
      },
    ],
  });
  await client.create(ClusterRoleBinding, {
    metadata: { name },
    roleRef: { apiGroup, kind: 'ClusterRole', name },
    subjects,
  });
  const labels = { app: name };
  await client.create(Service, {
    metadata,
    spec: { selector: labels, ports: [{ port: 443, targetPort: port }] },
  });
  for (const manifest of ownerWebhooks.manifests({ target: { service } })) {
    if (manifest.kind === 'MutatingWebhookConfiguration') {
      await client.create(MutatingWebhookConfiguration, manifest);
    } else {
      await client.create(ValidatingWebhookConfiguration, manifest);
    }
  }
  await client.create(Deployment, {
    metadata,
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          terminationGracePeriodSeconds: 5,
          containers: [
            {
              name,
              image: 'owners:1',
              ports: [{ containerPort: port }],
              readinessProbe: { tcpSocket: { port }, periodSeconds: 1, timeoutSeconds: 30 },
            },
          ],
        },
      },
    },
  });
  await untilReady();
});

after(() => cluster.stop());

/** Resolves when the pod is ready, the Service leads to it, and the API server believes its certificate. */
async function untilReady(): Promise<void> {
  const { client } = cluster;
  await untilObject(
    client,
    Deployment,
    service,
    ({ status, metadata }) =>
      status?.observedGeneration === metadata.generation && status?.readyReplicas === 1,
  );
  for (const resource of [MutatingWebhookConfiguration, ValidatingWebhookConfiguration]) {
    await untilObject(client, resource, { name }, ({ webhooks = [] }) =>
      webhooks.every(({ clientConfig }) => clientConfig.caBundle !== undefined),
    );
  }
  // A Service leads to a pod a moment after that is ready, and nothing tells when.
  const signal = AbortSignal.timeout(limitMs);
  for (;;) {
    const problem = await make('probe', {}, { dryRun: true }).then(() => undefined, String);
    if (problem === undefined) return;
    if (signal.aborted) throw new Error(`the webhook is not reached: ${problem}`);
    await pause(20);
  }
}

function make(
  configName: string,
  data?: Record<string, string>,
  options: { readonly dryRun?: boolean } = {},
): Promise<Stored<ConfigMap>> {
  const labels = { 'example.com/owned': 'yes' };
  const metadata = { namespace, name: configName, labels };
  return cluster.client.create(
    ConfigMap,
    { metadata, ...(data === undefined ? {} : { data }) },
    options,
  );
}

async function refusalOf(call: Promise<unknown>): Promise<StatusError> {
  const error = await call.then(
    () => assert.fail('the call was not refused'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StatusError, String(error));
  return error;
}

test(
  'a webhook in a pod, behind a Service, changes what is written',
  { skip: linuxOnly },
  async () => {
    const { data } = await make('changed', { size: '1' });
    assert.deepEqual(data, { owner: 'nobody', size: '1' });
  },
);

test('it refuses in the words of its handler', { skip: linuxOnly }, async () => {
  await make('kept', { owner: 'ann' });
  const { code, status } = await refusalOf(
    cluster.client.patch(
      ConfigMap,
      { namespace, name: 'kept' },
      { type: 'merge', body: { data: { owner: 'bob' } } },
    ),
  );
  assert.equal(code, 403);
  assert.equal(
    status.message,
    'admission webhook "owner-stays.owners.example.com" denied the request: data.owner cannot change; make another ConfigMap',
  );
});

test('without a pod writes fail, and a new pod brings them back', { skip: linuxOnly }, async () => {
  const { client } = cluster;
  const scale = (replicas: number) =>
    client.patch(Deployment, service, { type: 'merge', body: { spec: { replicas } } });
  await scale(0);
  for (;;) {
    const { items } = await client.list(Pod, { namespace, labelSelector: `app=${name}` });
    if (items.length === 0) break;
    const [pod] = items;
    await untilGone(pod?.metadata.name ?? '');
  }
  const { code, status } = await refusalOf(make('stranded'));
  assert.equal(code, 500);
  assert.match(
    status.message ?? '',
    /^Internal error occurred: failed calling webhook "owner\.owners\.example\.com": failed to call webhook: Post "https:\/\/owners\.owners\.svc:443\/\S+\?timeout=\d+s": /,
  );
  await scale(1);
  await untilReady();
  assert.deepEqual((await make('back')).data, { owner: 'nobody' });
});

/** Resolves when a pod is gone, told by a watch. */
async function untilGone(pod: string): Promise<void> {
  const { client } = cluster;
  const signal = AbortSignal.timeout(limitMs);
  const { metadata } = await client.list(Pod, { namespace, signal });
  const { resourceVersion } = metadata;
  try {
    await client.get(Pod, { namespace, name: pod }, { signal });
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  const fieldSelector = `metadata.name=${pod}`;
  for await (const { type } of client.watch(Pod, {
    namespace,
    fieldSelector,
    resourceVersion,
    signal,
  })) {
    if (type === 'DELETED') return;
  }
}
