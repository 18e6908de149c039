import { notFound } from '../../status.ts';
import { objectAt } from '../../registry/json-read.ts';
import type { JsonObject, ResourceType, TypeRegistry } from '../../contracts.ts';
import type { AdmissionAttributes } from '../chain.ts';
import type { AdmissionHook, HookRule } from './admission-hook.ts';

const ADMISSION_GROUP = 'admissionregistration.k8s.io';

/** Kinds that webhooks are never asked about: a bad webhook could not be removed any more. */
export function isExempt({ type }: Pick<AdmissionAttributes, 'type'>): boolean {
  return type.group === ADMISSION_GROUP;
}

function includes(names: readonly string[], name: string): boolean {
  return names.includes('*') || names.includes(name);
}

function matchesResource(rule: HookRule, plural: string, subresource: string): boolean {
  return rule.resources.some((name) => {
    const [resource = '', sub = ''] = name.split('/', 2);
    return (resource === '*' || resource === plural) && (sub === '*' || sub === subresource);
  });
}

function matchesScope({ scope }: HookRule, { type, namespace }: AdmissionAttributes): boolean {
  // A namespace is no object of a namespace, although requests for it name one.
  const isNamespaced = type.storageKey !== 'namespaces' && namespace !== undefined;
  switch (scope) {
    case 'Namespaced':
      return isNamespaced;
    case 'Cluster':
      return !isNamespaced;
    default:
      return true;
  }
}

function matchesRule(rule: HookRule, type: ResourceType, attributes: AdmissionAttributes): boolean {
  return (
    matchesScope(rule, attributes) &&
    includes(rule.operations, attributes.operation) &&
    includes(rule.apiGroups, type.group) &&
    includes(rule.apiVersions, type.version) &&
    matchesResource(rule, type.plural, attributes.subresource)
  );
}

type Labels = Readonly<Record<string, string>>;

function labelsOf(object: JsonObject | undefined): Labels | undefined {
  if (object === undefined) return undefined;
  return objectAt(objectAt(object, 'metadata'), 'labels');
}

/** @throws StatusError 404 when the namespace of the request does not exist */
function matchesNamespace(hook: AdmissionHook, attributes: AdmissionAttributes): boolean {
  const { namespaceSelector } = hook;
  if (namespaceSelector.requirements.length === 0) return true;
  const { type, namespace, object, operation, store, subresource } = attributes;
  if (type.storageKey === 'namespaces') {
    // What counts is the namespace as it will be, while that is in the request.
    const isInRequest = subresource === '' && operation !== 'DELETE';
    const labels = isInRequest
      ? labelsOf(object)
      : labelsOf(store.get('namespaces', undefined, attributes.name));
    return namespaceSelector.matches(labels ?? {});
  }
  if (namespace === undefined) return true;
  const found = store.get('namespaces', undefined, namespace);
  if (found === undefined) throw notFound({ group: '', plural: 'namespaces' }, namespace);
  return namespaceSelector.matches(labelsOf(found) ?? {});
}

function matchesObject(
  { objectSelector }: AdmissionHook,
  attributes: AdmissionAttributes,
): boolean {
  if (objectSelector.requirements.length === 0) return true;
  return [attributes.object, attributes.old].some((object) => {
    const labels = labelsOf(object);
    return labels !== undefined && objectSelector.matches(labels);
  });
}

/**
 * The version of the resource in which a webhook wants to see a request; undefined when it does not. `matchConditions`
 * are not looked at yet.
 *
 * @throws StatusError 404 when the namespace, which has to be looked at, does not exist
 */
export function matchHook(
  hook: AdmissionHook,
  attributes: AdmissionAttributes,
  registry: Pick<TypeRegistry, 'all'>,
): ResourceType | undefined {
  if (!matchesObject(hook, attributes)) return undefined;
  const matched = matchVersion(hook, attributes, registry);
  return matched !== undefined && matchesNamespace(hook, attributes) ? matched : undefined;
}

function matchVersion(
  hook: AdmissionHook,
  attributes: AdmissionAttributes,
  registry: Pick<TypeRegistry, 'all'>,
): ResourceType | undefined {
  const { type } = attributes;
  if (hook.rules.some((rule) => matchesRule(rule, type, attributes))) return type;
  if (!hook.matchesEquivalents) return undefined;
  const equivalents = registry
    .all()
    .filter((other) => other !== type && other.storageKey === type.storageKey);
  for (const rule of hook.rules) {
    const found = equivalents.find((other) => matchesRule(rule, other, attributes));
    if (found !== undefined) return found;
  }
  return undefined;
}
