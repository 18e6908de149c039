import { EventsV1Event, Pod } from '@kubewright/apimachinery';
import type { ContainerStatus, OwnerReference } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { PodDiagnoser, program, restartReasonAnnotation } from '@kubewright/pod-diagnoser';
import { declarePermissionSuite } from './permission-suite.ts';

const namespace = 'default';

const crashed: ContainerStatus = {
  name: 'app',
  image: 'app',
  imageID: 'app',
  ready: true,
  restartCount: 1,
  state: { running: { startedAt: '2026-01-31T12:00:02Z' } },
  lastState: {
    terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-01-31T12:00:00Z' },
  },
};
const replicaSet: OwnerReference = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name: 'web',
  uid: 'web-1',
  controller: true,
};

/** Two pods have crashed, by what their status says. */
async function makeWork(client: Client): Promise<void> {
  for (const [app, remediationAction] of [
    ['record', 'LogEvent'],
    ['replace', 'RestartPod'],
  ] as const) {
    await client.create(PodDiagnoser.resource, {
      apiVersion: PodDiagnoser.resource.apiVersion,
      kind: PodDiagnoser.resource.kind,
      metadata: { name: app, namespace },
      spec: { targetLabels: { app }, enableAnnotations: true, remediationAction },
    });
    await client.create(Pod, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: app, namespace, labels: { app }, ownerReferences: [replicaSet] },
      spec: { containers: [{ name: 'app', image: 'app' }] },
    });
    const body = { status: { phase: 'Running', containerStatuses: [crashed] } };
    const patch = { type: 'merge', body } as const;
    await client.patch(Pod, { name: app, namespace }, patch, { subresource: 'status' });
  }
}

type Outcome = 'annotates' | 'counts' | 'records the crash' | 'has the pod replaced';

async function outcomes(client: Client): Promise<Record<Outcome, boolean>> {
  const [events, { items: pods }, diagnosers] = await Promise.all([
    client.list(EventsV1Event, { namespace }),
    client.list(Pod, { namespace }),
    client.list(PodDiagnoser.resource, { namespace }),
  ]);
  return {
    annotates: pods.some(({ metadata }) => metadata.annotations?.[restartReasonAnnotation]),
    counts: diagnosers.items.every(({ status }) => status?.diagnosedPods === 1),
    'records the crash': events.items.some(({ reason }) => reason === 'PodRestarted'),
    'has the pod replaced': !pods.some(({ metadata }) => metadata.name === 'replace'),
  };
}

declarePermissionSuite<Outcome>({
  operator: { program, system: 'kubewright-system', namespace, makeWork, outcomes },
  needs: [
    { role: 'watch', resource: 'pods', verb: 'list', fails: 'annotates' },
    { role: 'watch', resource: 'pods', verb: 'watch' },
    { role: 'watch', resource: 'pods', verb: 'patch', fails: 'annotates' },
    { role: 'watch', resource: 'pods', verb: 'delete', fails: 'has the pod replaced' },
    { role: 'watch', resource: 'poddiagnosers', verb: 'list', fails: 'counts' },
    { role: 'watch', resource: 'poddiagnosers', verb: 'watch' },
    { role: 'watch', resource: 'poddiagnosers/status', verb: 'patch', fails: 'counts' },
    { role: 'watch', resource: 'events', verb: 'list', fails: 'annotates' },
    { role: 'watch', resource: 'events', verb: 'watch' },
    { role: 'watch', resource: 'events', verb: 'create', fails: 'records the crash' },
    { role: 'watch', resource: 'events', verb: 'patch', fails: 'counts repeated Events' },
  ],
  job: ['annotates', 'counts', 'records the crash', 'has the pod replaced'],
  refused: [
    { role: 'watch', resource: 'pods', verb: 'list' },
    { role: 'watch', resource: 'poddiagnosers', verb: 'watch' },
  ],
});
