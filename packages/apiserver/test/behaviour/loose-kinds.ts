import { dry, patch, post, remove, SETUP, type BehaviourCase } from './behaviour-case.ts';

type Part = Readonly<Record<string, unknown>>;

const core = (plural: string): string => `/api/v1/namespaces/default/${plural}`;

const PDB = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
const EVENT = core('events');
const NEW_EVENT = '/apis/events.k8s.io/v1/namespaces/default/events';
const ABOUT = { kind: 'Pod', namespace: 'default', name: 'p' };
const NOW = '2026-01-01T00:00:00.000000Z';
const event = (parts: Part, metadata: Part = {}): BehaviourCase =>
  dry(EVENT, { metadata: { name: 's', ...metadata }, involvedObject: ABOUT, ...parts });
const timed = (parts: Part): BehaviourCase =>
  event({
    eventTime: NOW,
    reportingComponent: 'a',
    reportingInstance: 'b',
    action: 'c',
    reason: 'd',
    ...parts,
  });
const newEvent = (parts: Part): BehaviourCase =>
  dry(NEW_EVENT, {
    metadata: { name: 's' },
    regarding: ABOUT,
    eventTime: NOW,
    reportingController: 'example.com/a',
    reportingInstance: 'b',
    action: 'c',
    reason: 'd',
    type: 'Normal',
    ...parts,
  });

const budgetsAndLimits: readonly BehaviourCase[] = [
  dry(PDB, { metadata: { name: 'A_' } }),
  dry(PDB, { metadata: { name: 'a%b' } }),
  dry(PDB, { metadata: { name: '..' } }),
  dry(PDB, { metadata: { name: 'A_', labels: { 'a b': '!' } }, spec: { minAvailable: -1 } }),
  dry(PDB, { metadata: { generateName: 'A_%-gen-' } }),
  dry(PDB, { metadata: { name: 's', labels: { 'a b': '!' } } }),
  dry(core('limitranges'), {}),
  dry(core('limitranges'), { metadata: {}, spec: { limits: [{ type: 'Pod' }] } }),
  dry(core('limitranges'), { metadata: { name: 'A_' }, spec: { limits: [{ type: 'A_b c' }] } }),
];

const events: readonly BehaviourCase[] = [
  event({}),
  event({}, { name: 'A_' }),
  event({}, { name: 'a%b' }),
  event({}, { name: 'A_', labels: { 'a b': '!' } }),
  event({}, { labels: { 'a b': '!' }, annotations: { 'a b': '!' } }),
  event({}, { name: undefined }),
  event({}, { name: 'A_', labels: { 'a b': '!' }, finalizers: ['x'] }),
  event({ involvedObject: { namespace: 'other' } }, { name: 'A_' }),
  event({ involvedObject: {} }),
  event({ eventTime: NOW }),
  timed({}),
  timed({ reportingComponent: 'a b', reportingInstance: 'b'.repeat(129) }),
  timed({ action: 'c'.repeat(129), reason: 'd'.repeat(129), message: 'e'.repeat(1025) }),
  timed({ involvedObject: {} }),
  timed({ involvedObject: { namespace: 'other' }, type: 'X', series: { count: 1 } }),
  newEvent({}),
  newEvent({ regarding: {} }),
  newEvent({ series: { count: 1 } }),
  newEvent({ series: { count: 2, lastObservedTime: NOW } }),
  newEvent({ type: 'X' }),
  newEvent({ deprecatedCount: 1, deprecatedFirstTimestamp: '2026-01-01T00:00:00Z' }),
  newEvent({ deprecatedLastTimestamp: '2026-01-01T00:00:00Z', deprecatedSource: { host: 'h' } }),
  newEvent({ reportingController: 'a b' }),
  newEvent({ reportingController: '', reportingInstance: '', action: '', reason: '' }),
  newEvent({ note: 'e'.repeat(1025), reason: 'd'.repeat(129) }),
  newEvent({ metadata: { name: 'A_', labels: { 'a b': '!' } } }),
  post(EVENT, { metadata: { name: 'u' }, involvedObject: ABOUT }),
  patch(`${EVENT}/u`, { message: 'other', count: 2 }),
  patch(`${EVENT}/u`, { metadata: { labels: { 'a b': '!' } } }),
  patch(`${EVENT}/u`, { involvedObject: { namespace: 'other' } }),
  patch(`${NEW_EVENT}/u`, { note: 'third', action: 'x' }),
  patch(`${NEW_EVENT}/u`, { series: { count: 1, lastObservedTime: NOW } }),
  remove(`${EVENT}/u`, undefined, SETUP),
  post(NEW_EVENT, {
    metadata: { name: 'u' },
    regarding: ABOUT,
    eventTime: NOW,
    reportingController: 'example.com/a',
    reportingInstance: 'b',
    action: 'c',
    reason: 'd',
    type: 'Normal',
  }),
  patch(`${NEW_EVENT}/u`, { series: { count: 2, lastObservedTime: NOW } }),
  patch(`${NEW_EVENT}/u`, { series: { count: 1 } }),
  patch(`${NEW_EVENT}/u`, { note: 'n', reason: 'x', type: 'Warning', action: 'y' }),
  patch(`${NEW_EVENT}/u`, { regarding: { name: 'q' }, reportingController: 'example.com/b' }),
  patch(`${NEW_EVENT}/u`, { eventTime: '2026-01-02T00:00:00.000000Z', related: { name: 'r' } }),
  patch(`${NEW_EVENT}/u`, { metadata: { labels: { a: 'b' } } }),
  remove(`${EVENT}/u`, undefined, SETUP),
];

const bindings: readonly BehaviourCase[] = [
  post(core('bindings'), {}),
  post(core('bindings'), { metadata: { name: 'missing' } }),
  post(core('bindings'), { metadata: { name: 'missing' }, target: { kind: 'X' } }),
  post(core('bindings'), { metadata: { name: 'missing' }, target: { kind: 'X', name: 'n' } }),
  post(core('bindings'), { metadata: { name: 'missing' }, target: { name: 'n' } }),
  post(core('bindings'), { target: { name: 'n' } }),
  post(core('serviceaccounts'), { metadata: { name: 'default' } }, SETUP),
  post(
    core('pods'),
    {
      metadata: { name: 'u' },
      spec: { containers: [{ name: 'a', image: 'a' }], schedulerName: 'nobody' },
    },
    SETUP,
  ),
  post(core('bindings'), { metadata: { name: 'u' }, target: { name: 'n' } }),
  post(core('bindings'), { metadata: { name: 'u' }, target: { name: 'n' } }),
  remove(`${core('pods')}/u`, { gracePeriodSeconds: 0 }, SETUP),
];

/** Objects of which the real server takes more than it takes of others, and what is wrong with them nonetheless. */
export const CASES: readonly BehaviourCase[] = [...budgetsAndLimits, ...events, ...bindings];
