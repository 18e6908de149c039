import { ago, event, life, podOf, type ContainerSketch } from './pods.ts';
import type { Specimen } from './specimen.ts';

/** Fails after 6 s at the earliest, 10 s at the latest. */
const liveness = {
  livenessProbe: {
    httpGet: { port: 8080, path: '/health' },
    periodSeconds: 3,
    failureThreshold: 3,
  },
};
/** Fails after 20 s at the earliest, 31 s at the latest. */
const startup = { startupProbe: { tcpSocket: { port: 8080 }, periodSeconds: 10 } };
const readiness = {
  readinessProbe: { exec: { command: ['pg_isready'] }, initialDelaySeconds: 5 },
};
const loop: ContainerSketch = { waiting: 'CrashLoopBackOff', restarts: 4 };

const livenessKilling = 'Container app failed liveness probe, will be restarted';
const started = 'Started container app';
const startupKilling = 'Container app failed startup probe, will be restarted';

export const probeSpecimens: readonly Specimen[] = [
  ...(
    [
      ['a crash with its own code', 1, 11, 'AppError'],
      ['a stop with its own code', 1, 12, 'LivenessProbeFailure'],
      ['an end on SIGTERM', 143, 3, 'LivenessProbeFailure'],
    ] as const
  ).map(([what, code, count, category]): Specimen => ({
    name: `four lives, a probe that needs three failures and has ${String(count)}: ${what}`,
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Error', code, { lasted: 9 }) }],
      events: [
        event('Unhealthy', 'Liveness probe failed: connection refused', {
          container: 'app',
          count,
        }),
        event('Started', started, { container: 'app', type: 'Normal', count: 5 }),
      ],
    }),
    expected: [{ category, container: 'app' }],
  })),
  {
    name: 'the kubelet says that it restarts a container for its liveness probe',
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Error', 1, { ended: 20, lasted: 600 }) }],
      events: [
        event('Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 500', {
          container: 'app',
        }),
        event('Killing', livenessKilling, { container: 'app', type: 'Normal' }),
      ],
    }),
    expected: [
      {
        category: 'LivenessProbeFailure',
        mode: 15,
        container: 'app',
        severity: 'critical',
        confidence: 'high',
        remediation: 'report-only',
        rejected: ['AppError'],
        says: /GET :8080\/health, every 3 s, 3 failures, timeout 1 s\) \(HTTP probe failed with statuscode: 500\)/,
      },
    ],
  },
  {
    name: 'how the lives ended is not known, and the probe failed often enough to end one',
    observation: podOf({
      containers: [{ ...loop, spec: liveness }],
      events: [event('Unhealthy', 'Liveness probe failed: ', { container: 'app', count: 6 })],
    }),
    expected: [{ category: 'LivenessProbeFailure' }],
  },
  {
    name: 'an Event copied from a description names no container and no time',
    observation: podOf({
      containers: [{ ...loop, last: life('Completed', 0) }],
      events: [event('Killing', livenessKilling, { seen: null })],
    }),
    expected: [{ category: 'LivenessProbeFailure', confidence: 'high' }],
  },
  {
    name: 'the file of a container that starts is older than the last report of its readiness probe',
    observation: {
      ...podOf({
        containers: [{ spec: readiness, running: 100, ready: false }],
        events: [event('Unhealthy', 'Readiness probe failed: ', { container: 'app', seen: 85 })],
      }),
      earliest: new Date(ago(85)),
    },
    expected: [],
  },
  {
    name: 'the file of a container holds no report of its readiness probe',
    observation: {
      ...podOf({
        containers: [{ spec: readiness, running: 100, ready: false }],
        events: [
          event('Unhealthy', 'Readiness probe failed: ', { container: 'app', seen: 110 }),
          event('Unhealthy', 'Liveness probe failed: ', { container: 'app', seen: 85 }),
        ],
      }),
      earliest: new Date(ago(85)),
    },
    expected: [{ category: 'ReadinessProbeFailure' }],
  },
  {
    name: 'without Events, a program with a code of its own for SIGTERM is restarted in one step',
    observation: podOf({
      containers: [
        {
          spec: liveness,
          running: 4,
          restarts: 3,
          last: life('Error', 3, { ended: 4, lasted: 8 }),
        },
      ],
    }),
    expected: [{ category: 'LivenessProbeFailure', confidence: 'medium', rejected: ['AppError'] }],
  },
  {
    name: 'without Events, a program with a code of its own waited before it was started again',
    observation: podOf({
      containers: [
        {
          spec: liveness,
          running: 4,
          restarts: 3,
          last: life('Error', 3, { ended: 24, lasted: 8 }),
        },
      ],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'a container is not ready, and the one that it waits for crashes',
    observation: podOf({
      containers: [
        { name: 'proxy', spec: readiness, running: 120, ready: false },
        { ...loop, last: life('Error', 1) },
      ],
    }),
    expected: [
      { category: 'AppError', container: 'app', severity: 'critical' },
      { category: 'ReadinessProbeFailure', container: 'proxy', severity: 'critical' },
    ],
  },
  {
    name: 'the kubelet stops a container for its liveness probe, and it has not ended yet',
    observation: podOf({
      containers: [{ spec: liveness, running: 60, ready: true }],
      events: [event('Killing', livenessKilling, { container: 'app', type: 'Normal', seen: 40 })],
    }),
    expected: [
      {
        category: 'LivenessProbeFailure',
        container: 'app',
        confidence: 'high',
        severity: 'warning',
      },
    ],
  },
  {
    name: 'the kubelet stopped the pod of the same name before for its liveness probe',
    observation: podOf({
      containers: [{ spec: liveness, running: 60, ready: true }],
      events: [event('Killing', livenessKilling, { container: 'app', type: 'Normal', seen: 90 })],
    }),
    expected: [],
  },
  {
    name: 'the kubelet stops the container beside it for its liveness probe',
    observation: podOf({
      containers: [
        { name: 'other', spec: liveness, running: 60, ready: true },
        { spec: liveness, running: 60, ready: true },
      ],
      events: [event('Killing', livenessKilling, { seen: 40 })],
    }),
    expected: [{ category: 'LivenessProbeFailure', container: 'app' }],
  },
  {
    name: 'a kubelet of before 1.12 restarts a container for its liveness probe',
    observation: podOf({
      containers: [{ ...loop, last: life('Error', 137, { lasted: 2 }) }],
      events: [
        event(
          'Killing',
          'Killing container with id docker://app:pod "web_shop(1)" container "app" is unhealthy, it will be killed and re-created.',
        ),
      ],
    }),
    expected: [{ category: 'LivenessProbeFailure' }],
  },
  {
    name: 'a kubelet of 1.0 ends a container with a liveness probe, and does not say why',
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Error', 0, { lasted: 29 }) }],
      events: [event('killing', `Killing ${'0b77'.repeat(16)}`, { container: 'app' })],
    }),
    expected: [{ category: 'LivenessProbeFailure', confidence: 'high' }],
  },
  {
    name: 'a kubelet of 1.0 ends a container that has no probe',
    observation: podOf({
      containers: [{ ...loop, last: life('Error', 0, { lasted: 29 }) }],
      events: [event('killing', `Killing ${'0b77'.repeat(16)}`, { container: 'app' })],
    }),
    expected: [{ category: 'UnexpectedCompletion' }],
  },
  {
    name: 'only the Event of the failed liveness probe is left',
    observation: podOf({
      containers: [{ ...loop, last: life('Error', 143, { lasted: 1 }) }],
      events: [event('Unhealthy', 'Liveness probe failed: ', { container: 'app' })],
    }),
    expected: [{ category: 'LivenessProbeFailure', confidence: 'high', says: /\(no output\)/ }],
  },
  {
    name: 'a sidecar is restarted for its liveness probe, beside an app that ends by itself',
    observation: podOf({
      containers: [
        { ...loop, name: 'proxy', type: 'sidecar', last: life('Error', 137, { lasted: 2 }) },
        { ...loop, last: life('Error', 143, { lasted: 2 }) },
      ],
      events: [event('Killing', 'Init container proxy failed liveness probe', { type: 'Normal' })],
    }),
    expected: [
      { category: 'LivenessProbeFailure', container: 'proxy', containerType: 'sidecar' },
      { category: 'AppError', container: 'app' },
    ],
  },
  {
    name: 'an old Event of the liveness probe is about an earlier life: this one ended by itself',
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Error', 1, { lasted: 30 }) }],
      events: [event('Killing', livenessKilling, { container: 'app', seen: 120 })],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'the Event of the last liveness kill is a minute off, as ages in a description are',
    observation: podOf({
      containers: [{ ...loop, last: life('Error', 143, { lasted: 30 }) }],
      events: [event('Killing', livenessKilling, { container: 'app', seen: 120 })],
    }),
    expected: [{ category: 'LivenessProbeFailure' }],
  },
  {
    name: 'an Event of the liveness probe of an hour ago explains nothing now',
    observation: podOf({
      containers: [{ ...loop, last: life('Error', 143, { lasted: 30 }) }],
      events: [event('Killing', livenessKilling, { container: 'app', seen: 3600 })],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'without Events, a container that handles SIGTERM lives as long as its liveness probe allows',
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Completed', 0, { lasted: 9 }) }],
    }),
    expected: [
      {
        category: 'LivenessProbeFailure',
        confidence: 'medium',
        rejected: ['UnexpectedCompletion'],
        paths: ['spec.containers[0].livenessProbe'],
      },
    ],
  },
  {
    name: 'without Events, a container that ignores SIGTERM is killed after the grace period',
    observation: podOf({
      spec: { terminationGracePeriodSeconds: 60 },
      containers: [
        { spec: liveness, running: 3, restarts: 1, last: life('Error', 137, { lasted: 68 }) },
      ],
    }),
    expected: [
      {
        category: 'LivenessProbeFailure',
        confidence: 'medium',
        severity: 'warning',
        rejected: ['KilledUnattributed', 'OOMKilled'],
      },
    ],
  },
  {
    name: 'without Events, a probe with a grace period of its own',
    observation: podOf({
      containers: [
        {
          spec: {
            livenessProbe: { ...liveness.livenessProbe, terminationGracePeriodSeconds: 100 },
          },
          running: 3,
          restarts: 1,
          last: life('Error', 137, { lasted: 108 }),
        },
      ],
    }),
    expected: [{ category: 'LivenessProbeFailure', confidence: 'medium' }],
  },
  {
    name: 'without Events, a preStop hook holds up the end of a container that a probe stops',
    observation: podOf({
      containers: [
        {
          ...loop,
          spec: { ...liveness, lifecycle: { preStop: { exec: { command: ['drain'] } } } },
          last: life('Completed', 0, { lasted: 38 }),
        },
      ],
    }),
    expected: [{ category: 'LivenessProbeFailure', confidence: 'medium' }],
  },
  {
    name: 'a container with a liveness probe ends by itself sooner than that can fail',
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Completed', 0, { lasted: 1 }) }],
    }),
    expected: [{ category: 'UnexpectedCompletion', rejected: ['LivenessProbeFailure'] }],
  },
  {
    name: 'a container with a liveness probe ends by itself, after an hour of work',
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Completed', 0, { lasted: 3600 }) }],
    }),
    expected: [{ category: 'UnexpectedCompletion', notRejected: ['LivenessProbeFailure'] }],
  },
  {
    name: 'a container without a probe ends like one that a probe ended',
    observation: podOf({
      containers: [
        { spec: {}, running: 3, restarts: 5, last: life('Completed', 0, { ended: 4, lasted: 9 }) },
      ],
    }),
    expected: [{ category: 'UnexpectedCompletion', notRejected: ['LivenessProbeFailure'] }],
  },
  {
    name: 'a container with a liveness probe ends with an error as soon as a probe could end it',
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Error', 1, { lasted: 9 }) }],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'without Events, a container was restarted without its pod becoming unready',
    observation: podOf({
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: ago(900) }],
      containers: [
        {
          spec: liveness,
          running: 3,
          restarts: 1,
          last: life('Completed', 0, { ended: 4, lasted: 300 }),
        },
      ],
    }),
    expected: [
      {
        category: 'LivenessProbeFailure',
        confidence: 'medium',
        paths: ['status.conditions[0].lastTransitionTime'],
      },
    ],
  },
  {
    name: 'a container with a liveness probe ended by itself: its pod became unready',
    observation: podOf({
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: ago(2) }],
      containers: [
        {
          spec: liveness,
          running: 3,
          restarts: 1,
          last: life('Completed', 0, { ended: 4, lasted: 300 }),
        },
      ],
    }),
    expected: [{ category: 'UnexpectedCompletion' }],
  },
  {
    name: 'without Events, a container is restarted again and again without back-off',
    observation: podOf({
      containers: [
        {
          spec: { ...liveness, ...readiness },
          running: 3,
          restarts: 4,
          last: life('Error', 2, { ended: 4, lasted: 300 }),
        },
      ],
    }),
    expected: [{ category: 'LivenessProbeFailure', confidence: 'medium' }],
  },
  {
    name: 'a container with a liveness probe is restarted after the back-off of what ended by itself',
    observation: podOf({
      containers: [
        {
          spec: liveness,
          running: 3,
          restarts: 4,
          last: life('Error', 2, { ended: 24, lasted: 300 }),
        },
      ],
    }),
    expected: [{ category: 'AppError', mode: 6 }],
  },
  {
    name: 'a program fails at once and is restarted without back-off the first time',
    observation: podOf({
      containers: [
        {
          spec: liveness,
          running: 1,
          restarts: 1,
          last: life('Error', 2, { ended: 1, lasted: 40 }),
        },
      ],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'a container without a liveness probe is restarted in one step, and ends with an error',
    observation: podOf({
      containers: [
        {
          spec: liveness,
          running: 3,
          restarts: 4,
          last: life('Error', 1, { ended: 4, lasted: 300 }),
        },
      ],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'signals end a container with a liveness probe again and again, after changing times',
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Error', 137, { lasted: 500 }) }],
    }),
    expected: [
      { category: 'LivenessProbeFailure', confidence: 'low', rejected: ['KilledUnattributed'] },
    ],
  },
  {
    name: 'a signal ended a container with a liveness probe once',
    observation: podOf({
      containers: [
        { spec: liveness, running: 5, restarts: 1, last: life('Error', 137, { lasted: 500 }) },
      ],
    }),
    expected: [{ category: 'KilledUnattributed' }],
  },
  {
    name: 'signals end a container again and again before its liveness probe can fail',
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Error', 137, { lasted: 1 }) }],
    }),
    expected: [{ category: 'KilledUnattributed' }],
  },
  {
    name: 'a program with a liveness probe ends with code 0 after its back-off, and after changing times',
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Completed', 0, { lasted: 500 }) }],
    }),
    expected: [{ category: 'UnexpectedCompletion' }],
  },
  {
    name: 'a server ends by itself as soon as its liveness probe could end it, and all that the kubelet says is that it started',
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Completed', 0, { lasted: 9 }) }],
      events: [
        event('Started', started, { container: 'app', seen: 29, type: 'Normal' }),
        // The probe asked just after the end.
        event('Unhealthy', 'Liveness probe failed: connection refused', { container: 'app' }),
      ],
    }),
    expected: [{ category: 'UnexpectedCompletion', rejected: ['LivenessProbeFailure'] }],
  },
  {
    name: 'of the Events of a container that its liveness probe ended only that of an earlier start is left',
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Completed', 0, { lasted: 9 }) }],
      events: [event('Started', started, { container: 'app', seen: 3600, type: 'Normal' })],
    }),
    expected: [{ category: 'LivenessProbeFailure', confidence: 'medium' }],
  },
  {
    name: 'a container ends by itself, is restarted in one step, and all that the kubelet says is that it started',
    observation: podOf({
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: ago(900) }],
      containers: [
        {
          spec: liveness,
          running: 3,
          restarts: 1,
          last: life('Completed', 0, { ended: 4, lasted: 300 }),
        },
      ],
      events: [event('Started', started, { container: 'app', seen: 3, type: 'Normal' })],
    }),
    expected: [{ category: 'UnexpectedCompletion', rejected: ['LivenessProbeFailure'] }],
  },
  {
    name: 'signals end a container again and again, and all that the kubelet says is that it started',
    observation: podOf({
      containers: [{ ...loop, spec: liveness, last: life('Error', 137, { lasted: 500 }) }],
      events: [event('Started', started, { container: 'app', seen: 520, type: 'Normal' })],
    }),
    expected: [{ category: 'KilledUnattributed', rejected: ['LivenessProbeFailure'] }],
  },
  {
    name: 'a container ends by itself before it has started up, and all that the kubelet says is that it started',
    observation: podOf({
      containers: [
        {
          spec: startup,
          running: 3,
          ready: false,
          started: false,
          restarts: 3,
          last: life('Error', 143, { ended: 4, lasted: 28 }),
        },
      ],
      events: [event('Started', started, { container: 'app', seen: 3, type: 'Normal' })],
    }),
    expected: [{ category: 'AppError', rejected: ['StartupProbeFailure'] }],
  },
  {
    name: 'the kubelet says that it restarts a container for its startup probe',
    observation: podOf({
      containers: [
        {
          spec: { ...startup, ...liveness },
          running: 3,
          ready: false,
          started: false,
          restarts: 3,
          last: life('Error', 1, { ended: 4, lasted: 600 }),
        },
      ],
      events: [
        event(
          'Unhealthy',
          'Startup probe failed: dial tcp 10.0.0.1:8080: connect: connection refused',
          {
            container: 'app',
          },
        ),
        event('Killing', startupKilling, { container: 'app' }),
      ],
    }),
    expected: [
      {
        category: 'StartupProbeFailure',
        mode: 16,
        severity: 'critical',
        confidence: 'high',
        rejected: ['AppError'],
        says: /TCP :8080, every 10 s, 3 failures, timeout 1 s\) \(dial tcp/,
      },
    ],
  },
  {
    name: 'without Events, a container that has not started up lived as long as its startup probe allows',
    observation: podOf({
      containers: [
        {
          spec: { ...startup, ...liveness },
          running: 3,
          ready: false,
          started: false,
          restarts: 3,
          last: life('Error', 143, { ended: 4, lasted: 28 }),
        },
      ],
    }),
    expected: [{ category: 'StartupProbeFailure', confidence: 'medium', rejected: ['AppError'] }],
  },
  {
    name: 'without Events, a container that started up this time lived as long as its startup probe allows',
    observation: podOf({
      containers: [
        {
          spec: startup,
          running: 30,
          started: true,
          restarts: 3,
          last: life('Error', 143, { ended: 45, lasted: 28 }),
        },
      ],
    }),
    expected: [{ category: 'AppError', notRejected: ['StartupProbeFailure'] }],
  },
  {
    name: 'a container ends with an error as soon as its startup probe could end it',
    observation: podOf({
      containers: [{ ...loop, spec: startup, last: life('Error', 1, { lasted: 28 }) }],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'a container ends by a signal before its startup probe can fail',
    observation: podOf({
      containers: [{ ...loop, spec: startup, last: life('Error', 143, { lasted: 2 }) }],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'a container that is starting up has failed its probe a few times',
    observation: podOf({
      containers: [{ spec: startup, running: 20, ready: false, started: false }],
      events: [event('Unhealthy', 'Startup probe failed: ', { container: 'app' })],
    }),
    expected: [],
  },
  {
    name: 'a container has not started up after the time that its probe allows',
    observation: podOf({
      containers: [
        { spec: { ...startup, ...readiness }, running: 60, ready: false, started: false },
      ],
    }),
    expected: [{ category: 'StartupProbeFailure', confidence: 'medium', severity: 'critical' }],
  },
  {
    name: 'a container has started up, but is not ready',
    observation: podOf({
      containers: [
        { spec: { ...startup, ...readiness }, running: 60, ready: false, started: true },
      ],
    }),
    expected: [{ category: 'ReadinessProbeFailure', notRejected: ['StartupProbeFailure'] }],
  },
  {
    name: 'a container that is starting up is not asked whether it is ready',
    observation: podOf({
      containers: [
        {
          spec: { startupProbe: { tcpSocket: { port: 1 }, failureThreshold: 30 }, ...readiness },
          running: 60,
          ready: false,
          started: false,
        },
      ],
    }),
    expected: [],
  },
  {
    name: 'a description does not show whether a container has started up, while its startup probe may fail',
    observation: podOf({
      containers: [
        {
          spec: { startupProbe: { tcpSocket: { port: 1 }, failureThreshold: 30 }, ...readiness },
          running: 60,
          ready: false,
        },
      ],
      events: [event('Unhealthy', 'Startup probe failed: ', { container: 'app', count: 5 })],
    }),
    expected: [],
  },
  {
    name: 'a description shows that a container has started up: its readiness is asked',
    observation: podOf({
      containers: [
        {
          spec: { startupProbe: { tcpSocket: { port: 1 }, failureThreshold: 30 }, ...readiness },
          running: 60,
          ready: false,
        },
      ],
      events: [event('Unhealthy', 'Readiness probe failed: ', { container: 'app', count: 5 })],
    }),
    expected: [{ category: 'ReadinessProbeFailure' }],
  },
  {
    name: 'a description of a container that runs for longer than its startup probe lets it',
    observation: podOf({
      containers: [{ spec: { ...startup, ...readiness }, running: 600, ready: false }],
    }),
    expected: [{ category: 'ReadinessProbeFailure' }],
  },
  {
    name: 'a container without a startup probe is slow',
    observation: podOf({ containers: [{ running: 600, ready: false, started: false }] }),
    expected: [],
  },
  {
    name: 'a container runs but is not ready',
    observation: podOf({
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(61) }],
      containers: [{ spec: readiness, running: 60, ready: false, started: true }],
      events: [
        event('Unhealthy', 'Readiness probe failed: /bin/sh: no answer', { container: 'app' }),
      ],
    }),
    expected: [
      {
        category: 'ReadinessProbeFailure',
        mode: 17,
        severity: 'critical',
        confidence: 'high',
        remediation: 'report-only',
        since: ago(61),
        says: /`pg_isready`\) fails \(\/bin\/sh: no answer\)/,
      },
    ],
  },
  {
    name: 'without Events, a container runs but is not ready',
    observation: podOf({
      owner: null,
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(600) }],
      containers: [{ spec: readiness, running: 600, ready: false }],
    }),
    expected: [{ category: 'ReadinessProbeFailure', confidence: 'medium' }],
  },
  {
    name: 'a container that was ready is so no longer',
    observation: podOf({
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(5) }],
      containers: [
        {
          spec: { readinessProbe: { ...readiness.readinessProbe, initialDelaySeconds: 900 } },
          running: 600,
          ready: false,
        },
      ],
    }),
    expected: [{ category: 'ReadinessProbeFailure' }],
  },
  {
    name: 'a container that started some seconds ago is not ready yet',
    observation: podOf({
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(20) }],
      containers: [{ spec: readiness, running: 18, ready: false, started: true }],
      events: [event('Unhealthy', 'Readiness probe failed: ', { container: 'app' })],
    }),
    expected: [],
  },
  ...(
    [
      [
        'a program that started some seconds ago refuses what its readiness probe asks',
        404,
        3,
        true,
      ],
      ['a program refused once, as it does before all of it is loaded', 404, 2, false],
      ['a program says again and again that it is busy', 429, 9, false],
      ['a program warms up and says so', 503, 9, false],
    ] as const
  ).map(([name, code, count, isUnready]): Specimen => ({
    name,
    observation: podOf({
      containers: [{ spec: readiness, running: 12, ready: false, started: true }],
      events: [
        event('Unhealthy', `Readiness probe failed: HTTP probe failed with statuscode: ${code}`, {
          container: 'app',
          count,
          seen: 2,
        }),
      ],
    }),
    expected: isUnready
      ? [{ category: 'ReadinessProbeFailure', confidence: 'high', says: /statuscode: 404/ }]
      : [],
  })),
  {
    name: 'the command of a readiness probe is not in the image, which the first try shows',
    observation: podOf({
      containers: [{ spec: readiness, running: 6, ready: false, started: true }],
      events: [
        event(
          'Unhealthy',
          'Readiness probe errored and resulted in unknown state: rpc error: code = Unknown desc = failed to exec in container: failed to start exec "1f": OCI runtime exec failed: exec failed: unable to start container process: exec: "pg_isready": executable file not found in $PATH: unknown',
          { container: 'app', seen: 1 },
        ),
      ],
    }),
    expected: [{ category: 'ReadinessProbeFailure', says: /executable file not found/ }],
  },
  {
    name: 'the port of a readiness probe was not there in the life before this one',
    observation: podOf({
      containers: [{ spec: readiness, running: 6, ready: false, started: true }],
      events: [
        event('Unhealthy', `Readiness probe errored: couldn't find containerPort "web"`, {
          container: 'app',
          seen: 30,
        }),
      ],
    }),
    expected: [],
  },
  {
    name: 'a startup command is not in the image, which stops nothing and passes never',
    observation: podOf({
      containers: [{ spec: startup, running: 4, ready: false, started: false }],
      events: [
        event(
          'Unhealthy',
          'Startup probe errored and resulted in unknown state: rpc error: code = Unknown desc = failed to exec in container: OCI runtime exec failed: exec failed: unable to start container process: exec: "/bin/probe": stat /bin/probe: no such file or directory',
          { container: 'app', seen: 2 },
        ),
      ],
    }),
    expected: [{ category: 'StartupProbeFailure', confidence: 'high', remediation: 'report-only' }],
  },
  {
    name: 'a readiness script calls a program that the image does not have',
    observation: podOf({
      containers: [{ spec: readiness, running: 8, ready: false }],
      events: [
        event('Unhealthy', 'Readiness probe failed: sh: redis-cli: not found\n', {
          container: 'app',
          seen: 2,
        }),
      ],
    }),
    expected: [{ category: 'ReadinessProbeFailure', confidence: 'high' }],
  },
  {
    name: 'a readiness command runs, and misses a file that the program has yet to write',
    observation: podOf({
      containers: [
        {
          spec: { readinessProbe: { exec: { command: ['cat', '/tmp/up'] }, failureThreshold: 12 } },
          running: 15,
          ready: false,
        },
      ],
      events: [
        event(
          'Unhealthy',
          "Readiness probe failed: cat: can't open '/tmp/up': No such file or directory",
          { container: 'app', count: 3 },
        ),
      ],
    }),
    expected: [],
  },
  {
    name: 'a container was stopped just now, and the Event that says why has yet to come',
    observation: podOf({
      containers: [
        {
          spec: startup,
          running: 1,
          ready: false,
          started: false,
          restarts: 1,
          last: life('Completed', 0, { ended: 2, lasted: 25 }),
        },
      ],
      events: [event('Started', started, { container: 'app', seen: 26, type: 'Normal' })],
    }),
    expected: [{ category: 'StartupProbeFailure', confidence: 'medium' }],
  },
  {
    name: 'a container ended just now, and the Events since then do not say that it was stopped',
    observation: podOf({
      containers: [
        {
          spec: startup,
          running: 1,
          ready: false,
          started: false,
          restarts: 1,
          last: life('Completed', 0, { ended: 4, lasted: 25 }),
        },
      ],
      events: [event('Started', started, { container: 'app', seen: 1, count: 2, type: 'Normal' })],
    }),
    expected: [{ category: 'UnexpectedCompletion' }],
  },
  {
    name: 'a container is not ready for long, and its spec does not say why',
    observation: podOf({ containers: [{ running: 600, ready: false }] }),
    expected: [{ category: 'ReadinessProbeFailure', confidence: 'low' }],
  },
  {
    name: 'a container is not ready, and only an Event tells of its readiness probe',
    observation: podOf({
      containers: [{ running: 60, ready: false }],
      events: [event('Unhealthy', 'Readiness probe errored: rpc error: no such file')],
    }),
    expected: [{ category: 'ReadinessProbeFailure', confidence: 'high', says: /rpc error/ }],
  },
  {
    name: 'a container without a probe has just started',
    observation: podOf({ containers: [{ running: 2, ready: false }] }),
    expected: [],
  },
  {
    name: 'an Event that names no container is about the one that has such a probe',
    observation: podOf({
      containers: [
        { ...loop, name: 'one', last: life('Error', 143, { lasted: 60 }) },
        { ...loop, name: 'two', spec: liveness, last: life('Error', 143, { lasted: 60 }) },
      ],
      events: [event('Unhealthy', 'Liveness probe failed: timeout')],
    }),
    expected: [
      { category: 'AppError', container: 'one' },
      { category: 'LivenessProbeFailure', container: 'two' },
    ],
  },
  {
    name: 'the Event of liveness kills was seen as often as the container was restarted',
    observation: podOf({
      containers: [{ ...loop, last: life('Error', 1, { lasted: 60 }) }],
      events: [
        event('Killing', livenessKilling, { seen: 200, count: 4 }),
        event('Unhealthy', 'Liveness probe failed: ', { seen: 200, count: 3 }),
      ],
    }),
    expected: [{ category: 'LivenessProbeFailure' }],
  },
  {
    name: 'a container is ready, whatever an old Event says',
    observation: podOf({
      containers: [
        { spec: readiness, running: 600, restarts: 30, last: life('Error', 1, { ended: 600 }) },
      ],
      events: [event('Unhealthy', 'Readiness probe failed: ', { container: 'app' })],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'a container waits for its turn, and was never asked whether it is ready',
    observation: podOf({
      containers: [{ spec: readiness, waiting: 'ContainerCreating', restarts: 0 }],
    }),
    expected: [],
  },
  {
    name: 'all containers are ready, but a load balancer has not said so',
    observation: podOf({
      spec: { readinessGates: [{ conditionType: 'lb/ready' }, { conditionType: 'mesh/ready' }] },
      conditions: [
        { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady' },
        { type: 'ContainersReady', status: 'True' },
        { type: 'mesh/ready', status: 'True' },
      ],
      containers: [{ running: 60 }],
    }),
    expected: [
      {
        category: 'ReadinessGatePending',
        mode: 18,
        container: null,
        severity: 'warning',
        remediation: 'none',
        says: /readiness gate lb\/ready,/,
      },
    ],
  },
  {
    name: 'a readiness gate is closed, and the containers are not ready yet',
    observation: podOf({
      spec: { readinessGates: [{ conditionType: 'lb/ready' }] },
      conditions: [
        { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
        { type: 'ContainersReady', status: 'False' },
      ],
      containers: [{ running: 1, ready: false }],
    }),
    expected: [],
  },
  {
    name: 'a pod is not ready though its containers are, and it has no readiness gate',
    observation: podOf({
      conditions: [
        { type: 'Ready', status: 'False', reason: 'SomethingElse' },
        { type: 'ContainersReady', status: 'True' },
      ],
      containers: [{ running: 60 }],
    }),
    expected: [],
  },
  {
    name: 'a readiness gate was closed again after the pod had become ready',
    observation: podOf({
      spec: { readinessGates: [{ conditionType: 'lb/ready' }] },
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'ContainersReady', status: 'True' },
        { type: 'lb/ready', status: 'False' },
      ],
      containers: [{ running: 60 }],
    }),
    expected: [],
  },
];
