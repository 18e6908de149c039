/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-argument -- answers are any JSON: what they hold is what the tests assert */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { JsonObject } from '../../src/contracts.ts';
import { compareVersionPriority } from '../../src/discovery/version-order.ts';
import { ApiServer } from '../../src/index.ts';
import { readRecorded } from '../recorded/read-recorded.ts';
import { call, FakeClock } from '../server-fixture.ts';

interface Recording {
  readonly groups: readonly JsonObject[];
  readonly lists: Readonly<Record<string, readonly JsonObject[]>>;
  readonly aggregated: readonly JsonObject[];
}

// The shape in which the answers were written down.
const RECORDING = readRecorded('discovery.json') as Recording;

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Resources that ask about programs that do not exist here, or for what our kubelet does not do. */
const NOT_SERVED = [
  'componentstatuses',
  'nodes/proxy',
  'pods/proxy',
  'pods/resize',
  'services/proxy',
];

describe('discovery', () => {
  const server = new ApiServer();
  const transport = server.transport();
  after(() => server.close());

  test('lists the groups of the real server, each with its preferred version', async () => {
    const { body } = await call(transport, 'GET', '/apis');
    assert.deepEqual(body.groups, RECORDING.groups);
  });

  for (const [path, resources] of Object.entries(RECORDING.lists)) {
    test(`lists at ${path} what the real server lists`, async () => {
      const { body } = await call(transport, 'GET', path);
      assert.deepEqual(
        body.resources,
        resources.filter(({ name }) => !NOT_SERVED.includes(String(name))),
      );
    });
  }

  test('tells everything in one document when asked for aggregated discovery', async () => {
    const { body, headers } = await call(transport, 'GET', '/apis', undefined, {
      headers: { accept: `${AGGREGATED},application/json` },
    });
    assert.equal(headers['content-type'], AGGREGATED);
    const names = RECORDING.aggregated.map((group) => group['metadata'] as JsonObject);
    assert.deepEqual(
      body.items.filter((item: { metadata: JsonObject }) =>
        names.some(({ name }) => name === item.metadata['name']),
      ),
      RECORDING.aggregated,
    );
  });

  test('answers 304 to a client that has the document', async () => {
    const headers = { accept: AGGREGATED };
    const first = await call(transport, 'GET', '/apis', undefined, { headers });
    const etag = first.headers['etag'] ?? '';
    assert.match(etag, /^"[0-9A-F]{128}"$/);
    const second = await call(transport, 'GET', '/apis', undefined, {
      headers: { ...headers, 'if-none-match': etag },
    });
    assert.equal(second.status, 304);
    assert.equal(second.text, '');
  });

  test('knows no group that nobody serves', async () => {
    const { status, text } = await call(transport, 'GET', '/apis/example.com');
    assert.equal(status, 404);
    assert.equal(text, '404 page not found\n');
    const version = await call(transport, 'GET', '/apis/apps/v9');
    assert.equal(version.status, 404);
    assert.equal(version.body.message, 'the server could not find the requested resource');
  });

  test('tells its version to readers only', async () => {
    const { body } = await call(transport, 'GET', '/version');
    assert.equal(body.major, '1');
    assert.match(body.gitVersion, /^v1\.\d+\.\d+\+kubewright$/);
    assert.equal((await call(transport, 'POST', '/version', {})).status, 405);
  });

  test('names the address that the client used', async () => {
    const { body } = await call(transport, 'GET', '/api', undefined, {
      headers: { host: 'cluster.example:6443' },
    });
    assert.deepEqual(body.versions, ['v1']);
    assert.equal(body.serverAddressByClientCIDRs[0].serverAddress, 'cluster.example:6443');
  });

  test('follows what custom resources are served', async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'gears.example.com' },
      spec: {
        group: 'example.com',
        names: { plural: 'gears', singular: 'gear', kind: 'Gear', shortNames: ['gr'] },
        scope: 'Cluster',
        versions: ['v1beta1', 'v10', 'v2'].map((name) => ({
          name,
          served: true,
          storage: name === 'v2',
          schema: { openAPIV3Schema: { type: 'object' } },
        })),
      },
    };
    await call(
      transport,
      'POST',
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      definition,
    );
    await FakeClock.settle();
    const group = await call(transport, 'GET', '/apis/example.com');
    assert.deepEqual(
      group.body.versions.map(({ version }: { version: string }) => version),
      ['v10', 'v2', 'v1beta1'],
    );
    const hashes = await Promise.all(
      ['v10', 'v2'].map(async (version) => {
        const { body } = await call(transport, 'GET', `/apis/example.com/${version}`);
        return String(body.resources[0].storageVersionHash);
      }),
    );
    assert.equal(hashes[0], hashes[1]);
    const documents = await call(transport, 'GET', '/openapi/v3');
    assert.ok('apis/example.com/v2' in documents.body.paths);
  });
});

describe('the order of versions', () => {
  test('prefers stable to beta to alpha, higher numbers, and versions to other names', () => {
    const versions = [
      'foo10',
      'v1alpha1',
      'v1',
      'v11beta2',
      'foo1',
      'v10beta3',
      'v12alpha1',
      'v3beta1',
      'v2',
      'v10',
      'v11alpha2',
      'v11',
    ];
    assert.deepEqual(versions.sort(compareVersionPriority), [
      'v11',
      'v10',
      'v2',
      'v1',
      'v11beta2',
      'v10beta3',
      'v3beta1',
      'v12alpha1',
      'v11alpha2',
      'v1alpha1',
      'foo1',
      'foo10',
    ]);
  });
});
