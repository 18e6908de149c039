import type { StoreReader, Strategy } from '../contracts.ts';
import { clusterRole, clusterRoleBinding, role, roleBinding } from './kinds/access-control.ts';
import { configMap, secret } from './kinds/config.ts';
import { coreEvent, newEvent } from './kinds/events.ts';
import { cronJob, job } from './kinds/jobs.ts';
import { namespace } from './kinds/namespace.ts';
import { node } from './kinds/node.ts';
import { pod } from './kinds/pod.ts';
import { serviceStrategy } from './kinds/service.ts';
import {
  autoscaler,
  endpoints,
  endpointSlice,
  ingress,
  ingressClass,
  lease,
  mutatingWebhooks,
  networkPolicy,
  podDisruptionBudget,
  priorityClass,
  resourceQuota,
  storageClass,
  validatingWebhooks,
} from './kinds/small-kinds.ts';
import { persistentVolume, persistentVolumeClaim } from './kinds/volume-claims.ts';
import {
  daemonSet,
  deployment,
  replicaSet,
  replicationController,
  statefulSet,
} from './kinds/workloads.ts';
import { ServiceAddresses } from './services/service-addresses.ts';

/** What strategies need of the server. */
export interface StrategyOptions {
  readonly store: StoreReader;
  /** Addresses of Services, as a CIDR. */
  readonly serviceRange: string;
}

/** The kinds with behaviour of their own, by `plural.group`: what differs from the default. */
export function createStrategies(options: StrategyOptions): ReadonlyMap<string, Partial<Strategy>> {
  const addresses = new ServiceAddresses(options.store, options.serviceRange);
  return new Map<string, Partial<Strategy>>([
    ['configmaps', configMap],
    ['endpoints', endpoints],
    ['events', coreEvent],
    ['namespaces', namespace],
    ['nodes', node],
    ['persistentvolumeclaims', persistentVolumeClaim],
    ['persistentvolumes', persistentVolume],
    ['pods', pod],
    ['replicationcontrollers', replicationController],
    ['resourcequotas', resourceQuota],
    ['secrets', secret],
    ['services', serviceStrategy(addresses)],
    ['mutatingwebhookconfigurations.admissionregistration.k8s.io', mutatingWebhooks],
    ['validatingwebhookconfigurations.admissionregistration.k8s.io', validatingWebhooks],
    ['daemonsets.apps', daemonSet],
    ['deployments.apps', deployment],
    ['replicasets.apps', replicaSet],
    ['statefulsets.apps', statefulSet],
    ['horizontalpodautoscalers.autoscaling', autoscaler],
    ['cronjobs.batch', cronJob],
    ['jobs.batch', job],
    ['leases.coordination.k8s.io', lease],
    ['endpointslices.discovery.k8s.io', endpointSlice],
    ['events.events.k8s.io', newEvent],
    ['ingressclasses.networking.k8s.io', ingressClass],
    ['ingresses.networking.k8s.io', ingress],
    ['networkpolicies.networking.k8s.io', networkPolicy],
    ['poddisruptionbudgets.policy', podDisruptionBudget],
    ['clusterrolebindings.rbac.authorization.k8s.io', clusterRoleBinding],
    ['clusterroles.rbac.authorization.k8s.io', clusterRole],
    ['rolebindings.rbac.authorization.k8s.io', roleBinding],
    ['roles.rbac.authorization.k8s.io', role],
    ['priorityclasses.scheduling.k8s.io', priorityClass],
    ['storageclasses.storage.k8s.io', storageClass],
  ]);
}
