import type { JsonObject } from '../../contracts.ts';
import {
  ensureObject,
  listAt,
  objectAt,
  setDefault,
  setDefaultText,
  textAt,
} from '../json-read.ts';

/** The tag of an image reference, `latest` when it has neither tag nor digest. */
function imageTag(image: string): string | undefined {
  if (image.includes('@')) return undefined;
  const last = image.slice(image.lastIndexOf('/') + 1);
  const colon = last.indexOf(':');
  return colon < 0 ? 'latest' : last.slice(colon + 1);
}

/** What is called `latest` may be another one tomorrow. */
export function defaultPullPolicy(image: string): string {
  return imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultHttpGet(action: JsonObject | undefined): void {
  if (action === undefined) return;
  setDefaultText(action, 'path', '/');
  setDefaultText(action, 'scheme', 'HTTP');
}

function defaultProbe(probe: JsonObject | undefined): void {
  if (probe === undefined) return;
  for (const [key, value] of [
    ['timeoutSeconds', 1],
    ['periodSeconds', 10],
    ['successThreshold', 1],
    ['failureThreshold', 3],
  ] as const) {
    if ((probe[key] ?? 0) === 0) probe[key] = value;
  }
  // Decoded: members have their types.
  defaultHttpGet(probe['httpGet'] as JsonObject | undefined);
  const grpc = probe['grpc'] as JsonObject | undefined;
  if (grpc !== undefined) setDefault(grpc, 'service', '');
}

function defaultLifecycle(container: JsonObject): void {
  const lifecycle = objectAt(container, 'lifecycle');
  for (const hook of ['postStart', 'preStop']) {
    // As above.
    defaultHttpGet(objectAt(lifecycle, hook)['httpGet'] as JsonObject | undefined);
  }
}

/** Fills what a field reference (`valueFrom.fieldRef`, downward API) leaves out. */
export function defaultFieldRef(source: JsonObject): void {
  const reference = source['fieldRef'] as JsonObject | undefined;
  if (reference !== undefined) setDefaultText(reference, 'apiVersion', 'v1');
}

/** Where quantities stand as strings, whatever the client sent; `1.0` and `1` are the same. */
function defaultResources(container: JsonObject, isPod: boolean): void {
  const resources = ensureObject(container, 'resources');
  const limits = resources['limits'] as JsonObject | undefined;
  if (!isPod || limits === undefined) return;
  const requests = ensureObject(resources, 'requests');
  for (const [name, value] of Object.entries(limits)) setDefault(requests, name, value);
}

/**
 * Fills the defaults of a container.
 *
 * @param isPod in a pod, and not in a template, requests follow limits
 */
export function defaultContainer(container: JsonObject, isPod: boolean): void {
  setDefaultText(container, 'terminationMessagePath', '/dev/termination-log');
  setDefaultText(container, 'terminationMessagePolicy', 'File');
  setDefaultText(container, 'imagePullPolicy', defaultPullPolicy(textAt(container, 'image')));
  defaultResources(container, isPod);
  for (const port of listAt(container, 'ports')) setDefaultText(port, 'protocol', 'TCP');
  for (const variable of listAt(container, 'env')) defaultFieldRef(objectAt(variable, 'valueFrom'));
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    // As above.
    defaultProbe(container[probe] as JsonObject | undefined);
  }
  defaultLifecycle(container);
}
