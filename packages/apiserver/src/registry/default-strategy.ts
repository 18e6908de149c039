import type { JsonObject, Strategy } from '../contracts.ts';
import { setOrDelete } from '../metadata/system-metadata.ts';
import type { BuiltinFacts } from './builtin-resources.ts';

/** Kinds without a status of their own whose generation is kept nonetheless. */
const WITH_GENERATION = new Set([
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingadmissionpolicybindings.admissionregistration.k8s.io',
  'mutatingadmissionpolicies.admissionregistration.k8s.io',
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io',
  'networkpolicies.networking.k8s.io',
  'ingressclasses.networking.k8s.io',
]);

/** Kinds with a status whose generation is not kept. */
const WITHOUT_GENERATION = new Set([
  'namespaces',
  'nodes',
  'persistentvolumes',
  'persistentvolumeclaims',
  'resourcequotas',
  'services',
  'horizontalpodautoscalers.autoscaling',
  'apiservices.apiregistration.k8s.io',
  'volumeattachments.storage.k8s.io',
  'resourceclaims.resource.k8s.io',
  'servicecidrs.networking.k8s.io',
  'certificatesigningrequests.certificates.k8s.io',
]);

/** Kinds that a PUT may create. */
const CREATED_ON_UPDATE = new Set([
  'leases.coordination.k8s.io',
  'events',
  'events.events.k8s.io',
  'endpoints',
  'limitranges',
  'runtimeclasses.node.k8s.io',
  'clusterroles.rbac.authorization.k8s.io',
  'clusterrolebindings.rbac.authorization.k8s.io',
  'roles.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
]);

/** Kinds whose PUT must carry a resourceVersion. */
const CONDITIONAL_UPDATE = new Set([
  'leases.coordination.k8s.io',
  'customresourcedefinitions.apiextensions.k8s.io',
  'apiservices.apiregistration.k8s.io',
  'poddisruptionbudgets.policy',
  'runtimeclasses.node.k8s.io',
  'csidrivers.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
]);

/** Kinds of which a deletion answers the last state. */
const RETURNED_ON_DELETE = new Set([
  'pods',
  'podtemplates',
  'services',
  'serviceaccounts',
  'persistentvolumes',
  'persistentvolumeclaims',
  'resourcequotas',
]);

/** Status isolation for a kind with a status subresource; nothing more. */
export function isolateStatus(): Pick<Strategy, 'prepareForCreate' | 'prepareForUpdate'> {
  return {
    prepareForCreate: (object: JsonObject) => void Reflect.deleteProperty(object, 'status'),
    prepareForUpdate: (object: JsonObject, old: JsonObject) =>
      setOrDelete(object, 'status', old['status']),
  };
}

/** The behaviour of a built-in kind by its facts alone. */
export function defaultStrategy(facts: BuiltinFacts): Strategy {
  const key = facts.group === '' ? facts.plural : `${facts.plural}.${facts.group}`;
  const keepsStatus = (facts.subresources ?? []).some(({ name }) => name === 'status');
  return {
    hasGeneration: WITH_GENERATION.has(key) || (keepsStatus && !WITHOUT_GENERATION.has(key)),
    allowUnconditionalUpdate: !CONDITIONAL_UPDATE.has(key),
    allowCreateOnUpdate: CREATED_ON_UPDATE.has(key),
    returnsDeletedObject: RETURNED_ON_DELETE.has(key),
    ...(keepsStatus ? isolateStatus() : {}),
  };
}
