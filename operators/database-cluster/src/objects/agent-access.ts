import {
  Lease,
  Pod,
  type PolicyRule,
  type Role,
  type RoleBinding,
  type ServiceAccount,
} from '@kubewright/apimachinery';
import { permission } from '@kubewright/crd';
import { ownedMetadata, type ClusterContext } from './cluster-context.ts';
import { podName } from './names.ts';

/** What an agent may do: look at and label the pods of its cluster, and contend for its Lease. Each by name. */
export function agentRules({ names, name, settings }: ClusterContext): PolicyRule[] {
  const pods = Array.from({ length: settings.instances }, (_, ordinal) => podName(name, ordinal));
  return [
    permission(Lease, ['get', 'update'], { names: [names.lease] }),
    permission(Pod, ['get', 'patch'], { names: pods }),
  ];
}

/** The account of the pods, and what it may do. */
export function agentAccess(context: ClusterContext): [ServiceAccount, Role, RoleBinding] {
  const { names, namespace } = context;
  const metadata = ownedMetadata(context, names.cluster);
  const group = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: `${group}/v1`, kind: 'Role', metadata, rules: agentRules(context) },
    {
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: group, kind: 'Role', name: names.cluster },
      subjects: [{ kind: 'ServiceAccount', name: names.cluster, namespace }],
    },
  ];
}
