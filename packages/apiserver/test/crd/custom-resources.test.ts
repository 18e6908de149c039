/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument -- answers are any JSON: what they hold is what the tests assert */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Transport } from '@kubewright/apimachinery';
import type { JsonObject } from '../../src/contracts.ts';
import { ApiServer } from '../../src/index.ts';
import { call, FakeClock, MERGE, OpenWatch, type Answer } from '../server-fixture.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

interface DefinitionParts {
  readonly names?: JsonObject;
  readonly schema?: JsonObject;
  readonly version?: JsonObject;
  readonly more?: readonly JsonObject[];
  readonly conversion?: JsonObject;
}

function definition(plural: string, parts: DefinitionParts = {}): JsonObject {
  const kind = plural.slice(0, 1).toUpperCase() + plural.slice(1, -1);
  const schema = {
    openAPIV3Schema: parts.schema ?? {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      names: { plural, kind, ...parts.names },
      scope: 'Namespaced',
      ...(parts.conversion === undefined ? {} : { conversion: parts.conversion }),
      versions: [
        { name: 'v1', served: true, storage: true, schema, ...parts.version },
        ...(parts.more ?? []).map((version) => ({
          served: true,
          storage: false,
          schema,
          ...version,
        })),
      ],
    },
  };
}

describe('custom resources', () => {
  let server: ApiServer;
  let transport: Transport;

  beforeEach(() => {
    server = new ApiServer();
    transport = server.transport();
  });
  afterEach(() => server.close());

  const send = (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH',
    path: string,
    body?: unknown,
  ): Promise<Answer> =>
    call(transport, method, path, body, method === 'PATCH' ? { contentType: MERGE } : {});

  const install = async (object: JsonObject): Promise<void> => {
    const { status, text } = await send('POST', DEFINITIONS, object);
    assert.equal(status, 201, text);
    await FakeClock.settle();
  };

  const collection = (plural: string, version = 'v1'): string =>
    `/apis/example.com/${version}/namespaces/default/${plural}`;

  const gear = (
    name: string,
    spec: JsonObject = {},
    version = 'v1',
    metadata = {},
  ): JsonObject => ({
    apiVersion: `example.com/${version}`,
    kind: 'Gear',
    metadata: { name, ...metadata },
    spec,
  });

  test('are announced without conditions, then accepted, then established', async () => {
    const { body: list } = await send('GET', DEFINITIONS);
    await using watch = await OpenWatch.open(
      transport,
      `${DEFINITIONS}?watch=true&resourceVersion=${String(list.metadata.resourceVersion)}`,
    );
    const { body } = await send('POST', DEFINITIONS, definition('gears'));
    assert.deepEqual(body.status, {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: ['v1'],
    });
    const states: string[] = [];
    while (states.at(-1) !== 'Established=True') {
      const event = await watch.next();
      const conditions: JsonObject[] = event?.object.status.conditions ?? [];
      const last = conditions.at(-1);
      states.push(
        last === undefined ? 'none' : `${String(last['type'])}=${String(last['status'])}`,
      );
    }
    assert.deepEqual(states, ['none', 'Established=False', 'Established=True']);
  });

  test('get the names that the author left out', async () => {
    await install(definition('gears'));
    const { body } = await send('GET', `${DEFINITIONS}/gears.example.com`);
    assert.deepEqual(body.status.acceptedNames, {
      plural: 'gears',
      singular: 'gear',
      kind: 'Gear',
      listKind: 'GearList',
    });
    assert.deepEqual(body.spec.conversion, { strategy: 'None' });
  });

  test('wait for a name that another definition has, and take it when that goes', async () => {
    await install(definition('gears'));
    await install(definition('wheels', { names: { kind: 'Gear', shortNames: ['gears'] } }));
    const conditionsOf = async (): Promise<string[]> => {
      const { body } = await send('GET', `${DEFINITIONS}/wheels.example.com`);
      return body.status.conditions.map(
        ({ type, status, reason, message }: Record<string, string>) =>
          `${String(type)}=${String(status)} ${String(reason)}: ${String(message)}`,
      );
    };
    assert.deepEqual(await conditionsOf(), [
      'NamesAccepted=False ListKindConflict: "GearList" is already in use',
      'Established=False NotAccepted: not all names are accepted',
    ]);
    assert.equal((await send('GET', collection('wheels'))).status, 404);
    await send('DELETE', `${DEFINITIONS}/gears.example.com`);
    await FakeClock.settle();
    assert.deepEqual(await conditionsOf(), [
      'NamesAccepted=True NoConflicts: no conflicts found',
      'Established=True InitialNamesAccepted: the initial names have been accepted',
    ]);
    assert.equal((await send('GET', collection('wheels'))).status, 200);
  });

  test('are read and written in every served version, and stored in one', async () => {
    await install(
      definition('gears', { more: [{ name: 'v1beta1' }, { name: 'v0', served: false }] }),
    );
    await send('POST', collection('gears', 'v1beta1'), gear('one', { size: 1 }, 'v1beta1'));
    const stored = await send('GET', `${collection('gears')}/one`);
    assert.equal(stored.body.apiVersion, 'example.com/v1');
    const other = await send('GET', `${collection('gears', 'v1beta1')}/one`);
    assert.equal(other.body.apiVersion, 'example.com/v1beta1');
    assert.deepEqual(other.body.spec, { size: 1 });
    assert.equal((await send('GET', collection('gears', 'v0'))).status, 404);
  });

  test('warn users of a deprecated version', async () => {
    await install(
      definition('gears', {
        more: [{ name: 'v1beta1', deprecated: true, deprecationWarning: 'use v1' }],
      }),
    );
    const { headers } = await send('GET', collection('gears', 'v1beta1'));
    assert.match(String(headers['warning']), /299 - "use v1"/);
  });

  test('are read by the schema of today, whatever they were stored by', async () => {
    await install(definition('gears'));
    await send('POST', collection('gears'), gear('one', { size: 1 }));
    const { body } = await send('GET', `${DEFINITIONS}/gears.example.com`);
    body.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties = {
      color: { type: 'string', default: 'red' },
    };
    assert.equal((await send('PUT', `${DEFINITIONS}/gears.example.com`, body)).status, 200);
    await FakeClock.settle();
    const read = await send('GET', `${collection('gears')}/one`);
    assert.deepEqual(read.body.spec, { color: 'red' });
  });

  test('keep what was valid when their rules get stricter, until it changes', async () => {
    await install(definition('gears'));
    await send('POST', collection('gears'), gear('one', { size: 50 }));
    const { body } = await send('GET', `${DEFINITIONS}/gears.example.com`);
    body.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.size.maximum = 10;
    await send('PUT', `${DEFINITIONS}/gears.example.com`, body);
    await FakeClock.settle();
    const labelled = await send('PATCH', `${collection('gears')}/one`, {
      metadata: { labels: { a: 'b' } },
    });
    assert.equal(labelled.status, 200);
    const resized = await send('PATCH', `${collection('gears')}/one`, { spec: { size: 51 } });
    assert.equal(resized.status, 422);
  });

  test('are selected by the fields that their definition names', async () => {
    await install(
      definition('gears', { version: { selectableFields: [{ jsonPath: '.spec.size' }] } }),
    );
    for (const size of [1, 2]) {
      await send('POST', collection('gears'), gear(`gear-${size}`, { size }));
    }
    const { body } = await send('GET', `${collection('gears')}?fieldSelector=spec.size%3D2`);
    assert.deepEqual(
      body.items.map(({ metadata }: { metadata: JsonObject }) => metadata['name']),
      ['gear-2'],
    );
    const unknown = await send('GET', `${collection('gears')}?fieldSelector=spec.other%3D2`);
    assert.equal(unknown.status, 400);
  });

  test('do not count a write to the status as a new generation', async () => {
    await install(
      definition('gears', {
        schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        version: { subresources: { status: {} } },
      }),
    );
    const created = await send('POST', collection('gears'), {
      ...gear('one', { size: 1 }),
      status: { ready: true },
    });
    assert.equal(created.body.status, undefined);
    const status = await send('PATCH', `${collection('gears')}/one/status`, {
      spec: { size: 9 },
      status: { ready: true },
    });
    assert.deepEqual(
      [status.body.metadata.generation, status.body.spec.size, status.body.status],
      [1, 1, { ready: true }],
    );
    const main = await send('PATCH', `${collection('gears')}/one`, {
      spec: { size: 2 },
      status: { ready: false },
    });
    assert.deepEqual([main.body.metadata.generation, main.body.status], [2, { ready: true }]);
  });

  test('refuse a scale below zero', async () => {
    await install(
      definition('gears', {
        version: {
          subresources: {
            scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' },
          },
        },
      }),
    );
    const { status, body } = await send('POST', collection('gears'), gear('one', { size: -1 }));
    assert.equal(status, 422);
    assert.match(body.message, /\.spec\.size: Invalid value: -1: should be a non-negative integer/);
  });

  test('go with their definition, which waits for those that finalizers hold', async () => {
    await install(definition('gears'));
    await send('POST', collection('gears'), gear('free'));
    await send('POST', collection('gears'), gear('held', {}, 'v1', { finalizers: ['a.b/c'] }));
    const { body } = await send('DELETE', `${DEFINITIONS}/gears.example.com`);
    assert.deepEqual(body.metadata.finalizers, ['customresourcecleanup.apiextensions.k8s.io']);
    await FakeClock.settle();
    const terminating = await send('GET', `${DEFINITIONS}/gears.example.com`);
    assert.equal(terminating.body.status.conditions.at(-1).reason, 'InstanceDeletionInProgress');
    const left = await send('GET', collection('gears'));
    assert.deepEqual(
      left.body.items.map(({ metadata }: { metadata: JsonObject }) => metadata['name']),
      ['held'],
    );
    const refused = await send('POST', collection('gears'), gear('late'));
    assert.equal(refused.status, 403);
    assert.match(
      refused.body.message,
      /gears\.example\.com "late" is forbidden: create not allowed while custom resource definition is terminating/,
    );
    await send('PATCH', `${collection('gears')}/held`, { metadata: { finalizers: null } });
    await FakeClock.settle();
    assert.equal((await send('GET', `${DEFINITIONS}/gears.example.com`)).status, 404);
    assert.equal((await send('GET', '/apis/example.com')).status, 404);
  });

  test('start anew when their definition comes back', async () => {
    await install(definition('gears'));
    await send('POST', collection('gears'), gear('one'));
    await send('DELETE', `${DEFINITIONS}/gears.example.com`);
    await FakeClock.settle();
    await install(definition('gears'));
    assert.deepEqual((await send('GET', collection('gears'))).body.items, []);
  });

  test('refuse to be converted by a webhook', async () => {
    await install(
      definition('gears', {
        more: [{ name: 'v1beta1' }],
        conversion: {
          strategy: 'Webhook',
          webhook: {
            clientConfig: { url: 'https://localhost/convert' },
            conversionReviewVersions: ['v1'],
          },
        },
      }),
    );
    assert.equal((await send('POST', collection('gears'), gear('one'))).status, 201);
    const { status, body } = await send('GET', `${collection('gears', 'v1beta1')}/one`);
    assert.equal(status, 500);
    assert.match(body.message, /conversion webhook for example\.com\/v1, Kind=Gear failed/);
  });

  test('may not change their kind, plural or scope once they exist', async () => {
    await install(definition('gears'));
    const { body } = await send('GET', `${DEFINITIONS}/gears.example.com`);
    const change = (spec: JsonObject): Promise<Answer> =>
      send('PUT', `${DEFINITIONS}/gears.example.com`, { ...body, spec: { ...body.spec, ...spec } });
    const scope = await change({ scope: 'Cluster' });
    assert.match(scope.body.message, /spec\.scope: Invalid value: "Cluster": field is immutable/);
    const kind = await change({ names: { ...body.spec.names, kind: 'Cog' } });
    assert.match(kind.body.message, /spec\.names\.kind: Invalid value: "Cog": field is immutable/);
  });

  test('keep every version in which objects may be stored', async () => {
    await install(definition('gears'));
    const { body } = await send('GET', `${DEFINITIONS}/gears.example.com`);
    const [first] = body.spec.versions;
    body.spec.versions = [
      { ...first, storage: false },
      { ...first, name: 'v2', storage: true },
    ];
    const moved = await send('PUT', `${DEFINITIONS}/gears.example.com`, body);
    assert.deepEqual(moved.body.status.storedVersions, ['v1', 'v2']);
    await FakeClock.settle();
    const { body: now } = await send('GET', `${DEFINITIONS}/gears.example.com`);
    now.spec.versions = now.spec.versions.slice(1);
    const dropped = await send('PUT', `${DEFINITIONS}/gears.example.com`, now);
    assert.match(
      dropped.body.message,
      /status\.storedVersions\[0\]: Invalid value: "v1": missing from spec\.versions/,
    );
  });
});
