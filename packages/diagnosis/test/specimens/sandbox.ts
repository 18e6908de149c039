import { ago, event, life, podOf, type PodSketch } from './pods.ts';
import type { Specimen } from './specimen.ts';

const minute = 60;

function waiting(sketch: PodSketch, placed = 20): Specimen['observation'] {
  return podOf({
    containers: [{ waiting: 'ContainerCreating' }],
    ...sketch,
    status: { phase: 'Pending', startTime: ago(placed), ...sketch.status },
  });
}

const failing: readonly (readonly [string, string, RegExp])[] = [
  [
    'the addresses are used up',
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "8952": plugin type="bridge" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.88.0.200-10.88.0.203',
    /addresses for pods are used up/,
  ],
  [
    'Kubernetes 1.10 lacks its network plugin',
    'Failed create pod sandbox: rpc error: code = Unknown desc = NetworkPlugin cni failed to set up pod "web_shop" network: stat /var/lib/calico/nodename: no such file or directory: check that the calico/node container is running',
    /network plugin is not set up/,
  ],
  [
    'the memory limit is too low even for the sandbox',
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to start sandbox "2615": failed to create containerd task: container init was OOM-killed (memory limit too low?)',
    /too low even for the sandbox/,
  ],
  [
    'the runtime class is not on the node',
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "gvisor" is configured',
    /RuntimeClass names is not on this node/,
  ],
  [
    'the sandbox image cannot be pulled',
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image "registry.k8s.io/pause:3.9": failed to pull image',
    /image of the sandbox/,
  ],
  ['something else is wrong', 'Failed to create pod sandbox: the moon is full', /the moon is full/],
];

const noSandbox = { type: 'PodReadyToStartContainers', status: 'False' };
const networkNotReady =
  'network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';

export const sandboxSpecimens: readonly Specimen[] = [
  ...failing.map(([name, message, says]): Specimen => ({
    name,
    observation: waiting({ events: [event('FailedCreatePodSandBox', message, { count: 9 })] }),
    expected: [
      {
        category: 'SandboxCreationFailure',
        mode: 37,
        container: 'app',
        remediation: 'report-only',
        confidence: 'high',
        since: ago(20),
        says,
      },
    ],
  })),
  {
    name: 'the network of the node does not come',
    observation: waiting({ events: [event('NetworkNotReady', networkNotReady, { seen: 10 })] }, 80),
    expected: [{ category: 'SandboxCreationFailure', says: /network plugin is not set up/ }],
  },
  {
    name: 'the network of the node did not come, and nothing was said of it since',
    observation: waiting(
      { events: [event('NetworkNotReady', networkNotReady, { seen: 590 })] },
      600,
    ),
    expected: [{ category: 'SandboxCreationFailure', says: /network plugin is not set up/ }],
  },
  {
    name: 'the network of the node does not come, and no time is known',
    observation: waiting({ events: [event('NetworkNotReady', networkNotReady, { seen: null })] }),
    expected: [{ category: 'SandboxCreationFailure' }],
  },
  {
    name: 'a pod comes to a new node before its network',
    observation: waiting({ events: [event('NetworkNotReady', networkNotReady, { seen: 10 })] }, 40),
    expected: [],
  },
  {
    name: 'the reason of the plugin says more than a lost race',
    observation: waiting({
      events: [
        event('FailedCreatePodSandBox', 'name "web_shop_0" is reserved for "8952"', { seen: 5 }),
        event(
          'FailedCreatePodSandBox',
          'plugin type="aws-cni" failed: failed to assign an IP address to container',
          { seen: 60 },
        ),
      ],
    }),
    expected: [{ category: 'SandboxCreationFailure', says: /addresses for pods are used up/ }],
  },
  {
    name: 'a sandbox that was made in the end, in a pod that pulls its image',
    observation: waiting(
      {
        events: [
          event('FailedCreatePodSandBox', 'Failed to create pod sandbox: x', { seen: 900 }),
          event('Pulling', 'Pulling image "shop/web:1"', { seen: 5, type: 'Normal' }),
        ],
      },
      20 * minute,
    ),
    expected: [],
  },
  {
    name: 'a pod that runs has its sandbox',
    observation: podOf({
      containers: [{ running: 400 }],
      status: { startTime: ago(10 * minute) },
      events: [event('FailedCreatePodSandBox', 'Failed to create pod sandbox: x')],
    }),
    expected: [],
  },
  {
    name: 'a sandbox is there, and the containers are on their way',
    observation: waiting(
      { conditions: [{ type: 'PodReadyToStartContainers', status: 'True' }] },
      10 * minute,
    ),
    expected: [],
  },
  {
    name: 'nothing starts for minutes, and nothing tells why',
    observation: waiting(
      {
        spec: { volumes: [{ name: 't', secret: { secretName: 'default-token-5bc8k' } }] },
        conditions: [{ type: 'PodReadyToStartContainers', status: 'False' }],
      },
      10 * minute,
    ),
    expected: [
      {
        category: 'SandboxCreationFailure',
        confidence: 'low',
        paths: ['status.startTime', 'status.conditions[0].status'],
      },
    ],
  },
  {
    name: 'no image is pulled before there is a sandbox, so that less time has to pass',
    observation: waiting(
      { conditions: [{ type: 'PodReadyToStartContainers', status: 'False' }] },
      2 * minute,
    ),
    expected: [{ category: 'SandboxCreationFailure', confidence: 'low' }],
  },
  {
    name: 'a pod that ran before its node was restarted gets no sandbox again',
    observation: waiting(
      {
        containers: [{ waiting: 'ContainerCreating', restarts: 1, last: life('Unknown', 255) }],
        conditions: [
          {
            type: 'PodReadyToStartContainers',
            status: 'False',
            lastTransitionTime: ago(5 * minute),
          },
        ],
      },
      90 * minute,
    ),
    expected: [
      {
        category: 'SandboxCreationFailure',
        paths: ['status.conditions[0].lastTransitionTime'],
      },
    ],
  },
  {
    name: 'a pod that ran before its node was restarted is on its way, long after it came to the node',
    observation: waiting(
      { containers: [{ waiting: 'ContainerCreating', restarts: 1, last: life('Unknown', 255) }] },
      90 * minute,
    ),
    expected: [{ category: 'NodeRestart' }],
  },
  {
    name: 'a pod gets minutes for its sandbox',
    observation: waiting({}, minute),
    expected: [],
  },
  {
    name: 'no Event is given, so that only time tells: half a minute without a sandbox',
    observation: waiting({ conditions: [noSandbox] }, 40),
    expected: [{ category: 'SandboxCreationFailure', confidence: 'low' }],
  },
  {
    name: 'Events are given, and the kubelet complains of nothing yet',
    observation: waiting(
      {
        conditions: [noSandbox],
        events: [event('Scheduled', 'Successfully assigned shop/web to node-1', { seen: 40 })],
      },
      40,
    ),
    expected: [],
  },
  {
    name: 'a sandbox on Windows takes its time',
    observation: waiting({ conditions: [noSandbox], spec: { os: { name: 'windows' } } }, 40),
    expected: [],
  },
  {
    name: 'a claimed device is made ready before there is a sandbox',
    observation: waiting(
      { conditions: [noSandbox], spec: { resourceClaims: [{ name: 'gpu' }] } },
      80,
    ),
    expected: [],
  },
  {
    name: 'no Event is left of a pod that claims a device and has no sandbox',
    observation: waiting(
      { conditions: [noSandbox], spec: { resourceClaims: [{ name: 'gpu' }] } },
      200,
    ),
    expected: [
      {
        category: 'ResourceClaimPending',
        mode: 42,
        confidence: 'low',
        remediation: 'report-only',
        rejected: ['SandboxCreationFailure'],
        says: /what it claims \(gpu\)/,
      },
    ],
  },
  {
    name: 'the kubelet cannot make the sandbox of a pod that claims a device',
    observation: waiting(
      {
        conditions: [noSandbox],
        spec: { resourceClaims: [{ name: 'gpu' }] },
        events: [event('FailedCreatePodSandBox', 'Failed to create pod sandbox: no answer')],
      },
      200,
    ),
    expected: [{ category: 'SandboxCreationFailure', confidence: 'high' }],
  },
  {
    name: 'the runtime cannot make the container of a pod that claims a device',
    observation: podOf({
      spec: { resourceClaims: [{ name: 'gpu' }] },
      status: { phase: 'Pending', startTime: ago(600) },
      containers: [{ waiting: { reason: 'CreateContainerError', message: 'no such device' } }],
    }),
    expected: [{ category: 'CreateContainerError' }],
  },
];
