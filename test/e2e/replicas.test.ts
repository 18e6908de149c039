import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  Deployment,
  EventsV1Event,
  isConditionTrue,
  Lease,
  parseTime,
  Pod,
} from '@kubewright/apimachinery';
import type { Stored } from '@kubewright/apimachinery';
import { EmbeddedCluster } from '@kubewright/cluster';
import { PodDiagnoser } from '@kubewright/pod-diagnoser';
import { repositoryImages } from '@kubewright/walk-through';
import { installOperator, operatorManifests } from './install-operator.ts';
import { untilObject } from './until-object.ts';

const [system, namespace, name] = ['kubewright-system', 'default', 'pod-diagnoser'];
/** Longest wait, in milliseconds; it bounds a failure only. */
const limitMs = 60_000;
const operatorImage = 'pod-diagnoser:0.1.0';
/** Holds the number of a container's process. */
const pidFile = '"$HOME/main.pid"';

let cluster: EmbeddedCluster;

before(async () => {
  const image = repositoryImages()[operatorImage];
  if (image === undefined || !('command' in image)) throw new Error('the operator is no program');
  cluster = await EmbeddedCluster.start({
    images: {
      // The very operator; only that its process can be found from inside its container.
      [operatorImage]: {
        command: ['sh', '-c', `echo $$ >${pidFile}; exec "$@"`, 'sh', ...image.command],
      },
      'crashes-once:1': { lives: [{ endsAfterMs: 1, exitCode: 3 }, {}] },
    },
  });
});

after(() => cluster.stop());

async function install(): Promise<void> {
  const { client } = cluster;
  await installOperator(client, await operatorManifests('pod-diagnoser'));
  const { kind, apiVersion } = PodDiagnoser.resource;
  await client.create(PodDiagnoser.resource, {
    apiVersion,
    kind,
    metadata: { name: 'all', namespace },
    spec: { enableAnnotations: true, remediationAction: 'LogEvent' },
  });
}

/** The pod whose process holds the lease, by what the process itself logs: a log comes by another way than a lease. */
async function leaderPod(holder: string): Promise<Stored<Pod>> {
  const signal = AbortSignal.timeout(limitMs);
  for (;;) {
    const { items } = await cluster.client.list(Pod, { namespace: system });
    for (const pod of items) {
      const log = await cluster.client.logText({ namespace: system, name: pod.metadata.name });
      const isLeader = log
        .split('\n')
        .some((line) => line.includes('"became leader"') && line.includes(holder));
      if (isLeader) return pod;
    }
    if (signal.aborted) throw new Error(`no operator pod says that it became leader as ${holder}`);
    await pause(50);
  }
}

async function kill(pod: string): Promise<void> {
  const command = ['sh', '-c', `kill -9 $(cat ${pidFile})`];
  await using session = await cluster.client.exec({ namespace: system, name: pod }, { command });
  // How it ended says nothing: the container takes it along.
  await session.exit.catch(() => undefined);
}

async function crash(pod: string): Promise<void> {
  await cluster.client.create(Pod, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod, namespace },
    spec: { containers: [{ name: 'app', image: 'crashes-once:1' }] },
  });
  await untilObject(cluster.client, Pod, { namespace, name: pod }, ({ status }) =>
    Boolean(status?.containerStatuses?.some(({ restartCount }) => restartCount === 1)),
  );
}

async function untilDiagnosed(pod: string): Promise<void> {
  await untilObject(cluster.client, Pod, { namespace, name: pod }, ({ metadata }) =>
    Boolean(metadata.annotations?.['diagnostics.local.io/restart-reason']),
  );
}

async function diagnoses(): Promise<string[]> {
  const { items } = await cluster.client.list(EventsV1Event, { namespace });
  return items.filter(({ reason }) => reason === 'PodRestarted').map(({ note = '' }) => note);
}

test('when the leader is killed a standby takes over, and diagnoses once what crashed meanwhile', async () => {
  const { client } = cluster;
  await install();
  await untilObject(client, PodDiagnoser.resource, { namespace, name: 'all' }, ({ status }) =>
    isConditionTrue(status?.conditions, 'Ready'),
  );
  // Both stand ready, so that it is not the first one's new container that has to take over.
  await untilObject(
    client,
    Deployment,
    { namespace: system, name },
    ({ status }) => status?.replicas === 2,
  );
  const { items: replicas } = await client.list(Pod, { namespace: system });
  assert.equal(replicas.length, 2);
  for (const { metadata } of replicas) {
    await untilObject(client, Pod, { namespace: system, name: metadata.name }, ({ status }) =>
      isConditionTrue(status?.conditions, 'Ready'),
    );
  }
  const lease = await client.get(Lease, { namespace: system, name });
  const holder = lease.spec?.holderIdentity ?? '';
  const leader = await leaderPod(holder);

  await kill(leader.metadata.name);
  const killed = await untilObject(
    client,
    Pod,
    { namespace: system, name: leader.metadata.name },
    ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1,
  );
  await crash('first');

  const taken = await untilObject(
    client,
    Lease,
    { namespace: system, name },
    ({ spec }) => spec?.holderIdentity !== undefined && spec.holderIdentity !== holder,
  );
  assert.equal(killed.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 137);
  assert.equal(taken.spec?.leaseTransitions, (lease.spec?.leaseTransitions ?? 0) + 1);
  // Not before the dead one's lease was over: until then it might have been alive.
  const [renewed, acquired] = [lease.spec?.renewTime, taken.spec.acquireTime].map(parseTime);
  const leaseMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
  assert.ok(Number(acquired) - Number(renewed) >= leaseMs, `${leaseMs} ms lie in between`);

  await untilDiagnosed('first');
  // When a later crash is dealt with, whatever could have been made of the first one twice has been.
  await crash('second');
  await untilDiagnosed('second');
  assert.deepEqual((await diagnoses()).sort(), [
    'Pod first restarted due to Error (Exit Code: 3)',
    'Pod second restarted due to Error (Exit Code: 3)',
  ]);
  const { status } = await client.get(PodDiagnoser.resource, { namespace, name: 'all' });
  assert.equal(status?.diagnosedPods, 2);
});
