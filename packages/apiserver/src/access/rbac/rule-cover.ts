import type { PolicyRule } from './policy-rule.ts';
import { pathMatches } from './policy-rule.ts';

/** Splits a rule into rules with one verb, one group and resource (or one path) and at most one name each. */
function* parts(rule: PolicyRule): Generator<PolicyRule> {
  const none: readonly string[] = [];
  for (const group of rule.apiGroups) {
    for (const resource of rule.resources) {
      for (const verb of rule.verbs) {
        const part = {
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          nonResourceURLs: none,
        };
        if (rule.resourceNames.length === 0) yield { ...part, resourceNames: none };
        else for (const name of rule.resourceNames) yield { ...part, resourceNames: [name] };
      }
    }
  }
  for (const url of rule.nonResourceURLs) {
    for (const verb of rule.verbs) {
      yield {
        verbs: [verb],
        apiGroups: none,
        resources: none,
        resourceNames: none,
        nonResourceURLs: [url],
      };
    }
  }
}

function coversAll(owned: readonly string[], wanted: readonly string[]): boolean {
  return owned.includes('*') || wanted.every((value) => owned.includes(value));
}

function coversResources(owned: readonly string[], wanted: readonly string[]): boolean {
  if (owned.includes('*')) return true;
  return wanted.every((resource) => {
    const slash = resource.indexOf('/');
    return (
      owned.includes(resource) || (slash >= 0 && owned.includes(`*/${resource.slice(slash + 1)}`))
    );
  });
}

function covers(owned: PolicyRule, wanted: PolicyRule): boolean {
  if (!coversAll(owned.verbs, wanted.verbs)) return false;
  if (!wanted.nonResourceURLs.every((url) => pathMatches(owned.nonResourceURLs, url))) return false;
  if (wanted.resources.length === 0) return true;
  const coversNames =
    owned.resourceNames.length === 0 ||
    (wanted.resourceNames.length > 0 && coversAll(owned.resourceNames, wanted.resourceNames));
  return (
    coversAll(owned.apiGroups, wanted.apiGroups) &&
    coversResources(owned.resources, wanted.resources) &&
    coversNames
  );
}

/** The parts of the rules wanted that no single owned rule covers. */
export function uncoveredRules(
  owned: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): PolicyRule[] {
  return wanted
    .flatMap((rule) => [...parts(rule)])
    .filter((part) => !owned.some((rule) => covers(rule, part)));
}

function quoted(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}

function describeRule(rule: PolicyRule): string {
  const fields: readonly (readonly [string, readonly string[]])[] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ];
  const filled = fields.filter(([, values]) => values.length > 0);
  return `{${filled.map(([name, values]) => `${name}:${quoted(values)}`).join(', ')}}`;
}

/** Rules as lines of a message, sorted; those about the same resource and name become one with all their verbs. */
export function describeRules(rules: readonly PolicyRule[]): string[] {
  const merged = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const { apiGroups, resources, resourceNames, nonResourceURLs } = rule;
    const isPath = nonResourceURLs.length > 0;
    // Paths stay one line for each verb, as in the real server.
    const key = JSON.stringify(
      isPath ? [nonResourceURLs, rule.verbs] : [apiGroups, resources, resourceNames],
    );
    const known = merged.get(key);
    merged.set(
      key,
      known === undefined
        ? rule
        : { ...known, verbs: [...new Set([...known.verbs, ...rule.verbs])] },
    );
  }
  return [...merged.values()].map(describeRule).sort();
}
