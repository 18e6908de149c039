import { allow, serviceAccount, type BootstrapRole } from './bootstrap-role.ts';

/** ClusterRoles of the built-in controllers, each bound to its service account, as in a fresh Kubernetes 1.36. */
export const CONTROLLER_ROLES: readonly BootstrapRole[] = [
  {
    name: 'system:controller:attachdetach-controller',
    rules: [
      allow('core', 'persistentvolumeclaims persistentvolumes', 'list watch'),
      allow('core', 'nodes', 'get list watch'),
      allow('core', 'nodes/status', 'patch update'),
      allow('core', 'pods', 'list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
      allow('storage.k8s.io', 'volumeattachments', 'create delete get list watch'),
      allow('storage.k8s.io', 'csidrivers', 'get list watch'),
      allow('storage.k8s.io', 'csinodes', 'get list watch'),
    ],
    subjects: [serviceAccount('kube-system', 'attachdetach-controller')],
  },
  {
    name: 'system:controller:certificate-controller',
    rules: [
      allow('certificates.k8s.io', 'certificatesigningrequests', 'delete get list watch'),
      allow(
        'certificates.k8s.io',
        'certificatesigningrequests/approval certificatesigningrequests/status',
        'update',
      ),
      allow(
        'certificates.k8s.io',
        'signers',
        'approve',
        'kubernetes.io/kube-apiserver-client-kubelet',
      ),
      allow(
        'certificates.k8s.io',
        'signers',
        'sign',
        'kubernetes.io/kube-apiserver-client kubernetes.io/kube-apiserver-client-kubelet kubernetes.io/kubelet-serving kubernetes.io/legacy-unknown',
      ),
      allow('authorization.k8s.io', 'subjectaccessreviews', 'create'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'certificate-controller')],
  },
  {
    name: 'system:controller:clusterrole-aggregation-controller',
    rules: [
      allow('rbac.authorization.k8s.io', 'clusterroles', 'escalate get list patch update watch'),
    ],
    subjects: [serviceAccount('kube-system', 'clusterrole-aggregation-controller')],
  },
  {
    name: 'system:controller:cronjob-controller',
    rules: [
      allow('batch', 'cronjobs', 'get list update watch'),
      allow('batch', 'jobs', 'create delete get list patch update watch'),
      allow('batch', 'cronjobs/status', 'update'),
      allow('batch', 'cronjobs/finalizers', 'update'),
      allow('core', 'pods', 'delete list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'cronjob-controller')],
  },
  {
    name: 'system:controller:daemon-set-controller',
    rules: [
      allow('apps extensions', 'daemonsets', 'get list watch'),
      allow('apps extensions', 'daemonsets/status', 'update'),
      allow('apps extensions', 'daemonsets/finalizers', 'update'),
      allow('core', 'nodes', 'list watch'),
      allow('core', 'pods', 'create delete list patch watch'),
      allow('core', 'pods/binding', 'create'),
      allow('apps', 'controllerrevisions', 'create delete get list patch update watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'daemon-set-controller')],
  },
  {
    name: 'system:controller:deployment-controller',
    rules: [
      allow('apps extensions', 'deployments', 'get list update watch'),
      allow('apps extensions', 'deployments/status', 'update'),
      allow('apps extensions', 'deployments/finalizers', 'update'),
      allow('apps extensions', 'replicasets', 'create delete get list patch update watch'),
      allow('core', 'pods', 'get list update watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'deployment-controller')],
  },
  {
    name: 'system:controller:device-taint-eviction-controller',
    rules: [
      allow('core', 'pods', 'delete get list watch'),
      allow('core', 'pods/status', 'patch update'),
      allow('resource.k8s.io', 'resourceclaims', 'get list watch'),
      allow('resource.k8s.io', 'resourceslices', 'get list watch'),
      allow('resource.k8s.io', 'deviceclasses', 'get list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'device-taint-eviction-controller')],
  },
  {
    name: 'system:controller:disruption-controller',
    rules: [
      allow('apps extensions', 'deployments', 'get list watch'),
      allow('apps extensions', 'replicasets', 'get list watch'),
      allow('core', 'replicationcontrollers', 'get list watch'),
      allow('policy', 'poddisruptionbudgets', 'get list watch'),
      allow('apps', 'statefulsets', 'get list watch'),
      allow('policy', 'poddisruptionbudgets/status', 'update'),
      allow('core', 'pods/status', 'patch update'),
      allow('*', '*/scale', 'get'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'disruption-controller')],
  },
  {
    name: 'system:controller:endpoint-controller',
    rules: [
      allow('core', 'pods services', 'get list watch'),
      allow('core', 'endpoints', 'create delete get list update watch'),
      allow('core', 'endpoints/restricted', 'create'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'endpoint-controller')],
  },
  {
    name: 'system:controller:endpointslice-controller',
    rules: [
      allow('core', 'nodes pods services', 'get list watch'),
      allow('core', 'services/finalizers', 'update'),
      allow('discovery.k8s.io', 'endpointslices', 'create delete get list update watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'endpointslice-controller')],
  },
  {
    name: 'system:controller:endpointslicemirroring-controller',
    rules: [
      allow('core', 'endpoints services', 'get list watch'),
      allow('core', 'services/finalizers', 'update'),
      allow('core', 'endpoints/finalizers', 'update'),
      allow('discovery.k8s.io', 'endpointslices', 'create delete get list update watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'endpointslicemirroring-controller')],
  },
  {
    name: 'system:controller:ephemeral-volume-controller',
    rules: [
      allow('core', 'pods', 'get list watch'),
      allow('core', 'pods/finalizers', 'update'),
      allow('core', 'persistentvolumeclaims', 'create get list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'ephemeral-volume-controller')],
  },
  {
    name: 'system:controller:expand-controller',
    rules: [
      allow('core', 'persistentvolumes', 'get list patch update watch'),
      allow('core', 'persistentvolumeclaims/status', 'patch update'),
      allow('core', 'persistentvolumeclaims', 'get list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'expand-controller')],
  },
  {
    name: 'system:controller:generic-garbage-collector',
    rules: [
      allow('*', '*', 'delete get list patch update watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'generic-garbage-collector')],
  },
  {
    name: 'system:controller:horizontal-pod-autoscaler',
    rules: [
      allow('autoscaling', 'horizontalpodautoscalers', 'get list watch'),
      allow('autoscaling', 'horizontalpodautoscalers/status', 'update'),
      allow('*', '*/scale', 'get update'),
      allow('core', 'pods', 'list watch'),
      allow('metrics.k8s.io', 'pods', 'list watch'),
      allow('custom.metrics.k8s.io', '*', 'get list watch'),
      allow('external.metrics.k8s.io', '*', 'get list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'horizontal-pod-autoscaler')],
  },
  {
    name: 'system:controller:job-controller',
    rules: [
      allow('batch', 'jobs', 'get list patch update watch'),
      allow('batch', 'jobs/status', 'update'),
      allow('batch', 'jobs/finalizers', 'update'),
      allow('core', 'pods', 'create delete list patch watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'job-controller')],
  },
  {
    name: 'system:controller:legacy-service-account-token-cleaner',
    rules: [
      allow('core', 'configmaps', 'get', 'kube-apiserver-legacy-service-account-token-tracking'),
      allow('core', 'secrets', 'delete patch'),
    ],
    subjects: [serviceAccount('kube-system', 'legacy-service-account-token-cleaner')],
  },
  {
    name: 'system:controller:namespace-controller',
    rules: [
      allow('core', 'namespaces', 'delete get list watch'),
      allow('core', 'namespaces/finalize namespaces/status', 'update'),
      allow('*', '*', 'delete deletecollection get list watch'),
    ],
    subjects: [serviceAccount('kube-system', 'namespace-controller')],
  },
  {
    name: 'system:controller:node-controller',
    rules: [
      allow('core', 'nodes', 'delete get list patch update watch'),
      allow('core', 'nodes/status', 'patch update'),
      allow('core', 'pods/status', 'patch update'),
      allow('core', 'pods', 'delete get list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'node-controller')],
  },
  {
    name: 'system:controller:persistent-volume-binder',
    rules: [
      allow('core', 'persistentvolumes', 'create delete get list update watch'),
      allow('core', 'persistentvolumes/status', 'update'),
      allow('core', 'persistentvolumeclaims', 'get list update watch'),
      allow('core', 'persistentvolumeclaims/status', 'update'),
      allow('core', 'pods', 'create delete get list watch'),
      allow('storage.k8s.io', 'storageclasses', 'get list watch'),
      allow('core', 'nodes', 'list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
      allow('core', 'events', 'watch'),
    ],
    subjects: [serviceAccount('kube-system', 'persistent-volume-binder')],
  },
  {
    name: 'system:controller:pod-garbage-collector',
    rules: [
      allow('core', 'pods', 'delete list watch'),
      allow('core', 'nodes', 'get list watch'),
      allow('core', 'pods/status', 'patch'),
    ],
    subjects: [serviceAccount('kube-system', 'pod-garbage-collector')],
  },
  {
    name: 'system:controller:pv-protection-controller',
    rules: [
      allow('core', 'persistentvolumes', 'get list update watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'pv-protection-controller')],
  },
  {
    name: 'system:controller:pvc-protection-controller',
    rules: [
      allow('core', 'persistentvolumeclaims', 'get list update watch'),
      allow('core', 'persistentvolumeclaims/status', 'update'),
      allow('core', 'pods', 'get list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'pvc-protection-controller')],
  },
  {
    name: 'system:controller:replicaset-controller',
    rules: [
      allow('apps extensions', 'replicasets', 'get list update watch'),
      allow('apps extensions', 'replicasets/status', 'update'),
      allow('apps extensions', 'replicasets/finalizers', 'update'),
      allow('core', 'pods', 'create delete list patch watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'replicaset-controller')],
  },
  {
    name: 'system:controller:replication-controller',
    rules: [
      allow('core', 'replicationcontrollers', 'get list update watch'),
      allow('core', 'replicationcontrollers/status', 'update'),
      allow('core', 'replicationcontrollers/finalizers', 'update'),
      allow('core', 'pods', 'create delete list patch watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'replication-controller')],
  },
  {
    name: 'system:controller:resource-claim-controller',
    rules: [
      allow('core', 'pods', 'get list watch'),
      allow('core', 'pods/finalizers', 'update'),
      allow('resource.k8s.io', 'resourceclaims', 'create delete get list watch'),
      allow('resource.k8s.io', 'resourceclaims resourceclaims/status', 'patch update'),
      allow('core', 'pods/status', 'patch update'),
      allow('core events.k8s.io', 'events', 'create patch update'),
      allow('resource.k8s.io', 'resourceclaims/binding', 'patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'resource-claim-controller')],
  },
  {
    name: 'system:controller:resourcequota-controller',
    rules: [
      allow('*', '*', 'list watch'),
      allow('core', 'resourcequotas/status', 'update'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'resourcequota-controller')],
  },
  {
    name: 'system:controller:root-ca-cert-publisher',
    rules: [
      allow('core', 'configmaps', 'create update'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'root-ca-cert-publisher')],
  },
  {
    name: 'system:controller:route-controller',
    rules: [
      allow('core', 'nodes', 'list watch'),
      allow('core', 'nodes/status', 'patch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'route-controller')],
  },
  {
    name: 'system:controller:selinux-warning-controller',
    rules: [
      allow('core events.k8s.io', 'events', 'create patch update'),
      allow('core', 'persistentvolumes', 'get list watch'),
      allow('core', 'persistentvolumeclaims', 'get list watch'),
      allow('core', 'pods', 'get list watch'),
      allow('storage.k8s.io', 'csidrivers', 'get list watch'),
    ],
    subjects: [serviceAccount('kube-system', 'selinux-warning-controller')],
  },
  {
    name: 'system:controller:service-account-controller',
    rules: [
      allow('core', 'serviceaccounts', 'create'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'service-account-controller')],
  },
  {
    name: 'system:controller:service-cidrs-controller',
    rules: [
      allow('networking.k8s.io', 'servicecidrs', 'get list patch update watch'),
      allow('networking.k8s.io', 'servicecidrs/finalizers', 'patch update'),
      allow('networking.k8s.io', 'servicecidrs/status', 'patch update'),
      allow('networking.k8s.io', 'ipaddresses', 'get list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'service-cidrs-controller')],
  },
  {
    name: 'system:controller:service-controller',
    rules: [
      allow('core', 'services', 'get list watch'),
      allow('core', 'services/status', 'patch update'),
      allow('core', 'nodes', 'list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'service-controller')],
  },
  {
    name: 'system:controller:statefulset-controller',
    rules: [
      allow('core', 'pods', 'list watch'),
      allow('apps', 'statefulsets', 'get list watch'),
      allow('apps', 'statefulsets/status', 'update'),
      allow('apps', 'statefulsets/finalizers', 'update'),
      allow('core', 'pods', 'create delete get patch update'),
      allow('apps', 'controllerrevisions', 'create delete get list patch update watch'),
      allow('core', 'persistentvolumeclaims', 'create get list watch'),
      allow('core', 'persistentvolumeclaims', 'delete update'),
      allow('core', 'pods/finalizers', 'update'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'statefulset-controller')],
  },
  {
    name: 'system:controller:ttl-after-finished-controller',
    rules: [
      allow('batch', 'jobs', 'delete get list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'ttl-after-finished-controller')],
  },
  {
    name: 'system:controller:ttl-controller',
    rules: [
      allow('core', 'nodes', 'list patch update watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'ttl-controller')],
  },
  {
    name: 'system:controller:validatingadmissionpolicy-status-controller',
    rules: [
      allow('admissionregistration.k8s.io', 'validatingadmissionpolicies', 'get list watch'),
      allow(
        'admissionregistration.k8s.io',
        'validatingadmissionpolicies/status',
        'get patch update',
      ),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'validatingadmissionpolicy-status-controller')],
  },
  {
    name: 'system:controller:volumeattributesclass-protection-controller',
    rules: [
      allow('core', 'persistentvolumeclaims', 'get list watch'),
      allow('core', 'persistentvolumes', 'get list watch'),
      allow('storage.k8s.io', 'volumeattributesclasses', 'get list update watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'volumeattributesclass-protection-controller')],
  },
];
