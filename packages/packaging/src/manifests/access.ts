import type {
  ClusterRoleBinding,
  KubernetesObject,
  PolicyRule,
  RoleBinding,
  ServiceAccount,
} from '@kubewright/apimachinery';
import { deriveRole } from '@kubewright/crd';
import type { OperatorDefinition } from '../operator-definition.ts';
import { installLabels } from './labels.ts';

const apiGroup = 'rbac.authorization.k8s.io';

/** The account that the operator runs as. */
export function serviceAccount({ name, deployment }: OperatorDefinition): ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: deployment.namespace, labels: installLabels(name) },
  };
}

/** What the operator may do in one namespace, for a purpose that completes the name. */
export function roleWithBinding(
  operator: OperatorDefinition,
  purpose: string,
  namespace: string,
  rules: readonly PolicyRule[],
): KubernetesObject[] {
  const name = `${operator.name}-${purpose}`;
  const labels = installLabels(operator.name);
  const binding: RoleBinding = {
    apiVersion: `${apiGroup}/v1`,
    kind: 'RoleBinding',
    metadata: { name, namespace, labels },
    roleRef: { apiGroup, kind: 'Role', name },
    subjects: subjectsOf(operator),
  };
  return [deriveRole({ name, namespace, labels, rules }), binding];
}

/** What the operator may do in the cluster as a whole. */
export function clusterRoleWithBinding(
  operator: OperatorDefinition,
  name: string,
  rules: readonly PolicyRule[],
): KubernetesObject[] {
  const labels = installLabels(operator.name);
  const binding: ClusterRoleBinding = {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels },
    roleRef: { apiGroup, kind: 'ClusterRole', name },
    subjects: subjectsOf(operator),
  };
  return [deriveRole({ name, labels, rules }), binding];
}

function subjectsOf({ name, deployment }: OperatorDefinition): RoleBinding['subjects'] {
  return [{ kind: 'ServiceAccount', name, namespace: deployment.namespace }];
}
