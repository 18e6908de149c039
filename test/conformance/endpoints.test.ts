import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, test } from 'node:test';
import {
  Endpoints,
  EndpointSlice,
  Pod,
  Service,
  type Endpoint,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { PlayedNode, setPodStatus } from './played-node.ts';
import { untilGone, untilObject, untilState } from './until-object.ts';

type ServiceSpec = NonNullable<Service['spec']>;

describeOnEachServer('Endpoints of Services', { controllers: true }, (environment) => {
  let client: Client;
  let namespace: string;
  let app: string;
  let node: PlayedNode;
  let apps = 0;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });
  beforeEach(async () => {
    apps += 1;
    app = `app-${apps}`;
    // Pods on a node that does not exist would be left out.
    node = await PlayedNode.start(client, `${namespace}-${apps}`);
  });
  afterEach(() => node[Symbol.asyncDispose]());

  const serve = (more: Partial<ServiceSpec> = {}): Promise<Stored<Service>> =>
    client.create(Service, {
      metadata: { name: app, namespace, labels: { team: 'shop' } },
      spec: { selector: { app }, ports: [{ name: 'db', port: 80, targetPort: 'db' }], ...more },
    });
  /** A pod as a node reports it. */
  async function run(
    name: string,
    ip: string,
    { isReady = true, labels = {} }: { isReady?: boolean; labels?: Record<string, string> } = {},
  ): Promise<Stored<Pod>> {
    const pod = await client.create(Pod, {
      metadata: { name, namespace, labels: { app, ...labels } },
      spec: {
        nodeName: node.name,
        hostname: name,
        subdomain: app,
        containers: [{ name: 'db', image: 'db:1', ports: [{ name: 'db', containerPort: 5432 }] }],
      },
    });
    await setReady(pod, isReady, ip);
    return pod;
  }
  const setReady = (pod: Stored<Pod>, isReady: boolean, ip?: string): Promise<void> =>
    setPodStatus(client, pod, {
      phase: 'Running',
      ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
    });
  const untilSlice = async (
    isWanted: (endpoints: readonly Endpoint[]) => boolean,
  ): Promise<Stored<EndpointSlice> & { endpoints: Endpoint[] }> => {
    const [slice] = await untilState(
      client,
      EndpointSlice,
      { namespace, labelSelector: `kubernetes.io/service-name=${app}` },
      ([first]) => first !== undefined && isWanted(first.endpoints ?? []),
    );
    assert.ok(slice);
    // An empty list is null where Go wrote it.
    return { ...slice, endpoints: slice.endpoints ?? [] };
  };
  const untilEndpoints = (
    isWanted: (endpoints: Stored<Endpoints>) => boolean,
  ): Promise<Stored<Endpoints>> =>
    untilObject(client, Endpoints, { namespace, name: app }, isWanted);

  test('name the pods of a Service, with the ports that they serve', async () => {
    const service = await serve();
    const pod = await run(app, '10.0.0.1');
    const slice = await untilSlice(([first]) => first?.conditions?.ready === true);
    assert.deepEqual(slice.endpoints, [
      {
        addresses: ['10.0.0.1'],
        conditions: { ready: true, serving: true, terminating: false },
        hostname: app,
        nodeName: node.name,
        targetRef: { kind: 'Pod', namespace, name: app, uid: pod.metadata.uid },
      },
    ]);
    assert.equal(slice.addressType, 'IPv4');
    assert.deepEqual(slice.ports, [{ name: 'db', port: 5432, protocol: 'TCP' }]);
    assert.deepEqual(slice.metadata.labels, {
      team: 'shop',
      'kubernetes.io/service-name': app,
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    });
    assert.equal(slice.metadata.ownerReferences?.[0]?.uid, service.metadata.uid);
    const { subsets } = await untilEndpoints(
      (found) => found.subsets?.[0]?.addresses !== undefined,
    );
    assert.deepEqual(subsets, [
      {
        addresses: [
          {
            ip: '10.0.0.1',
            hostname: app,
            nodeName: node.name,
            targetRef: { kind: 'Pod', namespace, name: app, uid: pod.metadata.uid },
          },
        ],
        ports: [{ name: 'db', port: 5432, protocol: 'TCP' }],
      },
    ]);
  });

  test('say of a Service without an address that it is headless', async () => {
    await serve({ clusterIP: 'None' });
    await run(app, '10.0.0.2');
    const slice = await untilSlice((endpoints) => endpoints.length === 1);
    assert.equal(slice.metadata.labels?.['service.kubernetes.io/headless'], '');
    const endpoints = await untilEndpoints((found) => found.subsets !== undefined);
    assert.deepEqual(endpoints.metadata.labels, {
      team: 'shop',
      'service.kubernetes.io/headless': '',
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    });
  });

  test('need no ports when the Service is headless', async () => {
    await serve({ clusterIP: 'None', ports: undefined });
    await run(app, '10.0.0.3');
    const slice = await untilSlice((endpoints) => endpoints.length === 1);
    assert.deepEqual(slice.ports ?? [], []);
    const { subsets } = await untilEndpoints((found) => found.subsets !== undefined);
    assert.deepEqual(
      subsets?.map(({ addresses, ports }) => [addresses?.[0]?.ip, ports]),
      [['10.0.0.3', undefined]],
    );
  });

  test('name pods that are not ready apart', async () => {
    await serve();
    const pod = await run(app, '10.0.0.4', { isReady: false });
    const [before] = (await untilSlice((endpoints) => endpoints.length === 1)).endpoints;
    assert.deepEqual(before?.conditions, { ready: false, serving: false, terminating: false });
    const early = await untilEndpoints((found) => found.subsets !== undefined);
    assert.deepEqual(
      early.subsets?.map(({ addresses, notReadyAddresses }) => [
        addresses,
        notReadyAddresses?.[0]?.ip,
      ]),
      [[undefined, '10.0.0.4']],
    );
    await setReady(pod, true);
    await untilSlice(([first]) => first?.conditions?.ready === true);
    await untilEndpoints((found) => found.subsets?.[0]?.addresses?.[0]?.ip === '10.0.0.4');
  });

  test('leave out pods whose node is gone', async () => {
    await serve();
    await run(app, '10.0.2.1');
    await untilSlice((endpoints) => endpoints.length === 1);
    await client.create(Pod, {
      metadata: { name: `${app}-lost`, namespace, labels: { app } },
      spec: { nodeName: 'no-such-node', containers: [{ name: 'db', image: 'db:1' }] },
    });
    const lost = await client.get(Pod, { namespace, name: `${app}-lost` });
    await setReady(lost, true, '10.0.2.2');
    await run(`${app}-last`, '10.0.2.3');
    const slice = await untilSlice((endpoints) => endpoints.length === 2);
    assert.deepEqual(slice.endpoints.flatMap(({ addresses }) => addresses).toSorted(), [
      '10.0.2.1',
      '10.0.2.3',
    ]);
  });

  test('call all pods ready when the Service wants every address', async () => {
    await serve({ clusterIP: 'None', publishNotReadyAddresses: true });
    await run(app, '10.0.0.5', { isReady: false });
    const [endpoint] = (await untilSlice((endpoints) => endpoints.length === 1)).endpoints;
    assert.deepEqual(endpoint?.conditions, { ready: true, serving: false, terminating: false });
    await untilEndpoints((found) => found.subsets?.[0]?.addresses?.[0]?.ip === '10.0.0.5');
  });

  test('go on naming a pod that ends, as one that may still serve', async () => {
    await serve();
    const pod = await run(app, '10.0.0.6');
    await untilSlice(([first]) => first?.conditions?.ready === true);
    await client.delete(Pod, { namespace, name: app }, { gracePeriodSeconds: 600 });
    const [ending] = (await untilSlice(([first]) => first?.conditions?.terminating === true))
      .endpoints;
    assert.deepEqual(ending?.conditions, { ready: false, serving: true, terminating: true });
    await untilEndpoints((found) => found.subsets === undefined);
    await client.delete(Pod, { namespace, name: app }, { gracePeriodSeconds: 0 });
    await untilSlice((endpoints) => endpoints.length === 0);
    assert.ok(pod);
  });

  test('follow the labels of pods', async () => {
    await serve({ selector: { app, role: 'primary' } });
    await run(`${app}-a`, '10.0.1.1', { labels: { role: 'primary' } });
    await run(`${app}-b`, '10.0.1.2', { labels: { role: 'replica' } });
    const addresses = (endpoints: readonly Endpoint[]): string =>
      endpoints.flatMap((endpoint) => endpoint.addresses).join();
    await untilSlice((endpoints) => addresses(endpoints) === '10.0.1.1');
    for (const [name, role] of [
      [`${app}-a`, 'replica'],
      [`${app}-b`, 'primary'],
    ]) {
      await client.patch(
        Pod,
        { namespace, name: name ?? '' },
        { type: 'merge', body: { metadata: { labels: { role } } } },
      );
    }
    await untilSlice((endpoints) => addresses(endpoints) === '10.0.1.2');
  });

  test('follow the labels of the Service', async () => {
    await serve();
    await untilSlice((endpoints) => endpoints.length === 0);
    await client.patch(
      Service,
      { namespace, name: app },
      { type: 'merge', body: { metadata: { labels: { team: 'bank' } } } },
    );
    await untilState(
      client,
      EndpointSlice,
      { namespace, labelSelector: `kubernetes.io/service-name=${app},team=bank` },
      (slices) => slices.length === 1,
    );
    await untilEndpoints(({ metadata }) => metadata.labels?.['team'] === 'bank');
  });

  test('go with their Service', async () => {
    await serve();
    await untilSlice((endpoints) => endpoints.length === 0);
    await untilEndpoints(() => true);
    await client.delete(Service, { namespace, name: app });
    await untilGone(client, Endpoints, { namespace, name: app });
    await untilState(
      client,
      EndpointSlice,
      { namespace, labelSelector: `kubernetes.io/service-name=${app}` },
      (slices) => slices.length === 0,
    );
  });
});
