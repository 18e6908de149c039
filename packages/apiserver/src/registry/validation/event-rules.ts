import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { invalid, required, type FieldError } from '../../field-error.ts';
import { numberAt, objectAt, textAt } from '../json-read.ts';
import { immutable, qualifiedName } from './value-rules.ts';

const LONGEST_NAME = 128;
const LONGEST_MESSAGE = 1024;
const TYPES = ['Normal', 'Warning'];
/** Where Events of objects live that are in no namespace. */
const FOR_CLUSTER_SCOPED = ['default', 'kube-system'];

function namespaceError(about: string): FieldError {
  return invalid('involvedObject.namespace', about, 'does not match event.namespace');
}

function lengthErrors(event: JsonObject, field: string, longest: number): FieldError[] {
  return Buffer.byteLength(textAt(event, field)) > longest
    ? [invalid(field, '', `can have at most ${longest} characters`)]
    : [];
}

function filled(event: JsonObject, field: string): FieldError[] {
  return textAt(event, field) === '' ? [required(field)] : lengthErrors(event, field, LONGEST_NAME);
}

/** Whether an Event tells a time of its own; one of the old kind does not, and little is asked of it. */
function isTimed(event: JsonObject): boolean {
  return (event['eventTime'] ?? null) !== null;
}

/**
 * Rules for every Event.
 *
 * @param event in core form
 * @param reporter what the version of the request calls the controller that reports
 */
export function validateAnyEvent(event: JsonObject, reporter: string): FieldError[] {
  const own = textAt(objectAt(event, 'metadata'), 'namespace');
  const about = textAt(objectAt(event, 'involvedObject'), 'namespace');
  if (!isTimed(event)) {
    return about === own || (about === '' && own === 'default') ? [] : [namespaceError(about)];
  }
  const controller = textAt(event, 'reportingComponent');
  return [
    ...(about === '' && !FOR_CLUSTER_SCOPED.includes(own) ? [namespaceError(about)] : []),
    ...(controller === '' ? [required(reporter)] : []),
    ...qualifiedName(reporter, controller),
    ...filled(event, 'reportingInstance'),
    ...filled(event, 'action'),
    ...filled(event, 'reason'),
    ...lengthErrors(event, 'message', LONGEST_MESSAGE),
  ];
}

function validateSeries(event: JsonObject): FieldError[] {
  if (event['series'] === undefined) return [];
  const series = objectAt(event, 'series');
  return [
    ...((numberAt(series, 'count') ?? 0) < 2
      ? [invalid('series.count', '', 'should be at least 2')]
      : []),
    ...((series['lastObservedTime'] ?? null) === null ? [required('series.lastObservedTime')] : []),
  ];
}

/**
 * Rules for an Event that comes as one of `events.k8s.io`: it must be of the new kind throughout.
 *
 * @param event in core form
 */
export function validateNewEvent(event: JsonObject): FieldError[] {
  const type = textAt(event, 'type');
  const source = objectAt(event, 'source');
  const unset = (field: string, isSet: boolean) =>
    isSet ? [invalid(field, '', 'needs to be unset')] : [];
  const hasTime = (field: string) => (event[field] ?? null) !== null;
  return [
    ...validateAnyEvent(event, 'reportingController'),
    ...validateSeries(event),
    ...(isTimed(event) ? [] : [required('eventTime')]),
    ...(TYPES.includes(type) ? [] : [invalid('type', '', `has invalid value: ${type}`)]),
    ...unset('firstTimestamp', hasTime('firstTimestamp')),
    ...unset('lastTimestamp', hasTime('lastTimestamp')),
    ...unset('count', (numberAt(event, 'count') ?? 0) !== 0),
    ...unset('source', textAt(source, 'component') !== '' || textAt(source, 'host') !== ''),
  ];
}

const REFERENCE = [
  'kind',
  'namespace',
  'name',
  'uid',
  'apiVersion',
  'resourceVersion',
  'fieldPath',
];
const SOURCE = ['component', 'host'];
/** How the server's internal types call members otherwise than by a capital letter. */
const INTERNAL_NAMES: Readonly<Record<string, string>> = { uid: 'UID', apiVersion: 'APIVersion' };

/** A part of an Event, as messages show it: in the words of the server's internal types. */
function internalPart(part: JsonObject | undefined, members: readonly string[]): JsonObject | null {
  if (part === undefined) return null;
  const shown = members.map((member) => [
    INTERNAL_NAMES[member] ?? member.charAt(0).toUpperCase() + member.slice(1),
    textAt(part, member),
  ]);
  return Object.fromEntries(shown) as JsonObject;
}

/** A moment in microseconds, which is what the API tells apart. */
function microseconds(value: unknown): string {
  if (typeof value !== 'string') return '';
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? '';
  return `${Math.floor(Date.parse(value) / 1000)}.${fraction.slice(0, 6).padEnd(6, '0')}`;
}

/** What an update through `events.k8s.io` may not change, in the order in which it is looked at; the reason twice. */
const LOCKED: readonly (readonly [string, (event: JsonObject) => unknown])[] = [
  ['involvedObject', (event) => internalPart(objectAt(event, 'involvedObject'), REFERENCE)],
  ['reason', (event) => textAt(event, 'reason')],
  ['message', (event) => textAt(event, 'message')],
  ['source', (event) => internalPart(objectAt(event, 'source'), SOURCE)],
  ['firstTimestamp', (event) => (event['firstTimestamp'] ?? null) as unknown],
  ['lastTimestamp', (event) => (event['lastTimestamp'] ?? null) as unknown],
  ['count', (event) => numberAt(event, 'count') ?? 0],
  ['reason', (event) => textAt(event, 'reason')],
  ['type', (event) => textAt(event, 'type')],
];
const LOCKED_AFTER_TIME: typeof LOCKED = [
  ['action', (event) => textAt(event, 'action')],
  // Decoded: an object or nothing.
  ['related', (event) => internalPart(event['related'] as JsonObject | undefined, REFERENCE)],
  ['reportingController', (event) => textAt(event, 'reportingComponent')],
  ['reportingInstance', (event) => textAt(event, 'reportingInstance')],
];

function lockErrors(event: JsonObject, old: JsonObject, fields: typeof LOCKED): FieldError[] {
  return fields.flatMap(([field, read]) => {
    const value = read(event);
    return deepEqual(value, read(old)) ? [] : [immutable(field, value)];
  });
}

/**
 * Rules for an update through `events.k8s.io`: only how often it was seen may change.
 *
 * @param event in core form, as is `old`
 */
export function validateNewEventUpdate(event: JsonObject, old: JsonObject): FieldError[] {
  const time: unknown = event['eventTime'];
  return [
    ...validateAnyEvent(event, 'reportingController'),
    ...(deepEqual(event['series'], old['series']) ? [] : validateSeries(event)),
    ...lockErrors(event, old, LOCKED),
    ...(microseconds(time) === microseconds(old['eventTime'])
      ? []
      : [immutable('eventTime', time)]),
    ...lockErrors(event, old, LOCKED_AFTER_TIME),
  ];
}
