import type { AuthorizationAttributes, JsonObject } from '../../contracts.ts';

/** One rule of a Role or ClusterRole, every list present. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** Empty: all names. */
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The rules of a stored Role or ClusterRole. */
export function rulesOf(role: JsonObject): readonly PolicyRule[] {
  const rules: unknown = role['rules'];
  if (!Array.isArray(rules)) return [];
  return rules.map((value: unknown) => {
    // Stored roles have been decoded by their schema: a rule is an object.
    const rule = value as JsonObject;
    return {
      verbs: texts(rule['verbs']),
      apiGroups: texts(rule['apiGroups']),
      resources: texts(rule['resources']),
      resourceNames: texts(rule['resourceNames']),
      nonResourceURLs: texts(rule['nonResourceURLs']),
    };
  });
}

/** A rule as stored objects write it: empty lists left out, keys in the order of the API. */
export function policyRuleObject(rule: PolicyRule): JsonObject {
  return {
    verbs: [...rule.verbs],
    ...(rule.apiGroups.length === 0 ? {} : { apiGroups: [...rule.apiGroups] }),
    ...(rule.resources.length === 0 ? {} : { resources: [...rule.resources] }),
    ...(rule.resourceNames.length === 0 ? {} : { resourceNames: [...rule.resourceNames] }),
    ...(rule.nonResourceURLs.length === 0 ? {} : { nonResourceURLs: [...rule.nonResourceURLs] }),
  };
}

function hasOrAll(list: readonly string[], value: string): boolean {
  return list.includes(value) || list.includes('*');
}

/** `pods`, `pods/log` and `*\/log` name resources; `*` names all of them with their subresources. */
export function resourceMatches(
  resources: readonly string[],
  resource: string,
  subresource: string,
): boolean {
  if (resources.includes('*')) return true;
  if (subresource === '') return resources.includes(resource);
  return resources.includes(`${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}

/** Whether a list of paths names one; a `*` at the end stands for any rest. */
export function pathMatches(paths: readonly string[], path: string): boolean {
  return paths.some(
    (allowed) =>
      allowed === '*' ||
      allowed === path ||
      (allowed.endsWith('*') && path.startsWith(allowed.slice(0, -1))),
  );
}

/** Whether a rule allows a request. */
export function ruleAllows(rule: PolicyRule, attributes: AuthorizationAttributes): boolean {
  if (!hasOrAll(rule.verbs, attributes.verb)) return false;
  if (!attributes.resourceRequest) return pathMatches(rule.nonResourceURLs, attributes.path);
  return (
    hasOrAll(rule.apiGroups, attributes.group) &&
    resourceMatches(rule.resources, attributes.resource, attributes.subresource) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(attributes.name))
  );
}
