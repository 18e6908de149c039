import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { defineResource, type KubernetesObject, type Resource } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';

interface Note extends KubernetesObject {
  spec: Record<string, string>;
}

const group = 'notes.example.com';
const definition = { name: `notes.${group}` };

function inVersion(version: string): Resource<Note> {
  return defineResource<Note>({
    group,
    version,
    kind: 'Note',
    plural: 'notes',
    scope: 'Namespaced',
  });
}

/** Both versions have `mode`, with defaults of their own, and each has a field that the other has not. */
function schema(mode: string, own: string): object {
  return {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          mode: { type: 'string', default: mode },
          [own]: { type: 'string', default: mode },
        },
      },
    },
  };
}

describeOnEachServer('versions that nobody converts', {}, (environment) => {
  let client: Client;
  let namespace: string;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
    await environment().install({
      metadata: definition,
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Note', plural: 'notes' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: schema('one', 'a') },
          },
          {
            name: 'v2',
            served: true,
            storage: false,
            schema: { openAPIV3Schema: schema('two', 'b') },
          },
        ],
      },
    });
  });

  test('have the defaults of the version that is stored, and the fields of the one that is read', async () => {
    const ref = { namespace, name: 'stored' };
    const created = await client.create(inVersion('v1'), { metadata: ref, spec: {} });
    assert.deepEqual(created.spec, { a: 'one', mode: 'one' });
    assert.deepEqual((await client.get(inVersion('v2'), ref)).spec, { mode: 'one' });
  });

  test('keep what was written in another version as far as the stored one has it', async () => {
    const ref = { namespace, name: 'other' };
    const created = await client.create(inVersion('v2'), { metadata: ref, spec: {} });
    assert.deepEqual(created.spec, { mode: 'two' });
    assert.deepEqual((await client.get(inVersion('v1'), ref)).spec, { a: 'one', mode: 'two' });
  });
});
