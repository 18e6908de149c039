import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  ConfigMap,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { defineAdmission, deny, mutatingWebhook, validatingWebhook } from '@kubewright/runtime';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';
import { errorText, untilAnswer } from './until-answer.ts';
import { untilObject } from './until-object.ts';
import { webhookManager } from './webhook-manager.ts';

describeOnEachServer('an operator that serves admission webhooks', {}, (environment) => {
  let client: Client;
  let namespace: string;
  let run: Promise<void>;
  const stop = new AbortController();
  const configuration = { name: 'operator-admission' };

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
    const admission = defineAdmission({
      name: configuration.name,
      webhooks: [
        mutatingWebhook<ConfigMap>({
          name: 'owner.admission.example.com',
          resource: ConfigMap,
          namespaceSelector,
          mutate: (draft) => {
            draft.data = { owner: 'nobody', ...draft.data };
            return undefined;
          },
        }),
        validatingWebhook<ConfigMap>({
          name: 'owner-stays.admission.example.com',
          resource: ConfigMap,
          operations: ['UPDATE'],
          namespaceSelector,
          validate: (request) =>
            request.operation === 'UPDATE' &&
            request.object.data?.['owner'] !== request.oldObject.data?.['owner']
              ? deny('data.owner cannot change; make another ConfigMap')
              : undefined,
        }),
      ],
    });
    const manager = webhookManager(client, namespace, 'webhook');
    manager.webhooks.admit(admission);
    run = manager.run({ signal: stop.signal });
    await manager.started;
    const url = `https://127.0.0.1:${String(manager.addresses.webhooks?.port ?? 0)}`;
    for (const manifest of admission.manifests({ target: { url } })) {
      if (manifest.kind === 'MutatingWebhookConfiguration') {
        await client.create(MutatingWebhookConfiguration, manifest);
      } else {
        await client.create(ValidatingWebhookConfiguration, manifest);
      }
    }
    for (const resource of [MutatingWebhookConfiguration, ValidatingWebhookConfiguration]) {
      await untilObject(client, resource, configuration, ({ webhooks = [] }) =>
        webhooks.every(({ clientConfig }) => clientConfig.caBundle !== undefined),
      );
    }
    await untilAsked();
  });

  after(async () => {
    await client.delete(MutatingWebhookConfiguration, configuration);
    await client.delete(ValidatingWebhookConfiguration, configuration);
    stop.abort(new Error('the tests are over'));
    await run;
  });

  /** Servers take configurations over some moments later. */
  async function untilAsked(): Promise<void> {
    const dryRun = true;
    const metadata = { namespace, name: 'probe' };
    await untilAnswer(
      () =>
        client.create(ConfigMap, { metadata }, { dryRun }).then(
          ({ data }) => data?.['owner'],
          (error: unknown) => String(error),
        ),
      (owner) => owner === 'nobody',
    );
    await client.create(ConfigMap, { metadata });
    const patch = { type: 'merge', body: { data: { owner: 'probe' } } } as const;
    await untilAnswer(
      () => errorText(client.patch(ConfigMap, metadata, patch, { dryRun })),
      (text) => text.includes('data.owner cannot change'),
    );
  }

  test('changes what is written', async () => {
    const { data } = await client.create(ConfigMap, {
      metadata: { namespace, name: 'changed' },
      data: { a: '1' },
    });
    assert.deepEqual(data, { owner: 'nobody', a: '1' });
  });

  test('refuses in the words of its handler', async () => {
    const ref = { namespace, name: 'kept' };
    await client.create(ConfigMap, { metadata: ref, data: { owner: 'ann' } });
    const { status } = await refusalOf(
      client.patch(ConfigMap, ref, { type: 'merge', body: { data: { owner: 'bob' } } }),
    );
    assert.deepEqual(
      [status.code, status.reason, status.message],
      [
        403,
        'Forbidden',
        'admission webhook "owner-stays.admission.example.com" denied the request: data.owner cannot change; make another ConfigMap',
      ],
    );
  });
});
