import {
  groupResourceOf,
  type PolicyRule,
  type ResourceDefinition,
} from '@kubewright/apimachinery';
import { RoleError } from './role-error.ts';

/** What may be done with objects. `*` is none of them: a role says what it needs. */
export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  // What some resources add to these.
  | 'bind'
  | 'escalate'
  | 'impersonate'
  | 'approve'
  | 'sign'
  | 'use';

/** Narrows what is permitted. */
export interface PermissionOptions {
  /** The subresource instead of the object, such as `status` or `log`. Default: the object. */
  readonly subresource?: string;
  /** Objects of these names only. Default: of any name. */
  readonly names?: readonly string[];
}

/**
 * The permission to do something with the objects of a resource, for `deriveRole`.
 *
 * `create` by name is the permission to create by an apply, which goes with `patch` (or by a replacement, with `update`, for kinds that allow it);
 * a creation by POST needs `create` for any name.
 *
 * @throws RoleError `INVALID_RULE` when the permission could never be used: no verb, `deletecollection` by name, or `create` by name
 * without `patch` or `update`.
 *
 * @example
 * ```ts
 * const rules = [
 *   permission(Pod, ['get', 'list', 'watch']),
 *   permission(Pod, ['get'], { subresource: 'log' }),
 *   permission(Lease, ['get', 'update'], { names: ['my-operator'] }),
 *   permission(ConfigMap, ['create', 'patch'], { names: ['my-state'] }), // for client.apply
 * ];
 * ```
 */
export function permission(
  resource: Pick<ResourceDefinition, 'group' | 'plural'>,
  verbs: readonly [Verb, ...Verb[]],
  options: PermissionOptions = {},
): PolicyRule {
  const { subresource, names } = options;
  const rule: PolicyRule = {
    apiGroups: [resource.group],
    resources: [subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`],
    ...(names === undefined ? {} : { resourceNames: [...names] }),
    verbs: [...verbs],
  };
  checkRule(rule, groupResourceOf(resource));
  return rule;
}

/**
 * Refuses a rule that permits anything at all, or nothing.
 *
 * @throws RoleError
 */
export function checkRule(rule: PolicyRule, what: string): void {
  const { apiGroups = [], resources = [], resourceNames, nonResourceURLs = [], verbs } = rule;
  for (const word of [
    ...apiGroups,
    ...resources,
    ...(resourceNames ?? []),
    ...nonResourceURLs,
    ...verbs,
  ]) {
    if (word.includes('*')) {
      throw new RoleError(
        'WILDCARD',
        `a rule for ${what} has the wildcard "${word}": name what is needed`,
      );
    }
  }
  if (verbs.length === 0) throw new RoleError('INVALID_RULE', `a rule for ${what} has no verb`);
  const isForObjects = apiGroups.length > 0 && resources.length > 0;
  if (isForObjects === nonResourceURLs.length > 0) {
    throw new RoleError(
      'INVALID_RULE',
      `a rule for ${what} needs either apiGroups and resources, or nonResourceURLs`,
    );
  }
  if (resourceNames === undefined) return;
  // An empty list means every name, which is hardly what a list of names was made for.
  if (resourceNames.length === 0) {
    throw new RoleError('INVALID_RULE', `a rule for ${what} has an empty list of names`);
  }
  if (verbs.includes('deletecollection')) {
    throw new RoleError(
      'INVALID_RULE',
      `a rule for ${what} cannot restrict deletecollection to names`,
    );
  }
  // Servers are not told the name of what is sent by POST; of what a patch or an update creates they are.
  if (verbs.includes('create') && !verbs.includes('patch') && !verbs.includes('update')) {
    throw new RoleError(
      'INVALID_RULE',
      `a rule for ${what} restricts create to names, which is of use to an apply (patch) or a replacement (update) only: permit that too`,
    );
  }
}
