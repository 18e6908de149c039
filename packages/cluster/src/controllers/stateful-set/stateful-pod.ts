import {
  ownerReference,
  type DeepReadonly,
  type PersistentVolumeClaim,
  type Pod,
  type PodTemplateSpec,
  type Volume,
} from '@kubewright/apimachinery';
import { podRevisionLabel } from '../revisions/controller-revision.ts';
import {
  claimNameOf,
  ordinalOf,
  podNameOf,
  type ReadonlyPod,
  type ReadonlySet,
} from './ordinals.ts';

/** Label with a pod's own name, by which a Service can select it alone. */
export const podNameLabel = 'statefulset.kubernetes.io/pod-name';
/** Label with a pod's ordinal. */
export const podIndexLabel = 'apps.kubernetes.io/pod-index';

/** The revision a pod was made from; empty when it does not say. */
export function revisionOfPod(pod: DeepReadonly<Pod>): string {
  return pod.metadata.labels?.[podRevisionLabel] ?? '';
}

/** The pod of an ordinal, made from the template of a revision. */
export function newPod(
  set: ReadonlySet,
  ordinal: number,
  revision: { readonly name: string; readonly template: PodTemplateSpec },
): Pod {
  const { name, namespace } = set.metadata;
  const { metadata, spec } = revision.template;
  return {
    metadata: {
      name: podNameOf(set, ordinal),
      generateName: `${name}-`,
      namespace,
      labels: {
        ...metadata?.labels,
        ...identityLabels(set, ordinal),
        [podRevisionLabel]: revision.name,
      },
      annotations: metadata?.annotations,
      finalizers: metadata?.finalizers,
      ownerReferences: [ownerReference(set)],
    },
    spec: {
      containers: [],
      ...spec,
      volumes: withClaims(set, ordinal, spec?.volumes ?? []),
      hostname: podNameOf(set, ordinal),
      subdomain: set.spec?.serviceName,
    },
  };
}

function identityLabels(set: ReadonlySet, ordinal: number): Record<string, string> {
  return { [podNameLabel]: podNameOf(set, ordinal), [podIndexLabel]: String(ordinal) };
}

/** A claim template's volume takes the place of a volume of the same name. */
function withClaims(set: ReadonlySet, ordinal: number, volumes: readonly Volume[]): Volume[] {
  const claimed = (set.spec?.volumeClaimTemplates ?? []).map(({ metadata: { name = '' } }) => ({
    name,
    persistentVolumeClaim: { claimName: claimNameOf(set, name, ordinal) },
  }));
  const names = new Set(claimed.map(({ name }) => name));
  return [...claimed, ...volumes.filter(({ name }) => !names.has(name))];
}

/** Whether a pod says of itself that it is this one of its StatefulSet. */
export function hasIdentity(pod: ReadonlyPod): boolean {
  return pod.metadata.labels?.[podNameLabel] === pod.metadata.name;
}

/** Whether a pod mounts the claims of its ordinal. */
export function hasStorage(set: ReadonlySet, pod: ReadonlyPod): boolean {
  const ordinal = ordinalOf(set, pod) ?? -1;
  return (set.spec?.volumeClaimTemplates ?? []).every(({ metadata: { name = '' } }) => {
    const volume = pod.spec?.volumes?.find((each) => each.name === name);
    return volume?.persistentVolumeClaim?.claimName === claimNameOf(set, name, ordinal);
  });
}

/** A pod with the labels and volumes that its ordinal should have. */
export function withIdentityAndStorage(set: ReadonlySet, pod: ReadonlyPod): Pod {
  const ordinal = ordinalOf(set, pod) ?? -1;
  const draft = structuredClone(pod) as Pod; // a copy: the cached one does not change
  draft.metadata.labels = { ...draft.metadata.labels, ...identityLabels(set, ordinal) };
  if (draft.spec !== undefined && !hasStorage(set, pod)) {
    draft.spec.volumes = withClaims(set, ordinal, draft.spec.volumes ?? []);
  }
  return draft;
}

/** The claims of an ordinal, as the StatefulSet's claim templates ask for them. */
export function newClaims(set: ReadonlySet, ordinal: number): PersistentVolumeClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => {
    const claim = structuredClone(template) as PersistentVolumeClaim; // a copy, as above
    const { name = '', labels } = claim.metadata;
    claim.metadata.name = claimNameOf(set, name, ordinal);
    claim.metadata.namespace = set.metadata.namespace;
    claim.metadata.labels = { ...labels, ...set.spec?.selector.matchLabels };
    return claim;
  });
}
