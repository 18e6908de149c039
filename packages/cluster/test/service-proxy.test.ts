import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import type { EndpointSlice, Service } from '@kubewright/apimachinery';
import { ServiceProxy } from '../src/services/service-proxy.ts';
import { serviceTable, type ServicePortEntry } from '../src/services/service-table.ts';

const servers: Server[] = [];
after(() => servers.forEach((server) => server.close()));

async function pod(answer: string): Promise<number> {
  const server = createServer((socket) => socket.end(answer));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port; // it listens on TCP
}

async function ask(address: { host: string; port: number }): Promise<string> {
  return text(connect(address));
}

/** An address that nobody else of this machine listens on or calls from, where it has so many: a port that is let go stays free. */
const clusterIp =
  process.platform === 'linux' ? `127.${randomInt(240, 250)}.${randomInt(250)}.1` : '127.0.0.1';

const entry = (backends: string[], changes: Partial<ServicePortEntry> = {}): ServicePortEntry => ({
  key: 'default/web:80',
  clusterIp,
  port: 0,
  nodePort: undefined,
  backends: backends.map((podUid) => ({ namespace: 'default', podUid, port: 80 })),
  ...changes,
});

describe('service proxy', () => {
  test('takes the pods in turn and leaves out one that does not listen', async () => {
    const ports = new Map([
      ['a', await pod('a')],
      ['b', await pod('b')],
    ]);
    await using stack = new AsyncDisposableStack();
    const proxy = stack.adopt(
      new ServiceProxy({
        resolve: async (uid) =>
          ports.has(uid) ? { host: '127.0.0.1', port: ports.get(uid) ?? 0 } : undefined,
      }),
      (it) => it.close(),
    );
    await proxy.update([entry(['a', 'gone', 'b'])]);
    const address = proxy.addressOf('default/web:80');
    assert.ok(address);
    const answers = [await ask(address), await ask(address), await ask(address)];
    assert.deepEqual(answers.sort(), ['a', 'b', 'b']);
  });

  test('moves to a free port when the address cannot be had, and says so', async () => {
    const taken = await pod('other');
    const port = await pod('mine');
    const refused: unknown[] = [];
    await using stack = new AsyncDisposableStack();
    const proxy = stack.adopt(
      new ServiceProxy({
        resolve: async () => ({ host: '127.0.0.1', port }),
        onFallback: (_, error) => refused.push(error),
      }),
      (it) => it.close(),
    );
    await proxy.update([entry(['a'], { clusterIp: '127.0.0.1', port: taken })]);
    assert.equal(refused.length, 1);
    assert.equal(await ask(proxy.addressOf('default/web:80') ?? { host: '', port: 0 }), 'mine');
  });

  test('ends a connection that no pod takes, and frees its address when the Service goes', async () => {
    const proxy = new ServiceProxy({ resolve: async () => undefined });
    await proxy.update([entry(['gone'])]);
    const address = proxy.addressOf('default/web:80') ?? { host: '', port: 0 };
    const socket = connect(address);
    await once(socket, 'close').catch(() => undefined);
    await proxy.close();
    assert.equal(await refusalOf(address), 'ECONNREFUSED');
  });

  test('refuses connections while there are no pods, at an address that stays, and lets open ones be', async () => {
    const server = createServer();
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // it listens on TCP
    const called = async (): Promise<Socket> => {
      const [socket] = (await once(server, 'connection')) as [Socket]; // as net documents it
      return socket;
    };
    await using stack = new AsyncDisposableStack();
    const proxy = stack.adopt(
      new ServiceProxy({ resolve: async () => ({ host: '127.0.0.1', port }) }),
      (it) => it.close(),
    );
    await proxy.update([entry([])]);
    const address = proxy.addressOf('default/web:80') ?? { host: '', port: 0 };
    assert.equal(await refusalOf(address), 'ECONNREFUSED');
    await proxy.update([entry(['a'])]);
    const first = called();
    const open = connect(address);
    const pod = await first;
    await proxy.update([entry([])]);
    assert.equal(await refusalOf(address), 'ECONNREFUSED');
    pod.end('here');
    assert.equal(await text(open), 'here');
    await proxy.update([entry(['a'])]);
    assert.deepEqual(proxy.addressOf('default/web:80'), address);
    const second = called();
    const answer = ask(address);
    (await second).end('here again');
    assert.equal(await answer, 'here again');
  });
});

async function refusalOf(address: { host: string; port: number }): Promise<string | undefined> {
  const [error] = (await once(connect(address), 'error')) as [NodeJS.ErrnoException];
  return error.code;
}

describe('service table', () => {
  const service: Service = {
    metadata: { name: 'web', namespace: 'default' },
    spec: { clusterIP: '127.96.0.1', ports: [{ name: 'http', port: 80 }] },
  };
  const slice: EndpointSlice = {
    metadata: {
      name: 'web-1',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'web' },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080 }],
    endpoints: [
      { addresses: ['127.1.0.1'], conditions: { ready: true }, targetRef: { uid: 'a' } },
      { addresses: ['127.1.0.2'], conditions: { ready: false }, targetRef: { uid: 'b' } },
    ],
  };

  test('has the ready pods of each port', () => {
    assert.deepEqual(serviceTable([service], [slice])[0]?.backends, [
      { namespace: 'default', podUid: 'a', port: 8080 },
    ]);
  });

  test('leaves out headless Services and slices of another namespace', () => {
    assert.deepEqual(
      serviceTable([{ ...service, spec: { ...service.spec, clusterIP: 'None' } }], [slice]),
      [],
    );
    const foreign = { ...slice, metadata: { ...slice.metadata, namespace: 'other' } };
    assert.deepEqual(serviceTable([service], [foreign])[0]?.backends, []);
  });
});
