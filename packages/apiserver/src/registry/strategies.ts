import type { StoreReader, Strategy } from '../contracts.ts';
import { customResourceDefinitionStrategy } from '../crd/definition-strategy.ts';
import { clusterRole, clusterRoleBinding, role, roleBinding } from './kinds/access-control.ts';
import { validatingPolicy, validatingPolicyBinding } from './kinds/admission-policies.ts';
import { ipAddress, serviceCidr } from './kinds/address-kinds.ts';
import { apiService } from './kinds/api-services.ts';
import { configMap, secret } from './kinds/config.ts';
import { coreEvent, newEvent } from './kinds/events.ts';
import { cronJob, job } from './kinds/jobs.ts';
import { namespace } from './kinds/namespace.ts';
import { node } from './kinds/node.ts';
import { pod } from './kinds/pod.ts';
import { serviceStrategy } from './kinds/service.ts';
import { autoscaler } from './kinds/autoscaling.ts';
import { lease } from './kinds/coordination.ts';
import { deviceClass, resourceSlice } from './kinds/devices.ts';
import { podDisruptionBudget } from './kinds/disruption.ts';
import { endpointsStrategy, endpointSliceStrategy } from './kinds/endpoints.ts';
import { flowSchema, priorityLevel } from './kinds/flow-control.ts';
import { ingress, ingressClass, networkPolicy } from './kinds/networking.ts';
import { priorityClass } from './kinds/scheduling.ts';
import { signingRequest } from './kinds/signing-requests.ts';
import { storageCapacity } from './kinds/storage-capacities.ts';
import { storageClass, volumeAttributesClass } from './kinds/storage-classes.ts';
import { csiDriver, csiNode } from './kinds/storage-drivers.ts';
import { volumeAttachment } from './kinds/volume-attachments.ts';
import { mutatingWebhooks, validatingWebhooks } from './kinds/webhooks.ts';
import { limitRange } from './kinds/limit-range.ts';
import { resourceQuota } from './kinds/resource-quota.ts';
import { persistentVolume, persistentVolumeClaim } from './kinds/volume-claims.ts';
import { controllerRevision } from './kinds/controller-revision.ts';
import { replicationController } from './kinds/replication-controller.ts';
import { runtimeClass } from './kinds/runtime-class.ts';
import { daemonSet, deployment, podTemplate, replicaSet } from './kinds/workloads.ts';
import { statefulSet } from './kinds/stateful-set.ts';
import { endpointAddressRule } from './validation/address-rules.ts';
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
  const endpointAddress = endpointAddressRule(options.serviceRange);
  return new Map<string, Partial<Strategy>>([
    ['apiservices.apiregistration.k8s.io', apiService],
    ['configmaps', configMap],
    ['endpoints', endpointsStrategy(endpointAddress)],
    ['events', coreEvent],
    ['limitranges', limitRange],
    ['namespaces', namespace],
    ['nodes', node],
    ['persistentvolumeclaims', persistentVolumeClaim],
    ['persistentvolumes', persistentVolume],
    ['pods', pod],
    ['podtemplates', podTemplate],
    ['replicationcontrollers', replicationController],
    ['resourcequotas', resourceQuota],
    ['secrets', secret],
    ['services', serviceStrategy(addresses)],
    ['mutatingwebhookconfigurations.admissionregistration.k8s.io', mutatingWebhooks],
    ['validatingadmissionpolicies.admissionregistration.k8s.io', validatingPolicy],
    ['validatingadmissionpolicybindings.admissionregistration.k8s.io', validatingPolicyBinding],
    ['validatingwebhookconfigurations.admissionregistration.k8s.io', validatingWebhooks],
    ['customresourcedefinitions.apiextensions.k8s.io', customResourceDefinitionStrategy],
    ['controllerrevisions.apps', controllerRevision],
    ['daemonsets.apps', daemonSet],
    ['deployments.apps', deployment],
    ['replicasets.apps', replicaSet],
    ['statefulsets.apps', statefulSet],
    ['horizontalpodautoscalers.autoscaling', autoscaler],
    ['cronjobs.batch', cronJob],
    ['jobs.batch', job],
    ['certificatesigningrequests.certificates.k8s.io', signingRequest],
    ['leases.coordination.k8s.io', lease],
    ['endpointslices.discovery.k8s.io', endpointSliceStrategy(endpointAddress)],
    ['events.events.k8s.io', newEvent],
    ['flowschemas.flowcontrol.apiserver.k8s.io', flowSchema],
    ['prioritylevelconfigurations.flowcontrol.apiserver.k8s.io', priorityLevel],
    ['ingressclasses.networking.k8s.io', ingressClass],
    ['ingresses.networking.k8s.io', ingress],
    ['ipaddresses.networking.k8s.io', ipAddress],
    ['networkpolicies.networking.k8s.io', networkPolicy],
    ['servicecidrs.networking.k8s.io', serviceCidr],
    ['runtimeclasses.node.k8s.io', runtimeClass],
    ['poddisruptionbudgets.policy', podDisruptionBudget],
    ['clusterrolebindings.rbac.authorization.k8s.io', clusterRoleBinding],
    ['clusterroles.rbac.authorization.k8s.io', clusterRole],
    ['rolebindings.rbac.authorization.k8s.io', roleBinding],
    ['roles.rbac.authorization.k8s.io', role],
    ['priorityclasses.scheduling.k8s.io', priorityClass],
    ['deviceclasses.resource.k8s.io', deviceClass],
    ['resourceslices.resource.k8s.io', resourceSlice],
    ['csidrivers.storage.k8s.io', csiDriver],
    ['csinodes.storage.k8s.io', csiNode],
    ['csistoragecapacities.storage.k8s.io', storageCapacity],
    ['storageclasses.storage.k8s.io', storageClass],
    ['volumeattachments.storage.k8s.io', volumeAttachment],
    ['volumeattributesclasses.storage.k8s.io', volumeAttributesClass],
  ]);
}
