import { isDeepStrictEqual } from 'node:util';
import type {
  AuthorizationAttributes,
  Authorizer,
  JsonObject,
  ResourceType,
  UserInfo,
} from '../../contracts.ts';
import { forbiddenError, notFound } from '../../status.ts';
import { isJsonObject } from '../../schema/json-type.ts';
import { SYSTEM } from '../user-names.ts';
import { RBAC_GROUP, type PolicyIndex, type RoleReference } from './policy-index.ts';
import { rulesOf, type PolicyRule } from './policy-rule.ts';
import { joinMessages, type RbacAuthorizer } from './rbac-authorizer.ts';
import { describeRules, uncoveredRules } from './rule-cover.ts';

/** What {@link checkRbacEscalation} decides with. */
export interface EscalationContext {
  readonly authorizer: Authorizer;
  readonly policy: RbacAuthorizer;
  readonly index: PolicyIndex;
}

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [], nonResourceURLs: [] },
  { verbs: ['*'], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ['*'] },
];

/** Goes by the groups too: two users of one name may differ. */
function describeUser({ username, groups }: UserInfo): string {
  return `user ${JSON.stringify(username)} (groups=[${groups.map((group) => JSON.stringify(group)).join(' ')}])`;
}

function attributesOf(
  user: UserInfo,
  verb: 'escalate' | 'bind',
  resource: string,
  namespace: string,
  name: string,
): AuthorizationAttributes {
  return {
    user,
    verb,
    resourceRequest: true,
    group: RBAC_GROUP,
    version: 'v1',
    resource,
    subresource: '',
    namespace,
    name,
    path: '',
  };
}

function metadataOf(object: JsonObject): { readonly name: string; readonly namespace: string } {
  const metadata = (object['metadata'] ?? {}) as JsonObject;
  return { name: String(metadata['name'] ?? ''), namespace: String(metadata['namespace'] ?? '') };
}

/** What of a role or binding gives rights; the rest may be changed by anyone who may update the object. */
function grantsOf(object: JsonObject): unknown {
  return [
    rulesOf(object),
    object['aggregationRule'] ?? null,
    object['roleRef'] ?? null,
    object['subjects'] ?? null,
  ];
}

/**
 * Refuses a role or binding that would give rights its writer does not have, unless they may `escalate` the role or
 * `bind` it. Writes that leave the rights alone pass.
 *
 * @throws StatusError 403, or 404 for a binding to a role that does not exist
 */
export function checkRbacEscalation(
  { authorizer, policy, index }: EscalationContext,
  user: UserInfo,
  type: ResourceType,
  object: JsonObject,
  old: JsonObject | undefined,
): void {
  if (type.group !== RBAC_GROUP || user.groups.includes(SYSTEM.masters)) return;
  if (old !== undefined && isDeepStrictEqual(grantsOf(object), grantsOf(old))) return;
  const { name, namespace } = metadataOf(object);
  const isBinding = type.kind === 'RoleBinding' || type.kind === 'ClusterRoleBinding';
  let wanted: readonly PolicyRule[];
  if (isBinding) {
    const reference = (object['roleRef'] ?? {}) as JsonObject;
    const role: RoleReference = {
      kind: reference['kind'] === 'Role' ? 'Role' : 'ClusterRole',
      name: String(reference['name'] ?? ''),
    };
    const resource = role.kind === 'Role' ? 'roles' : 'clusterroles';
    const bind = attributesOf(user, 'bind', resource, namespace, role.name);
    if (authorizer.authorize(bind).allowed) return;
    const rules = index.rules(role, namespace);
    if (rules === undefined) throw notFound(type, role.name);
    wanted = rules;
  } else {
    const escalate = attributesOf(user, 'escalate', type.plural, namespace, name);
    if (authorizer.authorize(escalate).allowed) return;
    wanted = rulesOf(object);
  }
  const owned = policy.rulesFor(user, namespace);
  if (
    isJsonObject(object['aggregationRule']) &&
    uncoveredRules(owned.rules, EVERYTHING).length > 0
  ) {
    throw forbiddenError(
      type,
      name,
      'must have cluster-admin privileges to use the aggregationRule',
    );
  }
  const missing = uncoveredRules(owned.rules, wanted);
  if (missing.length === 0) return;
  const problems =
    owned.errors.length === 0 ? '' : `; resolution errors: ${joinMessages(owned.errors)}`;
  throw forbiddenError(
    type,
    name,
    `${describeUser(user)} is attempting to grant RBAC permissions not currently held:\n${describeRules(missing).join('\n')}${problems}`,
  );
}
