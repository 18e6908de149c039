import { dry, patch, post, put, remove, SETUP, type BehaviourCase } from './behaviour-case.ts';

type Part = Readonly<Record<string, unknown>>;

const named =
  (path: string, name = 's') =>
  (parts: Part, metadata: Part = {}): BehaviourCase =>
    dry(path, { metadata: { name, ...metadata }, ...parts });

const EP = '/api/v1/namespaces/default/endpoints';
const ep = named(EP);
const subset = (parts: Part): BehaviourCase => ep({ subsets: [parts] });
const at = (ip: string, parts: Part = {}): BehaviourCase =>
  subset({ addresses: [{ ip, ...parts }], ports: [{ port: 80 }] });
const ports = (...list: readonly Part[]): BehaviourCase =>
  subset({ addresses: [{ ip: '10.1.2.3' }], ports: list });

const SLICE = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
const slice = named(SLICE);
const endpoint = (parts: Part, addressType = 'IPv4'): BehaviourCase =>
  slice({ addressType, endpoints: [{ addresses: ['10.1.2.3'], ...parts }] });
const slicePorts = (...list: readonly Part[]): BehaviourCase =>
  slice({ addressType: 'IPv4', endpoints: [], ports: list });

const IP = '/apis/networking.k8s.io/v1/ipaddresses';
const PARENT = { resource: 'services', namespace: 'default', name: 'a' };
const ip = (parentRef: Part | undefined, name = '10.1.2.3'): BehaviourCase =>
  dry(IP, { metadata: { name }, spec: { parentRef } });

const CIDR = '/apis/networking.k8s.io/v1/servicecidrs';
const cidrs = (...list: readonly string[]): BehaviourCase => named(CIDR)({ spec: { cidrs: list } });

const API = '/apis/apiregistration.k8s.io/v1/apiservices';
const OWN = { group: 'example.com', version: 'v1', groupPriorityMinimum: 10, versionPriority: 10 };
const SERVICE = { namespace: 'default', name: 'a' };
const api = (spec: Part, name = 'v1.example.com'): BehaviourCase =>
  named(API, name)({ spec: { ...OWN, ...spec } });

/** What is wrong with addresses of services and with groups that others serve. */
export const CASES: readonly BehaviourCase[] = [
  ep({}),
  ep({}, { name: 'A_' }),
  subset({}),
  subset({ ports: [{ port: 80 }] }),
  at('10.1.2.3'),
  at('x'),
  at(''),
  at('010.1.2.3'),
  at('::ffff:1.2.3.4'),
  at('2001:DB8::1'),
  at('2001:db8:0:0:0:0:0:1'),
  at('0.0.0.0'),
  at('127.0.0.1'),
  at('169.254.1.1'),
  at('224.0.0.1'),
  at('::1'),
  at('fe80::1'),
  at('10.1.2.3', { hostname: 'A_', nodeName: 'A_' }),
  at('10.1.2.3', { hostname: 'a', nodeName: 'a', targetRef: { kind: 'Pod', name: 'p' } }),
  subset({ notReadyAddresses: [{ ip: '127.0.0.1' }] }),
  ports({ port: 0 }),
  ports({ port: 80 }, { port: 81 }),
  ports({ port: 80, name: 'a' }, { port: 81, name: 'A_' }),
  ports({ port: 80, protocol: 'X' }),
  ports({ port: 70_000, appProtocol: 'a b' }),
  post(EP, { metadata: { name: 'u' }, subsets: [{ addresses: [{ ip: '10.1.2.3' }] }] }),
  patch(`${EP}/u`, { subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] }),
  patch(`${EP}/u`, { metadata: { labels: { a: 'b' } } }),
  remove(`${EP}/u`, undefined, SETUP),

  slice({}),
  slice({ addressType: 'X', endpoints: [] }, { name: 'A_' }),
  endpoint({}),
  endpoint({ addresses: [] }),
  endpoint({ addresses: ['x', '127.0.0.1', '2001:db8::1'] }),
  endpoint({ addresses: ['010.1.2.3'] }),
  endpoint({ addresses: Array.from({ length: 101 }, () => '10.1.2.3') }),
  endpoint({ addresses: ['2001:db8::1'] }, 'IPv6'),
  endpoint({ addresses: ['10.1.2.3', '2001:DB8::1', '::ffff:1.2.3.4', 'x', '::1'] }, 'IPv6'),
  endpoint({ addresses: ['example.com'] }, 'FQDN'),
  endpoint({ addresses: ['example.com.', 'a', 'A_.b', '', `${'a'.repeat(64)}.b`] }, 'FQDN'),
  endpoint({ nodeName: 'A_', hostname: 'A_' }),
  endpoint({ nodeName: 'a', hostname: 'a', zone: 'z', conditions: { ready: true } }),
  endpoint({ deprecatedTopology: { 'a b': '!' } }),
  endpoint({ hints: { forZones: [{ name: 'a' }, { name: 'a' }, { name: '!' }] } }),
  endpoint({ hints: { forZones: Array.from({ length: 9 }, (_, at) => ({ name: `z${at}` })) } }),
  endpoint({ hints: { forNodes: [{ name: 'a' }, { name: 'a' }, { name: 'A_' }] } }),
  slicePorts({ port: 80 }, { port: 81 }),
  slicePorts({ name: 'A_', protocol: 'X', appProtocol: 'a b' }),
  slicePorts({ name: 'a', port: 0 }, { name: 'a', port: 70_000 }),
  slicePorts({ name: 'a', port: 80, protocol: 'SCTP', appProtocol: 'example.com/x' }),
  post(SLICE, {
    metadata: { name: 'u' },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.1.2.3'] }],
    ports: [{ port: 80 }],
  }),
  patch(`${SLICE}/u`, { addressType: 'IPv6' }),
  patch(`${SLICE}/u`, { endpoints: [{ addresses: ['127.0.0.1'] }] }),
  patch(`${SLICE}/u`, { metadata: { labels: { a: 'b' } } }),
  patch(`${SLICE}/u`, { metadata: { annotations: { a: 'b' } } }),
  patch(`${SLICE}/u`, { endpoints: [{ addresses: ['10.1.2.4'] }] }),
  remove(`${SLICE}/u`, undefined, SETUP),

  ip(PARENT),
  ip(PARENT, '2001:db8::1'),
  ip(undefined),
  ip({}),
  ip(PARENT, 'a'),
  ip(PARENT, '010.1.2.3'),
  ip(PARENT, '2001:DB8::1'),
  ip(PARENT, '::ffff:1.2.3.4'),
  ip({ group: 'A_', resource: 'a/b', namespace: 'a%b', name: '..' }),
  ip({ group: 'example.com', resource: 'a', name: 'b' }),
  post(IP, { metadata: { name: '192.0.2.7' }, spec: { parentRef: PARENT } }),
  patch(`${IP}/192.0.2.7`, { spec: { parentRef: { name: 'b' } } }),
  patch(`${IP}/192.0.2.7`, { spec: { parentRef: null } }),
  patch(`${IP}/192.0.2.7`, { metadata: { labels: { a: 'b' } } }),
  remove(`${IP}/192.0.2.7`, undefined, SETUP),

  named(CIDR)({}),
  cidrs(),
  cidrs('192.0.2.0/24'),
  cidrs('192.0.2.0/24', '2001:db8::/64'),
  cidrs('192.0.2.0/24', '198.51.100.0/24'),
  cidrs('192.0.2.0/24', '198.51.100.0/24', '2001:db8::/64'),
  cidrs('x', '192.0.2.1/24'),
  cidrs('010.0.0.0/8'),
  cidrs('10.0.0.0/08'),
  cidrs('::ffff:1.2.3.0/120'),
  cidrs('2001:DB8::/64'),
  cidrs('192.0.2.0/33'),
  named(CIDR)({ spec: { cidrs: ['x'] } }, { name: 'A_' }),
  post(CIDR, { metadata: { name: 'u' }, spec: { cidrs: ['192.0.2.0/24'] } }),
  patch(`${CIDR}/u`, { spec: { cidrs: ['198.51.100.0/24'] } }),
  patch(`${CIDR}/u`, { spec: { cidrs: [] } }),
  patch(`${CIDR}/u`, { spec: { cidrs: ['198.51.100.0/24', 'x'] } }),
  patch(`${CIDR}/u`, { spec: { cidrs: ['192.0.2.0/24', '2001:db8::/64'] } }),
  { ...patch(`${CIDR}/u`, { metadata: { finalizers: null } }), ...SETUP },
  remove(`${CIDR}/u`, undefined, SETUP),

  named(API, 'v1.example.com')({}),
  api({}),
  api({}, 'a'),
  api({}, 'a%b'),
  api({ group: 'A_' }, 'v1.A_'),
  api({ group: '' }, 'v1.'),
  api({ group: '', version: 'v2' }, 'v2.'),
  api({ version: '' }, '.example.com'),
  api({ version: '1' }, '1.example.com'),
  api({ groupPriorityMinimum: 0, versionPriority: 0 }),
  api({ groupPriorityMinimum: 20_001, versionPriority: 1001 }),
  api({ caBundle: 'AAAA', insecureSkipTLSVerify: true }),
  api({ service: SERVICE, insecureSkipTLSVerify: true }),
  api({ service: SERVICE, caBundle: 'AAAA', insecureSkipTLSVerify: true }),
  api({ service: {}, caBundle: 'AAAA' }),
  api({ service: { ...SERVICE, port: 0 } }),
  api({ service: { ...SERVICE, port: 70_000 } }),
  post(API, { metadata: { name: 'v1.example.com' }, spec: { ...OWN, service: SERVICE } }, SETUP),
  put(`${API}/v1.example.com`, { metadata: { name: 'v1.example.com' }, spec: OWN }),
  patch(`${API}/v1.example.com`, { spec: { version: 'v2', versionPriority: -1 } }),
  remove(`${API}/v1.example.com`, undefined, SETUP),
];
