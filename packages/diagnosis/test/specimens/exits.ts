import { life, podOf } from './pods.ts';
import type { Specimen } from './specimen.ts';

const limit = { resources: { limits: { memory: '64Mi' } } };

export const exitSpecimens: readonly Specimen[] = [
  {
    name: 'a program ends with code 1, again and again',
    observation: podOf({
      containers: [
        { spec: limit, waiting: 'CrashLoopBackOff', restarts: 4, last: life('Error', 1) },
      ],
    }),
    expected: [
      {
        category: 'AppError',
        container: 'app',
        mode: 5,
        severity: 'critical',
        notRejected: ['OOMKilled'],
      },
    ],
  },
  {
    name: 'an init container ends with code 1',
    observation: podOf({
      status: { phase: 'Pending' },
      containers: [
        { name: 'migrate', type: 'init', terminated: life('Error', 1) },
        { waiting: 'PodInitializing' },
      ],
    }),
    expected: [{ category: 'AppError', container: 'migrate', containerType: 'init' }],
  },
  {
    name: 'a program is killed, and nothing says by whom',
    observation: podOf({
      containers: [{ running: 5, restarts: 1, last: life('Error', 137) }],
    }),
    expected: [
      {
        category: 'KilledUnattributed',
        severity: 'warning',
        remediation: 'none',
        rejected: ['OOMKilled', 'AppError'],
      },
    ],
  },
  {
    name: 'a server ends with code 0, again and again',
    observation: podOf({
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 4, last: life('Completed', 0) }],
    }),
    expected: [{ category: 'UnexpectedCompletion', mode: 19 }],
  },
  {
    name: 'a container waits for a reason that nobody knows',
    observation: podOf({ containers: [{ waiting: 'SomethingNew' }] }),
    expected: [],
  },
  {
    name: 'a container restarted once and has been well for longer than it lived before',
    observation: podOf({
      containers: [{ running: 140, restarts: 1, last: life('Error', 1, { ended: 141 }) }],
    }),
    expected: [],
  },
];
