import {
  fromLabelSelector,
  type DeepReadonly,
  type Node,
  type NodeSelectorRequirement,
  type NodeSelectorTerm,
  type Pod,
  type PodAffinityTerm,
  type Stored,
} from '@kubewright/apimachinery';

type ReadonlyNode = DeepReadonly<Stored<Node>>;
type ReadonlyPod = DeepReadonly<Stored<Pod>>;

function fits(
  requirement: DeepReadonly<NodeSelectorRequirement>,
  value: string | undefined,
): boolean {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

function fitsTerm(term: DeepReadonly<NodeSelectorTerm>, node: ReadonlyNode): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  return (
    expressions.every((requirement) =>
      fits(requirement, node.metadata.labels?.[requirement.key]),
    ) &&
    fields.every((field) =>
      fits(field, field.key === 'metadata.name' ? node.metadata.name : undefined),
    )
  );
}

/** Whether a node has what one of the terms asks for. */
export function fitsTerms(
  terms: readonly DeepReadonly<NodeSelectorTerm>[],
  node: ReadonlyNode,
): boolean {
  return terms.some((term) => fitsTerm(term, node));
}

/** Whether a node has what the pod's `nodeSelector` and required node affinity ask for. */
export function fitsNodeAffinity(pod: DeepReadonly<Pod>, node: ReadonlyNode): boolean {
  const selector = Object.entries(pod.spec?.nodeSelector ?? {});
  if (!selector.every(([key, value]) => node.metadata.labels?.[key] === value)) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || fitsTerms(required.nodeSelectorTerms, node);
}

/** One node, and the pods that are bound to it. */
export interface Placement {
  readonly node: ReadonlyNode;
  readonly pods: readonly ReadonlyPod[];
}

function inDomain(
  placements: readonly Placement[],
  node: ReadonlyNode,
  topologyKey: string,
): ReadonlyPod[] {
  const domain = node.metadata.labels?.[topologyKey];
  if (domain === undefined) return [];
  return placements
    .filter((placement) => placement.node.metadata.labels?.[topologyKey] === domain)
    .flatMap(({ pods }) => pods);
}

function selects(
  term: DeepReadonly<PodAffinityTerm>,
  owner: DeepReadonly<Pod>,
  pod: DeepReadonly<Pod>,
): boolean {
  const namespaces = term.namespaces?.length ? term.namespaces : [owner.metadata.namespace ?? ''];
  // A namespace selector chooses by labels of namespaces; the empty one means all of them.
  const isInNamespace =
    term.namespaceSelector !== undefined || namespaces.includes(pod.metadata.namespace ?? '');
  return (
    isInNamespace &&
    term.labelSelector !== undefined &&
    fromLabelSelector(term.labelSelector).matches(pod.metadata.labels ?? {})
  );
}

/** Why required pod affinity or anti-affinity keeps a pod off a node; undefined when it does not. */
export function podAffinityConflict(
  pod: DeepReadonly<Pod>,
  node: ReadonlyNode,
  placements: readonly Placement[],
): Conflict | undefined {
  const wanted =
    pod.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const term of wanted) {
    if (inDomain(placements, node, term.topologyKey).some((other) => selects(term, pod, other)))
      continue;
    // The first pod of a group that wants to be near itself may go anywhere the key exists.
    const isFirst =
      selects(term, pod, pod) &&
      !placements.some(({ pods }) => pods.some((p) => selects(term, pod, p)));
    if (!isFirst || node.metadata.labels?.[term.topologyKey] === undefined) {
      // No pod that goes brings the one that is missed.
      return { reason: "node(s) didn't match pod affinity rules", isCrowded: false };
    }
  }
  const unwanted =
    pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const term of unwanted) {
    if (inDomain(placements, node, term.topologyKey).some((other) => selects(term, pod, other))) {
      return { reason: "node(s) didn't match pod anti-affinity rules", isCrowded: true };
    }
  }
  for (const placement of placements) {
    for (const other of placement.pods) {
      const terms =
        other.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
      for (const term of terms) {
        const domain = node.metadata.labels?.[term.topologyKey];
        const isSameDomain =
          domain !== undefined && placement.node.metadata.labels?.[term.topologyKey] === domain;
        if (isSameDomain && selects(term, other, pod)) {
          const reason = "node(s) didn't satisfy existing pods anti-affinity rules";
          return { reason, isCrowded: true };
        }
      }
    }
  }
  return undefined;
}

/** Why a node does not fit among others, and whether it could if other pods went. */
export interface Conflict {
  readonly reason: string;
  readonly isCrowded: boolean;
}

const spreadReason = "node(s) didn't match pod topology spread constraints";

/** Why a hard topology spread constraint keeps a pod off a node; undefined when none does. */
export function topologySpreadConflict(
  pod: DeepReadonly<Pod>,
  node: ReadonlyNode,
  placements: readonly Placement[],
): Conflict | undefined {
  for (const constraint of pod.spec?.topologySpreadConstraints ?? []) {
    if (constraint.whenUnsatisfiable !== 'DoNotSchedule') continue;
    const domain = node.metadata.labels?.[constraint.topologyKey];
    if (domain === undefined) {
      return { reason: `${spreadReason} (missing required label)`, isCrowded: false };
    }
    const selector = fromLabelSelector(constraint.labelSelector ?? {});
    const counts = new Map<string, number>();
    for (const placement of placements) {
      const other = placement.node.metadata.labels?.[constraint.topologyKey];
      if (other === undefined || !fitsNodeAffinity(pod, placement.node)) continue;
      const matching = placement.pods.filter(
        (p) =>
          p.metadata.namespace === pod.metadata.namespace &&
          selector.matches(p.metadata.labels ?? {}),
      );
      counts.set(other, (counts.get(other) ?? 0) + matching.length);
    }
    const enoughDomains = counts.size >= (constraint.minDomains ?? 1);
    const least = enoughDomains ? Math.min(...counts.values()) : 0;
    const self = selector.matches(pod.metadata.labels ?? {}) ? 1 : 0;
    if ((counts.get(domain) ?? 0) + self - least > constraint.maxSkew) {
      return { reason: spreadReason, isCrowded: true };
    }
  }
  return undefined;
}
