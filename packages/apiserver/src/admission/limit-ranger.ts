import type { JsonObject } from '../contracts.ts';
import { limitBreaches } from '../resources/limit-breaches.ts';
import { ensureObject, listAt, objectAt, textAt } from '../registry/json-read.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './chain.ts';
import { refusal } from './refusal.ts';

const RANGES = 'limitranges';
const ANNOTATION = 'kubernetes.io/limit-ranger';
const CLAIMS = 'persistentvolumeclaims';

/** The LimitRanges that a write has to keep to. */
function rangesFor(attributes: AdmissionAttributes): JsonObject[] {
  const { operation, type, subresource, namespace, object, old, store } = attributes;
  if (subresource !== '' || object === undefined) return [];
  // What containers ask for does not change; claims may grow.
  const isBound =
    (operation === 'CREATE' && (type.storageKey === 'pods' || type.storageKey === CLAIMS)) ||
    (operation === 'UPDATE' && type.storageKey === CLAIMS);
  if (!isBound) return [];
  if (objectAt(old ?? {}, 'metadata')['deletionTimestamp'] !== undefined) return [];
  return store.list(RANGES, namespace);
}

function limitsOf(range: JsonObject): JsonObject[] {
  return listAt(objectAt(range, 'spec'), 'limits');
}

/** Fills what a list of a container leaves open. @returns the names that were set, sorted */
function fill(container: JsonObject, list: 'limits' | 'requests', defaults: JsonObject): string[] {
  const present = objectAt(objectAt(container, 'resources'), list);
  const missing = Object.keys(defaults)
    .filter((name) => present[name] === undefined)
    .sort();
  if (missing.length === 0) return [];
  const target = ensureObject(ensureObject(container, 'resources'), list);
  for (const name of missing) target[name] = defaults[name] as unknown;
  return missing;
}

/** Gives containers the defaults of one LimitRange; the pod tells in an annotation what it got. */
function applyDefaults(range: JsonObject, pod: JsonObject): void {
  const limits = limitsOf(range).filter((limit) => limit['type'] === 'Container');
  const merged = (key: string): JsonObject =>
    Object.assign({}, ...limits.map((limit) => objectAt(limit, key))) as JsonObject;
  const defaults = merged('default');
  const defaultRequests = merged('defaultRequest');
  const told: string[] = [];
  const spec = objectAt(pod, 'spec');
  for (const [list, noun] of [
    ['containers', 'container'],
    ['initContainers', 'init container'],
  ] as const) {
    for (const container of listAt(spec, list)) {
      const whose = `for ${noun} ${textAt(container, 'name')}`;
      const setLimits = fill(container, 'limits', defaults);
      const setRequests = fill(container, 'requests', defaultRequests);
      if (setRequests.length > 0) told.push(`${setRequests.join(', ')} request ${whose}`);
      if (setLimits.length > 0) told.push(`${setLimits.join(', ')} limit ${whose}`);
    }
  }
  if (told.length === 0) return;
  const annotations = ensureObject(ensureObject(pod, 'metadata'), 'annotations');
  annotations[ANNOTATION] = `LimitRanger plugin set: ${told.join('; ')}`;
}

/** Pods and claims keep to the LimitRanges of their namespace; containers that say nothing get their defaults. */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  admit(attributes) {
    const { type, object } = attributes;
    if (type.storageKey !== 'pods' || object === undefined) return;
    for (const range of rangesFor(attributes)) applyDefaults(range, object);
  },
  validate(attributes) {
    const { type, object } = attributes;
    for (const range of rangesFor(attributes)) {
      const breaches = new Set(
        limitsOf(range).flatMap((limit) => limitBreaches(limit, type.storageKey, object ?? {})),
      );
      if (breaches.size === 0) continue;
      const [first = ''] = breaches;
      throw refusal(attributes, breaches.size === 1 ? first : `[${[...breaches].join(', ')}]`);
    }
  },
};
