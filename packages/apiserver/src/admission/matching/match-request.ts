import type { Selector } from '@kubewright/apimachinery';
import type { JsonObject, ResourceType, TypeRegistry } from '../../contracts.ts';
import { objectAt } from '../../registry/json-read.ts';
import { notFound } from '../../status.ts';
import type { AdmissionAttributes } from '../chain.ts';
import { matchesRule, type RequestRule } from './request-rule.ts';

/** Which requests a webhook or a policy is about. */
export interface MatchCriteria {
  /** One of them has to match; undefined: all requests do. */
  readonly rules: readonly RequestRule[] | undefined;
  /** None of them may match. */
  readonly excludeRules: readonly RequestRule[];
  readonly namespaceSelector: Selector;
  readonly objectSelector: Selector;
  /** A rule for another version of a resource counts: the object is converted to that. */
  readonly matchesEquivalents: boolean;
}

type Labels = Readonly<Record<string, string>>;
type Registry = Pick<TypeRegistry, 'all'>;

function labelsOf(object: JsonObject | undefined): Labels | undefined {
  if (object === undefined) return undefined;
  return objectAt(objectAt(object, 'metadata'), 'labels');
}

/** @throws StatusError 404 when the namespace of the request does not exist */
function matchesNamespace(
  { namespaceSelector }: MatchCriteria,
  attributes: AdmissionAttributes,
): boolean {
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
  { objectSelector }: MatchCriteria,
  attributes: AdmissionAttributes,
): boolean {
  if (objectSelector.requirements.length === 0) return true;
  return [attributes.object, attributes.old].some((object) => {
    const labels = labelsOf(object);
    return labels !== undefined && objectSelector.matches(labels);
  });
}

/**
 * The version of the resource in which a webhook or a policy wants to see a request; undefined when it does not. Its
 * `matchConditions` are not looked at yet.
 *
 * @throws StatusError 404 when the namespace, which has to be looked at, does not exist
 */
export function matchRequest(
  criteria: MatchCriteria,
  attributes: AdmissionAttributes,
  registry: Registry,
): ResourceType | undefined {
  const { rules, excludeRules, matchesEquivalents } = criteria;
  if (!matchesObject(criteria, attributes)) return undefined;
  const matched =
    rules === undefined
      ? attributes.type
      : matchVersion(rules, matchesEquivalents, attributes, registry);
  if (matched === undefined || !matchesNamespace(criteria, attributes)) return undefined;
  const excluded = matchVersion(excludeRules, matchesEquivalents, attributes, registry);
  return excluded === undefined ? matched : undefined;
}

function matchVersion(
  rules: readonly RequestRule[],
  matchesEquivalents: boolean,
  attributes: AdmissionAttributes,
  registry: Registry,
): ResourceType | undefined {
  if (rules.length === 0) return undefined;
  const { type } = attributes;
  if (rules.some((rule) => matchesRule(rule, type, attributes))) return type;
  if (!matchesEquivalents) return undefined;
  const equivalents = registry
    .all()
    .filter((other) => other !== type && other.storageKey === type.storageKey);
  for (const rule of rules) {
    const found = equivalents.find((other) => matchesRule(rule, other, attributes));
    if (found !== undefined) return found;
  }
  return undefined;
}
