import { isDeepStrictEqual } from 'node:util';
import { fromLabelSelector, type LabelSelector } from '@kubewright/apimachinery';
import type { JsonObject, ObjectStore } from '../../contracts.ts';
import { RBAC_KEYS } from './policy-index.ts';

interface RoleMetadata {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
}

function metadataOf(role: JsonObject): RoleMetadata {
  // Roles are stored, or about to be: they have a name.
  return role['metadata'] as RoleMetadata;
}

/** What the selectors of a role gather from the others, in their order, each rule once; undefined when it gathers nothing. */
export function aggregatedRules(
  role: JsonObject,
  others: readonly JsonObject[],
): readonly JsonObject[] | undefined {
  const aggregation = role['aggregationRule'] as
    { clusterRoleSelectors?: readonly LabelSelector[] } | null | undefined;
  if (aggregation === null || aggregation === undefined) return undefined;
  const rules: JsonObject[] = [];
  for (const labelSelector of aggregation.clusterRoleSelectors ?? []) {
    const selector = fromLabelSelector(labelSelector);
    for (const other of others) {
      const { name, labels } = metadataOf(other);
      if (name === metadataOf(role).name || !selector.matches(labels ?? {})) continue;
      for (const rule of ownRules(other)) {
        if (!rules.some((known) => isDeepStrictEqual(known, rule))) rules.push(rule);
      }
    }
  }
  return rules;
}

/** Whether two lists hold the same rules, in any order: roles that gather from each other come to rest so. */
function sameRules(one: readonly JsonObject[], other: readonly JsonObject[]): boolean {
  return (
    one.length === other.length &&
    one.every((rule) => other.some((candidate) => isDeepStrictEqual(rule, candidate)))
  );
}

function ownRules(role: JsonObject): readonly JsonObject[] {
  return (role['rules'] ?? []) as readonly JsonObject[];
}

/** Fills aggregated roles until nothing changes: `admin` gathers from `edit`, which gathers from `view`. */
export function fillAggregatedRoles(roles: readonly JsonObject[]): void {
  const sorted = [...roles].sort((one, other) =>
    metadataOf(one).name < metadataOf(other).name ? -1 : 1,
  );
  for (let changed = true; changed;) {
    changed = false;
    for (const role of roles) {
      const rules = aggregatedRules(role, sorted);
      if (rules === undefined || sameRules(ownRules(role), rules)) continue;
      role['rules'] = rules;
      changed = true;
    }
  }
}

/**
 * Keeps the rules of aggregated ClusterRoles in the store up to date, a little after each change: the commit that
 * tells of a change must have reached everyone before the next one is made.
 *
 * @returns disposing it stops
 */
export function startAggregation(store: ObjectStore): Disposable {
  let isScheduled = false;
  let isStopped = false;
  const refresh = () => {
    isScheduled = false;
    if (isStopped) return;
    const roles = store.list(RBAC_KEYS.clusterRoles);
    for (const role of roles) {
      const rules = aggregatedRules(role, roles);
      if (rules === undefined || sameRules(ownRules(role), rules)) continue;
      // Committing schedules the next look, which follows chains of aggregation.
      store.modify(RBAC_KEYS.clusterRoles, undefined, metadataOf(role).name, (stored) => ({
        ...stored,
        rules,
      }));
    }
  };
  const observer = store.observe(RBAC_KEYS.clusterRoles, () => {
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(refresh);
  });
  return {
    [Symbol.dispose]: () => {
      isStopped = true;
      observer[Symbol.dispose]();
    },
  };
}
