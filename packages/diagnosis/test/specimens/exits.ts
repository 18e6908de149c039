import { event, life, podOf } from './pods.ts';
import type { Specimen } from './specimen.ts';

const limit = { resources: { limits: { memory: '64Mi' } } };

export const exitSpecimens: readonly Specimen[] = [
  {
    name: 'a pod has failed, and no more of its status is there',
    observation: podOf({ status: { phase: 'Failed' } }),
    expected: [
      {
        category: 'AppError',
        mode: 5,
        container: null,
        confidence: 'low',
        remediation: 'none',
        paths: ['status.phase'],
      },
    ],
  },
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
        containerType: 'app',
        mode: 5,
        severity: 'critical',
        remediation: 'report-only',
        notRejected: ['OOMKilled', 'CommandNotFound', 'StartError'],
        nextQuestion: 'What did it say last? `kubectl logs -n shop web -c app --previous`',
      },
    ],
  },
  {
    name: 'a program has ended, and waits to be started again',
    observation: podOf({ containers: [{ restarts: 2, terminated: life('Error', 3) }] }),
    expected: [
      {
        category: 'AppError',
        nextQuestion: 'What did it say last? `kubectl logs -n shop web -c app`',
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
    name: 'two containers fail, each in its own way, and the one that works badly comes last',
    observation: podOf({
      containers: [
        { name: 'one', running: 5, restarts: 3, last: life('Error', 1) },
        { name: 'two', waiting: 'CrashLoopBackOff', restarts: 3, last: life('OOMKilled', 137) },
      ],
    }),
    expected: [
      { category: 'NodeOOM', container: 'two', severity: 'critical' },
      { category: 'AppError', container: 'one', severity: 'warning' },
    ],
  },
  {
    name: 'a container of a Job fails: the Job tries again',
    observation: podOf({
      owner: 'Job',
      spec: { restartPolicy: 'Never' },
      status: { phase: 'Failed' },
      containers: [{ terminated: life('Error', 6) }],
    }),
    expected: [{ category: 'AppError', remediation: 'none' }],
  },
  {
    name: 'an attempt of a Job failed, and a later one did the work',
    observation: podOf({
      owner: 'Job',
      spec: { restartPolicy: 'Never' },
      status: { phase: 'Failed' },
      containers: [{ terminated: life('Error', 6) }],
      related: [
        {
          kind: 'Job',
          metadata: { name: 'web', namespace: 'shop' },
          status: { conditions: [{ type: 'Complete', status: 'True' }] },
        },
      ],
    }),
    expected: [],
  },
  {
    name: 'a sidecar is killed when the work of its pod is done',
    observation: podOf({
      owner: 'Job',
      spec: { restartPolicy: 'Never' },
      status: { phase: 'Succeeded' },
      containers: [
        { name: 'proxy', type: 'sidecar', terminated: life('Error', 137) },
        { terminated: life('Completed', 0) },
      ],
    }),
    expected: [],
  },
  {
    name: 'a sidecar is killed while its pod works',
    observation: podOf({
      containers: [
        { name: 'proxy', type: 'sidecar', terminated: life('Error', 137) },
        { running: 60 },
      ],
    }),
    expected: [{ category: 'KilledUnattributed', container: 'proxy', severity: 'critical' }],
  },
  {
    name: 'a program ends with code 2, which has several meanings',
    observation: podOf({
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 4, last: life('Error', 2) }],
    }),
    expected: [{ category: 'AppError', mode: 6 }],
  },
  {
    name: 'a program is killed, and nothing says by whom',
    observation: podOf({
      containers: [{ running: 5, restarts: 1, last: life('Error', 137) }],
    }),
    expected: [
      {
        category: 'KilledUnattributed',
        mode: 12,
        severity: 'warning',
        confidence: 'low',
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
    name: 'a container that a rule keeps from being restarted has done its work',
    observation: podOf({
      containers: [
        {
          spec: {
            restartPolicy: 'Never',
            restartPolicyRules: [
              { action: 'Restart', exitCodes: { operator: 'In', values: [42] } },
            ],
          },
          terminated: life('Completed', 0),
        },
        { name: 'other', running: 3000 },
      ],
    }),
    expected: [],
  },
  {
    name: 'a container that a rule restarts whatever its code ends with 0, again and again',
    observation: podOf({
      spec: { restartPolicy: 'Never' },
      containers: [
        {
          spec: {
            restartPolicyRules: [
              { action: 'Restart', exitCodes: { operator: 'NotIn', values: [3] } },
            ],
          },
          waiting: 'CrashLoopBackOff',
          restarts: 4,
          last: life('Completed', 0),
        },
      ],
    }),
    expected: [{ category: 'UnexpectedCompletion' }],
  },
  {
    name: 'the status of a task that is done was published without its spec',
    observation: podOf({
      spec: { containers: [] },
      containers: [{ terminated: life('Completed', 0) }],
      status: { phase: 'Succeeded' },
    }),
    expected: [],
  },
  {
    name: 'a container of a task was run again with its sandbox, after it had ended well',
    observation: podOf({
      spec: { restartPolicy: 'OnFailure' },
      containers: [
        {
          spec: { readinessProbe: { periodSeconds: 1 } },
          running: 30,
          restarts: 1,
          last: life('Completed', 0),
        },
      ],
    }),
    expected: [],
  },
  {
    name: 'a container is in a crash loop, and how it ended is not known',
    observation: podOf({ containers: [{ waiting: 'CrashLoopBackOff', restarts: 4 }] }),
    expected: [{ category: 'AppError', confidence: 'low', says: /not in evidence/ }],
  },
  {
    name: 'a container waits for an error that is new',
    observation: podOf({ containers: [{ waiting: 'TeleportError' }] }),
    expected: [{ category: 'StartError', confidence: 'low', says: /TeleportError/ }],
  },
  {
    name: 'a container waits for something new',
    observation: podOf({ containers: [{ waiting: 'WaitingForMoonlight' }] }),
    expected: [],
  },
  {
    name: 'the kubelet restarted a container to change its resources',
    observation: podOf({
      containers: [{ running: 30, restarts: 1, last: life('Completed', 0, { ended: 31 }) }],
      events: [
        event('Killing', 'Container app resize requires restart', {
          container: 'app',
          type: 'Normal',
          seen: 40,
        }),
      ],
    }),
    expected: [],
  },
  {
    name: 'the kubelet restarted a container to change its resources, and since it has crashed',
    observation: podOf({
      containers: [{ running: 30, restarts: 2, last: life('Error', 1, { ended: 31 }) }],
      events: [
        event('Killing', 'Container app resize requires restart', {
          container: 'app',
          type: 'Normal',
          seen: 400,
        }),
      ],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'a container does not become ready after the kubelet restarted it for its new image',
    observation: podOf({
      containers: [
        { running: 60, ready: false, restarts: 1, last: life('Error', 1, { ended: 61 }) },
      ],
      events: [
        event('Killing', 'Container app definition changed, will be restarted', {
          container: 'app',
          type: 'Normal',
          seen: 62,
        }),
      ],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'a container restarted once and has been well for longer than it lived before',
    observation: podOf({
      containers: [{ running: 140, restarts: 1, last: life('Error', 1, { ended: 141 }) }],
    }),
    expected: [],
  },
  {
    name: 'a container restarted often, but the last time is long ago',
    observation: podOf({
      containers: [
        { running: 90_000, restarts: 40, last: life('Error', 1, { ended: 90_001, lasted: 9000 }) },
      ],
    }),
    expected: [],
  },
  {
    name: 'a container restarts every hour',
    observation: podOf({
      containers: [
        { running: 3000, restarts: 40, last: life('Error', 1, { ended: 3001, lasted: 3600 }) },
      ],
    }),
    expected: [{ category: 'AppError', severity: 'warning' }],
  },
  {
    name: 'a debug container cannot pull its image',
    observation: podOf({
      containers: [
        { running: 600 },
        { name: 'debugger', type: 'ephemeral', waiting: 'ImagePullBackOff' },
      ],
    }),
    expected: [
      {
        category: 'EphemeralContainerFailure',
        container: 'debugger',
        containerType: 'ephemeral',
        severity: 'info',
        remediation: 'none',
      },
    ],
  },
  {
    name: 'a debug session is over, with whatever code its last command had',
    observation: podOf({
      containers: [
        { running: 600 },
        { name: 'debugger', type: 'ephemeral', terminated: life('Error', 130) },
        { name: 'shell', type: 'ephemeral', running: 60, ready: false },
      ],
    }),
    expected: [],
  },
  {
    name: 'Events of another pod, of another namespace and of an earlier pod of the same name do not matter',
    observation: podOf({
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 3, last: life('Error', 1) }],
      events: [
        event('Killing', 'Container app failed liveness probe', {
          about: { kind: 'Pod', name: 'web-1' },
        }),
        event('Killing', 'Container app failed liveness probe', {
          about: { kind: 'Pod', name: 'web', uid: 'uid-of-an-earlier-web' },
        }),
        event('Killing', 'Container app failed liveness probe', {
          about: { kind: 'ReplicaSet', name: 'web' },
        }),
      ],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'a description shows no restart policy: one container is done, and was left so',
    observation: podOf({
      owner: null,
      containers: [
        { name: 'work', terminated: life('Completed', 0, { ended: 900 }) },
        { name: 'proxy', running: 910 },
      ],
    }),
    expected: [],
  },
  {
    name: 'a description shows no restart policy: one container was done and started again',
    observation: podOf({
      containers: [
        { name: 'work', terminated: life('Completed', 0), restarts: 4 },
        { name: 'proxy', running: 910 },
      ],
    }),
    expected: [{ category: 'UnexpectedCompletion', container: 'work' }],
  },
  {
    name: 'a description shows no restart policy, but a Job does not start again what is done',
    observation: podOf({
      owner: 'Job',
      containers: [
        { name: 'work', terminated: life('Completed', 0), restarts: 1 },
        { name: 'proxy', running: 910 },
      ],
    }),
    expected: [],
  },
  {
    name: 'Events of a static pod carry the hash of its file',
    observation: podOf({
      owner: 'Node',
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 3, last: life('Error', 143) }],
      events: [
        event('Killing', 'Container app failed liveness probe, will be restarted', {
          about: { kind: 'Pod', name: 'web', uid: 'hash-of-a-file' },
        }),
      ],
    }),
    expected: [{ category: 'LivenessProbeFailure', remediation: 'none' }],
  },
];
