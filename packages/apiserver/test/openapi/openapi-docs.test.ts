/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-argument -- answers are any JSON: what they hold is what the tests assert */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { ApiServer } from '../../src/index.ts';
import { isJsonObject } from '../../src/schema/json-type.ts';
import { call, FakeClock } from '../server-fixture.ts';

const DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gears.example.com' },
  spec: {
    group: 'example.com',
    names: { plural: 'gears', singular: 'gear', kind: 'Gear' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'A gear.',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  teeth: { type: 'integer', description: 'How many teeth.' },
                  load: { 'x-kubernetes-int-or-string': true },
                  note: { type: 'string', nullable: true },
                },
                'x-kubernetes-validations': [{ rule: 'self.teeth > 2' }],
              },
            },
          },
        },
      },
    ],
  },
};

/** Every reference in a document. */
function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === '$ref' && typeof member === 'string' ? [member] : referencesIn(member),
  );
}

describe('OpenAPI', () => {
  const server = new ApiServer();
  const transport = server.transport();
  after(() => server.close());

  test('names a document for each group and version, under a URL with its hash', async () => {
    const { body } = await call(transport, 'GET', '/openapi/v3');
    const { serverRelativeURL } = body.paths['apis/apps/v1'];
    assert.match(serverRelativeURL, /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/);
    const document = await call(transport, 'GET', serverRelativeURL);
    assert.equal(document.headers['cache-control'], 'public, immutable');
    const again = await call(transport, 'GET', serverRelativeURL, undefined, {
      headers: { 'if-none-match': document.headers['etag'] ?? '' },
    });
    assert.equal(again.status, 304);
  });

  test('sends a client with an old hash to the document that is there now', async () => {
    const { status, headers } = await call(transport, 'GET', '/openapi/v3/api/v1?hash=OLD');
    assert.equal(status, 301);
    assert.match(headers['location'] ?? '', /^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{128}$/);
  });

  test('refers to nothing that the document does not have', async () => {
    const { body: index } = await call(transport, 'GET', '/openapi/v3');
    for (const path of Object.keys(index.paths)) {
      const { body } = await call(transport, 'GET', `/openapi/v3/${path}`);
      const missing = referencesIn(body).filter(
        (reference) => !(reference.replace('#/components/schemas/', '') in body.components.schemas),
      );
      assert.deepEqual(missing, [], path);
    }
  });

  test('tells the parameters by which clients see that dry runs and validation are served', async () => {
    const { body } = await call(transport, 'GET', '/openapi/v3/apis/apps/v1');
    const { patch } = body.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
    const names = patch.parameters.map(({ name }: { name: string }) => name);
    assert.deepEqual(names, ['dryRun', 'fieldManager', 'fieldValidation', 'force']);
    assert.deepEqual(patch['x-kubernetes-group-version-kind'], {
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
    });
    assert.ok('application/strategic-merge-patch+json' in patch.requestBody.content);
  });

  test('keeps how lists merge', async () => {
    const { body } = await call(transport, 'GET', '/openapi/v3/api/v1');
    const { containers } = body.components.schemas['io.k8s.api.core.v1.PodSpec'].properties;
    assert.equal(containers['x-kubernetes-patch-merge-key'], 'name');
    assert.deepEqual(containers['x-kubernetes-list-map-keys'], ['name']);
  });

  test('publishes a custom resource with the words of its author', async () => {
    await call(
      transport,
      'POST',
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      DEFINITION,
    );
    await FakeClock.settle();
    const { body } = await call(transport, 'GET', '/openapi/v3/apis/example.com/v1');
    const gear = body.components.schemas['com.example.v1.Gear'];
    assert.equal(gear.description, 'A gear.');
    assert.equal(gear.properties.spec.properties.teeth.description, 'How many teeth.');
    assert.deepEqual(gear.properties.spec.properties.load.anyOf, [
      { type: 'integer' },
      { type: 'string' },
    ]);
    assert.equal('x-kubernetes-validations' in gear.properties.spec, false);
    assert.deepEqual(gear['x-kubernetes-group-version-kind'], [
      { group: 'example.com', kind: 'Gear', version: 'v1' },
    ]);
    const { patch } = body.paths['/apis/example.com/v1/namespaces/{namespace}/gears/{name}/status'];
    assert.equal('application/strategic-merge-patch+json' in patch.requestBody.content, false);
  });

  test('says in version 2 what version 2 can say', async () => {
    const { body, headers } = await call(transport, 'GET', '/openapi/v2');
    assert.equal(headers['content-type'], 'application/json');
    const { spec } = body.definitions['com.example.v1.Gear'].properties;
    assert.deepEqual(spec.properties.note, {});
    assert.equal('anyOf' in spec.properties.load, false);
    const missing = referencesIn(body).filter(
      (reference) => !(reference.replace('#/definitions/', '') in body.definitions),
    );
    assert.deepEqual(missing, []);
  });

  test('speaks the protobuf of version 2, the only form kubectl reads', async () => {
    const response = await transport.request({
      method: 'GET',
      path: '/openapi/v2',
      headers: { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' },
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    assert.equal(
      response.headers['content-type'],
      'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
    );
    // Field 1, a text of three bytes: the version of the specification.
    assert.deepEqual([...bytes.subarray(0, 5)], [0x0a, 3, 0x32, 0x2e, 0x30]);
    assert.ok(bytes.includes('com.example.v1.Gear'));
  });

  test('has no document for what is not served, and no other forms', async () => {
    assert.equal((await call(transport, 'GET', '/openapi/v3/apis/nope/v1')).status, 404);
    const yaml = { headers: { accept: 'application/yaml' } };
    assert.equal((await call(transport, 'GET', '/openapi/v2', undefined, yaml)).status, 406);
  });
});
