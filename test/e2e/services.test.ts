import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pod, Service, StatefulSet, type Stored } from '@kubewright/apimachinery';
import { EmbeddedCluster } from '@kubewright/cluster';
import { untilObject } from './until-object.ts';

const namespace = 'default';
let cluster: EmbeddedCluster;

/** Says its own name to whoever connects. */
const greeter = `
  require('node:net')
    // A probe hangs up without a word.
    .createServer((socket) => socket.on('error', () => {}).end(process.env.HOSTNAME))
    .listen(process.env.PORT, process.env.HOST);
`;
/** Says what a server says, by name and port. */
const caller = `
  const [host, port] = process.argv.slice(1);
  require('node:net').connect(port, host)
    .on('data', (data) => process.stdout.write(data))
    .on('error', (error) => { console.error(error.code); process.exitCode = 1; });
`;
const linuxOnly =
  process.platform !== 'linux' &&
  'NOT RUN: only Linux has an address for each pod and Service without set-up';

before(async () => {
  cluster = await EmbeddedCluster.start({ images: { 'node:24': { command: [process.execPath] } } });
  const { client } = cluster;
  for (const [name, spec] of Object.entries({
    greeters: { clusterIP: 'None', ports: [{ port: 7000 }] },
    primary: { ports: [{ port: 7000 }] },
  })) {
    const selector = name === 'primary' ? { app: 'greeter', role: 'primary' } : { app: 'greeter' };
    await client.create(Service, { metadata: { name, namespace }, spec: { ...spec, selector } });
  }
  await client.create(StatefulSet, {
    metadata: { name: 'greeter', namespace },
    spec: {
      replicas: 2,
      serviceName: 'greeters',
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: { app: 'greeter' } },
      template: {
        metadata: { labels: { app: 'greeter' } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'app',
              image: 'node:24',
              args: ['-e', greeter],
              ports: [{ containerPort: 7000 }],
              readinessProbe: { tcpSocket: { port: 7000 }, periodSeconds: 1, timeoutSeconds: 30 },
            },
          ],
        },
      },
    },
  });
  await untilObject(
    client,
    StatefulSet,
    { namespace, name: 'greeter' },
    ({ status }) => status?.readyReplicas === 2,
  );
  await setRole(0, 'primary');
});

after(() => cluster.stop());

async function setRole(ordinal: number, role: string): Promise<void> {
  await cluster.client.patch(
    Pod,
    { namespace, name: `greeter-${ordinal}` },
    { type: 'merge', body: { metadata: { labels: { role } } } },
  );
}

let calls = 0;
/** What a pod hears that calls a name. */
async function call(host: string): Promise<string> {
  calls += 1;
  const name = `caller-${calls}`;
  const { client } = cluster;
  await client.create(Pod, {
    metadata: { name, namespace },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'app', image: 'node:24', args: ['-e', caller, host, '7000'] }],
    },
  });
  await untilObject(client, Pod, { namespace, name }, isFinished);
  return (await client.logText({ namespace, name })).trim();
}

function isFinished({ status }: Stored<Pod>): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Calls until it hears what it should; what is served follows the objects within moments. */
async function untilHeard(host: string, wanted: string): Promise<void> {
  for (let heard = ''; heard !== wanted; heard = await call(host)) {
    if (calls > 50) assert.fail(`${host} says ${heard} instead of ${wanted}`);
  }
}

test('a pod of a headless Service is found by its own name', { skip: linuxOnly }, async () => {
  await untilHeard('greeter-1.greeters', 'greeter-1');
  for (const name of [
    'greeter-1.greeters',
    'greeter-1.greeters.default',
    'greeter-1.greeters.default.svc',
    'greeter-1.greeters.default.svc.cluster.local',
  ]) {
    assert.equal(await call(name), 'greeter-1', name);
  }
});

test(
  'a Service leads to the pod that bears its label, also when that moves',
  { skip: linuxOnly },
  async () => {
    await untilHeard('primary', 'greeter-0');
    await setRole(0, 'replica');
    await setRole(1, 'primary');
    await untilHeard('primary', 'greeter-1');
  },
);

test('a name that the cluster does not know is not asked for elsewhere', async () => {
  assert.equal(await call('nobody.default.svc'), 'ENOTFOUND');
});
