import { dry, patch, post, put, remove, SETUP, type BehaviourCase } from './behaviour-case.ts';

type Part = Readonly<Record<string, unknown>>;

const inGroup = (plural: string): string => `/apis/storage.k8s.io/v1/${plural}`;
const SC = inGroup('storageclasses');
const VAC = inGroup('volumeattributesclasses');
const DRIVER = inGroup('csidrivers');
const NODE = inGroup('csinodes');
const VA = inGroup('volumeattachments');
const CAPACITY = '/apis/storage.k8s.io/v1/namespaces/default/csistoragecapacities';

const named =
  (path: string) =>
  (parts: Part, metadata: Part = {}): BehaviourCase =>
    dry(path, { metadata: { name: 's', ...metadata }, ...parts });
const sc = named(SC);
const topology = (...matchLabelExpressions: readonly Part[]): BehaviourCase =>
  sc({ provisioner: 'example.com/a', allowedTopologies: [{ matchLabelExpressions }] });
const vac = named(VAC);
const driver = (spec: Part, metadata: Part = {}): BehaviourCase =>
  named(DRIVER)({ spec }, metadata);
const node = (...drivers: readonly Part[]): BehaviourCase => named(NODE)({ spec: { drivers } });
const va = (spec: Part, metadata: Part = {}): BehaviourCase => named(VA)({ spec }, metadata);
const ATTACHMENT = {
  attacher: 'example.com',
  nodeName: 'n',
  source: { persistentVolumeName: 'v' },
};
const capacity = named(CAPACITY);

/** What is wrong with the objects of storage drivers and with classes of storage. */
export const CASES: readonly BehaviourCase[] = [
  sc({ provisioner: 'example.com/a', parameters: { '': 'b' } }),
  sc({ provisioner: 'example.com/a', parameters: { a: 'b' } }),
  sc({ provisioner: 'a b', reclaimPolicy: 'X', volumeBindingMode: 'X' }, { name: 'A_' }),
  sc({ provisioner: 'example.com/a', reclaimPolicy: 'Recycle' }),
  sc({ provisioner: 'example.com/a', parameters: { a: 'b'.repeat(262_144) } }),
  topology(),
  topology({ key: 'a', values: ['b'] }),
  topology({ key: 'a', values: [] }, { key: 'a b', values: ['c', 'c'] }),
  topology({ key: 'a', values: ['b'] }, { key: 'a', values: ['c'] }),
  topology({ key: 'beta.kubernetes.io/os', values: ['b'] }),
  sc({
    provisioner: 'example.com/a',
    allowedTopologies: [
      { matchLabelExpressions: [{ key: 'a', values: ['b', 'c'] }] },
      { matchLabelExpressions: [{ key: 'a', values: ['c', 'b'] }] },
    ],
  }),
  post(SC, { metadata: { name: 'u' }, provisioner: 'example.com/a', parameters: { a: 'b' } }),
  patch(`${SC}/u`, { parameters: { a: 'c' } }),
  patch(`${SC}/u`, { parameters: null }),
  patch(`${SC}/u`, { provisioner: 'b', reclaimPolicy: 'Retain' }),
  patch(`${SC}/u`, { volumeBindingMode: 'WaitForFirstConsumer' }),
  patch(`${SC}/u`, { reclaimPolicy: 'X' }),
  patch(`${SC}/u`, { allowVolumeExpansion: true, mountOptions: ['ro'] }),
  remove(`${SC}/u`, undefined, SETUP),

  vac({}),
  vac({ driverName: 'example.com', parameters: { a: 'b' } }),
  vac({ driverName: 'example.com' }),
  vac({ driverName: 'example.com', parameters: {} }),
  vac({ driverName: 'a b', parameters: { '': 'b' } }),
  vac({ driverName: 'example.com', parameters: { a: 'b'.repeat(262_144) } }),
  vac({ driverName: '', parameters: {} }, { name: 'A_' }),
  post(VAC, { metadata: { name: 'u' }, driverName: 'example.com', parameters: { a: 'b' } }),
  patch(`${VAC}/u`, { driverName: 'example.org' }),
  patch(`${VAC}/u`, { parameters: { a: 'c' } }),
  patch(`${VAC}/u`, { driverName: 'a b', parameters: null }),
  patch(`${VAC}/u`, { metadata: { labels: { a: 'b' } } }),
  remove(`${VAC}/u`, undefined, SETUP),
  { ...patch(`${VAC}/u`, { metadata: { finalizers: null } }), ...SETUP },

  driver({}),
  driver({}, { name: 'A_' }),
  driver({ attachRequired: false, podInfoOnMount: true, storageCapacity: true }),
  driver({ fsGroupPolicy: 'X' }),
  driver({ fsGroupPolicy: 'File', volumeLifecycleModes: ['Ephemeral', 'X', 'Y'] }),
  driver({ tokenRequests: [{ audience: 'a', expirationSeconds: 600 }] }),
  driver({ tokenRequests: [{ audience: 'a', expirationSeconds: 599 }, { audience: 'a' }] }),
  driver({ tokenRequests: [{ audience: 'a', expirationSeconds: 4_294_967_297 }] }),
  driver({ tokenRequests: [{ audience: 'a' }], serviceAccountTokenInSecrets: true }),
  driver({ serviceAccountTokenInSecrets: true }),
  driver({ nodeAllocatableUpdatePeriodSeconds: 9 }),
  driver({ nodeAllocatableUpdatePeriodSeconds: 10 }),
  driver({ fsGroupPolicy: 'X', nodeAllocatableUpdatePeriodSeconds: 1 }, { name: 'A_' }),
  post(DRIVER, { metadata: { name: 'u' }, spec: {} }),
  patch(`${DRIVER}/u`, { spec: { attachRequired: false } }),
  patch(`${DRIVER}/u`, { spec: { volumeLifecycleModes: ['Ephemeral'] } }),
  patch(`${DRIVER}/u`, { spec: { fsGroupPolicy: 'X' } }),
  patch(`${DRIVER}/u`, { spec: { podInfoOnMount: true } }),
  patch(`${DRIVER}/u`, { spec: { tokenRequests: [{ audience: 'a' }] } }),
  patch(`${DRIVER}/u`, { spec: { podInfoOnMount: false } }),
  put(`${DRIVER}/u`, { metadata: { name: 'u' }, spec: {} }),
  remove(`${DRIVER}/u`, undefined, SETUP),

  named(NODE)({}),
  node(),
  node({ name: 'example.com', nodeID: 'n' }),
  node({ name: 'example.com', nodeID: 'n', topologyKeys: ['a', 'b'], allocatable: { count: 5 } }),
  node({ name: '', nodeID: '' }),
  node({ name: 'A_', nodeID: 'n'.repeat(257), allocatable: { count: -1 } }),
  node({ name: 'a'.repeat(64), nodeID: 'n' }),
  node({ name: 'A.b', nodeID: 'n', topologyKeys: ['', 'a', 'a', 'a b'] }),
  node({ name: 'a', nodeID: 'n' }, { name: 'a', nodeID: 'm' }),
  post(NODE, { metadata: { name: 'u' }, spec: { drivers: [{ name: 'a', nodeID: 'n' }] } }),
  patch(`${NODE}/u`, { spec: { drivers: [{ name: 'a', nodeID: 'm' }] } }),
  patch(`${NODE}/u`, {
    spec: { drivers: [{ name: 'a', nodeID: 'n', allocatable: { count: 3 } }] },
  }),
  patch(`${NODE}/u`, {
    spec: { drivers: [{ name: 'a', nodeID: 'n', topologyKeys: ['x'], allocatable: { count: 4 } }] },
  }),
  patch(`${NODE}/u`, { spec: { drivers: [{ name: 'b', nodeID: 'n' }] } }),
  patch(`${NODE}/u`, { spec: { drivers: [] } }),
  put(`${NODE}/u`, { metadata: { name: 'u' }, spec: { drivers: [] } }),
  remove(`${NODE}/u`, undefined, SETUP),

  named(VA)({}),
  va({}),
  va(ATTACHMENT),
  va(ATTACHMENT, { name: 'A_' }),
  va({ ...ATTACHMENT, attacher: 'A_' }),
  va({ ...ATTACHMENT, attacher: 'a'.repeat(64) }),
  va({ ...ATTACHMENT, nodeName: 'A_' }),
  va({ ...ATTACHMENT, source: {} }),
  va({ ...ATTACHMENT, source: { persistentVolumeName: '' } }),
  va({ ...ATTACHMENT, source: { persistentVolumeName: 'A_' } }),
  va({ ...ATTACHMENT, source: { persistentVolumeName: 'v', inlineVolumeSpec: {} } }),
  va({ attacher: '', nodeName: '', source: {} }, { name: 'A_' }),
  post(VA, { metadata: { name: 'u' }, spec: ATTACHMENT, status: { attached: true } }),
  patch(`${VA}/u`, { spec: { nodeName: 'm' } }),
  patch(`${VA}/u`, { spec: { attacher: 'A_' } }),
  patch(`${VA}/u`, { metadata: { labels: { a: 'b' } }, status: { attached: true } }),
  patch(`${VA}/u/status`, { status: { attached: true, attachmentMetadata: { a: 'b' } } }),
  patch(`${VA}/u/status`, { status: { attachError: { message: 'x'.repeat(1025) } } }),
  patch(`${VA}/u/status`, { status: { detachError: { errorCode: -1 } } }),
  patch(`${VA}/u/status`, { status: { attachmentMetadata: { a: 'b'.repeat(262_144) } } }),
  put(`${VA}/u`, { metadata: { name: 'u' }, spec: ATTACHMENT }),
  remove(`${VA}/u`, undefined, SETUP),

  capacity({}),
  capacity({ storageClassName: 'a' }),
  capacity({ storageClassName: 'a', capacity: '1Gi', maximumVolumeSize: '-1', nodeTopology: {} }),
  capacity({ storageClassName: 'A_', capacity: '-1' }, { name: 'A_' }),
  capacity({
    storageClassName: 'a',
    nodeTopology: { matchLabels: { 'a b': '!' }, matchExpressions: [{ key: 'a', operator: 'X' }] },
  }),
  capacity({
    storageClassName: 'a',
    nodeTopology: {
      matchLabels: { 'beta.kubernetes.io/os': 'a' },
      matchExpressions: [{ key: 'beta.kubernetes.io/arch', operator: 'Exists' }],
    },
  }),
  post(CAPACITY, { metadata: { name: 'u' }, storageClassName: 'a', capacity: '1Gi' }),
  patch(`${CAPACITY}/u`, { storageClassName: 'b' }),
  patch(`${CAPACITY}/u`, { nodeTopology: { matchLabels: { a: 'b' } }, storageClassName: 'A_' }),
  patch(`${CAPACITY}/u`, { capacity: '2Gi' }),
  patch(`${CAPACITY}/u`, { capacity: '-2' }),
  remove(`${CAPACITY}/u`, undefined, SETUP),
];
