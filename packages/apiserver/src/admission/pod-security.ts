import type { JsonObject } from '../contracts.ts';
import { podSubject } from '../pod-security/check.ts';
import { evaluatePod, findingsText, reasonsText } from '../pod-security/evaluate.ts';
import { levelText, policyOf, strictness, type LevelVersion } from '../pod-security/policy.ts';
import { listAt, objectAt, textAt } from '../registry/json-read.ts';
import { forbiddenError, invalidError } from '../status.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './chain.ts';

/** Where kinds that make pods keep their template. */
const TEMPLATES: ReadonlyMap<string, readonly string[]> = new Map([
  ['podtemplates', ['template']],
  ['replicationcontrollers', ['spec', 'template']],
  ['replicasets.apps', ['spec', 'template']],
  ['deployments.apps', ['spec', 'template']],
  ['statefulsets.apps', ['spec', 'template']],
  ['daemonsets.apps', ['spec', 'template']],
  ['jobs.batch', ['spec', 'template']],
  ['cronjobs.batch', ['spec', 'jobTemplate', 'spec', 'template']],
]);

/** Subresources of a pod that do not change what its containers may do. */
const HARMLESS = new Set([
  'exec',
  'attach',
  'binding',
  'eviction',
  'log',
  'portforward',
  'proxy',
  'status',
]);

/** Most pods that are looked at when a namespace becomes stricter. */
const MAX_PODS = 3000;

function labelsOf(object: JsonObject | undefined): Record<string, string> {
  return objectAt(objectAt(object ?? {}, 'metadata'), 'labels');
}

function namespacePolicy({ store, namespace }: AdmissionAttributes) {
  return policyOf(labelsOf(store.get('namespaces', undefined, namespace ?? '')));
}

/** Only another image or another container makes a changed pod a matter of security. */
function isSignificant(pod: JsonObject, old: JsonObject): boolean {
  const [spec, oldSpec] = [objectAt(pod, 'spec'), objectAt(old, 'spec')];
  const isChanged = ['containers', 'initContainers'].some((list) => {
    const [now, before] = [listAt(spec, list), listAt(oldSpec, list)];
    const hasOtherImage = now.some(({ image }, index) => before[index]?.['image'] !== image);
    return now.length !== before.length || hasOtherImage;
  });
  if (isChanged) return true;
  const before = listAt(oldSpec, 'ephemeralContainers');
  return listAt(spec, 'ephemeralContainers').some(
    ({ name, image }) => !before.some((each) => each['name'] === name && each['image'] === image),
  );
}

function warn(attributes: AdmissionAttributes, level: LevelVersion, template: JsonObject): void {
  const findings = evaluatePod(level, podSubject(template));
  if (findings.length === 0) return;
  attributes.warn(`would violate PodSecurity "${levelText(level)}": ${findingsText(findings)}`);
}

function validatePod(attributes: AdmissionAttributes, pod: JsonObject): void {
  const { subresource, operation, old, type, name } = attributes;
  if (HARMLESS.has(subresource)) return;
  if (operation === 'UPDATE' && !isSignificant(pod, old ?? {})) return;
  const { enforce, warn: warned } = namespacePolicy(attributes).policy;
  const findings = evaluatePod(enforce, podSubject(pod));
  if (findings.length > 0) {
    const detail = `violates PodSecurity "${levelText(enforce)}": ${findingsText(findings)}`;
    throw forbiddenError(type, name, detail);
  }
  warn(attributes, warned, pod);
}

function validateTemplate(
  attributes: AdmissionAttributes,
  path: readonly string[],
  object: JsonObject,
): void {
  if (attributes.subresource !== '') return;
  // Decoded by its schema: the path leads through objects.
  const template = path.reduce<JsonObject | undefined>(
    (holder, key) => holder?.[key] as JsonObject | undefined,
    object,
  );
  if (template === undefined) return;
  warn(attributes, namespacePolicy(attributes).policy.warn, template);
}

/** The pods of a namespace that would not be let in any more; each kind of breach once. */
function breachesOfOldPods(attributes: AdmissionAttributes, enforce: LevelVersion): string[] {
  const { store, name } = attributes;
  const pods = store.list('pods', name);
  const names = new Map<string, string[]>();
  for (const pod of pods.slice(0, MAX_PODS)) {
    const findings = evaluatePod(enforce, podSubject(pod));
    if (findings.length === 0) continue;
    const reasons = reasonsText(findings);
    const others = names.get(reasons) ?? [];
    names.set(reasons, [...others, textAt(objectAt(pod, 'metadata'), 'name')]);
  }
  const texts = [...names].map(([reasons, [first = '', ...others]]) => {
    const rest = others.length === 1 ? '1 other pod' : `${others.length} other pods`;
    return `${first}${others.length === 0 ? '' : ` (and ${rest})`}: ${reasons}`;
  });
  return [
    ...(pods.length > MAX_PODS
      ? [
          `new PodSecurity enforce level only checked against the first ${MAX_PODS} of ${pods.length} existing pods`,
        ]
      : []),
    ...(texts.length > 0
      ? [
          `existing pods in namespace "${name}" violate the new PodSecurity enforce level "${levelText(enforce)}"`,
        ]
      : []),
    ...texts.sort(),
  ];
}

function validateNamespace(attributes: AdmissionAttributes, namespace: JsonObject): void {
  const { subresource, operation, old, type, name } = attributes;
  if (subresource !== '') return;
  const { policy, errors } = policyOf(labelsOf(namespace));
  const before = operation === 'UPDATE' ? policyOf(labelsOf(old)) : undefined;
  // What was wrong before may stay wrong while something else is changed.
  const isOldNews = JSON.stringify(before?.errors) === JSON.stringify(errors);
  if (errors.length > 0 && !isOldNews) throw invalidError(type, name, errors);
  if (before === undefined) return;
  const { enforce } = policy;
  const was = before.policy.enforce;
  const isStricter = enforce.minor !== was.minor || strictness(enforce) > strictness(was);
  if (!isStricter || enforce.level === 'privileged') return;
  for (const text of breachesOfOldPods(attributes, enforce)) attributes.warn(text);
}

/**
 * Pods keep to the level that the labels of their namespace enforce; who makes one, or something that makes some, is
 * warned of the level that the labels warn of. There is no audit log, so `audit` is only checked for its spelling.
 */
export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  validate(attributes) {
    const { operation, type, object } = attributes;
    if ((operation !== 'CREATE' && operation !== 'UPDATE') || object === undefined) return;
    if (type.storageKey === 'namespaces') validateNamespace(attributes, object);
    else if (type.storageKey === 'pods') validatePod(attributes, object);
    else {
      const path = TEMPLATES.get(type.storageKey);
      if (path !== undefined) validateTemplate(attributes, path, object);
    }
  },
};
