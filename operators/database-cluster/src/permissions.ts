import {
  ConfigMap,
  CronJob,
  EventsV1Event,
  Job,
  Lease,
  Namespace,
  PersistentVolumeClaim,
  Pod,
  Role,
  RoleBinding,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
  type PolicyRule,
} from '@kubewright/apimachinery';
import { permission } from '@kubewright/crd';
import { DatabaseCluster } from './api/database-cluster.ts';

/** What the operator does in the cluster as a whole: a namespace that goes takes the roles in it along, and must not wait for a finalizer. */
export function clusterWideRules(): readonly PolicyRule[] {
  return [permission(DatabaseCluster.resource, ['patch']), permission(Namespace, ['get'])];
}

/** What the operator does in a namespace that it watches. */
export function watchedNamespaceRules(): readonly PolicyRule[] {
  const { resource } = DatabaseCluster;
  return [
    // Patched for the finalizer alone.
    permission(resource, ['list', 'watch', 'patch']),
    permission(resource, ['patch'], { subresource: 'status' }),
    // Owner references that hold the deletion of the owner up ask for it where the server checks that.
    permission(resource, ['update'], { subresource: 'finalizers' }),
    permission(StatefulSet, ['get', 'list', 'watch', 'create', 'patch', 'delete']),
    permission(Service, ['get', 'list', 'watch', 'create', 'patch', 'delete']),
    permission(ConfigMap, ['get', 'list', 'watch', 'create', 'patch']),
    permission(ServiceAccount, ['get', 'list', 'watch', 'create', 'patch']),
    permission(Role, ['get', 'list', 'watch', 'create', 'patch']),
    permission(RoleBinding, ['get', 'list', 'watch', 'create', 'patch']),
    permission(CronJob, ['get', 'list', 'watch', 'create', 'patch', 'delete']),
    permission(Job, ['get', 'list', 'watch', 'create', 'patch']),
    permission(PersistentVolumeClaim, ['get', 'list', 'watch', 'create', 'patch', 'delete']),
    // Never listed: each is read by its name.
    permission(Secret, ['get', 'create', 'patch']),
    // get, patch and update are what the agents may do: nobody can grant what he may not do himself.
    permission(Pod, ['get', 'list', 'watch', 'patch', 'delete']),
    permission(Lease, ['get', 'list', 'watch', 'create', 'patch', 'update']),
    permission(EventsV1Event, ['create', 'patch']),
  ];
}
