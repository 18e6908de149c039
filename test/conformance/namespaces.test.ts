import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import {
  ConfigMap,
  Namespace,
  Secret,
  ServiceAccount,
  ValidatingWebhookConfiguration,
  type NamespaceCondition,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { untilGone, untilObject } from './until-object.ts';

const rootCertificates = 'kube-root-ca.crt';

describeOnEachServer('namespaces', { controllers: true }, (environment) => {
  let client: Client;
  let namespace: string;

  before(async () => {
    client = await environment().client();
  });
  beforeEach(async () => {
    namespace = await environment().newNamespace();
  });

  const ref = (name: string) => ({ namespace, name });
  /** What the namespace says once it says this of one condition: type, status, reason and message of each. */
  const untilSaid = async (
    type: string,
    reason: string,
  ): Promise<Readonly<Record<string, readonly (string | undefined)[]>>> => {
    const isSaid = (condition: NamespaceCondition): boolean =>
      condition.type === type && condition.reason === reason;
    const { status } = await untilObject(
      client,
      Namespace,
      { name: namespace },
      ({ status: now }) => now?.conditions?.some(isSaid) === true,
    );
    const said = (status?.conditions ?? []).map((condition) => {
      assert.match(condition.lastTransitionTime ?? '', /^\d{4}-/);
      return [condition.type, [condition.status, condition.reason, condition.message]] as const;
    });
    return Object.fromEntries(said);
  };
  const discovered = {
    NamespaceDeletionDiscoveryFailure: [
      'False',
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ],
    NamespaceDeletionGroupVersionParsingFailure: [
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
  };
  const deleted = [
    'False',
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ];
  const removed = ['False', 'ContentRemoved', 'All content successfully removed'];
  const finished = [
    'False',
    'ContentHasNoFinalizers',
    'All content-preserving finalizers finished',
  ];

  test('say which kinds and finalizers keep them from going', async () => {
    const finalizers = ['example.com/b', 'example.com/a'];
    const [first] = finalizers as [string];
    await client.create(Secret, { metadata: { ...ref('held'), finalizers } });
    await client.create(ConfigMap, { metadata: { ...ref('held'), finalizers: [first] } });
    await client.create(ConfigMap, { metadata: ref('free') });
    await client.delete(Namespace, { name: namespace });
    assert.deepEqual(await untilSaid('NamespaceContentRemaining', 'SomeResourcesRemain'), {
      ...discovered,
      NamespaceDeletionContentFailure: deleted,
      NamespaceContentRemaining: [
        'True',
        'SomeResourcesRemain',
        'Some resources are remaining: configmaps. has 1 resource instances, secrets. has 1 resource instances',
      ],
      NamespaceFinalizersRemaining: [
        'True',
        'SomeFinalizersRemain',
        'Some content in the namespace has finalizers remaining: example.com/a in 1 resource instances, example.com/b in 2 resource instances',
      ],
    });
    const letGo = { type: 'merge', body: { metadata: { finalizers: null } } } as const;
    await client.patch(Secret, ref('held'), letGo);
    await client.patch(ConfigMap, ref('held'), letGo);
    await untilGone(client, Namespace, { name: namespace });
  });

  test('say that they are empty while somebody else holds them', async () => {
    const held = { name: namespace };
    const hold = { metadata: { finalizers: ['example.com/hold'] } };
    await client.patch(Namespace, held, { type: 'merge', body: hold });
    await client.delete(Namespace, held);
    assert.deepEqual(await untilSaid('NamespaceContentRemaining', 'ContentRemoved'), {
      ...discovered,
      NamespaceDeletionContentFailure: deleted,
      NamespaceContentRemaining: removed,
      NamespaceFinalizersRemaining: finished,
    });
    const letGo = { metadata: { finalizers: null } };
    await untilObject(client, Namespace, held, ({ spec }) => (spec?.finalizers ?? []).length === 0);
    await client.patch(Namespace, held, { type: 'merge', body: letGo });
    await untilGone(client, Namespace, held);
  });

  test('say what cannot be deleted and why, delete the rest, and try again', async () => {
    const name = `forbids.${namespace}.example.com`;
    await client.create(ValidatingWebhookConfiguration, {
      metadata: { name },
      webhooks: [
        {
          name,
          clientConfig: { url: 'https://127.0.0.1:1/' },
          rules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['DELETE'],
              resources: ['secrets'],
            },
          ],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    });
    try {
      await client.create(Secret, { metadata: ref('kept') });
      await client.create(ConfigMap, { metadata: ref('free') });
      await client.delete(Namespace, { name: namespace });
      const said = await untilSaid('NamespaceDeletionContentFailure', 'ContentDeletionFailed');
      const [status, reason, message = ''] = said['NamespaceDeletionContentFailure'] ?? [];
      assert.deepEqual([status, reason], ['True', 'ContentDeletionFailed']);
      assert.ok(
        message.startsWith(
          `Failed to delete all resource types, 1 remaining: Internal error occurred: failed calling webhook "${name}": failed to call webhook: Post "https://127.0.0.1:1/?timeout=10s": `,
        ),
        message,
      );
      assert.deepEqual(said['NamespaceContentRemaining'], removed);
      await untilGone(client, ConfigMap, ref('free'));
      await client.get(Secret, ref('kept'));
    } finally {
      await client.delete(ValidatingWebhookConfiguration, { name });
    }
    await untilGone(client, Namespace, { name: namespace });
  });

  test('get their account and certificates back, as they should be', async () => {
    const isThere = (): boolean => true;
    const known = await untilObject(client, ConfigMap, ref(rootCertificates), isThere);
    await untilObject(client, ServiceAccount, ref('default'), isThere);
    await client.delete(ServiceAccount, ref('default'));
    await client.delete(ConfigMap, ref(rootCertificates));
    await untilObject(client, ServiceAccount, ref('default'), isThere);
    const isAsKnown = ({ data, metadata }: Stored<ConfigMap>): boolean =>
      JSON.stringify(data) === JSON.stringify(known.data) &&
      JSON.stringify(metadata.annotations) === JSON.stringify(known.metadata.annotations);
    await untilObject(client, ConfigMap, ref(rootCertificates), isAsKnown);
    const wrong = {
      data: { 'ca.crt': 'wrong', more: 'too much' },
      metadata: { annotations: null },
    };
    await client.patch(ConfigMap, ref(rootCertificates), { type: 'merge', body: wrong });
    await untilObject(client, ConfigMap, ref(rootCertificates), isAsKnown);
    assert.match(
      known.metadata.annotations?.['kubernetes.io/description'] ?? '',
      /^Contains a CA bundle /,
    );
  });
});
