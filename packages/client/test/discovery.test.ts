import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Transport, TransportRequest, TransportResponse } from '@kubewright/apimachinery';
import { Client, DecodeError, DiscoveryError } from '../src/index.ts';
import { failure, ScriptedTransport } from './scripted-transport.ts';

const entry = (name: string, kind: string, more: object = {}): object => ({
  name,
  singularName: kind.toLowerCase(),
  kind,
  namespaced: true,
  verbs: ['get', 'list'],
  ...more,
});
const documents: Record<string, object> = {
  '/apis': {
    kind: 'APIGroupList',
    groups: [
      {
        name: 'apps',
        versions: [{ version: 'v1beta1' }, { version: 'v1' }],
        preferredVersion: { version: 'v1' },
      },
      { name: 'events.k8s.io', versions: [{ version: 'v1' }] },
      { name: 'metrics.k8s.io', versions: [{ version: 'v1' }] },
    ],
  },
  '/api/v1': {
    kind: 'APIResourceList',
    resources: [
      entry('pods', 'Pod', { shortNames: ['po'], categories: ['all'] }),
      entry('pods/log', 'Pod'),
      entry('pods/status', 'Pod'),
      entry('nodes', 'Node', { namespaced: false, singularName: '', shortNames: ['no'] }),
      entry('events', 'Event', { shortNames: ['ev'] }),
    ],
  },
  '/apis/apps/v1': {
    kind: 'APIResourceList',
    resources: [entry('deployments', 'Deployment', { shortNames: ['deploy'] })],
  },
  '/apis/apps/v1beta1': {
    kind: 'APIResourceList',
    resources: [entry('deployments', 'Deployment'), entry('olds', 'Old')],
  },
  '/apis/events.k8s.io/v1': { kind: 'APIResourceList', resources: [entry('events', 'Event')] },
};

/** Answers discovery; the metrics group is registered, but its server is down. */
class DiscoveryTransport extends ScriptedTransport {
  override async request(request: TransportRequest): Promise<TransportResponse> {
    this.requests.push(request);
    const document = documents[request.path];
    const answer =
      document === undefined
        ? request.path.includes('metrics')
          ? failure(503, 'ServiceUnavailable', 'down')
          : failure(404, 'NotFound', 'no such path')
        : { body: document };
    return new ScriptedTransport([answer]).request(request);
  }
}
const clientOf = (transport: Transport): Client => new Client({ transport });

test('describes the resources of a version, with their subresources', async () => {
  const [pod, node] = await clientOf(new DiscoveryTransport()).resourcesOf('v1');
  assert.equal(pod?.resource.apiVersion, 'v1');
  assert.deepEqual(pod.subresources, ['log', 'status']);
  assert.deepEqual(
    [pod.shortNames, pod.categories, pod.verbs, pod.resource.scope],
    [['po'], ['all'], ['get', 'list'], 'Namespaced'],
  );
  assert.deepEqual(
    [node?.singular, node?.resource.scope, node?.subresources],
    ['node', 'Cluster', []],
  );
});

test('has nothing to tell of a version the server does not have', async () => {
  assert.deepEqual(await clientOf(new DiscoveryTransport()).resourcesOf('nope/v1'), []);
});

for (const [name, expected] of [
  ['pods', 'v1 pods'],
  ['pod', 'v1 pods'],
  ['Pod', 'v1 pods'],
  ['po', 'v1 pods'],
  ['node', 'v1 nodes'],
  ['deploy', 'apps/v1 deployments'],
  ['deployments.apps', 'apps/v1 deployments'],
  ['Deployment.v1beta1.apps', 'apps/v1beta1 deployments'],
  ['olds', 'apps/v1beta1 olds'],
  ['events', 'v1 events'],
  ['events.v1', 'v1 events'],
  ['events.events.k8s.io', 'events.k8s.io/v1 events'],
] as const) {
  test(`takes "${name}" for ${expected}`, async () => {
    const { resource } = await clientOf(new DiscoveryTransport()).resolve(name);
    assert.equal(`${resource.apiVersion} ${resource.plural}`, expected);
  });
}

test('asks only the group that is named', async () => {
  const transport = new DiscoveryTransport();
  await clientOf(transport).resolve('deployments.apps');
  assert.deepEqual(transport.requests.map(({ path }) => path).sort(), [
    '/apis',
    '/apis/apps/v1',
    '/apis/apps/v1beta1',
  ]);
});

test('says what is similar, and what it could not ask, when there is no such resource', async () => {
  await assert.rejects(
    clientOf(new DiscoveryTransport()).resolve('depl'),
    (error) =>
      error instanceof DiscoveryError &&
      error.message ===
        'the server has no resource "depl"; similar: deployments.apps; not available just now: metrics.k8s.io/v1',
  );
});

test('reads the version of the server', async () => {
  const body = { major: '1', minor: '36+', gitVersion: 'v1.36.3', platform: 'linux/amd64' };
  const client = clientOf(new ScriptedTransport([{ body }, { body: {} }]));
  assert.deepEqual(await client.serverVersion(), {
    major: 1,
    minor: 36,
    gitVersion: 'v1.36.3',
    platform: 'linux/amd64',
  });
  await assert.rejects(client.serverVersion(), DecodeError);
});
