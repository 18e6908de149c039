import { allow, group, paths, type BootstrapRole } from './bootstrap-role.ts';

/** ClusterRoles for people and for whoever may only look around: a fresh Kubernetes 1.36 has them with these rules. */
export const USER_ROLES: readonly BootstrapRole[] = [
  { name: 'admin', gathers: 'admin' },
  {
    name: 'cluster-admin',
    rules: [allow('*', '*', '*'), paths('*', '*')],
    subjects: [group('system:masters')],
  },
  { name: 'edit', aggregatesTo: 'admin', gathers: 'edit' },
  {
    name: 'system:aggregate-to-admin',
    aggregatesTo: 'admin',
    rules: [
      allow('authorization.k8s.io', 'localsubjectaccessreviews', 'create'),
      allow(
        'rbac.authorization.k8s.io',
        'rolebindings roles',
        'create delete deletecollection get list patch update watch',
      ),
    ],
  },
  {
    name: 'system:aggregate-to-edit',
    aggregatesTo: 'edit',
    rules: [
      allow(
        'core',
        'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy',
        'get list watch',
      ),
      allow('core', 'serviceaccounts', 'impersonate'),
      allow(
        'core',
        'pods pods/attach pods/exec pods/portforward pods/proxy',
        'create delete deletecollection patch update',
      ),
      allow('core', 'pods/eviction', 'create'),
      allow(
        'core',
        'configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
        'create delete deletecollection patch update',
      ),
      allow('core', 'serviceaccounts/token', 'create'),
      allow('core events.k8s.io', 'events', 'create delete deletecollection patch update'),
      allow(
        'apps',
        'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
        'create delete deletecollection patch update',
      ),
      allow(
        'autoscaling',
        'horizontalpodautoscalers',
        'create delete deletecollection patch update',
      ),
      allow('batch', 'cronjobs jobs', 'create delete deletecollection patch update'),
      allow(
        'extensions',
        'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
        'create delete deletecollection patch update',
      ),
      allow('policy', 'poddisruptionbudgets', 'create delete deletecollection patch update'),
      allow(
        'networking.k8s.io',
        'ingresses networkpolicies',
        'create delete deletecollection patch update',
      ),
      allow(
        'coordination.k8s.io',
        'leases',
        'create delete deletecollection get list patch update watch',
      ),
      allow(
        'resource.k8s.io',
        'resourceclaims resourceclaimtemplates',
        'create delete deletecollection patch update',
      ),
    ],
  },
  {
    name: 'system:aggregate-to-view',
    aggregatesTo: 'view',
    rules: [
      allow(
        'core',
        'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
        'get list watch',
      ),
      allow(
        'core',
        'bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
        'get list watch',
      ),
      allow('core', 'namespaces', 'get list watch'),
      allow('core events.k8s.io', 'events', 'get list watch'),
      allow('discovery.k8s.io', 'endpointslices', 'get list watch'),
      allow(
        'apps',
        'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
        'get list watch',
      ),
      allow(
        'autoscaling',
        'horizontalpodautoscalers horizontalpodautoscalers/status',
        'get list watch',
      ),
      allow('batch', 'cronjobs cronjobs/status jobs jobs/status', 'get list watch'),
      allow(
        'extensions',
        'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
        'get list watch',
      ),
      allow('policy', 'poddisruptionbudgets poddisruptionbudgets/status', 'get list watch'),
      allow('networking.k8s.io', 'ingresses ingresses/status networkpolicies', 'get list watch'),
      allow(
        'resource.k8s.io',
        'resourceclaims resourceclaims/status resourceclaimtemplates',
        'get list watch',
      ),
    ],
  },
  {
    name: 'system:basic-user',
    rules: [
      allow('authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews', 'create'),
      allow('authentication.k8s.io', 'selfsubjectreviews', 'create'),
    ],
    subjects: [group('system:authenticated')],
  },
  {
    name: 'system:discovery',
    rules: [
      paths(
        '/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/',
        'get',
      ),
    ],
    subjects: [group('system:authenticated')],
  },
  {
    name: 'system:monitoring',
    rules: [
      paths(
        '/flagz /healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/* /statusz',
        'get',
      ),
      allow('core', 'nodes/metrics', 'get'),
    ],
    subjects: [group('system:monitoring')],
  },
  {
    name: 'system:public-info-viewer',
    rules: [paths('/healthz /livez /readyz /version /version/', 'get')],
    subjects: [group('system:authenticated'), group('system:unauthenticated')],
  },
  { name: 'view', aggregatesTo: 'edit', gathers: 'view' },
];
