import { event, life, podOf } from './pods.ts';
import type { Specimen } from './specimen.ts';

const limit = { resources: { limits: { memory: '64Mi' } } };

const onNode = { about: { kind: 'Node', name: 'node-1' } };
const systemOom = 'System OOM encountered, victim process: java, pid: 4711';

export const oomSpecimens: readonly Specimen[] = [
  {
    name: 'a container is killed at its memory limit, again and again',
    observation: podOf({
      containers: [
        { spec: limit, waiting: 'CrashLoopBackOff', restarts: 4, last: life('OOMKilled', 137) },
      ],
    }),
    expected: [
      {
        category: 'OOMKilled',
        container: 'app',
        containerType: 'app',
        severity: 'critical',
        remediation: 'report-only',
        confidence: 'high',
        rejected: ['AppError'],
        since: '2026-01-01T11:59:40Z',
        paths: [
          'status.containerStatuses[0].lastState.terminated.reason',
          'spec.containers[0].resources.limits.memory',
        ],
      },
    ],
  },
  {
    name: 'a container is killed at the memory limit of its pod',
    observation: podOf({
      spec: limit,
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 4, last: life('OOMKilled', 137) }],
    }),
    expected: [
      { category: 'OOMKilled', confidence: 'high', paths: ['spec.resources.limits.memory'] },
    ],
  },
  {
    name: 'a container was killed once for want of memory, of a spec that is not known',
    observation: podOf({
      status: { qosClass: undefined },
      containers: [{ running: 5, restarts: 1, last: life('OOMKilled', 137) }],
    }),
    expected: [
      { category: 'OOMKilled', confidence: 'low', severity: 'warning', remediation: 'none' },
    ],
  },
  {
    name: 'a child process is killed at the memory limit and the main process ends with a code of its own',
    observation: podOf({
      containers: [
        { spec: limit, waiting: 'CrashLoopBackOff', restarts: 4, last: life('OOMKilled', 1) },
      ],
    }),
    expected: [
      { category: 'OOMChildProcess', mode: 2, confidence: 'high', rejected: ['OOMKilled'] },
    ],
  },
  {
    name: 'a child process is killed and the main process ends well, which no server does',
    observation: podOf({
      containers: [
        { spec: limit, waiting: 'CrashLoopBackOff', restarts: 4, last: life('OOMKilled', 0) },
      ],
    }),
    expected: [{ category: 'OOMChildProcess' }],
  },
  {
    name: 'a process was killed for want of memory, of a spec that is not known',
    observation: podOf({
      status: { qosClass: undefined },
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 2, last: life('OOMKilled', 2) }],
    }),
    expected: [{ category: 'OOMChildProcess', confidence: 'medium' }],
  },
  {
    name: 'a container is killed for want of memory, and its spec was cut away',
    observation: podOf({
      spec: { containers: [] },
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 2, last: life('OOMKilled', 137) }],
    }),
    expected: [{ category: 'OOMKilled', confidence: 'low' }],
  },
  {
    name: 'a container without a limit is killed for want of memory',
    observation: podOf({
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 2, last: life('OOMKilled', 137) }],
    }),
    expected: [
      { category: 'NodeOOM', mode: 4, confidence: 'medium', rejected: ['OOMKilled', 'AppError'] },
    ],
  },
  {
    name: 'a container without a limit that ended by itself is marked by the kill of another',
    observation: podOf({
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 2, last: life('OOMKilled', 3) }],
    }),
    expected: [{ category: 'NodeOOM', rejected: ['OOMChildProcess'] }],
  },
  {
    name: 'an init container is killed at its memory limit',
    observation: podOf({
      status: { phase: 'Pending' },
      containers: [
        {
          name: 'migrate',
          type: 'init',
          spec: limit,
          waiting: 'CrashLoopBackOff',
          restarts: 4,
          last: life('OOMKilled', 137),
        },
        { waiting: 'PodInitializing' },
      ],
    }),
    expected: [
      {
        category: 'InitOOMKilled',
        container: 'migrate',
        containerType: 'init',
        remediation: 'report-only',
        rejected: ['OOMKilled'],
      },
    ],
  },
  {
    name: 'an init container without a limit is killed for want of memory',
    observation: podOf({
      status: { phase: 'Pending' },
      containers: [
        { name: 'migrate', type: 'init', terminated: life('OOMKilled', 137) },
        { waiting: 'PodInitializing' },
      ],
    }),
    expected: [{ category: 'InitOOMKilled' }],
  },
  {
    name: 'a pod stays Pending after its init container, and its controller may not make another',
    observation: podOf({
      owner: 'Workflow',
      spec: { restartPolicy: 'Never' },
      status: { phase: 'Pending' },
      containers: [
        { name: 'migrate', type: 'init', spec: limit, terminated: life('OOMKilled', 0) },
        { waiting: 'PodInitializing' },
      ],
    }),
    expected: [{ category: 'InitOOMKilled', remediation: 'report-only' }],
  },
  {
    name: 'an init container that is never run again ends with code 0 and OOMKilled: its pod stays Pending',
    observation: podOf({
      spec: { restartPolicy: 'Never' },
      status: { phase: 'Pending' },
      containers: [
        { name: 'migrate', type: 'init', spec: limit, terminated: life('OOMKilled', 0) },
        { waiting: 'PodInitializing' },
      ],
    }),
    expected: [
      { category: 'InitOOMKilled', remediation: 'delete-if-owned', says: /Pending for ever/ },
    ],
  },
  {
    name: 'a sidecar is killed at its memory limit',
    observation: podOf({
      containers: [
        {
          name: 'proxy',
          type: 'sidecar',
          spec: limit,
          waiting: 'CrashLoopBackOff',
          restarts: 4,
          last: life('OOMKilled', 137),
        },
        { running: 100 },
      ],
    }),
    expected: [{ category: 'OOMKilled', container: 'proxy', containerType: 'sidecar' }],
  },
  {
    name: 'a container is killed when its node reports that memory ran out',
    observation: podOf({
      containers: [{ spec: limit, running: 5, restarts: 1, last: life('Error', 137) }],
      events: [event('SystemOOM', systemOom, { ...onNode, seen: 25 })],
    }),
    expected: [
      {
        category: 'NodeOOM',
        mode: 4,
        confidence: 'high',
        remediation: 'none',
        rejected: ['KilledUnattributed', 'OOMKilled'],
      },
    ],
  },
  {
    name: 'the node problem detector reports that memory ran out, of a pod whose node is not known',
    observation: podOf({
      spec: { nodeName: undefined },
      containers: [{ running: 5, restarts: 2, last: life('Error', 137) }],
      events: [event('OOMKilling', 'Out of memory: Killed process 4711 (java)', onNode)],
    }),
    expected: [{ category: 'NodeOOM' }],
  },
  {
    name: 'the node problem detector reports the limit of another container',
    observation: podOf({
      containers: [{ running: 5, restarts: 1, last: life('Error', 137) }],
      events: [
        event('OOMKilling', 'Memory cgroup out of memory: Killed process 4711 (java)', onNode),
      ],
    }),
    expected: [{ category: 'KilledUnattributed' }],
  },
  {
    name: 'a container is killed while its node is short of memory',
    observation: podOf({
      containers: [{ running: 5, restarts: 1, last: life('Error', 137) }],
      related: [
        {
          kind: 'Node',
          metadata: { name: 'node-1' },
          status: { conditions: [{ type: 'MemoryPressure', status: 'True' }] },
        },
      ],
    }),
    expected: [{ category: 'NodeOOM', paths: ['status.conditions[0].status'] }],
  },
  {
    name: 'memory of the node ran out at another time than a container was killed',
    observation: podOf({
      containers: [{ spec: limit, running: 5, restarts: 1, last: life('Error', 137) }],
      events: [event('SystemOOM', systemOom, { ...onNode, seen: 900 })],
    }),
    expected: [{ category: 'KilledUnattributed', notRejected: ['NodeOOM'] }],
  },
  {
    name: 'memory of the node ran out when a program ended by itself',
    observation: podOf({
      containers: [{ spec: limit, running: 5, restarts: 1, last: life('Error', 1) }],
      events: [event('SystemOOM', systemOom, { ...onNode, seen: 25 })],
    }),
    expected: [{ category: 'AppError' }],
  },
];
