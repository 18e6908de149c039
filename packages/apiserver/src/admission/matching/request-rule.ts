import type { JsonObject, ResourceType } from '../../contracts.ts';
import { stringsAt, textAt } from '../../registry/json-read.ts';
import type { AdmissionAttributes } from '../chain.ts';

/** One rule of a webhook or a policy: which requests it is about. */
export interface RequestRule {
  readonly operations: readonly string[];
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  /** As `pods`, or with a subresource as `pods/status`; a star stands for any of either. */
  readonly resources: readonly string[];
  /** Names of the objects; empty: all. Only the rules of policies have them. */
  readonly resourceNames: readonly string[];
  readonly scope: string;
}

/** Reads a `RuleWithOperations`, or a `NamedRuleWithOperations`. */
export function readRequestRule(rule: JsonObject): RequestRule {
  return {
    operations: stringsAt(rule, 'operations'),
    apiGroups: stringsAt(rule, 'apiGroups'),
    apiVersions: stringsAt(rule, 'apiVersions'),
    resources: stringsAt(rule, 'resources'),
    resourceNames: stringsAt(rule, 'resourceNames'),
    scope: textAt(rule, 'scope'),
  };
}

function includes(names: readonly string[], name: string): boolean {
  return names.includes('*') || names.includes(name);
}

function matchesResource(rule: RequestRule, plural: string, subresource: string): boolean {
  return rule.resources.some((name) => {
    const [resource = '', sub = ''] = name.split('/', 2);
    return (resource === '*' || resource === plural) && (sub === '*' || sub === subresource);
  });
}

function matchesScope({ scope }: RequestRule, { type, namespace }: AdmissionAttributes): boolean {
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

/** Whether a rule is about a request, when its resource is seen in the version `type`. */
export function matchesRule(
  rule: RequestRule,
  type: ResourceType,
  attributes: AdmissionAttributes,
): boolean {
  return (
    includes(rule.operations, attributes.operation) &&
    includes(rule.apiGroups, type.group) &&
    includes(rule.apiVersions, type.version) &&
    matchesResource(rule, type.plural, attributes.subresource) &&
    matchesScope(rule, attributes) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(attributes.name))
  );
}
