import type {
  AuthorizationAttributes,
  AuthorizationDecision,
  Authorizer,
  UserInfo,
} from '../../contracts.ts';
import { SYSTEM } from '../user-names.ts';
import { RBAC_GROUP, type Grant, type PolicyIndex } from './policy-index.ts';
import { ruleAllows, type PolicyRule } from './policy-rule.ts';

/** What a user may do somewhere, and which roles could not be found on the way. */
export interface UserRules {
  readonly rules: readonly PolicyRule[];
  /** Messages; empty when all bindings could be followed. */
  readonly errors: readonly string[];
}

function missingRole({ role }: Grant): string {
  const kind = role.kind === 'Role' ? 'role' : 'clusterrole';
  return `${kind}.${RBAC_GROUP} ${JSON.stringify(role.name)} not found`;
}

/** Several messages as the real server joins them. */
export function joinMessages(messages: readonly string[]): string {
  const distinct = [...new Set(messages)];
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`;
}

function describeGrant({ binding, namespace, role, subject }: Grant): string {
  const [kind, name] =
    namespace === '' ? ['ClusterRoleBinding', binding] : ['RoleBinding', `${binding}/${namespace}`];
  return `RBAC: allowed by ${kind} ${JSON.stringify(name)} of ${role.kind} ${JSON.stringify(role.name)} to ${subject}`;
}

/** Role-based access control over the roles and bindings in the store. `system:masters` may do everything. */
export class RbacAuthorizer implements Authorizer {
  readonly #index: PolicyIndex;

  constructor(index: PolicyIndex) {
    this.#index = index;
  }

  authorize(attributes: AuthorizationAttributes): AuthorizationDecision {
    if (attributes.user.groups.includes(SYSTEM.masters)) return { allowed: true, reason: '' };
    // Rules about paths count in the cluster's bindings only.
    const namespace = attributes.resourceRequest ? attributes.namespace : '';
    const missing: string[] = [];
    for (const grant of this.#index.grants(attributes.user, namespace)) {
      const rules = this.#index.rules(grant.role, grant.namespace);
      if (rules === undefined) missing.push(missingRole(grant));
      else if (rules.some((rule) => ruleAllows(rule, attributes))) {
        return { allowed: true, reason: describeGrant(grant) };
      }
    }
    return {
      allowed: false,
      reason: missing.length === 0 ? '' : `RBAC: ${joinMessages(missing)}`,
    };
  }

  /** All rules that bindings give to a user in a namespace; with the empty namespace, in the cluster as a whole. */
  rulesFor(user: UserInfo, namespace: string): UserRules {
    const rules: PolicyRule[] = [];
    const errors: string[] = [];
    for (const grant of this.#index.grants(user, namespace)) {
      const found = this.#index.rules(grant.role, grant.namespace);
      if (found === undefined) errors.push(missingRole(grant));
      else rules.push(...found);
    }
    return { rules, errors };
  }
}
