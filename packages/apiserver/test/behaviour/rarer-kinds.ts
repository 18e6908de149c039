import { dry, get, patch, post, put, remove, SETUP, type BehaviourCase } from './behaviour-case.ts';

type Part = Readonly<Record<string, unknown>>;

const core = (plural: string): string => `/api/v1/namespaces/default/${plural}`;

const RC = core('replicationcontrollers');
const CONTAINERS = [{ name: 'a', image: 'a' }];
const template = (labels?: Part, spec: Part = {}): Part => ({
  ...(labels === undefined ? {} : { metadata: { labels } }),
  spec: { containers: CONTAINERS, ...spec },
});
const rc = (spec: Part, metadata: Part = {}): BehaviourCase =>
  dry(RC, { metadata: { name: 's', ...metadata }, spec });

const IC = '/apis/networking.k8s.io/v1/ingressclasses';
const ic = (spec: Part, metadata: Part = {}): BehaviourCase =>
  dry(IC, { metadata: { name: 's', ...metadata }, spec });
const parameters = (reference: Part): BehaviourCase =>
  ic({ controller: 'example.com/a', parameters: reference });

const RUNTIME = '/apis/node.k8s.io/v1/runtimeclasses';
const runtime = (parts: Part, metadata: Part = {}): BehaviourCase =>
  dry(RUNTIME, { metadata: { name: 's', ...metadata }, ...parts });

const REVISION = '/apis/apps/v1/namespaces/default/controllerrevisions';
const revision = (parts: Part, metadata: Part = {}): BehaviourCase =>
  dry(REVISION, { metadata: { name: 's', ...metadata }, ...parts });

const replicationControllers: readonly BehaviourCase[] = [
  rc({}),
  dry(RC, { metadata: { name: 's' } }),
  rc({ selector: { a: 'b' } }),
  rc({ template: template() }),
  rc({ template: template({ a: 'b' }) }),
  rc({ template: template({ a: 'b' }) }, { labels: { own: 'label' } }),
  rc({ selector: {}, template: template({ a: 'b' }) }),
  rc({ selector: { a: 'c' }, template: template({ a: 'b' }) }),
  rc({ selector: { a: 'b' }, template: template({ a: 'b', c: 'd' }), replicas: 3 }),
  rc({ selector: { a: 'b' }, template: template({ a: 'b' }), replicas: -1, minReadySeconds: -1 }),
  rc({ selector: { 'a b': '!' }, template: template({ a: 'b' }) }),
  rc({ template: template({ 'a b': '!' }) }),
  rc({ template: template({ a: 'b' }, { restartPolicy: 'Never' }) }),
  rc({ template: template({ a: 'b' }, { activeDeadlineSeconds: 5 }) }),
  rc({ template: template({ a: 'b' }, { containers: [] }) }),
  rc({ template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'A_' }] } } }),
  rc({ template: template({ a: 'b' }) }, { name: 'A_' }),
  rc(
    { template: template({ a: 'b' }, { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }) },
    { name: 'a.b' },
  ),
  rc({ replicas: -1, selector: { a: 'c' }, template: template({ a: 'b' }) }, { name: 'A_' }),
  post(RC, { metadata: { name: 'u' }, spec: { replicas: 0, template: template({ a: 'b' }) } }),
  patch(`${RC}/u`, { spec: { replicas: 2 } }),
  patch(`${RC}/u`, { spec: { replicas: null } }),
  patch(`${RC}/u`, { spec: { selector: null } }),
  patch(`${RC}/u`, { spec: { selector: { a: 'c' } } }),
  patch(`${RC}/u`, {
    spec: { selector: { a: 'c' }, template: { metadata: { labels: { a: 'c' } } } },
  }),
  patch(`${RC}/u`, { spec: { template: null } }),
  patch(`${RC}/u`, { spec: { minReadySeconds: -1, replicas: -1 } }),
  patch(`${RC}/u/status`, { status: { replicas: 1, readyReplicas: 2 } }),
  patch(`${RC}/u/status`, { status: { replicas: -1, availableReplicas: 3 } }),
  remove(`${RC}/u`),
  { ...patch(`${RC}/u`, { metadata: { finalizers: null } }), ...SETUP },
];

const ingressClasses: readonly BehaviourCase[] = [
  dry(IC, { metadata: { name: 's' } }),
  ic({}),
  ic({ controller: '' }),
  ic({ controller: 'a' }),
  ic({ controller: 'example.com/' }),
  ic({ controller: '/a' }),
  ic({ controller: 'A_/a' }),
  ic({ controller: 'example.com/a b' }),
  ic({ controller: 'example.com/a/b' }),
  ic({ controller: 'example.com/a' }),
  ic({ controller: `example.com/${'a'.repeat(250)}` }),
  ic({ controller: 'example.com/a' }, { name: 'A_' }),
  parameters({}),
  parameters({ kind: 'K', name: 'n' }),
  parameters({ apiGroup: 'example.com', kind: 'K', name: 'n' }),
  parameters({ apiGroup: 'A_', kind: 'a/b', name: '..' }),
  parameters({ kind: 'K', name: 'n', scope: 'X' }),
  parameters({ kind: 'K', name: 'n', scope: 'Namespace' }),
  parameters({ kind: 'K', name: 'n', scope: 'Namespace', namespace: 'A_' }),
  parameters({ kind: 'K', name: 'n', scope: 'Namespace', namespace: 'a' }),
  parameters({ kind: 'K', name: 'n', scope: 'Namespace', namespace: '' }),
  parameters({ kind: 'K', name: 'n', scope: 'Cluster', namespace: 'a' }),
  parameters({ kind: 'K', name: 'n', namespace: 'a' }),
  ic({ controller: 'a', parameters: { scope: 'Cluster', namespace: 'a' } }, { name: 'A_' }),
  post(IC, { metadata: { name: 'u' }, spec: { controller: 'example.com/a' } }),
  patch(`${IC}/u`, { spec: { controller: 'example.com/b' } }),
  patch(`${IC}/u`, { spec: { controller: 'b' } }),
  patch(`${IC}/u`, { spec: { parameters: { kind: 'K', name: 'n' } } }),
  patch(`${IC}/u`, { spec: { parameters: { kind: '' } } }),
  put(`${IC}/u`, { metadata: { name: 'u' }, spec: { controller: 'example.com/a' } }),
  put(`${IC}/u`, { metadata: { name: 'u' } }),
  remove(`${IC}/u`, undefined, SETUP),
];

const runtimeClasses: readonly BehaviourCase[] = [
  runtime({}),
  runtime({ handler: 'h' }),
  runtime({ handler: 'A_' }),
  runtime({ handler: 'a.b' }),
  runtime({ handler: 'a'.repeat(64) }),
  runtime({ handler: 'h' }, { name: 'A_' }),
  runtime({ handler: 'h', overhead: { podFixed: { cpu: '1', memory: '10Mi' } } }),
  runtime({ handler: 'h', overhead: {} }),
  runtime({ handler: 'h', overhead: { podFixed: { cpu: '-1' } } }),
  runtime({ handler: 'h', overhead: { podFixed: { x: '1', 'example.com/a': '1.5' } } }),
  runtime({ handler: 'h', overhead: { podFixed: { 'hugepages-2Mi': '2Mi' } } }),
  runtime({ handler: 'h', scheduling: {} }),
  runtime({ handler: 'h', scheduling: { nodeSelector: { a: 'b' } } }),
  runtime({ handler: 'h', scheduling: { nodeSelector: { 'a b': '!' } } }),
  runtime({
    handler: 'h',
    scheduling: { tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }] },
  }),
  runtime({
    handler: 'h',
    scheduling: {
      tolerations: [{ key: 'a b', operator: 'X' }, { effect: 'X' }, { key: 'a', operator: 'Lt' }],
    },
  }),
  runtime({
    handler: 'h',
    scheduling: {
      tolerations: [
        { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 },
        { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 2 },
        { key: 'b', operator: 'Equal', value: 'c' },
        { key: 'b', operator: 'Equal', value: 'c' },
      ],
    },
  }),
  runtime({ handler: 'h', scheduling: { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } } }),
  runtime({ handler: 'A_', scheduling: { tolerations: [{}] } }, { name: 'A_' }),
  post(RUNTIME, { metadata: { name: 'u' }, handler: 'h' }),
  patch(`${RUNTIME}/u`, { handler: 'other' }),
  patch(`${RUNTIME}/u`, { handler: 'A_' }),
  patch(`${RUNTIME}/u`, { handler: null }),
  patch(`${RUNTIME}/u`, { overhead: { podFixed: { cpu: '1' } } }),
  patch(`${RUNTIME}/u`, { scheduling: { nodeSelector: { 'a b': '!' } } }),
  put(`${RUNTIME}/u`, { metadata: { name: 'u' }, handler: 'h' }),
  put(`${RUNTIME}/u?dryRun=All`, { metadata: { name: 'u', resourceVersion: '1' }, handler: 'h' }),
  put(`${RUNTIME}/missing?dryRun=All`, { metadata: { name: 'missing' }, handler: 'h' }),
  remove(`${RUNTIME}/u`, undefined, SETUP),
];

const controllerRevisions: readonly BehaviourCase[] = [
  revision({}),
  revision({ data: null, revision: 1 }),
  revision({ data: {}, revision: 1 }),
  revision({ data: { a: 1 }, revision: 1 }),
  revision({ data: { a: 1 } }),
  revision({ data: { a: 1 }, revision: -1 }),
  revision({ data: 'text', revision: 1 }),
  revision({ data: [1], revision: 1 }),
  revision({ data: { a: 1 }, revision: 1 }, { name: 'A_' }),
  revision({ revision: -1 }, { name: 'A_' }),
  post(REVISION, { metadata: { name: 'u' }, data: { a: 1 }, revision: 1 }),
  patch(`${REVISION}/u`, { data: { a: 2 } }),
  patch(`${REVISION}/u`, { data: null }),
  patch(`${REVISION}/u`, { data: { a: 2 }, revision: -1 }),
  patch(`${REVISION}/u`, { revision: 2 }),
  get(`${REVISION}/u`),
  remove(`${REVISION}/u`, undefined, SETUP),
];

/** What is wrong with objects that are written seldom: old controllers, classes, revisions. */
export const CASES: readonly BehaviourCase[] = [
  ...replicationControllers,
  ...ingressClasses,
  ...runtimeClasses,
  ...controllerRevisions,
];
