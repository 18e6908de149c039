import { after, before, describe, test } from 'node:test';
import {
  ConfigMap,
  CustomResourceDefinition,
  defineResource,
  isNotFound,
  type Resource,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { startTestEnvironment, untilServed, type TestEnvironment } from '../src/index.ts';

const group = 'versions.example.com';

describe(
  'a reference to an owner by a version that is not served any more',
  { timeout: 60_000 },
  () => {
    let environment: TestEnvironment;
    let client: Client;
    before(async () => {
      environment = await startTestEnvironment({
        embedded: { hasControllers: true, hasNode: false },
      });
      client = await environment.client();
    });
    after(() => environment[Symbol.asyncDispose]());

    const kindIn = (version: string): Resource =>
      defineResource({ group, version, kind: 'Owner', plural: 'owners', scope: 'Namespaced' });
    const versions = (served: string) =>
      ['v1alpha1', 'v1'].map((name) => ({
        name,
        served: name === served,
        storage: name === served,
        schema: { openAPIV3Schema: { type: 'object' } },
      }));

    test('is judged by nobody, whether the owner is there or not', async () => {
      const namespace = await environment.newNamespace();
      const definition = { name: `owners.${group}` };
      const first = await client.create(CustomResourceDefinition, {
        metadata: definition,
        spec: {
          group,
          scope: 'Namespaced',
          names: { kind: 'Owner', plural: 'owners' },
          versions: versions('v1alpha1'),
        },
      });
      await untilServed(client, [first]);
      const owner = { namespace, name: 'owner' };
      const { uid } = (await client.create(kindIn('v1alpha1'), { metadata: owner })).metadata;
      const moved = await client.patch(CustomResourceDefinition, definition, {
        type: 'merge',
        body: { spec: { versions: versions('v1') } },
      });
      await untilServed(client, [moved]);
      const make = async (name: string, version: string): Promise<void> => {
        const reference = { apiVersion: `${group}/${version}`, kind: 'Owner', name: 'owner', uid };
        const metadata = { namespace, name, ownerReferences: [reference] };
        await client.create(ConfigMap, { metadata });
      };
      await make('by-old', 'v1alpha1');
      await make('by-new', 'v1');
      await client.delete(kindIn('v1'), owner);
      await untilGone('by-new', namespace);
      await client.get(ConfigMap, { namespace, name: 'by-old' });
    });

    async function untilGone(name: string, namespace: string): Promise<void> {
      for (;;) {
        try {
          await client.get(ConfigMap, { namespace, name });
        } catch (error) {
          if (isNotFound(error)) return;
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  },
);
