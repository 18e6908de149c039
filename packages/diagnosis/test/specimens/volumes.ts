import { ago, event, life, podOf, type PodSketch } from './pods.ts';
import type { ExpectedFinding, Specimen } from './specimen.ts';

const minute = 60;
const spec = {
  volumes: [
    { name: 'cfg', configMap: { name: 'shop-config' } },
    { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
  ],
};
const mounts = { volumeMounts: [{ name: 'cfg', mountPath: '/etc/shop' }] };

/** A pod with two containers that has its node and waits for its volumes. */
function waiting(sketch: PodSketch, placed = 20): Specimen['observation'] {
  return podOf({
    containers: [
      { name: 'app', spec: mounts, waiting: 'ContainerCreating' },
      { name: 'proxy', waiting: 'ContainerCreating' },
    ],
    spec,
    ...sketch,
    status: { phase: 'Pending', startTime: ago(placed), ...sketch.status },
  });
}

function failedMount(name: string, message: string, expected: ExpectedFinding): Specimen {
  return {
    name,
    observation: waiting({ events: [event('FailedMount', message)] }),
    expected: [{ remediation: 'report-only', since: ago(20), ...expected }],
  };
}

const generic =
  'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[cfg data]: timed out waiting for the condition';
const multiAttach = 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) db-old';
const boundClaim = {
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'shop' },
  spec: { volumeName: 'pv-1', accessModes: ['ReadWriteOnce'] },
};
const attachment = (nodeName: string) => ({
  kind: 'VolumeAttachment',
  metadata: { name: 'csi-1' },
  spec: { nodeName, source: { persistentVolumeName: 'pv-1' } },
  status: { attached: true },
});

const pending = (nodeName: string, age: number, status: object = {}) => ({
  ...attachment(nodeName),
  metadata: { name: `csi-${nodeName}`, creationTimestamp: ago(age) },
  status: { attached: false, ...status },
});

export const volumeSpecimens: readonly Specimen[] = [
  failedMount(
    'a ConfigMap of a volume is missing',
    'MountVolume.SetUp failed for volume "cfg" : configmap "shop-config" not found',
    {
      category: 'MissingConfigObject',
      mode: 27,
      container: 'app',
      confidence: 'high',
      says: /ConfigMap shop-config, which is not there/,
    },
  ),
  failedMount(
    'objects of a projected volume are missing',
    'MountVolume.SetUp failed for volume "s" : [secret "api-tls" not found, configmap "ca" not found]',
    { category: 'MissingConfigObject', container: null, says: /Secret api-tls and ConfigMap ca/ },
  ),
  failedMount(
    'Kubernetes 1.16 misses a Secret',
    'MountVolume.SetUp failed for volume "cfg" : secrets "api-tls" not found',
    { category: 'MissingConfigObject', says: /Secret api-tls/ },
  ),
  failedMount(
    'a key of a volume is missing',
    'MountVolume.SetUp failed for volume "cfg" : configmap references non-existent config key: app.yaml',
    { category: 'MissingConfigKey', mode: 28, container: 'app', says: /key app\.yaml/ },
  ),
  failedMount(
    'the node lacks a program',
    'MountVolume.SetUp failed for volume "data" : mount failed: exit status 32\nMounting command: mount\nOutput: mount: bad option; you might need a /sbin/mount.<type> helper program.',
    { category: 'VolumeMountFailure', mode: 35, says: /mount failed: exit status 32 Mounting/ },
  ),
  failedMount(
    'the driver is not on the node',
    'MountVolume.MountDevice failed for volume "pvc-1" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name ebs.csi.aws.com not found in the list of registered CSI drivers',
    { category: 'VolumeMountFailure' },
  ),
  failedMount('the generic timeout is all there is', generic, {
    category: 'VolumeMountFailure',
    confidence: 'medium',
    remediation: 'none',
    says: /did not come in time \(data\)/,
  }),
  failedMount('the generic timeout is about a ConfigMap', generic.replace('[data]', '[cfg]'), {
    category: 'VolumeMountFailure',
    confidence: 'medium',
    remediation: 'report-only',
  }),
  {
    name: 'Kubernetes 1.29 says only that time is over, and before it why',
    observation: waiting({
      events: [
        event(
          'FailedMount',
          'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[]: context deadline exceeded',
          { seen: 10 },
        ),
        event(
          'FailedMount',
          'MountVolume.MountDevice failed for volume "pvc-1" : no route to host',
          {
            seen: 100,
          },
        ),
      ],
    }),
    expected: [{ category: 'VolumeMountFailure', confidence: 'high', says: /no route to host/ }],
  },
  {
    name: 'the volume of a claim that one container mounts',
    observation: waiting({
      containers: [
        { name: 'app', waiting: 'ContainerCreating' },
        {
          name: 'db',
          spec: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
          waiting: 'ContainerCreating',
        },
      ],
      events: [event('FailedMount', 'MountVolume.MountDevice failed for volume "pvc-1" : timeout')],
    }),
    expected: [{ category: 'VolumeMountFailure', container: 'db' }],
  },
  {
    name: 'both mount a Secret and one the claim, and nothing tells which does not come',
    observation: waiting(
      {
        containers: [
          {
            name: 'app',
            spec: {
              volumeMounts: [
                { name: 'cfg', mountPath: '/cfg' },
                { name: 'data', mountPath: '/data' },
              ],
            },
            waiting: 'ContainerCreating',
          },
          {
            name: 'proxy',
            spec: { volumeMounts: [{ name: 'cfg', mountPath: '/cfg' }] },
            waiting: 'ContainerCreating',
          },
        ],
      },
      900,
    ),
    expected: [{ category: 'VolumeMountFailure', container: 'app', confidence: 'low' }],
  },
  ...(
    [
      ['a token for an audience', { serviceAccountToken: { audience: 'mesh', path: 't' } }, true],
      ['a Secret', { secret: { name: 'keys' } }, true],
      ['a Secret that need not be', { secret: { name: 'keys', optional: true } }, false],
      ['the token of every pod', { serviceAccountToken: { path: 'token' } }, false],
      ['the root certificate of every pod', { configMap: { name: 'kube-root-ca.crt' } }, false],
    ] as const
  ).map(([name, source, isRisky]): Specimen => ({
    name: `no container starts, and its volume holds ${name}`,
    observation: waiting(
      {
        containers: [
          { name: 'app', waiting: 'ContainerCreating' },
          {
            name: 'proxy',
            spec: { volumeMounts: [{ name: 'all', mountPath: '/all' }] },
            waiting: 'ContainerCreating',
          },
        ],
        spec: { volumes: [{ name: 'all', projected: { sources: [source] } }] },
      },
      10 * minute,
    ),
    expected: [
      isRisky
        ? { category: 'VolumeMountFailure', confidence: 'low', container: 'proxy' }
        : { category: 'SandboxCreationFailure', confidence: 'low', container: null },
    ],
  })),
  {
    name: 'the path of one container does not come, and nothing tells why',
    observation: waiting(
      {
        containers: [
          { name: 'app', waiting: 'ContainerCreating' },
          {
            name: 'agent',
            spec: { volumeMounts: [{ name: 'sock', mountPath: '/sock' }] },
            waiting: 'ContainerCreating',
          },
        ],
        spec: { volumes: [{ name: 'sock', hostPath: { path: '/run/x.sock', type: 'Socket' } }] },
      },
      10 * minute,
    ),
    expected: [{ category: 'VolumeMountFailure', confidence: 'low', container: 'agent' }],
  },
  {
    name: 'another message tells which volume did not come',
    observation: waiting({
      events: [
        event('FailedMount', generic.replace('[data]', '[cfg]'), { seen: 10 }),
        event('FailedMount', 'MountVolume.MountDevice failed for volume "x-1" : timeout', {
          seen: 100,
        }),
      ],
    }),
    expected: [{ category: 'VolumeMountFailure', container: 'app' }],
  },
  failedMount(
    'Kubernetes 1.16 says only that time is over',
    'Unable to mount volumes for pod "web_shop(u)": timeout expired waiting for volumes to attach or mount for pod "shop"/"web". list of unmounted volumes=[data]',
    {
      category: 'VolumeMountFailure',
      confidence: 'medium',
      remediation: 'none',
      says: /\(data\)/,
    },
  ),
  {
    name: 'a telling Event counts more than the timeout after it',
    observation: waiting({
      events: [
        event('FailedMount', generic, { seen: 10 }),
        event(
          'FailedMount',
          'MountVolume.SetUp failed for volume "cfg" : configmap "c" not found',
          {
            seen: 100,
          },
        ),
      ],
    }),
    expected: [{ category: 'MissingConfigObject', rejected: ['VolumeMountFailure'] }],
  },
  {
    name: 'the cache of the kubelet is behind for a moment',
    observation: waiting({
      events: [
        event(
          'FailedMount',
          'MountVolume.SetUp failed for volume "kube-api-access-x" : failed to sync configmap cache: timed out waiting for the condition',
        ),
      ],
    }),
    expected: [],
  },
  {
    name: 'the mount worked in the end, and an image is pulled',
    observation: waiting(
      {
        events: [
          event(
            'FailedMount',
            'MountVolume.SetUp failed for volume "cfg" : configmap "c" not found',
            {
              seen: 900,
            },
          ),
          event(
            'FailedMount',
            'MountVolume.SetUp failed for volume "cfg" : configmap references non-existent config key: a',
            {
              seen: 900,
            },
          ),
          event('FailedAttachVolume', multiAttach, { seen: 900 }),
          event('FailedMount', generic, { seen: 900 }),
          event('Pulling', 'Pulling image "shop/web:1"', { seen: 5, type: 'Normal' }),
        ],
      },
      20 * minute,
    ),
    expected: [],
  },
  {
    name: 'a container that has started had its volumes',
    observation: podOf({
      containers: [{ running: 400 }],
      spec,
      status: { startTime: ago(600) },
      related: [boundClaim, attachment('node-2')],
      events: [
        event('FailedMount', 'MountVolume.SetUp failed for volume "cfg" : configmap "c" not found'),
        event(
          'FailedMount',
          'MountVolume.SetUp failed for volume "cfg" : secret references non-existent secret key: a',
        ),
        event('FailedMount', 'MountVolume.SetUp failed for volume "cfg" : no'),
        event('FailedMount', generic),
        event('FailedAttachVolume', 'AttachVolume.Attach failed for volume "pvc-1" : rpc error'),
      ],
    }),
    expected: [],
  },
  {
    name: 'the volume is still attached to another node',
    observation: waiting({ events: [event('FailedAttachVolume', multiAttach)] }),
    expected: [
      {
        category: 'VolumeAttachFailure',
        mode: 36,
        remediation: 'none',
        confidence: 'high',
        says: /another node, where db-old uses it/,
      },
    ],
  },
  {
    name: 'no Event is left, but the attachment is',
    observation: waiting({ related: [boundClaim, attachment('node-2')] }),
    expected: [
      {
        category: 'VolumeAttachFailure',
        remediation: 'none',
        paths: ['spec.volumeName', 'spec.nodeName'],
      },
    ],
  },
  {
    name: 'the volume is attached where the pod is',
    observation: waiting({ related: [boundClaim, attachment('node-1')] }),
    expected: [],
  },
  {
    name: 'the storage does not attach the volume',
    observation: waiting({
      events: [
        event(
          'FailedAttachVolume',
          'AttachVolume.Attach failed for volume "pvc-1" : timed out waiting for external-attacher of ebs CSI driver',
        ),
      ],
    }),
    expected: [
      { category: 'VolumeAttachFailure', remediation: 'report-only', says: /external-attacher/ },
    ],
  },
  failedMount(
    'the node lacks the program that attaches an iSCSI volume',
    'MountVolume.WaitForAttach failed for volume "cfg" : executable file not found in $PATH',
    { category: 'VolumeMountFailure', mode: 35, says: /executable file not found/ },
  ),
  {
    name: 'the kubelet waits for an attachment that does not come',
    observation: waiting({
      events: [
        event('FailedMount', 'MountVolume.WaitForAttach failed for volume "pvc-1" : rpc error'),
      ],
    }),
    expected: [{ category: 'VolumeAttachFailure' }],
  },
  {
    name: 'volumes are said to time out after the sandbox failed, for which they were there',
    observation: waiting({
      events: [
        event('FailedCreatePodSandBox', 'Failed to create pod sandbox: hcsshim::PrepareLayer'),
        event('FailedMount', generic, { seen: 5 }),
      ],
    }),
    expected: [{ category: 'SandboxCreationFailure', rejected: ['VolumeMountFailure'] }],
  },
  {
    name: 'the attach-detach controller of Kubernetes 1.5 calls it a failed mount',
    observation: waiting({
      events: [
        event(
          'FailedMount',
          'Failed to attach volume "pvc-1" on node "node-1" with: the disk is currently being detached',
        ),
      ],
    }),
    expected: [{ category: 'VolumeAttachFailure' }],
  },
  {
    name: 'no Event is left, and the driver does not make the attachment to the node of the pod',
    observation: waiting({ related: [boundClaim, pending('node-1', 2 * minute)] }),
    expected: [
      {
        category: 'VolumeAttachFailure',
        mode: 36,
        confidence: 'medium',
        remediation: 'report-only',
        says: /nobody says why/,
      },
    ],
  },
  {
    name: 'the driver has refused to attach',
    observation: waiting({
      related: [
        boundClaim,
        pending('node-1', 5, { attachError: { message: 'rpc error: disk is in another zone' } }),
      ],
    }),
    expected: [
      { category: 'VolumeAttachFailure', confidence: 'high', says: /disk is in another zone/ },
    ],
  },
  {
    name: 'an attachment is given its time, and one to another node is not that of the pod',
    observation: waiting({
      related: [boundClaim, pending('node-1', minute), pending('node-2', 10 * minute)],
    }),
    expected: [],
  },
  {
    name: 'a pod that runs does not wait for an attachment',
    observation: waiting({
      containers: [
        { running: 4000, restarts: 1, last: life('Error', 1, { ended: 4000, lasted: 5 }) },
      ],
      status: { phase: 'Running' },
      related: [boundClaim, pending('node-1', 2 * minute)],
    }),
    expected: [],
  },
  {
    name: 'nothing starts for minutes, and a volume may be missing',
    observation: waiting({}, 10 * minute),
    expected: [
      {
        category: 'VolumeMountFailure',
        mode: 35,
        confidence: 'low',
        rejected: ['SandboxCreationFailure'],
        paths: ['status.startTime', 'spec.volumes[0].name'],
      },
    ],
  },
  {
    name: 'half a minute without a sandbox or an Event, and a projected volume names a ConfigMap',
    observation: waiting(
      {
        spec: {
          volumes: [{ name: 'ca', projected: { sources: [{ configMap: { name: 'ca' } }] } }],
        },
        conditions: [{ type: 'PodReadyToStartContainers', status: 'False' }],
      },
      40,
    ),
    expected: [{ category: 'VolumeMountFailure', confidence: 'low' }],
  },
  {
    name: 'half a minute without a sandbox or an Event, and no volume but that of every pod',
    observation: waiting(
      {
        spec: {
          volumes: [
            {
              name: 'kube-api-access-x2x',
              projected: {
                sources: [
                  { serviceAccountToken: { path: 'token' } },
                  { configMap: { name: 'kube-root-ca.crt' } },
                ],
              },
            },
          ],
        },
        conditions: [{ type: 'PodReadyToStartContainers', status: 'False' }],
      },
      40,
    ),
    expected: [{ category: 'SandboxCreationFailure', confidence: 'low' }],
  },
  {
    name: 'a claim may be attached for minutes before there is a sandbox',
    observation: waiting(
      {
        spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
        conditions: [{ type: 'PodReadyToStartContainers', status: 'False' }],
      },
      2 * minute,
    ),
    expected: [],
  },
  {
    name: 'a pod gets minutes for its volumes',
    observation: waiting({}, minute),
    expected: [],
  },
  {
    name: 'an image is pulled after the volumes have come',
    observation: waiting({ containers: [{ waiting: 'ImagePullBackOff' }] }, 10 * minute),
    expected: [{ category: 'ImagePullBackOff' }],
  },
  {
    name: 'a container that crashes had its volumes',
    observation: podOf({
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 4, last: life('Error', 1) }],
      spec,
      status: { startTime: ago(10 * minute) },
    }),
    expected: [{ category: 'AppError' }],
  },
];
