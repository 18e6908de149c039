import {
  dry,
  get,
  JSON_PATCH,
  patch,
  post,
  put,
  remove,
  SETUP,
  STRATEGIC,
  type BehaviourCase,
} from './behaviour-case.ts';

const JOBS = '/apis/batch/v1/namespaces/default/jobs';
const CRON_JOBS = '/apis/batch/v1/namespaces/default/cronjobs';

const container = { name: 'c', image: 'x' };
const template = (spec: object = {}, metadata?: object): object => ({
  ...(metadata === undefined ? {} : { metadata }),
  spec: { restartPolicy: 'Never', containers: [container], ...spec },
});
const job = (spec: object = {}, metadata: object = {}): object => ({
  metadata: { name: 'j', ...metadata },
  spec: { template: template(), ...spec },
});
const cronJob = (spec: object = {}, metadata: object = {}): object => ({
  metadata: { name: 'c', ...metadata },
  spec: { schedule: '* * * * *', jobTemplate: { spec: { template: template() } }, ...spec },
});
const indexed = (spec: object = {}): object =>
  job({ completionMode: 'Indexed', completions: 3, ...spec });
const failurePolicy = (...rules: object[]): object => job({ podFailurePolicy: { rules } });
const successPolicy = (...rules: object[]): object => indexed({ successPolicy: { rules } });
const condition = (type: string, status = 'True'): object => ({
  type,
  status,
  lastTransitionTime: '2020-01-01T00:00:00Z',
  lastProbeTime: '2020-01-01T00:00:00Z',
});
/** A change of the status of a Job. */
const report = (name: string, status: object): BehaviourCase =>
  patch(`${JOBS}/${name}/status`, { status });
const start = { startTime: '2020-01-01T00:00:00Z' };
const change = (name: string, spec: object): BehaviourCase => patch(`${JOBS}/${name}`, { spec });
const background = { propagationPolicy: 'Background' };

const creations = [
  job(),
  job({}, { labels: { own: 'label' } }),
  job({}, { labels: {} }),
  job({ template: template({}, { labels: { app: 'x' } }) }),
  job({ template: template({}, { labels: { 'job-name': 'other' } }) }),
  job({ template: template({}, { labels: { 'controller-uid': 'other' } }) }),
  job({ template: template({}, { labels: { 'batch.kubernetes.io/job-name': 'other' } }) }),
  job({ selector: { matchLabels: { 'controller-uid': 'other' } } }),
  job({ selector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } }),
  job({ selector: { matchLabels: { app: 'x' } }, manualSelector: true }),
  job({
    selector: { matchLabels: { app: 'x' } },
    manualSelector: true,
    template: template({}, { labels: { app: 'x' } }),
  }),
  job({ manualSelector: true }),
  job({ selector: { matchLabels: { 'a b': 'x' } }, manualSelector: true }),
  job({}, { name: 'not.a.label' }),
  job({}, { name: 'Not-A-Name' }),
  job({ completions: 3 }),
  job({ parallelism: 3 }),
  job({ parallelism: -1, completions: -1, activeDeadlineSeconds: -1, backoffLimit: -1 }),
  job({ ttlSecondsAfterFinished: -1, backoffLimitPerIndex: -1, maxFailedIndexes: -1 }),
  job({ backoffLimitPerIndex: 1 }),
  job({ maxFailedIndexes: 1 }),
  job({ managedBy: 'example.com/other' }),
  job({ managedBy: 'other' }),
  job({ managedBy: `example.com/${'x'.repeat(60)}` }),
  job({ completionMode: 'Other' }),
  job({ podReplacementPolicy: 'Other' }),
  job({ suspend: true }),
  job({ template: template({ restartPolicy: 'Always' }) }),
  job({ template: template({ restartPolicy: undefined }) }),
  job({ template: template({ restartPolicy: 'Other' }) }),
  job({ template: template({ containers: [] }) }),
  indexed(),
  indexed({ completions: undefined, parallelism: 2 }),
  indexed({ parallelism: 100_001 }),
  indexed({ backoffLimitPerIndex: 1, maxFailedIndexes: 4 }),
  indexed({ completions: 200_000, backoffLimitPerIndex: 1, parallelism: 20_000 }),
  indexed({
    completions: 200_000,
    backoffLimitPerIndex: 1,
    parallelism: 2,
    maxFailedIndexes: 20_000,
  }),
  indexed({ completions: 200_000, parallelism: 20_000 }),
  { ...indexed({ completions: 1_000 }), metadata: { name: 'x'.repeat(60) } },
  failurePolicy({ action: 'FailJob', onExitCodes: { operator: 'In', values: [1, 2] } }),
  failurePolicy({ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }),
  job({ podFailurePolicy: { rules: [] }, template: template({ restartPolicy: 'OnFailure' }) }),
  job({ podFailurePolicy: { rules: [] }, podReplacementPolicy: 'TerminatingOrFailed' }),
  failurePolicy({}),
  failurePolicy({ action: 'Other', onPodConditions: [{ type: 'A b', status: 'Other' }] }),
  failurePolicy({ action: 'FailIndex', onExitCodes: { operator: 'In', values: [1] } }),
  failurePolicy({
    action: 'Count',
    onExitCodes: { operator: 'In', values: [0, 3, 2, 2], containerName: 'other' },
    onPodConditions: [{ type: 'Ready', status: 'False' }],
  }),
  failurePolicy({ action: 'Count', onExitCodes: { operator: 'Other', values: [] } }),
  failurePolicy({ action: 'Count', onExitCodes: { values: [1] } }),
  failurePolicy({
    action: 'Count',
    onExitCodes: { operator: 'NotIn', values: Array.from({ length: 256 }, (_, i) => i) },
  }),
  failurePolicy(
    ...Array.from({ length: 21 }, () => ({
      action: 'Count',
      onPodConditions: [{ type: 'Ready' }],
    })),
  ),
  job({ successPolicy: { rules: [{ succeededCount: 1 }] } }),
  successPolicy({ succeededCount: 1 }),
  successPolicy({ succeededIndexes: '0,2' }),
  successPolicy(),
  successPolicy({}),
  successPolicy({ succeededCount: -1 }, { succeededCount: 4 }),
  successPolicy({ succeededIndexes: '0-1', succeededCount: 3 }),
  ...['3', '1-0', '0-1-2', 'x', '1,0', '0-x', ''].map((succeededIndexes) =>
    successPolicy({ succeededIndexes }),
  ),
];

const cronCreations = [
  cronJob({
    timeZone: 'Europe/Berlin',
    concurrencyPolicy: 'Replace',
    startingDeadlineSeconds: 10,
    successfulJobsHistoryLimit: 0,
    failedJobsHistoryLimit: 0,
    suspend: true,
  }),
  ...[
    '',
    'Nowhere/City',
    'Local',
    'local',
    '../etc',
    'A b',
    'Europe/Berlin/',
    'TZ',
    'x'.repeat(20),
  ].map((timeZone) => cronJob({ timeZone })),
  ...['', '@reboot', '@every 1x', '@every 2m', ', * * * *', 'TZ=UTC', 'CRON_TZ=Nope * * * * *'].map(
    (schedule) => cronJob({ schedule }),
  ),
  cronJob({ schedule: 'TZ=UTC * * * * *', timeZone: 'UTC' }),
  cronJob({
    startingDeadlineSeconds: -1,
    successfulJobsHistoryLimit: -1,
    failedJobsHistoryLimit: -1,
  }),
  cronJob({
    concurrencyPolicy: 'Other',
    jobTemplate: { spec: { template: template({ restartPolicy: 'Always' }) } },
  }),
  cronJob({
    jobTemplate: {
      metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        manualSelector: true,
        parallelism: -1,
        backoffLimitPerIndex: 1,
        template: template(),
      },
    },
  }),
  cronJob({}, { name: 'x'.repeat(52) }),
  cronJob({}, { name: 'x'.repeat(53) }),
  cronJob({}, { name: 'not.a.label' }),
];

/** Jobs and CronJobs: what a server fills in, refuses, and lets be changed. */
export const CASES: readonly BehaviourCase[] = [
  ...creations.map((body) => dry(JOBS, body)),
  ...cronCreations.map((body) => dry(CRON_JOBS, body)),

  // What may change of a specification.
  post(JOBS, job({ template: template({}, { labels: { app: 'x' } }) }, { name: 'running' })),
  ...[
    { parallelism: 2, activeDeadlineSeconds: 5, backoffLimit: 2, ttlSecondsAfterFinished: 1 },
    { completions: 2 },
    { completionMode: 'Indexed' },
    { selector: { matchLabels: { more: 'x' } } },
    { podFailurePolicy: { rules: [] } },
    { backoffLimitPerIndex: 1 },
    { managedBy: 'example.com/other' },
    { successPolicy: { rules: [{ succeededCount: 1 }] } },
    { podReplacementPolicy: 'Failed' },
    { manualSelector: true },
    { suspend: true },
    { suspend: false },
  ].map((spec) => change('running', spec)),
  post(JOBS, { ...indexed({ parallelism: 3 }), metadata: { name: 'sharded' } }),
  change('sharded', { completions: 5 }),
  change('sharded', { completions: 5, parallelism: 5 }),
  change('sharded', { completions: null }),
  post(JOBS, job({ suspend: true }, { name: 'waiting' })),
  change('waiting', {
    template: {
      metadata: { labels: { more: 'x' }, annotations: { more: 'x' } },
      spec: {
        nodeSelector: { a: 'b' },
        tolerations: [{ operator: 'Exists' }],
        schedulingGates: [{ name: 'example.com/gate' }],
      },
    },
  }),
  patch(
    `${JOBS}/waiting`,
    [
      {
        op: 'add',
        path: '/spec/template/spec/containers/0/resources',
        value: { requests: { cpu: '1' } },
      },
    ],
    JSON_PATCH,
  ),
  report('waiting', start),
  change('waiting', { template: { spec: { nodeSelector: { a: 'c' } } } }),
  report('waiting', { conditions: [condition('Suspended')] }),
  change('waiting', { template: { spec: { nodeSelector: { a: 'c' } } } }),

  // What a status may become.
  report('running', { active: -1, succeeded: -1, failed: -1, ready: -1, terminating: -1 }),
  report('running', { ready: 1 }),
  report('running', { active: 1, ready: 1, ...start }),
  report('running', { startTime: '2021-01-01T00:00:00Z' }),
  report('running', { uncountedTerminatedPods: { succeeded: ['a', 'a'], failed: ['a', ''] } }),
  report('running', { completedIndexes: '0' }),
  report('running', { failedIndexes: '' }),
  report('running', { conditions: [condition('Failed')] }),
  report('running', { conditions: [condition('Complete')] }),
  report('running', {
    conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
    completionTime: '2020-01-01T00:00:00Z',
    uncountedTerminatedPods: { succeeded: ['a'] },
    terminating: 1,
  }),
  report('running', { completionTime: '2019-01-01T00:00:00Z' }),
  report('running', { conditions: [condition('SuccessCriteriaMet'), condition('FailureTarget')] }),
  report('running', { failed: 2, succeeded: 1 }),
  report('running', { failed: 1, succeeded: 0 }),
  report('running', { conditions: [condition('SuccessCriteriaMet')] }),
  report('running', { conditions: [] }),
  report('running', { conditions: [condition('SuccessCriteriaMet'), condition('Failed')] }),
  report('running', {
    active: 0,
    ready: 0,
    terminating: 0,
    conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
    completionTime: '2020-01-01T00:00:05Z',
  }),
  report('running', { active: 1 }),
  report('running', { terminating: 1 }),
  report('running', { startTime: null }),
  report('running', { completionTime: '2020-01-01T00:00:06Z' }),
  report('running', { conditions: [condition('SuccessCriteriaMet')] }),
  report('sharded', { completedIndexes: '0,2', ...start }),
  ...['5', '0,0', '2-1', 'x', '0-2,4', '1,2'].map((completedIndexes) =>
    report('sharded', { completedIndexes }),
  ),
  report('sharded', { conditions: [condition('FailureTarget')] }),
  report('sharded', { conditions: [condition('FailureTarget', 'False')] }),
  report('sharded', { conditions: [condition('FailureTarget'), condition('Failed')] }),
  report('sharded', { conditions: [condition('FailureTarget'), condition('Failed', 'False')] }),
  post(JOBS, { ...indexed({ backoffLimitPerIndex: 1 }), metadata: { name: 'failing' } }),
  report('failing', { failedIndexes: '1', completedIndexes: '0' }),
  report('failing', { failedIndexes: '0-1', completedIndexes: '0' }),
  report('failing', { failedIndexes: '4' }),
  post(JOBS, {
    ...successPolicy({ succeededCount: 1 }),
    metadata: { name: 'lenient' },
  }),
  report('lenient', {
    conditions: [condition('Complete')],
    completionTime: '2020-01-01T00:00:05Z',
    ...start,
  }),

  // CronJobs.
  post(CRON_JOBS, cronJob({}, { name: 'often' })),
  patch(`${CRON_JOBS}/often`, { spec: { schedule: 'x' } }),
  patch(`${CRON_JOBS}/often`, { spec: { schedule: 'TZ=UTC * * * * *' } }),
  patch(`${CRON_JOBS}/often`, { spec: { timeZone: 'Nowhere/City' } }),
  patch(`${CRON_JOBS}/often`, { spec: { schedule: '@daily', suspend: true } }),
  patch(
    `${CRON_JOBS}/often`,
    {
      spec: {
        jobTemplate: { spec: { template: { spec: { containers: [{ name: 'c', image: 'y' }] } } } },
      },
    },
    STRATEGIC,
  ),
  patch(`${CRON_JOBS}/often/status`, {
    spec: { schedule: 'x' },
    status: { lastScheduleTime: '2020-01-01T00:00:00Z', active: [{ name: 'a', kind: 'Job' }] },
  }),
  put(`${CRON_JOBS}/often`, cronJob({}, { name: 'often' })),
  get(`${CRON_JOBS}/often`),

  // Removal.
  get(`${JOBS}?fieldSelector=status.successful%3D1`),
  remove(`${JOBS}/failing`),
  get(`${JOBS}/failing`),
  ...['running', 'sharded', 'waiting', 'failing', 'lenient'].map((name) =>
    remove(`${JOBS}/${name}`, background, SETUP),
  ),
  remove(`${CRON_JOBS}/often`),
  get(`${CRON_JOBS}/often`),
];
