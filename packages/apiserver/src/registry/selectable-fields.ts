import type { JsonObject } from '../contracts.ts';

type FieldReader = (object: JsonObject) => string;

function read(...path: readonly string[]): FieldReader {
  return (object) => {
    let value: unknown = object;
    for (const key of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return '';
      // An own member of an object that is not null.
      value = (value as JsonObject)[key];
    }
    return typeof value === 'string'
      ? value
      : typeof value === 'object'
        ? ''
        : JSON.stringify(value);
  };
}

/** A boolean that counts as false when it is absent. */
function readFlag(...path: readonly string[]): FieldReader {
  const value = read(...path);
  return (object) => (value(object) === 'true' ? 'true' : 'false');
}

function readNumber(...path: readonly string[]): FieldReader {
  const value = read(...path);
  return (object) => value(object) || '0';
}

function fields(entries: Readonly<Record<string, FieldReader>>): ReadonlyMap<string, FieldReader> {
  return new Map(Object.entries(entries));
}

const INVOLVED = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

const CORE_EVENT = fields({
  ...Object.fromEntries(
    INVOLVED.map((name) => [`involvedObject.${name}`, read('involvedObject', name)]),
  ),
  reason: read('reason'),
  reportingComponent: (object) =>
    read('reportingComponent')(object) || read('source', 'component')(object),
  source: (object) => read('source', 'component')(object) || read('reportingComponent')(object),
  type: read('type'),
});

const NEW_EVENT = fields({
  ...Object.fromEntries(INVOLVED.map((name) => [`regarding.${name}`, read('regarding', name)])),
  reason: read('reason'),
  reportingController: (object) =>
    read('reportingController')(object) || read('deprecatedSource', 'component')(object),
  type: read('type'),
});

const FIELDS: Readonly<Record<string, ReadonlyMap<string, FieldReader>>> = {
  pods: fields({
    'spec.nodeName': read('spec', 'nodeName'),
    'spec.restartPolicy': read('spec', 'restartPolicy'),
    'spec.schedulerName': read('spec', 'schedulerName'),
    'spec.serviceAccountName': read('spec', 'serviceAccountName'),
    'spec.hostNetwork': readFlag('spec', 'hostNetwork'),
    'status.phase': read('status', 'phase'),
    'status.podIP': read('status', 'podIP'),
    'status.podIPs': read('status', 'podIP'),
    'status.nominatedNodeName': read('status', 'nominatedNodeName'),
  }),
  nodes: fields({ 'spec.unschedulable': readFlag('spec', 'unschedulable') }),
  namespaces: fields({ 'status.phase': read('status', 'phase') }),
  secrets: fields({ type: read('type') }),
  services: fields({
    'spec.clusterIP': read('spec', 'clusterIP'),
    'spec.type': read('spec', 'type'),
  }),
  replicationcontrollers: fields({ 'status.replicas': readNumber('status', 'replicas') }),
  'replicasets.apps': fields({ 'status.replicas': readNumber('status', 'replicas') }),
  'jobs.batch': fields({ 'status.successful': readNumber('status', 'succeeded') }),
  'certificatesigningrequests.certificates.k8s.io': fields({
    'spec.signerName': read('spec', 'signerName'),
  }),
  events: CORE_EVENT,
  'events.events.k8s.io': NEW_EVENT,
};

const NONE: ReadonlyMap<string, FieldReader> = new Map();

/** The fields by which objects of a built-in resource can be selected, besides name and namespace. */
export function selectableFieldsOf(key: string): ReadonlyMap<string, FieldReader> {
  return FIELDS[key] ?? NONE;
}
