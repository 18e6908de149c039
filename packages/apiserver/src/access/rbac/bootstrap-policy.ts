import type { JsonObject } from '../../contracts.ts';
import { fillAggregatedRoles } from './aggregation.ts';
import { COMPONENT_ROLES, SYSTEM_NAMESPACE_ROLES } from './bootstrap-component-roles.ts';
import { CONTROLLER_ROLES } from './bootstrap-controller-roles.ts';
import { bindingObject, roleObject } from './bootstrap-role.ts';
import { USER_ROLES } from './bootstrap-user-roles.ts';

/** The roles and bindings of a fresh cluster: cluster-wide roles, their bindings, then those of the system namespaces. */
export function bootstrapPolicy(): readonly JsonObject[] {
  const clusterRoles = [...USER_ROLES, ...COMPONENT_ROLES, ...CONTROLLER_ROLES];
  const roles = clusterRoles.map(roleObject);
  fillAggregatedRoles(roles);
  const bindings = (all: typeof clusterRoles) =>
    all.map(bindingObject).filter((binding) => binding !== undefined);
  return [
    ...roles,
    ...bindings(clusterRoles),
    ...SYSTEM_NAMESPACE_ROLES.map(roleObject),
    ...bindings([...SYSTEM_NAMESPACE_ROLES]),
  ];
}
