import { event, life, podOf, type ContainerSketch } from './pods.ts';
import type { Specimen } from './specimen.ts';

const hook = { lifecycle: { postStart: { exec: { command: ['register'] } } } };
const loop: ContainerSketch = { waiting: 'CrashLoopBackOff', restarts: 4 };

export const hookSpecimens: readonly Specimen[] = [
  {
    name: 'a postStart hook fails, and the status says so',
    observation: podOf({
      containers: [
        {
          spec: hook,
          waiting: {
            reason: 'PostStartHookError',
            message:
              "Exec lifecycle hook ([register]) failed - error: command 'register' exited with 7",
          },
          last: life('Error', 137),
        },
      ],
    }),
    expected: [
      {
        category: 'PostStartHookFailure',
        mode: 34,
        severity: 'critical',
        confidence: 'high',
        remediation: 'report-only',
        rejected: ['KilledUnattributed', 'OOMKilled'],
      },
    ],
  },
  {
    name: 'a postStart hook fails, and only an Event still says so',
    observation: podOf({
      containers: [{ ...loop, last: life('Completed', 0) }],
      events: [event('FailedPostStartHook', 'PostStartHook failed', { container: 'app' })],
    }),
    expected: [{ category: 'PostStartHookFailure', confidence: 'high' }],
  },
  {
    name: 'a postStart hook does not return',
    observation: podOf({
      containers: [{ spec: hook, waiting: 'ContainerCreating' }],
      events: [event('Started', 'Container started', { container: 'app', seen: 60 })],
    }),
    expected: [{ category: 'PostStartHookFailure', confidence: 'medium', says: /not return/ }],
  },
  {
    name: 'a postStart hook does not return, in a pod with init containers',
    observation: podOf({
      containers: [
        { name: 'setup', type: 'init', terminated: life('Completed', 0, { ended: 90 }) },
        { spec: hook, waiting: 'PodInitializing' },
      ],
      events: [event('Started', 'Started container app', { container: 'app', seen: 60 })],
    }),
    expected: [{ category: 'PostStartHookFailure', confidence: 'medium', says: /not return/ }],
  },
  {
    name: 'a postStart hook runs for some seconds',
    observation: podOf({
      containers: [{ spec: hook, waiting: 'ContainerCreating' }],
      events: [event('Started', 'Container started', { container: 'app', seen: 10 })],
    }),
    expected: [],
  },
  {
    name: 'a container without a hook, and one with it that is suspect, are not mixed up',
    observation: podOf({
      containers: [
        { waiting: 'ContainerCreating', last: life('Completed', 0), restarts: 1 },
        { name: 'other', spec: hook, waiting: 'ContainerCreating' },
      ],
      events: [event('Started', 'Container started', { container: 'app', seen: 60 })],
    }),
    expected: [{ category: 'UnexpectedCompletion', container: 'app' }],
  },
  {
    name: 'without Events, a container with a postStart hook ends as if the kubelet stopped it',
    observation: podOf({ containers: [{ ...loop, spec: hook, last: life('Completed', 0) }] }),
    expected: [
      { category: 'PostStartHookFailure', confidence: 'low', rejected: ['UnexpectedCompletion'] },
    ],
  },
  {
    name: 'without Events, a container with a postStart hook waits for its first restart',
    observation: podOf({
      containers: [
        { spec: hook, waiting: 'CrashLoopBackOff', restarts: 1, last: life('Error', 137) },
      ],
    }),
    expected: [{ category: 'PostStartHookFailure', confidence: 'low' }],
  },
  {
    name: 'a container with a postStart hook ends with an error of its own',
    observation: podOf({ containers: [{ ...loop, spec: hook, last: life('Error', 1) }] }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'a container with a postStart hook had done its work for an hour',
    observation: podOf({
      containers: [{ ...loop, spec: hook, last: life('Completed', 0, { lasted: 3600 }) }],
    }),
    expected: [{ category: 'UnexpectedCompletion' }],
  },
  {
    name: 'a container with a postStart hook was killed once',
    observation: podOf({
      containers: [{ spec: hook, running: 5, restarts: 1, last: life('Error', 137) }],
    }),
    expected: [{ category: 'KilledUnattributed' }],
  },
  {
    name: 'a preStop hook failed when a container was stopped',
    observation: podOf({
      containers: [{ running: 5, restarts: 1, last: life('Error', 137) }],
      events: [event('FailedPreStopHook', 'PreStopHook failed', { container: 'app' })],
    }),
    expected: [
      {
        category: 'PreStopHookFailure',
        severity: 'warning',
        remediation: 'none',
        rejected: ['KilledUnattributed'],
      },
    ],
  },
  {
    name: 'a preStop hook fails each time that the liveness probe stops the container',
    observation: podOf({
      containers: [{ ...loop, last: life('Completed', 0) }],
      events: [
        event('FailedPreStopHook', 'PreStopHook failed', { container: 'app' }),
        event('Killing', 'Container app failed liveness probe, will be restarted'),
      ],
    }),
    expected: [{ category: 'LivenessProbeFailure', rejected: ['PreStopHookFailure'] }],
  },
  {
    name: 'a preStop hook was called of what had ended by itself',
    observation: podOf({
      containers: [{ ...loop, last: life('Completed', 0) }],
      events: [event('FailedPreStopHook', '', { container: 'app' })],
    }),
    expected: [{ category: 'UnexpectedCompletion', rejected: ['PreStopHookFailure'] }],
  },
  {
    name: 'a preStop hook fails in a loop of what SIGKILL ends',
    observation: podOf({
      containers: [{ ...loop, last: life('Error', 137) }],
      events: [event('FailedPreStopHook', '', { container: 'app' })],
    }),
    expected: [{ category: 'PreStopHookFailure' }],
  },
  {
    name: 'a preStop hook fails of what handles the signal of who stops it in a loop',
    observation: podOf({
      containers: [{ ...loop, last: life('Completed', 0) }],
      events: [
        event('FailedPreStopHook', 'PreStopHook failed', { container: 'app' }),
        event('Killing', 'Stopping container app', { container: 'app', type: 'Normal' }),
      ],
    }),
    expected: [{ category: 'PreStopHookFailure' }],
  },
  {
    name: 'a preStop hook failed of what runs again after it ended with its own code',
    observation: podOf({
      containers: [{ running: 5, restarts: 1, last: life('Error', 1) }],
      events: [event('FailedPreStopHook', 'PreStopHook failed', { container: 'app' })],
    }),
    expected: [{ category: 'PreStopHookFailure' }],
  },
];
