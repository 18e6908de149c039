import type { JsonObject, ResourceType } from '../contracts.ts';

/**
 * Struct members that the built-in types always have, even in an empty object: a field that fills one does not own
 * the struct around it. By `plural.group`; every kind has `metadata`.
 */
const EMPTY_STRUCTS: Readonly<Record<string, JsonObject>> = {
  'cronjobs.batch': {
    spec: { jobTemplate: { metadata: {}, spec: { template: { metadata: {}, spec: {} } } } },
    status: {},
  },
  'customresourcedefinitions.apiextensions.k8s.io': { spec: { names: {} }, status: {} },
  'daemonsets.apps': {
    spec: { template: { metadata: {}, spec: {} }, updateStrategy: {} },
    status: {},
  },
  'deployments.apps': { spec: { strategy: {}, template: { metadata: {}, spec: {} } }, status: {} },
  events: { involvedObject: {}, source: {} },
  'events.events.k8s.io': { deprecatedSource: {}, regarding: {} },
  'horizontalpodautoscalers.autoscaling': { spec: { scaleTargetRef: {} }, status: {} },
  'ingresses.networking.k8s.io': { spec: {}, status: { loadBalancer: {} } },
  'jobs.batch': { spec: { template: { metadata: {}, spec: {} } }, status: {} },
  'leases.coordination.k8s.io': { spec: {} },
  namespaces: { spec: {}, status: {} },
  'networkpolicies.networking.k8s.io': { spec: { podSelector: {} } },
  nodes: { spec: {}, status: { daemonEndpoints: { kubeletEndpoint: {} }, nodeInfo: {} } },
  persistentvolumeclaims: { spec: { resources: {} }, status: {} },
  persistentvolumes: { spec: {}, status: {} },
  'poddisruptionbudgets.policy': { spec: {}, status: {} },
  pods: { spec: {}, status: {} },
  podtemplates: { template: { metadata: {}, spec: {} } },
  'replicasets.apps': { spec: { template: { metadata: {}, spec: {} } }, status: {} },
  replicationcontrollers: { spec: {}, status: {} },
  resourcequotas: { spec: {}, status: {} },
  'clusterrolebindings.rbac.authorization.k8s.io': { roleRef: {} },
  'rolebindings.rbac.authorization.k8s.io': { roleRef: {} },
  services: { spec: {}, status: { loadBalancer: {} } },
  'statefulsets.apps': {
    spec: { template: { metadata: {}, spec: {} }, updateStrategy: {} },
    status: {},
  },
};

/** The empty object of a kind, as ownership of fields sees it before the first write. */
export function zeroObject(type: ResourceType): JsonObject {
  if (type.origin === 'custom') return { metadata: {} };
  const key = type.group === '' ? type.plural : `${type.plural}.${type.group}`;
  return { metadata: {}, ...structuredClone(EMPTY_STRUCTS[key] ?? { spec: {}, status: {} }) };
}
