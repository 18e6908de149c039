import { ago, event, life, podOf } from './pods.ts';
import type { Specimen } from './specimen.ts';

const deleted = { deletionTimestamp: ago(-20), deletionGracePeriodSeconds: 30 };

function job(...conditions: readonly (readonly [string, string])[]) {
  return {
    kind: 'Job',
    metadata: { name: 'web', namespace: 'shop' },
    status: { conditions: conditions.map(([type, reason]) => ({ type, status: 'True', reason })) },
  };
}

export const deadlineSpecimens: readonly Specimen[] = [
  {
    name: 'a pod runs out of time while its container still counts as running',
    observation: podOf({
      spec: { activeDeadlineSeconds: 200 },
      containers: [{ running: 300, ready: false }],
      status: {
        phase: 'Failed',
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      },
    }),
    expected: [
      {
        category: 'DeadlineExceeded',
        mode: 54,
        container: 'app',
        remediation: 'report-only',
        says: /longer than 200 s/,
        paths: ['status.reason', 'spec.activeDeadlineSeconds'],
      },
    ],
  },
  {
    name: 'a Job runs out of time and deletes its pod, which ends well',
    observation: podOf({
      owner: 'Job',
      metadata: deleted,
      containers: [{ terminated: life('Completed', 0) }],
      status: { phase: 'Succeeded' },
      related: [
        job(['SuccessCriteriaMet', 'CompletionsReached'], ['FailureTarget', 'DeadlineExceeded']),
      ],
    }),
    expected: [{ category: 'DeadlineExceeded', mode: 54, remediation: 'none', says: /Job web/ }],
  },
  {
    name: 'only the Event of the Job tells',
    observation: podOf({
      owner: 'Job',
      metadata: deleted,
      containers: [{ running: 400 }],
      events: [
        event('DeadlineExceeded', 'Job was active longer than specified deadline', {
          about: { kind: 'Job', name: 'web' },
        }),
      ],
    }),
    expected: [{ category: 'DeadlineExceeded' }],
  },
  {
    name: 'a pod that was done before its Job ran out of time',
    observation: podOf({
      owner: 'Job',
      containers: [{ terminated: life('Completed', 0) }],
      spec: { restartPolicy: 'Never' },
      status: { phase: 'Succeeded' },
      related: [job(['Failed', 'DeadlineExceeded'])],
    }),
    expected: [],
  },
  {
    name: 'a pod of a Job that failed for another reason is deleted',
    observation: podOf({
      owner: 'Job',
      metadata: deleted,
      containers: [{ running: 400 }],
      related: [job(['Failed', 'BackoffLimitExceeded'])],
    }),
    expected: [{ category: 'Terminating' }],
  },
];
