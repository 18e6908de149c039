import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { before, test } from 'node:test';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly singularName: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

interface AggregatedDiscovery {
  readonly kind: string;
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources: readonly {
        readonly resource: string;
        readonly scope: string;
        readonly verbs: readonly string[];
        readonly responseKind: { readonly kind: string };
        readonly subresources?: readonly { readonly subresource: string }[];
      }[];
    }[];
  }[];
}

describeOnEachServer('discovery', {}, (environment) => {
  let client: Client;
  before(async () => {
    client = await environment().client();
  });
  const read = <T>(path: string, accept = 'application/json'): Promise<T> =>
    client.rawJson<T>({ method: 'GET', path, headers: { accept } });
  const resourceIn = async (path: string, name: string): Promise<ApiResource | undefined> =>
    (await read<{ resources: ApiResource[] }>(path)).resources.find((each) => each.name === name);

  test('lists the paths that lead on', async () => {
    const { paths } = await read<{ paths: string[] }>('/');
    for (const path of ['/api/v1', '/apis/apps/v1', '/healthz', '/openapi/v3', '/version']) {
      assert.ok(paths.includes(path), path);
    }
  });

  test('answers a health check as a whole, by its parts, and one by one', async () => {
    const textAt = async (path: string): Promise<string> =>
      text((await client.raw({ method: 'GET', path, headers: {} })).body);
    assert.equal(await textAt('/readyz'), 'ok');
    const verbose = await textAt('/readyz?verbose');
    assert.match(verbose, /^\[\+\]ping ok\n/);
    assert.match(verbose, /\nreadyz check passed\n$/);
    assert.match(await textAt('/livez?verbose&exclude=etcd'), /\n\[\+\]etcd excluded: ok\n/);
    assert.equal(await textAt('/livez/ping'), 'ok');
    await assert.rejects(textAt('/livez/nonsense'), { code: 404 });
  });

  test('names kind, scope, verbs, short names and categories of a resource', async () => {
    assert.deepEqual(
      { ...(await resourceIn('/api/v1', 'pods')), storageVersionHash: '' },
      {
        name: 'pods',
        singularName: 'pod',
        namespaced: true,
        kind: 'Pod',
        verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
        shortNames: ['po'],
        categories: ['all'],
        storageVersionHash: '',
      },
    );
    const deployments = await resourceIn('/apis/apps/v1', 'deployments');
    assert.deepEqual(deployments?.shortNames, ['deploy']);
  });

  test('lists subresources with the kind they speak', async () => {
    const scale = await resourceIn('/apis/apps/v1', 'deployments/scale');
    assert.deepEqual([scale?.kind, scale?.verbs], ['Scale', ['get', 'patch', 'update']]);
    assert.deepEqual((await resourceIn('/api/v1', 'pods/eviction'))?.verbs, ['create']);
    assert.deepEqual((await resourceIn('/api/v1', 'pods/log'))?.verbs, ['get']);
  });

  test('lists groups with their preferred version first', async () => {
    const { groups } = await read<{
      groups: {
        name: string;
        versions: { version: string }[];
        preferredVersion: { groupVersion: string };
      }[];
    }>('/apis');
    const autoscaling = groups.find(({ name }) => name === 'autoscaling');
    assert.equal(autoscaling?.preferredVersion.groupVersion, 'autoscaling/v2');
    assert.deepEqual(
      autoscaling.versions.map(({ version }) => version),
      ['v2', 'v1'],
    );
  });

  test('says the same in one document for all groups', async () => {
    const accept =
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const core = await read<AggregatedDiscovery>('/api', accept);
    assert.equal(core.kind, 'APIGroupDiscoveryList');
    const pods = core.items[0]?.versions[0]?.resources.find(({ resource }) => resource === 'pods');
    assert.equal(pods?.scope, 'Namespaced');
    assert.equal(pods.responseKind.kind, 'Pod');
    const subresources = pods.subresources?.map(({ subresource }) => subresource) ?? [];
    for (const name of ['status', 'log', 'exec', 'eviction', 'portforward']) {
      assert.ok(subresources.includes(name), name);
    }
    const groups = await read<AggregatedDiscovery>('/apis', accept);
    const apps = groups.items.find(({ metadata }) => metadata.name === 'apps');
    assert.deepEqual(
      apps?.versions.map(({ version }) => version),
      ['v1'],
    );
  });

  test('finds resources by all the names that users have for them', async () => {
    for (const name of ['deploy', 'deployment', 'deployments', 'Deployment', 'deployments.apps']) {
      assert.equal((await client.resolve(name)).resource.plural, 'deployments', name);
    }
  });
});
