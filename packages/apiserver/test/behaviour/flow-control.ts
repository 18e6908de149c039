import { dry, patch, post, remove, SETUP, type BehaviourCase } from './behaviour-case.ts';

type Part = Readonly<Record<string, unknown>>;

const inGroup = (plural: string): string => `/apis/flowcontrol.apiserver.k8s.io/v1/${plural}`;
const FS = inGroup('flowschemas');
const PL = inGroup('prioritylevelconfigurations');

const LEVEL = { priorityLevelConfiguration: { name: 'level' } };
const fs = (spec: Part, metadata: Part = {}): BehaviourCase =>
  dry(FS, { metadata: { name: 's', ...metadata }, spec: { ...LEVEL, ...spec } });
const USER = { kind: 'User', user: { name: 'a' } };
const RESOURCES = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] };
const rule = (parts: Part): BehaviourCase =>
  fs({ rules: [{ subjects: [USER], resourceRules: [RESOURCES], ...parts }] });
const subject = (parts: Part): BehaviourCase => rule({ subjects: [parts] });
const resources = (parts: Part): BehaviourCase =>
  rule({ resourceRules: [{ ...RESOURCES, ...parts }] });
const urls = (verbs: readonly string[], ...nonResourceURLs: readonly string[]): BehaviourCase =>
  rule({ resourceRules: [], nonResourceRules: [{ verbs, nonResourceURLs }] });

const pl = (spec: Part, metadata: Part = {}): BehaviourCase =>
  dry(PL, { metadata: { name: 's', ...metadata }, spec });
const REJECT = { limitResponse: { type: 'Reject' } };
const limited = (parts: Part): BehaviourCase => pl({ type: 'Limited', limited: parts });
const queues = (queuing: Part): BehaviourCase =>
  limited({ limitResponse: { type: 'Queue', queuing } });

/** What is wrong with the rules by which requests wait for each other. */
export const CASES: readonly BehaviourCase[] = [
  dry(FS, { metadata: { name: 's' } }),
  fs({}),
  fs({}, { name: 'A_' }),
  fs({ priorityLevelConfiguration: { name: 'A_' } }),
  fs({ matchingPrecedence: 1 }),
  fs({ matchingPrecedence: -1 }),
  fs({ matchingPrecedence: 10_001 }),
  fs({ distinguisherMethod: { type: 'ByUser' } }),
  fs({ distinguisherMethod: { type: 'X' } }),
  fs({ rules: [] }),
  fs({ rules: [{}] }),
  rule({}),
  rule({ resourceRules: [] }),
  rule({ subjects: [] }),
  subject({ kind: 'X' }),
  subject({ kind: 'User' }),
  subject({ kind: 'User', user: { name: '' }, group: { name: 'g' } }),
  subject({ kind: 'User', user: { name: 'a' }, serviceAccount: { name: 'a', namespace: 'b' } }),
  subject({ kind: 'Group' }),
  subject({ kind: 'Group', group: { name: '' }, user: { name: 'a' } }),
  subject({ kind: 'Group', group: { name: '*' } }),
  subject({ kind: 'ServiceAccount' }),
  subject({ kind: 'ServiceAccount', serviceAccount: { name: '', namespace: '' } }),
  subject({ kind: 'ServiceAccount', serviceAccount: { name: 'A_', namespace: 'A_' } }),
  subject({ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'a' } }),
  subject({
    kind: 'ServiceAccount',
    serviceAccount: { name: 'a', namespace: 'a' },
    user: { name: 'a' },
    group: { name: 'a' },
  }),
  resources({ verbs: [], apiGroups: [], resources: [], namespaces: [] }),
  resources({ verbs: ['get', '*'], apiGroups: ['a', '*'], resources: ['a', '*'] }),
  resources({ verbs: ['get', 'x'], namespaces: ['a', '*'] }),
  resources({ verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['A_', 'b'] }),
  resources({ namespaces: [], clusterScope: true }),
  urls([], '/a'),
  urls(['*'], '/a', '/b/*', '/'),
  urls(['*', 'get'], '*', '/a'),
  urls(['x'], '*'),
  urls(['get'], 'a', '', '/a b', '/a//b', '/a*', '/*/b', '/*/*'),
  rule({ resourceRules: [], nonResourceRules: [{ verbs: ['get'], nonResourceURLs: [] }] }),
  post(FS, { metadata: { name: 'u' }, spec: LEVEL }, SETUP),
  patch(`${FS}/u`, { spec: { matchingPrecedence: -5 } }),
  patch(`${FS}/u`, { spec: { priorityLevelConfiguration: null } }),
  patch(`${FS}/u/status`, { status: { conditions: [{ type: '' }, { type: '' }] } }),
  remove(`${FS}/u`, undefined, SETUP),

  dry(PL, { metadata: { name: 's' } }),
  pl({ type: 'X' }),
  pl({ type: 'Limited' }),
  pl({ type: 'Exempt' }),
  pl({ type: 'Limited', limited: REJECT }, { name: 'A_' }),
  pl({ type: 'Exempt', exempt: { lendablePercent: 101, nominalConcurrencyShares: -1 } }),
  pl({ type: 'Exempt', limited: REJECT, exempt: {} }),
  pl({ type: 'Limited', limited: REJECT, exempt: {} }),
  limited({}),
  limited(REJECT),
  limited({ limitResponse: { type: 'X' } }),
  limited({ limitResponse: { type: 'Reject', queuing: {} } }),
  limited({ limitResponse: { type: 'Queue' } }),
  limited({ ...REJECT, nominalConcurrencyShares: -1, lendablePercent: 101 }),
  limited({ ...REJECT, nominalConcurrencyShares: 0, borrowingLimitPercent: 50 }),
  limited({ ...REJECT, lendablePercent: -1, borrowingLimitPercent: -1 }),
  queues({}),
  queues({ queues: 10, handSize: 2, queueLengthLimit: 5 }),
  queues({ queues: -1, handSize: -1, queueLengthLimit: -1 }),
  queues({ queues: 5, handSize: 6 }),
  queues({ queues: 10_000_001, handSize: 1 }),
  queues({ queues: 1000, handSize: 10 }),
  pl(
    { type: 'Limited', limited: REJECT },
    { annotations: { 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares': '' } },
  ),
  post(PL, { metadata: { name: 'u' }, spec: { type: 'Limited', limited: REJECT } }, SETUP),
  patch(`${PL}/u`, { spec: { type: 'Exempt' } }),
  patch(`${PL}/u`, { spec: { limited: { limitResponse: { type: 'Queue' } } } }),
  patch(`${PL}/u/status`, { status: { conditions: [{ type: '' }, { type: 'a' }] } }),
  remove(`${PL}/u`, undefined, SETUP),
];
