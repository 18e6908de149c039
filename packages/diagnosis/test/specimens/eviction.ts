import { event, life, podOf } from './pods.ts';
import type { Specimen } from './specimen.ts';

const failed = (reason: string, message: string) => ({ phase: 'Failed', reason, message });

export const evictionSpecimens: readonly Specimen[] = [
  {
    name: 'Kubernetes 1.21 evicts the pod that used most memory and had asked for none',
    observation: podOf({
      containers: [
        { name: 'proxy', terminated: life('Error', 137) },
        { name: 'app', terminated: life('Error', 2) },
      ],
      status: failed(
        'Evicted',
        'The node was low on resource: memory. Container proxy was using 52Ki, which exceeds its request of 0. Container app was using 1275700Ki, which exceeds its request of 0. ',
      ),
    }),
    expected: [
      {
        category: 'EvictedMemory',
        mode: 43,
        container: 'app',
        remediation: 'cleanup-safe',
        confidence: 'high',
        says: /container app used 1275700Ki and had requested 0/,
        paths: ['status.reason', 'status.message'],
      },
    ],
  },
  {
    name: 'Kubernetes 1.36 evicts a bare pod for the disk of its node',
    observation: podOf({
      owner: null,
      containers: [{ terminated: life('Error', 137) }],
      status: failed(
        'Evicted',
        'The node was low on resource: ephemeral-storage. Threshold quantity: 64105654528, available: 61750108Ki. Container app was using 52Ki, request is 0, has larger consumption of ephemeral-storage. ',
      ),
    }),
    expected: [{ category: 'EvictedDisk', mode: 43, container: 'app', remediation: 'report-only' }],
  },
  {
    name: 'the node runs out of inodes',
    observation: podOf({
      containers: [{ terminated: life('Error', 143) }],
      status: failed('Evicted', 'The node was low on resource: inodes. '),
    }),
    expected: [{ category: 'EvictedDisk', mode: 43, says: /low on inodes/ }],
  },
  {
    name: 'a pod that ends well on SIGTERM counts as Succeeded, and only its condition tells of the eviction',
    observation: podOf({
      containers: [{ terminated: life('Completed', 0) }],
      status: { phase: 'Succeeded' },
      conditions: [
        {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'TerminationByKubelet',
          message:
            'The node was low on resource: pids. Threshold quantity: 32300, available: 32058. ',
        },
      ],
    }),
    expected: [
      {
        category: 'EvictedPids',
        mode: 43,
        remediation: 'cleanup-safe',
        says: /low on pids/,
        paths: ['status.conditions[0].message'],
      },
    ],
  },
  {
    name: 'the Event tells of an eviction while the pod still ends',
    observation: podOf({
      containers: [{ running: 400 }],
      events: [event('Evicted', 'The node was low on resource: memory. ')],
    }),
    expected: [{ category: 'EvictedMemory', mode: 43, remediation: 'none' }],
  },
  ...(
    [
      ['MemoryPressure', 'EvictedMemory'],
      ['DiskPressure', 'EvictedDisk'],
      ['PIDPressure', 'EvictedPids'],
    ] as const
  ).map(([condition, category]): Specimen => ({
    name: `the kubelet turns a pod away because of ${condition}`,
    observation: podOf({
      status: failed('Evicted', `Pod was rejected: The node had condition: [${condition}]. `),
    }),
    expected: [{ category, mode: 45, remediation: 'cleanup-safe', says: /never ran/ }],
  })),
  ...[
    'Usage of EmptyDir volume "cache" exceeds the limit "20Mi". ',
    'Pod ephemeral local storage usage exceeds the total limit of containers 30Mi. ',
    'Container app exceeded its local ephemeral storage limit "1Gi". ',
  ].map((message): Specimen => ({
    name: `a pod wrote more than it may: ${message}`,
    observation: podOf({
      containers: [{ terminated: { exitCode: 137 } }],
      status: failed('Evicted', message),
    }),
    expected: [
      {
        category: 'EvictedDisk',
        mode: 44,
        container: 'app',
        remediation: 'report-only',
        says: /may (?:hold|write)/,
      },
    ],
  })),
  ...(
    [
      ['Usage of EmptyDir volume "cache" exceeds the limit "20Mi". ', 'app'],
      ['Usage of EmptyDir volume "both" exceeds the limit "20Mi". ', null],
      ['Container proxy exceeded its local ephemeral storage limit "1Gi". ', 'proxy'],
      ['Pod ephemeral local storage usage exceeds the total limit of containers 30Mi. ', null],
    ] as const
  ).map(([message, container]): Specimen => ({
    name: `one of two containers wrote more than it may: ${message}`,
    observation: podOf({
      containers: [
        { spec: { volumeMounts: [{ name: 'cache' }, { name: 'both' }] } },
        { name: 'proxy', spec: { volumeMounts: [{ name: 'both' }] } },
      ],
      spec: {
        volumes: [
          { name: 'cache', emptyDir: { sizeLimit: '20Mi' } },
          { name: 'both', emptyDir: { sizeLimit: '20Mi' } },
        ],
      },
      status: failed('Evicted', message),
    }),
    expected: [{ category: 'EvictedDisk', mode: 44, container }],
  })),
  {
    name: 'an eviction whose message is lost',
    observation: podOf({ status: { phase: 'Failed', reason: 'Evicted' } }),
    expected: [{ category: 'EvictedMemory', mode: 43, confidence: 'low' }],
  },
  {
    name: 'a program that speaks of eviction is not evicted',
    observation: podOf({
      containers: [
        {
          waiting: 'CrashLoopBackOff',
          restarts: 4,
          last: life('Error', 1, { message: 'Evicted: The node was low on resource: memory. ' }),
        },
      ],
      status: { message: 'The node was low on resource: memory. ' },
    }),
    expected: [{ category: 'AppError', container: 'app' }],
  },
];
