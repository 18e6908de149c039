import assert from 'node:assert/strict';
import {
  Deployment,
  EventsV1Event,
  isConditionTrue,
  Job,
  Lease,
  parseTime,
  Pod,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { Echo } from '@kubewright/echoperator';
import { installOperator, operatorManifests } from './install-operator.ts';
import { untilObject } from './until-object.ts';

const [system, namespace, name] = ['echoperator-system', 'default', 'echoperator'];
const message = 'Hola, 世界!';
/**
 * Beyond the lease: a standby sees a renewal when it next looks, and looks again when the lease is over; each look comes at
 * most 2.2 retry periods of 2 s after the one before. The rest is for a machine that is busy with other things: how long it
 * takes on one that is not, the tests of the election show by a clock of their own.
 */
const slackMs = 60_000;

/** A cluster whose operator is killed. */
export interface KillableCluster {
  readonly client: Client;
  /** Ends the first process of a pod's container by SIGKILL. */
  readonly kill: (pod: string) => Promise<void>;
}

/** Kills the leader of three replicas in the middle of its work, and looks whether anything is made twice or lost. */
export async function killLeader({ client, kill }: KillableCluster): Promise<void> {
  await installOperator(client, await operatorManifests(name));
  const lease = await untilObject(client, Lease, { namespace: system, name }, ({ spec }) =>
    Boolean(spec?.holderIdentity),
  );
  const holder = lease.spec?.holderIdentity ?? '';
  // The first may lead before the last is made.
  await untilObject(
    client,
    Deployment,
    { namespace: system, name },
    ({ status }) => status?.replicas === 3,
  );
  const replicas = (await client.list(Pod, { namespace: system })).items;
  assert.equal(replicas.length, 3);
  // All stand ready, so that it is not the first one's new container that has to take over.
  for (const { metadata } of replicas) await untilReady(client, metadata.name);

  const before = await createEchos(client, 'before');
  const leader = holder.replace(/_[^_]*$/, '');
  await kill(leader);
  const { spec: left } = await client.get(Lease, { namespace: system, name });
  const after = await createEchos(client, 'after');
  const killed = await untilObject(
    client,
    Pod,
    { namespace: system, name: leader },
    ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1,
  );
  const { spec: taken } = await untilObject(
    client,
    Lease,
    { namespace: system, name },
    ({ spec }) => spec?.holderIdentity !== undefined && spec.holderIdentity !== holder,
  );
  const echos = [...before, ...after];
  for (const echo of echos) {
    await untilObject(client, Echo.resource, { namespace, name: echo }, ({ status }) =>
      isConditionTrue(status?.conditions, 'Complete'),
    );
  }

  assert.equal(killed.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 137);
  // Not before the dead one's lease was over, and not long after.
  assert.equal(left?.holderIdentity, holder);
  const gapMs = Number(parseTime(taken?.acquireTime)) - Number(parseTime(left.renewTime));
  const leaseMs = (left.leaseDurationSeconds ?? 0) * 1000;
  assert.equal(leaseMs, 15_000);
  assert.ok(gapMs >= leaseMs && gapMs <= leaseMs + slackMs, `nobody led for ${gapMs} ms`);
  await saidOnce(client, echos);
}

async function createEchos(client: Client, what: string): Promise<string[]> {
  const names = Array.from({ length: 10 }, (_, index) => `${what}-${index}`);
  for (const each of names) {
    const metadata = { name: each, namespace };
    await client.create(Echo.resource, Echo.create({ metadata, spec: { message } }));
  }
  return names;
}

async function untilReady(client: Client, pod: string): Promise<void> {
  await untilObject(client, Pod, { namespace: system, name: pod }, ({ status }) =>
    isConditionTrue(status?.conditions, 'Ready'),
  );
}

/** One Job for each Echo, which is the one that its status names; one pod, which has said the message; one Event that it was made. */
async function saidOnce(client: Client, echos: readonly string[]): Promise<void> {
  const [jobs, pods, events] = await Promise.all([
    client.list(Job, { namespace }),
    client.list(Pod, { namespace }),
    client.list(EventsV1Event, { namespace }),
  ]);
  const names = echos.toSorted();
  assert.deepEqual(jobs.items.map(({ metadata }) => metadata.name).sort(), names);
  assert.deepEqual(pods.items.map(jobOf).sort(), names);
  const told = events.items.filter(({ reason }) => reason === 'JobCreated');
  assert.deepEqual(told.map(({ regarding }) => regarding?.name).sort(), names);
  assert.deepEqual(
    told.filter(({ series }) => series !== undefined),
    [],
  );
  for (const { metadata } of jobs.items) {
    const echo = await client.get(Echo.resource, { namespace, name: metadata.name });
    assert.equal(echo.status?.jobUid, metadata.uid, metadata.name);
    assert.equal(metadata.finalizers, undefined, metadata.name);
  }
  for (const { metadata } of pods.items) {
    assert.equal(await client.logText({ namespace, name: metadata.name }), `${message}\n`);
  }
}

function jobOf({ metadata }: Stored<Pod>): string | undefined {
  return metadata.labels?.['job-name'];
}
