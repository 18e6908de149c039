import {
  CronJob,
  Event,
  EventsV1Event,
  findCondition,
  formatTime,
  Job,
  ownerReference,
  type PodTemplateSpec,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { OperatorProgram } from '@kubewright/runtime/operator';
import { Echo, program, ScheduledEcho } from '@kubewright/echoperator';
import { declarePermissionSuite } from './permission-suite.ts';

const namespace = 'default';

/** An Echo, one whose Job gets no pod, a ScheduledEcho, and one whose CronJob somebody has changed. */
async function makeWork(client: Client): Promise<void> {
  const spec = { message: 'm' };
  const named = (name: string): { name: string; namespace: string } => ({ name, namespace });
  await client.create(Echo.resource, Echo.create({ metadata: named('said'), spec }));
  const [, changed] = await Promise.all(
    ['scheduled', 'changed'].map((name) =>
      client.create(
        ScheduledEcho.resource,
        ScheduledEcho.create({ metadata: named(name), spec: { ...spec, schedule: '@yearly' } }),
      ),
    ),
  );
  if (changed === undefined) throw new Error('two were made');
  const containers = [{ name: 'c', image: 'c' }];
  const template: PodTemplateSpec = { spec: { restartPolicy: 'Never', containers } };
  await client.create(CronJob, {
    metadata: { ...named('changed'), ownerReferences: [ownerReference(changed)] },
    spec: { schedule: '@daily', jobTemplate: { spec: { template } } },
  });
  await refusePod(client, named('refused'));
}

/** An Echo, its Job, and what the controller of Jobs says of it when its pod is refused. */
async function refusePod(
  client: Client,
  metadata: { readonly name: string; readonly namespace: string },
): Promise<void> {
  const echo = await client.create(
    Echo.resource,
    Echo.create({ metadata, spec: { message: 'm' } }),
  );
  const containers = [{ name: metadata.name, image: 'busybox', command: ['echo', 'm'] }];
  const job = await client.create(Job, {
    metadata: { ...metadata, ownerReferences: [ownerReference(echo)] },
    spec: { template: { spec: { restartPolicy: 'Never', containers } } },
  });
  const lastTimestamp = formatTime(new Date());
  const { uid } = job.metadata;
  await client.create(Event, {
    metadata,
    involvedObject: { apiVersion: 'batch/v1', kind: 'Job', ...metadata, uid },
    type: 'Warning',
    reason: 'FailedCreate',
    message: 'Error creating: pods "refused-x7k2p" is forbidden: exceeded quota: pods',
    lastTimestamp,
  });
  const body = { status: { startTime: formatTime(new Date(Date.now() - 60_000)) } };
  await client.patch(Job, metadata, { type: 'merge', body }, { subresource: 'status' });
}

type Outcome =
  | 'makes the Job'
  | 'lets the Job go'
  | 'says why a pod is refused'
  | 'makes the CronJob'
  | 'repairs the CronJob'
  | 'tells of the Echo'
  | 'tells of the ScheduledEcho'
  | 'records it';

async function outcomes(client: Client): Promise<Record<Outcome, boolean>> {
  const [events, jobs, cronJobs, echos, scheduled] = await Promise.all([
    client.list(EventsV1Event, { namespace }),
    client.list(Job, { namespace }),
    client.list(CronJob, { namespace }),
    client.list(Echo.resource, { namespace }),
    client.list(ScheduledEcho.resource, { namespace }),
  ]);
  const said = jobs.items.find(({ metadata }) => metadata.name === 'said');
  const isReady = ({ status }: Echo | ScheduledEcho): boolean =>
    findCondition(status?.conditions, 'Ready')?.status === 'True';
  return {
    'makes the Job': said !== undefined,
    'lets the Job go': said !== undefined && said.metadata.finalizers === undefined,
    'says why a pod is refused': echos.items.some(
      ({ status }) => findCondition(status?.conditions, 'Complete')?.reason === 'FailedCreate',
    ),
    'makes the CronJob': cronJobs.items.some(({ metadata }) => metadata.name === 'scheduled'),
    'repairs the CronJob': cronJobs.items.every(({ spec }) => spec.schedule === '@yearly'),
    'tells of the Echo': echos.items.every(isReady),
    'tells of the ScheduledEcho': scheduled.items.every(isReady),
    'records it': events.items.some(({ reason }) => reason === 'JobCreated'),
  };
}

declarePermissionSuite<Outcome>({
  operator: {
    // Safe: whoever runs a program gives it the options that it defines.
    program: program as unknown as OperatorProgram,
    system: 'echoperator-system',
    clusterRole: 'echoperator',
    namespace,
    makeWork,
    outcomes,
  },
  needs: [
    { role: 'watch', resource: 'echos', verb: 'get', fails: 'makes the Job' },
    { role: 'watch', resource: 'echos', verb: 'list', fails: 'makes the Job' },
    { role: 'watch', resource: 'echos', verb: 'watch' },
    { role: 'watch', resource: 'echos/status', verb: 'patch', fails: 'tells of the Echo' },
    { role: 'watch', resource: 'scheduledechos', verb: 'list', fails: 'makes the CronJob' },
    { role: 'watch', resource: 'scheduledechos', verb: 'watch' },
    {
      role: 'watch',
      resource: 'scheduledechos/status',
      verb: 'patch',
      fails: 'tells of the ScheduledEcho',
    },
    { role: 'watch', resource: 'jobs', verb: 'list', fails: 'makes the Job' },
    { role: 'watch', resource: 'jobs', verb: 'watch' },
    { role: 'watch', resource: 'jobs', verb: 'create', fails: 'makes the Job' },
    { role: 'watch', resource: 'jobs', verb: 'patch', fails: 'lets the Job go' },
    { role: 'watch', resource: 'cronjobs', verb: 'list', fails: 'makes the CronJob' },
    { role: 'watch', resource: 'cronjobs', verb: 'watch' },
    { role: 'watch', resource: 'cronjobs', verb: 'create', fails: 'makes the CronJob' },
    { role: 'watch', resource: 'cronjobs', verb: 'patch', fails: 'repairs the CronJob' },
    { role: 'watch', resource: 'events', verb: 'list', fails: 'says why a pod is refused' },
    { role: 'watch', resource: 'events', verb: 'create', fails: 'records it' },
    { role: 'watch', resource: 'events', verb: 'patch', fails: 'counts repeated Events' },
  ],
  job: [
    'makes the Job',
    'lets the Job go',
    'says why a pod is refused',
    'makes the CronJob',
    'repairs the CronJob',
    'tells of the Echo',
    'tells of the ScheduledEcho',
    'records it',
  ],
  refused: [
    { role: 'watch', resource: 'jobs', verb: 'list' },
    { role: 'watch', resource: 'echos', verb: 'watch' },
  ],
});
