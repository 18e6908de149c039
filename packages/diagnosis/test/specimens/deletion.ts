import { ago, event, life, podOf } from './pods.ts';
import type { Specimen } from './specimen.ts';

const finalizers = ['cleanup.shop.test/dns'];
const succeeded = { phase: 'Succeeded' };
const ended = [{ terminated: life('Completed', 0, { ended: 900 }) }];

export const deletionSpecimens: readonly Specimen[] = [
  {
    name: 'a pod takes the time that it has to end',
    observation: podOf({
      metadata: { deletionTimestamp: ago(-20), deletionGracePeriodSeconds: 30 },
      containers: [{ running: 400 }],
    }),
    expected: [
      {
        category: 'Terminating',
        mode: 53,
        container: null,
        severity: 'info',
        remediation: 'none',
        says: /has 30 s to end/,
        paths: ['metadata.deletionTimestamp', 'metadata.deletionGracePeriodSeconds'],
      },
    ],
  },
  {
    name: 'a pod that crashed is deleted',
    observation: podOf({
      metadata: { deletionTimestamp: ago(1), deletionGracePeriodSeconds: 30 },
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 4, last: life('Error', 1) }],
    }),
    expected: [{ category: 'Terminating', severity: 'info' }],
  },
  {
    name: 'a pod has ended and is about to go',
    observation: podOf({
      owner: 'Job',
      metadata: { deletionTimestamp: ago(60), deletionGracePeriodSeconds: 0 },
      containers: ended,
      status: succeeded,
    }),
    expected: [{ category: 'Terminating', container: 'app', says: /has ended/ }],
  },
  {
    name: 'a shell ignores SIGTERM and is killed when the grace is over',
    observation: podOf({
      metadata: { deletionTimestamp: ago(5), deletionGracePeriodSeconds: 15 },
      containers: [{ terminated: life('Error', 137, { ended: 5, lasted: 400 }) }],
      status: { phase: 'Failed' },
      events: [event('FailedPreStopHook', 'PreStopHook failed')],
    }),
    expected: [
      {
        category: 'Terminating',
        container: 'app',
        severity: 'warning',
        remediation: 'none',
        says: /within 15 s and was killed/,
      },
    ],
  },
  {
    name: 'a pod whose container was killed before is deleted',
    observation: podOf({
      metadata: { deletionTimestamp: ago(5), deletionGracePeriodSeconds: 15 },
      containers: [{ terminated: life('Error', 137, { ended: 400, lasted: 400 }) }],
      status: { phase: 'Failed' },
    }),
    expected: [{ category: 'Terminating', severity: 'info' }],
  },
  {
    name: 'a container of a pod that nobody deletes is killed',
    observation: podOf({
      containers: [{ terminated: life('Error', 137), restarts: 2 }],
    }),
    expected: [{ category: 'KilledUnattributed' }],
  },
  {
    name: 'a finalizer holds a pod that has ended',
    observation: podOf({
      metadata: { deletionTimestamp: ago(40), finalizers },
      containers: ended,
      status: succeeded,
    }),
    expected: [
      {
        category: 'StuckTerminating',
        mode: 53,
        severity: 'warning',
        remediation: 'report-only',
        confidence: 'high',
        since: ago(40),
        rejected: ['Terminating'],
        says: /cleanup\.shop\.test\/dns holds it, overdue for 40 s/,
        paths: ['metadata.finalizers', 'metadata.deletionTimestamp'],
      },
    ],
  },
  {
    name: 'a finalizer gets its time',
    observation: podOf({
      metadata: { deletionTimestamp: ago(10), finalizers },
      containers: ended,
      status: succeeded,
    }),
    expected: [{ category: 'Terminating' }],
  },
  {
    name: 'a container with a finalizer behind it does not end',
    observation: podOf({
      metadata: { deletionTimestamp: ago(600), finalizers },
      containers: [{ running: 4000 }],
      events: [event('FailedKillPod', 'error killing pod: context deadline exceeded')],
    }),
    expected: [
      {
        category: 'StuckTerminating',
        severity: 'critical',
        confidence: 'high',
        says: /have not ended, 10 minutes after their grace: error killing pod/,
      },
    ],
  },
  {
    name: 'a container that runs a little longer than its grace is not stuck',
    observation: podOf({
      metadata: { deletionTimestamp: ago(60) },
      containers: [{ running: 4000 }],
    }),
    expected: [{ category: 'Terminating' }],
  },
  {
    name: 'a sandbox cannot be taken down',
    observation: podOf({
      metadata: { deletionTimestamp: ago(180) },
      containers: ended,
      status: succeeded,
      events: [event('FailedKillPod', 'error killing pod: failed to "KillPodSandbox" for "8952"')],
    }),
    expected: [{ category: 'StuckTerminating', says: /3 minutes after its grace: error killing/ }],
  },
  {
    name: 'a sandbox that was not taken down at once',
    observation: podOf({
      metadata: { deletionTimestamp: ago(60) },
      containers: ended,
      status: succeeded,
      events: [event('FailedKillPod', 'error killing pod: failed to "KillPodSandbox" for "8952"')],
    }),
    expected: [{ category: 'Terminating' }],
  },
  {
    name: 'a pod has ended and is still there',
    observation: podOf({
      metadata: { deletionTimestamp: ago(1200) },
      containers: ended,
      status: succeeded,
    }),
    expected: [{ category: 'StuckTerminating', confidence: 'medium', severity: 'warning' }],
  },
];
