import { APPLY, dry, patch, post, remove, SETUP, type BehaviourCase } from './behaviour-case.ts';

type Part = Readonly<Record<string, unknown>>;

/** A pod that is tried with one thing about it. */
function pod(spec: Part, metadata: Part = {}): BehaviourCase {
  return dry('/api/v1/namespaces/default/pods', {
    metadata: { name: 'p', ...metadata },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  });
}

/** A pod whose container is tried. */
function con(container: Part, spec: Part = {}): BehaviourCase {
  return pod({ ...spec, containers: [{ name: 'c', image: 'i', ...container }] });
}

/** A pod with one volume. */
function vol(volume: Part, container: Part = {}): BehaviourCase {
  return con(container, { volumes: [{ name: 'v', ...volume }] });
}

const TEMPLATES = '/api/v1/namespaces/default/podtemplates';

function template(env: readonly Part[]): Part {
  const containers = [{ name: 'c', image: 'i', env }];
  return {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: { name: 'twice' },
    template: { metadata: { labels: { a: 'n' } }, spec: { containers } },
  };
}

function podWith(env: readonly Part[]): Part {
  return { template: { spec: { containers: [{ name: 'c', image: 'i', env }] } } };
}

const TWICE = [
  { name: 'A', value: '1' },
  { name: 'A', value: '2' },
];

/** What is wrong, or hardly meant, in a pod; and who owns the items of a list that repeats a key. */
export const CASES: readonly BehaviourCase[] = [
  post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } }, SETUP),
  remove(`${TEMPLATES}/twice`, undefined, SETUP),

  con({ name: '' }),
  con({ name: 'A_b' }),
  con({ image: '' }),
  con({ image: ' i ' }),
  con({ name: 'x'.repeat(64) }),
  pod({ containers: [] }),
  pod({
    containers: [
      { name: 'a', image: 'i' },
      { name: 'a', image: 'i' },
    ],
  }),
  pod({ initContainers: [{ name: 'c', image: 'i' }] }),
  pod({ initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Never' }] }),
  pod({
    initContainers: [
      {
        name: 'i',
        image: 'i',
        lifecycle: { preStop: { exec: { command: ['a'] } } },
        livenessProbe: { exec: { command: ['a'] } },
        readinessProbe: { exec: { command: ['a'] } },
        startupProbe: { exec: { command: ['a'] } },
      },
    ],
  }),
  con({ imagePullPolicy: 'X' }),
  con({ terminationMessagePolicy: 'X' }),
  con({ terminationMessagePath: '' }),
  con({ ports: [{ containerPort: 0 }] }),
  con({ ports: [{ containerPort: 70000 }] }),
  con({ ports: [{ containerPort: 80, protocol: 'X' }] }),
  con({ ports: [{ containerPort: 80, name: 'A_B' }] }),
  con({
    ports: [
      { containerPort: 80, name: 'a' },
      { containerPort: 81, name: 'a' },
    ],
  }),
  con({ ports: [{ containerPort: 80, hostPort: 99999 }] }),
  con({
    ports: [
      { containerPort: 80, hostPort: 80 },
      { containerPort: 81, hostPort: 80 },
    ],
  }),
  con({ ports: [{ containerPort: 80, hostIP: 'x' }] }),
  con({ ports: [{ containerPort: 80 }, { containerPort: 80 }] }),
  con({ ports: [{ containerPort: 80, name: 'abcdefghijklmnopq' }] }),
  con({ ports: [{ containerPort: 80, name: 'a--b' }] }),
  con({ ports: [{ containerPort: 80, name: '80' }] }),
  con({ ports: [{ containerPort: 80, hostPort: 81 }] }, { hostNetwork: true }),
  con({ env: [{ name: '' }] }),
  con({ env: [{ name: 'a=b' }] }),
  con({ env: [{ name: '1a' }] }),
  con({
    env: [{ name: 'a', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
  }),
  con({ env: [{ name: 'a', valueFrom: {} }] }),
  con({ env: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'x' } } }] }),
  con({ env: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: '' } } }] }),
  con({ env: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } }] }),
  con({
    env: [
      {
        name: 'a',
        valueFrom: { fieldRef: { fieldPath: "metadata.labels['a']", apiVersion: 'v2' } },
      },
    ],
  }),
  con({ env: [{ name: 'a', valueFrom: { resourceFieldRef: { resource: 'x' } } }] }),
  con({
    env: [{ name: 'a', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } }],
  }),
  con({ env: [{ name: 'a', valueFrom: { secretKeyRef: { key: 'a' } } }] }),
  con({ env: [{ name: 'a', valueFrom: { configMapKeyRef: { name: 'a', key: '' } } }] }),
  con({ env: [{ name: 'a', valueFrom: { configMapKeyRef: { name: 'a', key: 'a/b' } } }] }),
  con({
    env: [
      {
        name: 'a',
        valueFrom: {
          configMapKeyRef: { name: 'a', key: 'a' },
          secretKeyRef: { name: 'a', key: 'b' },
        },
      },
    ],
  }),
  con({ envFrom: [{}] }),
  con({ envFrom: [{ prefix: '=', configMapRef: { name: 'a' } }] }),
  con({ envFrom: [{ configMapRef: { name: 'A_' } }] }),
  con({ envFrom: [{ configMapRef: { name: '' } }] }),
  con({ envFrom: [{ configMapRef: { name: 'a' }, secretRef: { name: 'b' } }] }),
  con({ resources: { limits: { cpu: '-1' } } }),
  con({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
  con({ resources: { limits: { x: '1' } } }),
  con({ resources: { requests: { 'nvidia.com/gpu': '1' } } }),
  con({ resources: { limits: { 'nvidia.com/gpu': '1.5' } } }),
  con({ resources: { limits: { 'nvidia.com/gpu': '1' }, requests: { 'nvidia.com/gpu': '2' } } }),
  con({ resources: { limits: { 'hugepages-2Mi': '2Mi' } } }),
  con({ resources: { limits: { 'hugepages-2Mi': '2Mi', memory: '1Gi' } } }),
  con({ resources: { limits: { memory: '500m' } } }),
  con({ resources: { limits: { storage: '1' } } }),
  con({ resources: { limits: { pods: '1' } } }),
  con({ resources: { claims: [{ name: 'x' }] } }),
  con({ resources: { limits: { 'a/b/c': '1' } } }),
  con({ resources: { limits: { cpu: '0.0001' } } }),
  con({ resources: { limits: { cpu: 'abc' } } }),
  con({ resources: { limits: { cpu: 1 } } }),
  con({ livenessProbe: {} }),
  con({ livenessProbe: { httpGet: { port: 80 }, tcpSocket: { port: 80 } } }),
  con({ livenessProbe: { httpGet: { port: 0 } } }),
  con({ livenessProbe: { httpGet: { port: 'A_' } } }),
  con({ livenessProbe: { httpGet: { port: 80, scheme: 'X' } } }),
  con({
    livenessProbe: { httpGet: { port: 80, path: '', httpHeaders: [{ name: 'a b', value: 'x' }] } },
  }),
  con({ livenessProbe: { exec: {} } }),
  con({ livenessProbe: { exec: { command: [] } } }),
  con({ livenessProbe: { tcpSocket: { port: '' } } }),
  con({ livenessProbe: { grpc: { port: 0 } } }),
  con({ livenessProbe: { grpc: { port: 90000, service: 'x' } } }),
  con({ livenessProbe: { exec: { command: ['a'] }, successThreshold: 2 } }),
  con({ startupProbe: { exec: { command: ['a'] }, successThreshold: 2 } }),
  con({
    livenessProbe: {
      exec: { command: ['a'] },
      periodSeconds: -1,
      timeoutSeconds: -1,
      initialDelaySeconds: -1,
      failureThreshold: -1,
      successThreshold: -1,
      terminationGracePeriodSeconds: -1,
    },
  }),
  con({ readinessProbe: { exec: { command: ['a'] }, terminationGracePeriodSeconds: 5 } }),
  con({ livenessProbe: { exec: { command: ['a'] }, terminationGracePeriodSeconds: 0 } }),
  con({ lifecycle: { postStart: {} } }),
  con({ lifecycle: { postStart: { exec: {}, httpGet: { port: 80 } } } }),
  con({ lifecycle: { preStop: { sleep: { seconds: 100 } } } }),
  con({ lifecycle: { preStop: { sleep: { seconds: -1 } } } }),
  con({ lifecycle: { preStop: { httpGet: { port: 0 } } } }),
  con({ lifecycle: { stopSignal: 'SIGX' } }),
  con({ lifecycle: { stopSignal: 'SIGTERM' } }),
  con({ lifecycle: { stopSignal: 'SIGX' } }, { os: { name: 'linux' } }),
  con({ lifecycle: { stopSignal: 'SIGUSR1' } }, { os: { name: 'linux' } }),
  con({ volumeMounts: [{ name: 'x', mountPath: '/a' }] }),
  con({ volumeMounts: [{ name: '', mountPath: '' }] }),
  vol(
    { emptyDir: {} },
    {
      volumeMounts: [
        { name: 'v', mountPath: '/a' },
        { name: 'v', mountPath: '/a' },
      ],
    },
  ),
  vol({ emptyDir: {} }, { volumeMounts: [{ name: 'v', mountPath: '/a:b' }] }),
  vol({ emptyDir: {} }, { volumeMounts: [{ name: 'v', mountPath: '/a', subPath: '../x' }] }),
  vol(
    { emptyDir: {} },
    { volumeMounts: [{ name: 'v', mountPath: '/a', subPath: '/x', subPathExpr: 'b' }] },
  ),
  vol({ emptyDir: {} }, { volumeMounts: [{ name: 'v', mountPath: '/a', mountPropagation: 'X' }] }),
  vol(
    { emptyDir: {} },
    { volumeMounts: [{ name: 'v', mountPath: '/a', mountPropagation: 'Bidirectional' }] },
  ),
  vol(
    { emptyDir: {} },
    { volumeMounts: [{ name: 'v', mountPath: '/a', recursiveReadOnly: 'Enabled' }] },
  ),
  vol(
    { emptyDir: {} },
    { volumeMounts: [{ name: 'v', mountPath: '/a', readOnly: true, recursiveReadOnly: 'X' }] },
  ),
  vol({ emptyDir: {} }, { volumeDevices: [{ name: 'v', devicePath: '/a' }] }),
  con({ volumeDevices: [{ name: '', devicePath: '' }] }),
  vol(
    { persistentVolumeClaim: { claimName: 'a' } },
    {
      volumeDevices: [{ name: 'v', devicePath: '/../a' }],
      volumeMounts: [{ name: 'v', mountPath: '/a' }],
    },
  ),
  vol({}),
  pod({ volumes: [{ name: 'A_', emptyDir: {} }] }),
  pod({ volumes: [{ name: '', emptyDir: {} }] }),
  pod({
    volumes: [
      { name: 'v', emptyDir: {} },
      { name: 'v', emptyDir: {} },
    ],
  }),
  vol({ emptyDir: {}, hostPath: { path: '/' } }),
  vol({ emptyDir: { sizeLimit: '-1' } }),
  vol({ emptyDir: { medium: 'HugePages-x' } }),
  vol({ hostPath: { path: '' } }),
  vol({ hostPath: { path: '/a/../b', type: 'X' } }),
  vol({ secret: {} }),
  vol({ secret: { secretName: 'a', defaultMode: 1000 } }),
  vol({ secret: { secretName: 'a', items: [{ key: '', path: '' }] } }),
  vol({ secret: { secretName: 'a', items: [{ key: 'a', path: '../x', mode: -1 }] } }),
  vol({ configMap: {} }),
  vol({ configMap: { name: 'a', items: [{ key: 'a', path: '/x' }] } }),
  vol({ persistentVolumeClaim: {} }),
  vol({ nfs: {} }),
  vol({ nfs: { path: 'a', server: '' } }),
  vol({ downwardAPI: { items: [{ path: '' }] } }),
  vol({ downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'spec.x' } }] } }),
  vol({ downwardAPI: { items: [{ path: 'a', resourceFieldRef: { resource: 'limits.cpu' } }] } }),
  vol({
    downwardAPI: {
      items: [
        {
          path: 'a',
          fieldRef: { fieldPath: 'metadata.name' },
          resourceFieldRef: { resource: 'limits.cpu', containerName: 'c' },
          mode: 1000,
        },
      ],
    },
  }),
  vol({ projected: { sources: [{}] } }),
  vol({ projected: { defaultMode: 1000, sources: [{ secret: { name: '' } }] } }),
  vol({ projected: { sources: [{ serviceAccountToken: { path: '' } }] } }),
  vol({ projected: { sources: [{ serviceAccountToken: { path: 'a', expirationSeconds: 5 } }] } }),
  vol({
    projected: {
      sources: [
        { configMap: { name: 'a', items: [{ key: 'a', path: 'p' }] } },
        { secret: { name: 'a', items: [{ key: 'a', path: 'p' }] } },
      ],
    },
  }),
  vol({ projected: { sources: [{ configMap: { name: 'a' }, secret: { name: 'b' } }] } }),
  vol({ csi: {} }),
  vol({ csi: { driver: 'a b' } }),
  vol({ ephemeral: {} }),
  vol({ ephemeral: { volumeClaimTemplate: { spec: {} } } }),
  vol({ image: { reference: '' } }),
  vol({ image: { reference: 'a', pullPolicy: 'X' } }),
  vol({ iscsi: {} }),
  vol({ gitRepo: { repository: '' } }),
  vol({ gitRepo: { repository: 'https://x', directory: '..' } }),
  vol({ rbd: {} }),
  vol({ cephfs: {} }),
  vol({ fc: {} }),
  vol({ azureDisk: {} }),
  vol({ awsElasticBlockStore: {} }),
  vol({ gcePersistentDisk: {} }),
  vol({ glusterfs: {} }),
  vol({ flexVolume: {} }),
  vol({ portworxVolume: {} }),
  vol({ scaleIO: {} }),
  vol({ storageos: {} }),
  vol({ quobyte: {} }),
  vol({ vsphereVolume: {} }),
  vol({ photonPersistentDisk: {} }),
  vol({ cinder: {} }),
  vol({ azureFile: {} }),
  vol({ flocker: {} }),
  pod({ restartPolicy: 'X' }),
  pod({ dnsPolicy: 'X' }),
  pod({ dnsPolicy: 'None' }),
  pod({ dnsConfig: { nameservers: ['x', '1.1.1.1', '1.1.1.2', '1.1.1.3'] } }),
  pod({ dnsConfig: { searches: ['a_b..c'], options: [{ name: '' }] } }),
  pod({ terminationGracePeriodSeconds: -1 }),
  pod({ activeDeadlineSeconds: 0 }),
  pod({ activeDeadlineSeconds: -5 }),
  pod({ nodeSelector: { 'a b': 'x' } }),
  pod({ nodeSelector: { a: '!' } }),
  pod({ serviceAccountName: 'A_' }),
  pod({ nodeName: 'A_' }),
  pod({ hostname: 'A_' }),
  pod({ subdomain: 'A_' }),
  pod({ hostAliases: [{ ip: 'x', hostnames: ['A_'] }] }),
  pod({ hostAliases: [{}] }),
  pod({ imagePullSecrets: [{ name: '' }] }),
  pod({ priorityClassName: 'nope' }),
  pod({ priority: 5 }),
  pod({ schedulerName: '' }),
  pod({ schedulerName: 'A_' }),
  pod({ runtimeClassName: 'A_' }),
  pod({ runtimeClassName: 'x' }),
  pod({ preemptionPolicy: 'X' }),
  pod({ enableServiceLinks: false, shareProcessNamespace: true, hostPID: true }),
  pod({ readinessGates: [{ conditionType: 'a b' }] }),
  pod({ schedulingGates: [{ name: 'a b' }] }),
  pod({ schedulingGates: [{ name: 'a' }, { name: 'a' }] }),
  pod({ schedulingGates: [{ name: 'a' }], nodeName: 'x' }),
  pod({ os: { name: 'x' } }),
  pod({ os: {} }),
  pod({ os: { name: 'windows' }, hostPID: true, securityContext: { runAsUser: 1 } }),
  pod({ setHostnameAsFQDN: true, hostname: 'x' }),
  pod({ hostUsers: false, hostNetwork: true }),
  pod({ overhead: { cpu: '1' } }),
  pod({ hostnameOverride: 'A_' }),
  pod({ hostnameOverride: 'ab', setHostnameAsFQDN: true }),
  pod({ tolerations: [{ operator: 'X' }] }),
  pod({ tolerations: [{ key: 'a', operator: 'Exists', value: 'x' }] }),
  pod({ tolerations: [{ operator: 'Equal' }] }),
  pod({ tolerations: [{ key: 'a', effect: 'X' }] }),
  pod({ tolerations: [{ key: 'a', effect: 'NoSchedule', tolerationSeconds: 5 }] }),
  pod({ tolerations: [{ key: 'a b', value: '!' }] }),
  pod({ tolerations: [{ key: 'a', operator: 'Gt', value: 'x' }] }),
  pod({ tolerations: [{ key: '', operator: 'Exists' }] }),
  pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } }),
  pod({
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
    },
  }),
  pod({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: 'a', operator: 'X' },
                { key: 'a', operator: 'In' },
                { key: 'a', operator: 'Exists', values: ['x'] },
                { key: 'a', operator: 'Gt', values: ['x', 'y'] },
                { key: 'a b', operator: 'In', values: ['!'] },
              ],
            },
          ],
        },
      },
    },
  }),
  pod({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchFields: [
                { key: 'a', operator: 'In', values: ['x'] },
                { key: 'metadata.name', operator: 'Exists' },
                { key: 'metadata.name', operator: 'In', values: ['a', 'b'] },
              ],
            },
          ],
        },
      },
    },
  }),
  pod({
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 0, preference: {} },
          {
            weight: 101,
            preference: { matchExpressions: [{ key: 'a', operator: 'In', values: [] }] },
          },
        ],
      },
    },
  }),
  pod({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] } } }),
  pod({
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: 'a b',
            labelSelector: {
              matchLabels: { a: '!' },
              matchExpressions: [{ key: 'a', operator: 'In' }],
            },
            namespaces: ['A_'],
          },
        ],
      },
    },
  }),
  pod({
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 0, podAffinityTerm: {} }],
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: 'a',
            labelSelector: {},
            matchLabelKeys: ['a b'],
            mismatchLabelKeys: ['x'],
          },
        ],
      },
    },
  }),
  pod({ topologySpreadConstraints: [{}] }),
  pod({
    topologySpreadConstraints: [
      {
        maxSkew: 0,
        topologyKey: 'a b',
        whenUnsatisfiable: 'X',
        labelSelector: { matchExpressions: [{ key: 'a', operator: 'X' }] },
      },
    ],
  }),
  pod({
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' },
      { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' },
    ],
  }),
  pod({
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'a',
        whenUnsatisfiable: 'ScheduleAnyway',
        minDomains: 0,
        nodeAffinityPolicy: 'X',
        nodeTaintsPolicy: 'X',
        matchLabelKeys: ['a', 'a'],
      },
    ],
  }),
  pod({
    securityContext: {
      runAsUser: -1,
      runAsGroup: -1,
      fsGroup: -1,
      supplementalGroups: [-1],
      sysctls: [{ name: 'a b' }, { name: 'kernel.x' }, { name: 'kernel.x' }],
      fsGroupChangePolicy: 'X',
      supplementalGroupsPolicy: 'X',
      seccompProfile: {},
      appArmorProfile: {},
    },
  }),
  con({
    securityContext: {
      runAsUser: -1,
      privileged: true,
      allowPrivilegeEscalation: false,
      capabilities: { add: ['x'] },
      procMount: 'X',
      seccompProfile: { type: 'X' },
      appArmorProfile: { type: 'Localhost' },
    },
  }),
  con({ securityContext: { procMount: 'Unmasked' } }),
  con({
    securityContext: { capabilities: { add: ['CAP_SYS_ADMIN'] }, allowPrivilegeEscalation: false },
  }),
  con({ securityContext: { seccompProfile: { type: 'Localhost' } } }),
  con({ securityContext: { seccompProfile: { type: 'RuntimeDefault', localhostProfile: 'x' } } }),
  con({
    securityContext: { windowsOptions: { runAsUserName: 'a"b', gmsaCredentialSpecName: 'A_' } },
  }),
  pod({ securityContext: { seLinuxChangePolicy: 'X', seLinuxOptions: { level: 'x' } } }),
  pod({ ephemeralContainers: [{ name: 'e', image: 'i' }] }),
  pod({ resourceClaims: [{ name: 'a' }] }),
  pod({ resourceClaims: [{ name: 'a', resourceClaimName: 'x', resourceClaimTemplateName: 'y' }] }),
  pod({ resources: { limits: { cpu: '1' } } }),
  con(
    { resources: { requests: { cpu: '3' } } },
    { resources: { limits: { 'x/y': '1' }, requests: { cpu: '2' } } },
  ),
  con({
    resizePolicy: [
      { resourceName: 'cpu', restartPolicy: 'X' },
      { resourceName: 'x', restartPolicy: 'NotRequired' },
    ],
  }),
  con({ restartPolicy: 'Always' }),
  con({ restartPolicy: 'Never', restartPolicyRules: [{ action: 'X' }] }),
  con({
    restartPolicy: 'Never',
    restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
  }),
  con({ restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }] }),
  con({
    restartPolicy: 'Never',
    restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'Xx', values: [] } }],
  }),
  pod(
    {},
    {
      labels: { 'a b': 'x', y: '!' },
      annotations: { 'A B': 'x' },
      finalizers: ['x'],
      ownerReferences: [{}],
    },
  ),
  pod({}, { name: 'A_' }),
  pod({}, { name: 'x'.repeat(254) }),
  pod({}, { name: undefined }),
  pod({}, { namespace: 'x' }),
  pod(
    {},
    {
      annotations: {
        'container.apparmor.security.beta.kubernetes.io/x': 'foo',
        'seccomp.security.alpha.kubernetes.io/pod': 'x',
        'kubernetes.io/config.mirror': 'x',
        'controller.kubernetes.io/pod-deletion-cost': '+1',
        'scheduler.alpha.kubernetes.io/tolerations': '[',
      },
    },
  ),
  con({ stdin: true, tty: true, stdinOnce: true, workingDir: 'x' }),
  con({ command: 'x' }),
  con({ args: [1] }),
  con({ env: { a: 'b' } }),
  con({ bar: 2, livenessProbe: { exec: { command: ['a'], foo: 1 } } }, { foo: 1 }),
  pod({ terminationGracePeriodSeconds: 1, workloadRef: { name: 'x' } }),
  pod({ schedulingGroup: { podGroupName: 'A_' } }),
  pod({ automountServiceAccountToken: 'x' }),
  pod({ hostNetwork: 'true' }),
  pod({ nodeSelector: { a: 1 } }),
  pod({ containers: {} }),
  pod({ containers: [{ name: 'c', image: 'i', ports: [{ containerPort: '80' }] }] }),
  pod({ containers: [null] }),
  pod({ containers: [{ name: 'c', image: 'i', env: [null] }] }),

  con({
    env: [
      { name: 'A', value: '1' },
      { name: 'A', value: '2' },
    ],
  }),
  con({
    env: [
      { name: 'A', value: '1' },
      { name: 'A', value: '$(A)2' },
    ],
  }),
  con({
    env: [
      { name: 'A', value: '1' },
      { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ],
  }),
  pod({
    containers: [
      { name: 'a', image: 'i', ports: [{ containerPort: 80, name: 'x' }] },
      { name: 'b', image: 'i', ports: [{ containerPort: 80, name: 'x' }] },
    ],
  }),
  con({ ports: [{ containerPort: 80, hostPort: 81 }, { containerPort: 80 }] }),
  con({
    ports: [
      { containerPort: 80, hostPort: 81 },
      { containerPort: 80, hostPort: 81, hostIP: '1.2.3.4' },
    ],
  }),
  pod({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }),
  pod({ hostAliases: [{ ip: '1.2.3.4' }, { ip: '1.2.3.4' }] }),
  pod({ imagePullSecrets: [{ name: 'a' }, { name: 'a' }] }),
  vol({ image: { reference: 'a' } }),
  vol({ image: { reference: 'a:1' } }),
  vol({ glusterfs: { endpoints: 'a', path: 'b' } }),
  vol({ gitRepo: { repository: 'x' } }),
  pod({
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'ScheduleAnyway' },
    ],
  }),
  dry('/apis/apps/v1/namespaces/default/deployments', {
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: {
        metadata: { labels: { a: 'b' } },
        spec: {
          hostNetwork: true,
          nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
          containers: [
            {
              name: 'c',
              image: 'i',
              ports: [{ containerPort: 80 }],
              env: [{ name: 'A' }, { name: 'A' }],
            },
          ],
        },
      },
    },
  }),
  dry('/apis/apps/v1/namespaces/default/deployments', {
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: {
        metadata: { labels: { a: 'b' } },
        spec: {
          containers: [
            {
              name: 'c',
              image: 'i',
              envFrom: [{}],
              volumeMounts: [{ name: 'x', mountPath: '/a' }],
            },
          ],
          affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } },
        },
      },
    },
  }),
  dry('/apis/batch/v1/namespaces/default/jobs', {
    metadata: { name: 'd' },
    spec: {
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [{ name: 'c', image: 'i', env: [{ name: 'A' }, { name: 'A' }] }],
        },
      },
    },
  }),
  dry('/apis/batch/v1/namespaces/default/cronjobs', {
    metadata: { name: 'd' },
    spec: {
      schedule: '* * * * *',
      jobTemplate: {
        spec: {
          template: {
            spec: {
              restartPolicy: 'Never',
              containers: [{ name: 'c', image: 'i', env: [{ name: 'A' }, { name: 'A' }] }],
            },
          },
        },
      },
    },
  }),
  dry('/apis/apps/v1/namespaces/default/statefulsets', {
    metadata: { name: 'd' },
    spec: {
      serviceName: 'x',
      selector: { matchLabels: { a: 'b' } },
      template: {
        metadata: { labels: { a: 'b' } },
        spec: { containers: [{ name: 'c', image: 'i', env: [{ name: 'A' }, { name: 'A' }] }] },
      },
    },
  }),

  post(TEMPLATES, template(TWICE)),
  patch(`${TEMPLATES}/twice`, { metadata: { labels: { x: 'y' } } }),
  patch(
    `${TEMPLATES}/twice?fieldManager=other`,
    podWith([
      { name: 'A', value: '1' },
      { name: 'A', value: '3' },
    ]),
  ),
  patch(`${TEMPLATES}/twice?fieldManager=third`, podWith([{ name: 'A', value: '1' }])),
  patch(`${TEMPLATES}/twice?fieldManager=fourth`, podWith(TWICE)),
  patch(`${TEMPLATES}/twice?fieldManager=ssa`, template(TWICE), APPLY),
  patch(`${TEMPLATES}/twice?fieldManager=ssa`, template([{ name: 'B', value: '1' }]), APPLY),
  patch(`${TEMPLATES}/twice?fieldManager=ssa`, template([{ name: 'A', value: '9' }]), APPLY),
  patch(
    `${TEMPLATES}/twice?fieldManager=ssa&force=true`,
    template([{ name: 'A', value: '9' }]),
    APPLY,
  ),
  patch(`${TEMPLATES}/twice?fieldManager=ssa&force=true`, template([]), APPLY),
  remove(`${TEMPLATES}/twice`, undefined, SETUP),
];
