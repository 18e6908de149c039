import { dry, patch, post, remove, SETUP, type BehaviourCase } from './behaviour-case.ts';

type Part = Readonly<Record<string, unknown>>;

const CLASS = '/apis/resource.k8s.io/v1/deviceclasses';
const SLICE = '/apis/resource.k8s.io/v1/resourceslices';

const deviceClass = (spec: Part, metadata: Part = {}): BehaviourCase =>
  dry(CLASS, { metadata: { name: 's', ...metadata }, spec });
const config = (opaque: Part | undefined): BehaviourCase => deviceClass({ config: [{ opaque }] });

const POOL = { name: 'p', generation: 1, resourceSliceCount: 1 };
const OWN = { driver: 'example.com', pool: POOL, nodeName: 'n' };
const slice = (spec: Part, metadata: Part = {}): BehaviourCase =>
  dry(SLICE, { metadata: { name: 's', ...metadata }, spec: { ...OWN, ...spec } });
const device = (parts: Part): BehaviourCase => slice({ devices: [{ name: 'd', ...parts }] });

/** What is wrong with classes of devices, and with what drivers tell of devices. */
export const CASES: readonly BehaviourCase[] = [
  deviceClass({}),
  deviceClass({}, { name: 'A_' }),
  deviceClass({ selectors: [{}] }),
  deviceClass({ selectors: [{ cel: { expression: "device.driver == 'a'" } }] }),
  deviceClass({ selectors: [{ cel: { expression: 'a'.repeat(10_241) } }] }),
  deviceClass({ selectors: Array.from({ length: 33 }, () => ({})) }),
  deviceClass({ config: Array.from({ length: 33 }, () => ({})) }),
  deviceClass({ extendedResourceName: 'example.com/gpu' }),
  deviceClass({ extendedResourceName: 'gpu' }),
  config(undefined),
  config({}),
  config({ driver: 'example.com', parameters: { a: 1 } }),
  config({ driver: 'A_', parameters: [1] }),
  config({ driver: 'a'.repeat(64), parameters: null }),
  config({ driver: 'a', parameters: { a: 'b'.repeat(10_240) } }),
  post(CLASS, { metadata: { name: 'u' }, spec: {} }),
  patch(`${CLASS}/u`, { spec: { selectors: [{}], extendedResourceName: 'x' } }),
  patch(`${CLASS}/u`, { spec: { extendedResourceName: 'example.com/a' } }),
  remove(`${CLASS}/u`, undefined, SETUP),

  dry(SLICE, { metadata: { name: 's' } }),
  slice({}),
  slice({}, { name: 'A_' }),
  slice({ driver: 'A_' }),
  slice({ pool: { name: '', resourceSliceCount: 0, generation: -1 } }),
  slice({ pool: { ...POOL, name: 'a/A_' } }),
  slice({ nodeName: undefined }),
  slice({ nodeName: '' }),
  slice({ nodeName: 'A_' }),
  slice({ nodeName: undefined, allNodes: true }),
  slice({ allNodes: false }),
  slice({ allNodes: true, perDeviceNodeSelection: true }),
  slice({ perDeviceNodeSelection: false }),
  slice({ devices: [{ name: 'd' }, { name: 'd' }, { name: 'A_' }] }),
  slice({ devices: Array.from({ length: 129 }, (_, at) => ({ name: `d${at}` })) }),
  device({ attributes: { a: { int: 1 }, 'example.com/b': { bool: true } } }),
  device({ attributes: { a: {}, b: { int: 1, bool: true } } }),
  device({ nodeName: 'n' }),
  slice({ nodeName: undefined, perDeviceNodeSelection: true, devices: [{ name: 'd' }] }),
  slice({
    nodeName: undefined,
    perDeviceNodeSelection: true,
    devices: [{ name: 'd', nodeName: 'A_', allNodes: true }],
  }),
  post(SLICE, { metadata: { name: 'u' }, spec: OWN }),
  patch(`${SLICE}/u`, { spec: { driver: 'other.com', nodeName: 'm', pool: { name: 'q' } } }),
  patch(`${SLICE}/u`, { spec: { pool: { generation: 2 } } }),
  remove(`${SLICE}/u`, undefined, SETUP),
];
