import { dry, patch, post, remove, SETUP, type BehaviourCase } from './behaviour-case.ts';

type Part = Readonly<Record<string, unknown>>;

const core = (plural: string): string => `/api/v1/namespaces/default/${plural}`;
const inGroup = (groupVersion: string, plural: string): string =>
  `/apis/${groupVersion}/namespaces/default/${plural}`;
const TARGET = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' };

/** An object of a kind that is tried with one spec. */
const tried =
  (path: string) =>
  (spec: Part, metadata: Part = {}): BehaviourCase =>
    dry(path, { metadata: { name: 's', ...metadata }, spec });
const svc = tried(core('services'));
const ing = tried(inGroup('networking.k8s.io/v1', 'ingresses'));
const np = tried(inGroup('networking.k8s.io/v1', 'networkpolicies'));
const hpa = tried(inGroup('autoscaling/v2', 'horizontalpodautoscalers'));
const pdb = tried(inGroup('policy/v1', 'poddisruptionbudgets'));
const pvc = tried(core('persistentvolumeclaims'));
const pv = tried('/api/v1/persistentvolumes');
const clusterRole = (rule: Part): BehaviourCase =>
  dry('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    metadata: { name: 's' },
    rules: [rule],
  });

/** What is wrong with the objects that come with a workload: Services, Ingresses, policies, claims, roles. */
export const CASES: readonly BehaviourCase[] = [
  svc({}),
  svc({ ports: [] }),
  svc({ ports: [{ port: 0 }] }),
  svc({ ports: [{ port: 70000 }] }),
  svc({ ports: [{ port: 80 }, { port: 81 }] }),
  svc({
    ports: [
      { port: 80, name: 'a' },
      { port: 81, name: 'a' },
    ],
  }),
  svc({
    ports: [
      { port: 80, name: 'a' },
      { port: 80, name: 'b' },
    ],
  }),
  svc({ ports: [{ port: 80, name: 'A_' }] }),
  svc({ ports: [{ port: 80, targetPort: 0 }] }),
  svc({ ports: [{ port: 80, targetPort: 'A_' }] }),
  svc({ ports: [{ port: 80, protocol: 'X' }] }),
  svc({ type: 'X', ports: [{ port: 80 }] }),
  svc({ ports: [{ port: 80 }] }, { name: 'A_' }),
  svc({ ports: [{ port: 80 }] }, { name: '1a' }),
  svc({ ports: [{ port: 80 }], selector: { 'a b': '!' } }),
  svc({ ports: [{ port: 80 }], sessionAffinity: 'X' }),
  svc({
    ports: [{ port: 80 }],
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } },
  }),
  svc({ ports: [{ port: 80 }], sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } }),
  svc({ type: 'ExternalName' }),
  svc({ type: 'ExternalName', externalName: 'A_' }),
  svc({ type: 'ExternalName', externalName: 'a.b', clusterIP: '10.96.0.9' }),
  svc({ clusterIP: 'x', ports: [{ port: 80 }] }),
  svc({ clusterIP: '8.8.8.8', ports: [{ port: 80 }] }),
  svc({ clusterIP: 'None', type: 'NodePort', ports: [{ port: 80 }] }),
  svc({ clusterIP: 'None' }),
  svc({ ports: [{ port: 80, nodePort: 30000 }] }),
  svc({ externalIPs: ['x', '127.0.0.1'], ports: [{ port: 80 }] }),
  svc({ ports: [{ port: 80 }], externalTrafficPolicy: 'Local' }),
  svc({ type: 'NodePort', ports: [{ port: 80 }], externalTrafficPolicy: 'X' }),
  svc({ ports: [{ port: 80 }], internalTrafficPolicy: 'X' }),
  svc({ ports: [{ port: 80 }], loadBalancerIP: 'x' }),
  svc({ ports: [{ port: 80 }], loadBalancerSourceRanges: ['x'] }),
  svc({
    type: 'LoadBalancer',
    ports: [{ port: 80 }],
    loadBalancerSourceRanges: ['1.2.3.4/33'],
    healthCheckNodePort: 5,
  }),
  svc({ type: 'LoadBalancer', ports: [{ port: 80 }], loadBalancerClass: 'A b' }),
  svc({ ports: [{ port: 80 }], ipFamilies: ['X'], ipFamilyPolicy: 'X' }),
  svc({ ports: [{ port: 80 }], ipFamilies: ['IPv6'] }),
  svc({ ports: [{ port: 80, appProtocol: 'a b' }] }),
  svc({ ports: [{ port: 80 }], publishNotReadyAddresses: true, trafficDistribution: 'X' }),
  ing({}),
  ing({ rules: [] }),
  ing({ defaultBackend: {} }),
  ing({ defaultBackend: { service: { name: 'a' } } }),
  ing({ defaultBackend: { service: { name: 'A_', port: { number: 80, name: 'x' } } } }),
  ing({ rules: [{ host: 'A_' }] }),
  ing({ rules: [{ host: '1.2.3.4' }] }),
  ing({ rules: [{ host: '*.a.com', http: { paths: [] } }] }),
  ing({
    rules: [
      {
        host: '*',
        http: { paths: [{ backend: { service: { name: 'a', port: { number: 80 } } } }] },
      },
    ],
  }),
  ing({
    rules: [
      {
        http: {
          paths: [
            {
              path: 'x',
              pathType: 'Exact',
              backend: { service: { name: 'a', port: { number: 80 } } },
            },
          ],
        },
      },
    ],
  }),
  ing({ rules: [{ http: { paths: [{ path: '/x//y/../z', pathType: 'Prefix', backend: {} }] } }] }),
  ing({
    rules: [
      {
        http: {
          paths: [{ path: '/', pathType: 'Foo', backend: { service: { name: 'a', port: {} } } }],
        },
      },
    ],
  }),
  ing({
    rules: [
      {
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { resource: { kind: '', name: '' } } }],
        },
      },
    ],
  }),
  ing({
    tls: [{ hosts: ['A_'], secretName: 'A_' }],
    defaultBackend: { service: { name: 'a', port: { number: 80 } } },
  }),
  ing({
    ingressClassName: 'A_',
    defaultBackend: { service: { name: 'a', port: { number: 99999 } } },
  }),
  ing(
    { ingressClassName: 'a', defaultBackend: { service: { name: 'a', port: { name: 'A_' } } } },
    { annotations: { 'kubernetes.io/ingress.class': 'b' } },
  ),
  np({}),
  np({ podSelector: { matchExpressions: [{ key: 'a', operator: 'X' }] } }),
  np({ podSelector: {}, policyTypes: ['X'] }),
  np({ podSelector: {}, ingress: [{ from: [{}] }] }),
  np({ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 'x', except: ['y'] } }] }] }),
  np({
    podSelector: {},
    ingress: [
      { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] }, podSelector: {} }] },
    ],
  }),
  np({
    podSelector: {},
    egress: [
      {
        ports: [
          { protocol: 'X', port: 0 },
          { port: 'A_' },
          { port: 80, endPort: 70 },
          { endPort: 5 },
        ],
      },
    ],
  }),
  hpa({}),
  hpa({ maxReplicas: 0, scaleTargetRef: TARGET }),
  hpa({ minReplicas: 5, maxReplicas: 2, scaleTargetRef: TARGET }),
  hpa({ maxReplicas: 2, scaleTargetRef: {} }),
  hpa({ maxReplicas: 2, minReplicas: 0, scaleTargetRef: TARGET }),
  hpa({ maxReplicas: 2, scaleTargetRef: TARGET, metrics: [{}] }),
  hpa({ maxReplicas: 2, scaleTargetRef: TARGET, metrics: [{ type: 'Resource' }] }),
  hpa({
    maxReplicas: 2,
    scaleTargetRef: TARGET,
    metrics: [{ type: 'Resource', resource: { name: '', target: { type: 'X' } } }],
  }),
  hpa({
    maxReplicas: 2,
    scaleTargetRef: TARGET,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0 } },
      },
    ],
  }),
  hpa({
    maxReplicas: 2,
    scaleTargetRef: TARGET,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 5 } },
      },
    ],
  }),
  hpa({
    maxReplicas: 2,
    scaleTargetRef: TARGET,
    behavior: { scaleUp: { stabilizationWindowSeconds: -1, policies: [] } },
  }),
  hpa({
    maxReplicas: 2,
    scaleTargetRef: TARGET,
    behavior: {
      scaleDown: { selectPolicy: 'X', policies: [{ type: 'Y', value: 0, periodSeconds: 0 }] },
    },
  }),
  pdb({}),
  pdb({ minAvailable: 1, maxUnavailable: 1 }),
  pdb({ minAvailable: '101%' }),
  pdb({ minAvailable: 'x' }),
  pdb({ maxUnavailable: -1 }),
  pdb({ minAvailable: 1, selector: { matchExpressions: [{ key: 'a b', operator: 'In' }] } }),
  pdb({ minAvailable: 1, unhealthyPodEvictionPolicy: 'X' }),
  pvc({}),
  pvc({ accessModes: ['X'], resources: { requests: { storage: '1Gi' } } }),
  pvc({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '0' } } }),
  pvc({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '-1' } } }),
  pvc({
    accessModes: ['ReadWriteOnce', 'ReadWriteOncePod'],
    resources: { requests: { storage: '1' } },
  }),
  pvc({
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1' } },
    storageClassName: 'A_',
  }),
  pvc({
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1' } },
    volumeMode: 'X',
  }),
  pvc({
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1' } },
    selector: { matchExpressions: [{ key: 'a', operator: 'X' }] },
  }),
  pvc({
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1' } },
    dataSource: { kind: '', name: '' },
  }),
  pv({}),
  pv({ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '' } }),
  pv({ capacity: { storage: '0' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/a/../b' } }),
  pv({
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path: '/a' },
    nfs: { path: '/a', server: 'b' },
  }),
  pv({ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], local: { path: '/a' } }),
  pv({
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path: '/' },
    persistentVolumeReclaimPolicy: 'Recycle',
  }),
  pv({
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path: '/a' },
    persistentVolumeReclaimPolicy: 'X',
    volumeMode: 'X',
    storageClassName: 'A_',
  }),
  pv({ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], csi: {} }),
  clusterRole({}),
  clusterRole({ verbs: [] }),
  clusterRole({ verbs: ['get'] }),
  clusterRole({ verbs: ['get'], resources: ['pods'] }),
  clusterRole({ verbs: ['get'], nonResourceURLs: ['/x'], resources: ['pods'], apiGroups: [''] }),
  clusterRole({ verbs: ['get'], nonResourceURLs: ['x*y'] }),
  dry(inGroup('rbac.authorization.k8s.io/v1', 'roles'), {
    metadata: { name: 's' },
    rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }],
  }),
  dry(inGroup('rbac.authorization.k8s.io/v1', 'rolebindings'), { metadata: { name: 's' } }),
  dry(inGroup('rbac.authorization.k8s.io/v1', 'rolebindings'), {
    metadata: { name: 's' },
    roleRef: { apiGroup: 'x', kind: 'X', name: '' },
    subjects: [
      { kind: 'X', name: '' },
      { kind: 'User', name: 'a', apiGroup: 'b' },
      { kind: 'ServiceAccount', name: 'A_' },
      { kind: 'Group', name: '', apiGroup: 'rbac.authorization.k8s.io' },
    ],
  }),
  dry('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 's' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'x' },
    subjects: [{ kind: 'ServiceAccount', name: 'a' }],
  }),
  dry('/apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata: { name: 'a:b%c/d' } }),
  dry('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    metadata: { name: 's' },
    aggregationRule: {},
  }),
  dry(core('secrets'), { metadata: { name: 's' }, type: 'kubernetes.io/tls' }),
  dry(core('secrets'), { metadata: { name: 's' }, data: { 'a b': 'eA==' } }),
  dry(core('secrets'), { metadata: { name: 's' }, data: { a: '!' } }),
  dry(core('secrets'), { metadata: { name: 's' }, type: 'kubernetes.io/dockerconfigjson' }),
  dry(core('secrets'), { metadata: { name: 's' }, type: 'kubernetes.io/basic-auth' }),
  dry(core('secrets'), { metadata: { name: 's' }, type: 'kubernetes.io/ssh-auth' }),
  dry(core('secrets'), { metadata: { name: 's' }, type: 'kubernetes.io/service-account-token' }),
  dry(core('secrets'), { metadata: { name: 's' }, stringData: { a: 'b' }, data: { a: 'eA==' } }),
  dry(core('configmaps'), { metadata: { name: 's' }, data: { a: 'b' }, binaryData: { a: 'eA==' } }),
  dry(core('serviceaccounts'), { metadata: { name: 'A_' } }),
  dry('/api/v1/namespaces', { metadata: { name: 'A_' } }),
  dry('/api/v1/namespaces', { metadata: { name: 'a.b' } }),
  dry('/api/v1/namespaces', { metadata: { name: 'x'.repeat(64) } }),
  dry('/api/v1/nodes', { metadata: { name: 'A_' } }),
  dry('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 's' } }),
  dry('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'system-x' }, value: 5 }),
  dry('/apis/scheduling.k8s.io/v1/priorityclasses', {
    metadata: { name: 's' },
    value: 2000000000,
    preemptionPolicy: 'X',
  }),
  dry('/apis/storage.k8s.io/v1/storageclasses', { metadata: { name: 's' } }),
  dry('/apis/storage.k8s.io/v1/storageclasses', {
    metadata: { name: 's' },
    provisioner: 'A b',
    reclaimPolicy: 'X',
    volumeBindingMode: 'Y',
  }),
  dry(inGroup('coordination.k8s.io/v1', 'leases'), {
    metadata: { name: 's' },
    spec: { leaseDurationSeconds: 0, leaseTransitions: -1 },
  }),
  dry(inGroup('coordination.k8s.io/v1', 'leases'), {
    metadata: { name: 's' },
    spec: { holderIdentity: '', renewTime: 'x' },
  }),
  dry(inGroup('events.k8s.io/v1', 'events'), { metadata: { name: 's' } }),
  dry(core('events'), { metadata: { name: 's' } }),
  dry(core('events'), { metadata: { name: 's' }, involvedObject: { namespace: 'other' } }),
  dry(inGroup('discovery.k8s.io/v1', 'endpointslices'), { metadata: { name: 's' } }),
  dry(inGroup('discovery.k8s.io/v1', 'endpointslices'), {
    metadata: { name: 's' },
    addressType: 'X',
    endpoints: [],
  }),
  dry(core('resourcequotas'), {
    metadata: { name: 's' },
    spec: { hard: { x: '1', pods: '-1', cpu: 'x' } },
  }),
  dry(core('limitranges'), {
    metadata: { name: 's' },
    spec: {
      limits: [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' }, default: { cpu: '5' } }],
    },
  }),
  dry(core('podtemplates'), { metadata: { name: 's' } }),
  dry(inGroup('apps/v1', 'deployments'), { metadata: { name: 's' } }),
  dry(inGroup('apps/v1', 'deployments'), {
    metadata: { name: 'A_' },
    spec: {
      replicas: -1,
      selector: {},
      template: {},
      strategy: { type: 'X' },
      revisionHistoryLimit: -1,
      progressDeadlineSeconds: 0,
      minReadySeconds: -1,
    },
  }),
  dry(inGroup('apps/v1', 'statefulsets'), {
    metadata: { name: 's' },
    spec: {
      podManagementPolicy: 'X',
      updateStrategy: { type: 'X' },
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'c' } } },
    },
  }),
  dry(inGroup('apps/v1', 'daemonsets'), {
    metadata: { name: 's' },
    spec: { updateStrategy: { type: 'X' } },
  }),
  dry(inGroup('batch/v1', 'jobs'), { metadata: { name: 's' } }),
  dry(inGroup('batch/v1', 'cronjobs'), {
    metadata: { name: 's'.repeat(60) },
    spec: { schedule: '' },
  }),
  post(core('services'), {
    metadata: { name: 'u' },
    spec: { type: 'LoadBalancer', externalIPs: ['1.2.3.4'], ports: [{ port: 80 }] },
  }),
  patch(`${core('services')}/u`, { spec: { type: 'ClusterIP' } }),
  patch(`${core('services')}/u`, { spec: { externalIPs: null } }),
  patch(`${core('services')}/u`, { spec: { type: 'NodePort', sessionAffinity: 'ClientIP' } }),
  patch(`${core('services')}/u`, { spec: { type: 'ExternalName', externalName: 'a.b' } }),
  patch(`${core('services')}/u`, { spec: { type: 'ClusterIP', sessionAffinity: 'None' } }),
  remove(`${core('services')}/u`, undefined, SETUP),
];
