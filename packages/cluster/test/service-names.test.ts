import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Endpoint, EndpointSlice, Service } from '@kubewright/apimachinery';
import { NameFiles } from '../src/services/name-files.ts';
import { hostsFile, serviceNames } from '../src/services/service-names.ts';
import { serviceTable } from '../src/services/service-table.ts';

const service = (name: string, spec: Service['spec'] = {}): Service => ({
  metadata: { name, namespace: 'shop' },
  spec: { clusterIP: '127.9.0.1', ports: [{ port: 80 }], ...spec },
});
const slice = (of: string, ...endpoints: Endpoint[]): EndpointSlice => ({
  metadata: { namespace: 'shop', labels: { 'kubernetes.io/service-name': of } },
  addressType: 'IPv4',
  ports: [{ name: '', port: 8080 }],
  endpoints,
});
const endpoint = (
  address: string,
  hostname?: string,
  conditions: Endpoint['conditions'] = { ready: true, serving: true, terminating: false },
): Endpoint => ({
  addresses: [address],
  conditions,
  targetRef: { uid: address },
  ...(hostname === undefined ? {} : { hostname }),
});
const clusterIp = ({ spec }: { spec?: { clusterIP?: string | undefined } | undefined }) =>
  spec?.clusterIP;

test('a Service is named by its address, in full and shortly in its own namespace', () => {
  const names = serviceNames([service('web')], [], clusterIp);
  assert.deepEqual(names, [{ namespace: 'shop', name: 'web', addresses: ['127.9.0.1'] }]);
  const full = '127.9.0.1 web.shop.svc.cluster.local web.shop.svc web.shop';
  assert.equal(hostsFile(names, 'shop'), `${full} web\n`);
  assert.equal(hostsFile(names, 'other'), `${full}\n`);
});

test('a headless Service is named by its ready pods, and these by their own names', () => {
  const gone = { ready: false, serving: false, terminating: true };
  const names = serviceNames(
    [service('db', { clusterIP: 'None' })],
    [
      slice('db', endpoint('127.8.0.2', 'db-1'), endpoint('127.8.0.3', 'db-2', gone)),
      slice('db', endpoint('127.8.0.1', 'db-0')),
      slice('other', endpoint('127.8.0.9', 'db-9')),
    ],
    clusterIp,
  );
  assert.deepEqual(
    names.map(({ name, addresses }) => [name, addresses]),
    [
      ['db', ['127.8.0.1', '127.8.0.2']],
      ['db-1.db', ['127.8.0.2']],
      ['db-0.db', ['127.8.0.1']],
    ],
  );
});

test('a Service of another name has no address of its own', () => {
  const external = service('mail', { type: 'ExternalName', externalName: 'mail.example.com' });
  assert.deepEqual(serviceNames([external], [], clusterIp), []);
});

test('hosts files are kept for the namespaces whose pods run, and for no others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kubewright-names-'));
  try {
    let used = ['shop', 'bank'];
    const files = new NameFiles({ folder, namespacesInUse: () => used });
    await files.prepare();
    const path = files.variables('shop').get('KUBEWRIGHT_HOSTS') ?? '';
    files.variables('bank');
    assert.equal(await readFile(path, 'utf8'), '');
    const names = serviceNames([service('web')], [], clusterIp);
    await files.update(names);
    assert.equal(await readFile(path, 'utf8'), hostsFile(names, 'shop'));
    used = ['shop'];
    await files.update([]);
    assert.equal(await readFile(path, 'utf8'), '');
    assert.deepEqual((await readdir(folder)).sort(), ['name-lookup.cjs', 'shop.hosts']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('connections go to ready pods, and to those that end only while there are no others', () => {
  const ending = endpoint('127.8.0.1', undefined, {
    ready: false,
    serving: true,
    terminating: true,
  });
  const unready = endpoint('127.8.0.2', undefined, {
    ready: false,
    serving: false,
    terminating: false,
  });
  const ready = endpoint('127.8.0.3');
  const backends = (...endpoints: Endpoint[]): string[] =>
    serviceTable([service('web')], [slice('web', ...endpoints)]).flatMap((entry) =>
      entry.backends.map(({ podUid }) => podUid),
    );
  assert.deepEqual(backends(ending, unready, ready), ['127.8.0.3']);
  assert.deepEqual(backends(ending, unready), ['127.8.0.1']);
  assert.deepEqual(backends(unready), []);
});
