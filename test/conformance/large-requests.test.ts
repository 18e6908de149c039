import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ConfigMap, Deployment, type StatusError } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';

describeOnEachServer('large requests', {}, (environment) => {
  let client: Client;
  let namespace: string;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });

  const labels = { app: 'large' };
  const deploymentOf = (name: string, ...values: readonly string[]): Deployment => ({
    metadata: { name, namespace },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'app',
              image: 'app',
              env: values.map((value, index) => ({ name: `TEXT_${String(index)}`, value })),
            },
          ],
        },
      },
    },
  });
  const text = 'x'.repeat(900_000);
  const tooLargeToStore = (error: StatusError): void => {
    assert.equal(error.code, 500);
    assert.equal(error.status.message, 'etcdserver: request is too large');
  };

  test('an object that the database does not take is refused', async () => {
    tooLargeToStore(await refusalOf(client.create(Deployment, deploymentOf('new', text, text))));
  });

  test('a change that makes an object larger than the database takes is refused', async () => {
    await client.create(Deployment, deploymentOf('grown', text));
    const { spec } = deploymentOf('grown', text, text);
    const change = { namespace, name: 'grown' };
    tooLargeToStore(
      await refusalOf(client.patch(Deployment, change, { type: 'merge', body: { spec } })),
    );
    const kept = await client.get(Deployment, change);
    assert.equal(kept.spec?.template.spec?.containers[0]?.env?.length, 1);
    await client.delete(Deployment, change);
  });

  test('a body of more than three mebibytes is not read', async () => {
    const object = { metadata: { name: 'huge', namespace }, data: { text: 'x'.repeat(3_200_000) } };
    const error = await refusalOf(client.create(ConfigMap, object));
    assert.equal(error.code, 413);
    assert.equal(error.status.reason, 'RequestEntityTooLarge');
    assert.equal(error.status.message, 'Request entity too large: limit is 3145728');
  });
});
