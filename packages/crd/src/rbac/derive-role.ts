import type { ClusterRole, PolicyRule, Role } from '@kubewright/apimachinery';
import { checkRule } from './permission.ts';
import { RoleError } from './role-error.ts';

/** What a role is called and what it permits. */
export interface RoleOptions {
  /** Name of the role. */
  readonly name: string;
  /** With a namespace it is a Role, without a ClusterRole. */
  readonly namespace?: string;
  /** Default: none. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What is needed, from all who need something; may repeat itself. */
  readonly rules: readonly PolicyRule[];
}

/**
 * The role that permits what the rules permit, and nothing more.
 *
 * Guarantees: the same rules in any order give the same role; rules that repeat or contain each other are merged; nothing
 * is granted that no rule grants.
 *
 * @throws RoleError `WILDCARD` for a `*`, `INVALID_RULE` for a rule a server would not take.
 */
export function deriveRole(options: RoleOptions & { readonly namespace: string }): Role;
export function deriveRole(options: RoleOptions & { readonly namespace?: undefined }): ClusterRole;
export function deriveRole(options: RoleOptions): Role | ClusterRole;
export function deriveRole(options: RoleOptions): Role | ClusterRole {
  const { name, namespace, labels, rules } = options;
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: namespace === undefined ? 'ClusterRole' : 'Role',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels: { ...labels } }),
    },
    rules: mergeRules(rules, namespace !== undefined),
  };
}

/** Who may do what: the verbs on one resource, of all names or of some. */
interface Grant {
  readonly group: string;
  readonly resource: string;
  /** Sorted; undefined for objects of any name. */
  readonly names: readonly string[] | undefined;
  readonly verbs: Set<string>;
}

function mergeRules(rules: readonly PolicyRule[], isNamespaced: boolean): PolicyRule[] {
  const grants = new Map<string, Grant>();
  const urls = new Map<string, Set<string>>();
  for (const rule of rules) {
    checkRule(rule, rule.resources?.join(', ') ?? rule.nonResourceURLs?.join(', ') ?? 'nothing');
    if (isNamespaced && rule.nonResourceURLs !== undefined && rule.nonResourceURLs.length > 0) {
      throw new RoleError(
        'INVALID_RULE',
        'a Role cannot grant nonResourceURLs; only a ClusterRole can',
      );
    }
    for (const url of rule.nonResourceURLs ?? []) addTo(urls, url, rule.verbs);
    for (const grant of grantsOf(rule)) {
      const key = keyOf(grant);
      const present = grants.get(key);
      if (present === undefined) grants.set(key, grant);
      else for (const verb of grant.verbs) present.verbs.add(verb);
    }
  }
  dropContained(grants);
  return [...joinResources([...grants.values()]), ...joinUrls(urls)];
}

function* grantsOf(rule: PolicyRule): Iterable<Grant> {
  const names = rule.resourceNames ?? [undefined];
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const name of new Set(names)) {
        const only = name === undefined ? undefined : [name];
        yield { group, resource, names: only, verbs: new Set(rule.verbs) };
      }
    }
  }
}

function keyOf({ group, resource, names }: Omit<Grant, 'verbs'>): string {
  return JSON.stringify([group, resource, names]);
}

/** What is granted for objects of any name need not be granted by name. */
function dropContained(grants: Map<string, Grant>): void {
  for (const [key, grant] of grants) {
    if (grant.names === undefined) continue;
    const any = grants.get(keyOf({ ...grant, names: undefined }));
    for (const verb of any?.verbs ?? []) grant.verbs.delete(verb);
    if (grant.verbs.size === 0) grants.delete(key);
  }
}

/**
 * One rule for the resources of a group that share verbs and names. Groups are never joined: a rule grants each of its
 * resources in each of its groups, which would be more than was asked for.
 */
function joinResources(grants: readonly Grant[]): PolicyRule[] {
  // Names first: those of one resource with the same verbs stand in one rule.
  const byVerbs = Map.groupBy(grants, ({ group, resource, names, verbs }) =>
    JSON.stringify([group, resource, names === undefined, sorted(verbs)]),
  );
  const named = [...byVerbs.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const names =
      first.names === undefined ? undefined : sorted(same.flatMap((grant) => grant.names ?? []));
    return [{ ...first, names }];
  });
  const byNames = Map.groupBy(named, ({ group, names, verbs }) =>
    JSON.stringify([group, sorted(verbs), names]),
  );
  const rules = [...byNames.values()].flatMap((same): PolicyRule[] => {
    const [first] = same;
    if (first === undefined) return [];
    return [
      {
        apiGroups: [first.group],
        resources: sorted(same.map(({ resource }) => resource)),
        ...(first.names === undefined ? {} : { resourceNames: [...first.names] }),
        verbs: sorted(first.verbs),
      },
    ];
  });
  return rules.sort((left, right) => compare(orderOf(left), orderOf(right)));
}

function joinUrls(urls: ReadonlyMap<string, ReadonlySet<string>>): PolicyRule[] {
  const byVerbs = Map.groupBy([...urls], ([, verbs]) => sorted(verbs).join());
  return [...byVerbs.values()]
    .map((same) => ({
      nonResourceURLs: sorted(same.map(([url]) => url)),
      verbs: sorted(same[0]?.[1] ?? []),
    }))
    .sort((left, right) => compare(left.nonResourceURLs.join(), right.nonResourceURLs.join()));
}

function addTo(sets: Map<string, Set<string>>, key: string, values: readonly string[]): void {
  sets.set(key, new Set([...(sets.get(key) ?? []), ...values]));
}

function orderOf(rule: PolicyRule): string {
  const { apiGroups = [], resources = [], resourceNames = [], verbs } = rule;
  // NUL sorts before every letter, so that a shorter list comes before a longer one.
  return [apiGroups, resources, resourceNames, verbs].map((words) => words.join()).join('\u0000');
}

function sorted(words: Iterable<string>): string[] {
  return [...new Set(words)].sort(compare);
}

/** By code units: the same on every machine, whatever its language. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
