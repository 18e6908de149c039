import { allow, group, paths, serviceAccount, user, type BootstrapRole } from './bootstrap-role.ts';

/** ClusterRoles of the parts of a cluster: scheduler, kubelet, proxy … as in a fresh Kubernetes 1.36. */
export const COMPONENT_ROLES: readonly BootstrapRole[] = [
  {
    name: 'system:auth-delegator',
    rules: [
      allow('authentication.k8s.io', 'tokenreviews', 'create'),
      allow('authorization.k8s.io', 'subjectaccessreviews', 'create'),
    ],
  },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
    rules: [allow('certificates.k8s.io', 'certificatesigningrequests/nodeclient', 'create')],
  },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    rules: [allow('certificates.k8s.io', 'certificatesigningrequests/selfnodeclient', 'create')],
  },
  {
    name: 'system:certificates.k8s.io:kube-apiserver-client-approver',
    rules: [
      allow('certificates.k8s.io', 'signers', 'approve', 'kubernetes.io/kube-apiserver-client'),
    ],
  },
  {
    name: 'system:certificates.k8s.io:kube-apiserver-client-kubelet-approver',
    rules: [
      allow(
        'certificates.k8s.io',
        'signers',
        'approve',
        'kubernetes.io/kube-apiserver-client-kubelet',
      ),
    ],
  },
  {
    name: 'system:certificates.k8s.io:kubelet-serving-approver',
    rules: [allow('certificates.k8s.io', 'signers', 'approve', 'kubernetes.io/kubelet-serving')],
  },
  {
    name: 'system:certificates.k8s.io:legacy-unknown-approver',
    rules: [allow('certificates.k8s.io', 'signers', 'approve', 'kubernetes.io/legacy-unknown')],
  },
  {
    name: 'system:heapster',
    rules: [
      allow('core', 'events namespaces nodes pods', 'get list watch'),
      allow('extensions', 'deployments', 'get list watch'),
    ],
  },
  {
    name: 'system:kube-aggregator',
    rules: [allow('core', 'endpoints services', 'get list watch')],
  },
  {
    name: 'system:kube-controller-manager',
    rules: [
      allow('core events.k8s.io', 'events', 'create patch update'),
      allow('coordination.k8s.io', 'leases', 'create'),
      allow('coordination.k8s.io', 'leases', 'get update', 'kube-controller-manager'),
      allow('core', 'secrets serviceaccounts', 'create'),
      allow('core', 'secrets', 'delete'),
      allow('core', 'configmaps namespaces secrets serviceaccounts', 'get'),
      allow('core', 'secrets serviceaccounts', 'update'),
      allow('authentication.k8s.io', 'tokenreviews', 'create'),
      allow('authorization.k8s.io', 'subjectaccessreviews', 'create'),
      allow('*', '*', 'list watch'),
      allow('core', 'serviceaccounts/token', 'create'),
    ],
    subjects: [user('system:kube-controller-manager')],
  },
  {
    name: 'system:kube-dns',
    rules: [allow('core', 'endpoints services', 'list watch')],
    subjects: [serviceAccount('kube-system', 'kube-dns')],
  },
  {
    name: 'system:kube-scheduler',
    rules: [
      allow('core events.k8s.io', 'events', 'create patch update'),
      allow('coordination.k8s.io', 'leases', 'create'),
      allow('coordination.k8s.io', 'leases', 'get list update watch', 'kube-scheduler'),
      allow(
        'coordination.k8s.io',
        'leasecandidates',
        'create delete deletecollection get list patch update watch',
      ),
      allow('core', 'nodes', 'get list watch'),
      allow('core', 'pods', 'delete get list watch'),
      allow('core', 'bindings pods/binding', 'create'),
      allow('core', 'pods/status', 'patch update'),
      allow('core', 'replicationcontrollers services', 'get list watch'),
      allow('apps extensions', 'replicasets', 'get list watch'),
      allow('apps', 'statefulsets', 'get list watch'),
      allow('policy', 'poddisruptionbudgets', 'get list watch'),
      allow('core', 'persistentvolumeclaims persistentvolumes', 'get list watch'),
      allow('authentication.k8s.io', 'tokenreviews', 'create'),
      allow('authorization.k8s.io', 'subjectaccessreviews', 'create'),
      allow('storage.k8s.io', 'csinodes', 'get list watch'),
      allow('storage.k8s.io', 'volumeattachments', 'get list watch'),
      allow('core', 'namespaces', 'get list watch'),
      allow('storage.k8s.io', 'csidrivers', 'get list watch'),
      allow('storage.k8s.io', 'csistoragecapacities', 'get list watch'),
      allow('resource.k8s.io', 'deviceclasses', 'get list watch'),
      allow('resource.k8s.io', 'resourceclaims', 'get list patch update watch'),
      allow('resource.k8s.io', 'resourceclaims/status', 'get list patch update watch'),
      allow('core', 'pods/finalizers', 'update'),
      allow('resource.k8s.io', 'resourceslices', 'get list watch'),
      allow('resource.k8s.io', 'resourceclaims', 'create delete'),
      allow('resource.k8s.io', 'resourceclaims/binding', 'patch update'),
    ],
    subjects: [user('system:kube-scheduler')],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      allow('core', 'nodes', 'get list watch'),
      allow('core', 'nodes', 'proxy'),
      allow('core', 'nodes/log nodes/metrics nodes/proxy nodes/stats', '*'),
      allow('core', 'nodes/configz nodes/healthz nodes/pods', '*'),
    ],
  },
  {
    name: 'system:node',
    rules: [
      allow('authentication.k8s.io', 'tokenreviews', 'create'),
      allow('authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews', 'create'),
      allow('core', 'services', 'get list watch'),
      allow('core', 'nodes', 'create get list watch'),
      allow('core', 'nodes/status', 'patch update'),
      allow('core', 'nodes', 'patch update'),
      allow('core events.k8s.io', 'events', 'create patch update'),
      allow('core', 'pods', 'get list watch'),
      allow('core', 'pods', 'create delete'),
      allow('core', 'pods/status', 'patch update'),
      allow('core', 'pods/eviction', 'create'),
      allow('core', 'configmaps secrets', 'get list watch'),
      allow('core', 'persistentvolumeclaims persistentvolumes', 'get'),
      allow('core', 'endpoints', 'get'),
      allow('certificates.k8s.io', 'certificatesigningrequests', 'create get list watch'),
      allow('coordination.k8s.io', 'leases', 'create delete get patch update'),
      allow('storage.k8s.io', 'volumeattachments', 'get'),
      allow('core', 'serviceaccounts/token', 'create'),
      allow('core', 'persistentvolumeclaims/status', 'get patch update'),
      allow('storage.k8s.io', 'csidrivers', 'get list watch'),
      allow('storage.k8s.io', 'csinodes', 'create delete get patch update'),
      allow('node.k8s.io', 'runtimeclasses', 'get list watch'),
      allow('resource.k8s.io', 'resourceclaims', 'get'),
      allow('resource.k8s.io', 'resourceslices', 'deletecollection'),
      allow('core', 'serviceaccounts', 'get'),
    ],
    subjects: [],
  },
  {
    name: 'system:node-bootstrapper',
    rules: [allow('certificates.k8s.io', 'certificatesigningrequests', 'create get list watch')],
  },
  {
    name: 'system:node-problem-detector',
    rules: [
      allow('core', 'nodes', 'get'),
      allow('core', 'nodes/status', 'patch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
  },
  {
    name: 'system:node-proxier',
    rules: [
      allow('core', 'endpoints services', 'list watch'),
      allow('core', 'nodes', 'get list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
      allow('networking.k8s.io', 'servicecidrs', 'list watch'),
      allow('discovery.k8s.io', 'endpointslices', 'list watch'),
    ],
    subjects: [user('system:kube-proxy')],
  },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      allow('core', 'persistentvolumes', 'create delete get list watch'),
      allow('core', 'persistentvolumeclaims', 'get list update watch'),
      allow('storage.k8s.io', 'storageclasses', 'get list watch'),
      allow('core', 'events', 'watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      paths(
        '/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/',
        'get',
      ),
    ],
    subjects: [group('system:serviceaccounts')],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      allow('core', 'persistentvolumes', 'get list patch update watch'),
      allow('storage.k8s.io', 'storageclasses', 'get list watch'),
      allow('core', 'persistentvolumeclaims', 'get list patch update watch'),
    ],
    subjects: [user('system:kube-scheduler')],
  },
];

/** Roles in the system namespaces of a fresh Kubernetes 1.36. */
export const SYSTEM_NAMESPACE_ROLES: readonly BootstrapRole[] = [
  {
    name: 'system:controller:bootstrap-signer',
    namespace: 'kube-public',
    rules: [
      allow('core', 'configmaps', 'get list watch'),
      allow('core', 'configmaps', 'update', 'cluster-info'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'bootstrap-signer')],
  },
  {
    name: 'extension-apiserver-authentication-reader',
    bindingName: 'system::extension-apiserver-authentication-reader',
    namespace: 'kube-system',
    rules: [allow('core', 'configmaps', 'get list watch', 'extension-apiserver-authentication')],
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler')],
  },
  {
    name: 'system::leader-locking-kube-controller-manager',
    namespace: 'kube-system',
    rules: [
      allow('coordination.k8s.io', 'leases', 'create get list update watch'),
      allow('coordination.k8s.io', 'leasecandidates', 'create get list update watch'),
    ],
    subjects: [
      user('system:kube-controller-manager'),
      serviceAccount('kube-system', 'kube-controller-manager'),
      serviceAccount('kube-system', 'leader-election-controller'),
    ],
  },
  {
    name: 'system::leader-locking-kube-scheduler',
    namespace: 'kube-system',
    rules: [
      allow('coordination.k8s.io', 'leases', 'create get list update watch'),
      allow('coordination.k8s.io', 'leasecandidates', 'create get list update watch'),
    ],
    subjects: [user('system:kube-scheduler'), serviceAccount('kube-system', 'kube-scheduler')],
  },
  {
    name: 'system:controller:bootstrap-signer',
    namespace: 'kube-system',
    rules: [allow('core', 'secrets', 'get list watch')],
    subjects: [serviceAccount('kube-system', 'bootstrap-signer')],
  },
  {
    name: 'system:controller:cloud-provider',
    namespace: 'kube-system',
    rules: [allow('core', 'configmaps', 'create get list watch')],
    subjects: [serviceAccount('kube-system', 'cloud-provider')],
  },
  {
    name: 'system:controller:token-cleaner',
    namespace: 'kube-system',
    rules: [
      allow('core', 'secrets', 'delete get list watch'),
      allow('core events.k8s.io', 'events', 'create patch update'),
    ],
    subjects: [serviceAccount('kube-system', 'token-cleaner')],
  },
];
