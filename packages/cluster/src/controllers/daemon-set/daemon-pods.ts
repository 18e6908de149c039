import {
  type DaemonSet,
  type DeepReadonly,
  type Node,
  type Pod,
  type PodSpec,
  type PodTemplateSpec,
  type Stored,
  type Taint,
  type Toleration,
} from '@kubewright/apimachinery';
import { fitsNodeAffinity } from '../../scheduler/affinity.ts';
import { isTolerated } from '../../scheduler/tolerations.ts';
import { podRevisionLabel } from '../revisions/controller-revision.ts';

/** A DaemonSet as the cache has it. */
export type ReadonlyDaemonSet = DeepReadonly<Stored<DaemonSet>>;
/** A node as the cache has it. */
export type ReadonlyNode = DeepReadonly<Stored<Node>>;
/** A pod as the cache has it. */
export type ReadonlyPod = DeepReadonly<Stored<Pod>>;

/** Counts the templates of a DaemonSet; the API server writes it. From before there were revisions. */
const generationAnnotation = 'deprecated.daemonset.template.generation';
const generationLabel = 'pod-template-generation';
const nameField = 'metadata.name';

/** What no daemon minds: it is there for a node that is in trouble, too. */
function daemonTolerations(spec: DeepReadonly<PodSpec>): Toleration[] {
  const tolerates = (name: string, effect: 'NoSchedule' | 'NoExecute'): Toleration => ({
    key: `node.kubernetes.io/${name}`,
    operator: 'Exists',
    effect,
  });
  return [
    tolerates('not-ready', 'NoExecute'),
    tolerates('unreachable', 'NoExecute'),
    tolerates('disk-pressure', 'NoSchedule'),
    tolerates('memory-pressure', 'NoSchedule'),
    tolerates('pid-pressure', 'NoSchedule'),
    tolerates('unschedulable', 'NoSchedule'),
    ...(spec.hostNetwork === true ? [tolerates('network-unavailable', 'NoSchedule')] : []),
  ];
}

function withTolerations(spec: DeepReadonly<PodSpec>): Toleration[] {
  const added = daemonTolerations(spec);
  const isSame = (a: DeepReadonly<Toleration>, b: DeepReadonly<Toleration>): boolean =>
    a.key === b.key && a.effect === b.effect && (a.operator ?? 'Equal') === b.operator;
  const present = (spec.tolerations ?? []).map((each) => ({ ...each }));
  return [...present, ...added.filter((each) => !present.some((other) => isSame(other, each)))];
}

/** The template of the pod of one node. The scheduler puts it there: it is bound to the node by its affinity. */
export function daemonTemplate(
  set: ReadonlyDaemonSet,
  hash: string,
  nodeName: string,
): PodTemplateSpec {
  // A deep copy: nothing of a cached template is handed on to be changed.
  const template = structuredClone(set.spec?.template ?? {}) as PodTemplateSpec;
  const spec: PodSpec = { containers: [], ...template.spec };
  const generation = set.metadata.annotations?.[generationAnnotation];
  const nodeSelectorTerms = [
    { matchFields: [{ key: nameField, operator: 'In', values: [nodeName] }] },
  ];
  const { affinity } = spec;
  return {
    metadata: {
      ...template.metadata,
      labels: {
        ...template.metadata?.labels,
        ...(generation === undefined ? {} : { [generationLabel]: generation }),
        [podRevisionLabel]: hash,
      },
    },
    spec: {
      ...spec,
      tolerations: withTolerations(spec),
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
        },
      },
    },
  };
}

/** The node that a pod is on, or is meant for; undefined when it says of none. */
export function nodeOfPod({ spec }: ReadonlyPod): string | undefined {
  if (spec?.nodeName) return spec.nodeName;
  const terms =
    spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const field = (terms ?? [])
    .flatMap(({ matchFields = [] }) => matchFields)
    .find(({ key, operator }) => key === nameField && operator === 'In');
  return field?.values?.length === 1 ? field.values[0] : undefined;
}

/** Whether a pod was made from the present template. */
export function isUpdated(pod: ReadonlyPod, set: ReadonlyDaemonSet, hash: string): boolean {
  const labels = pod.metadata.labels ?? {};
  const generation = set.metadata.annotations?.[generationAnnotation];
  return (
    labels[podRevisionLabel] === hash ||
    (generation !== undefined && labels[generationLabel] === generation)
  );
}

/** Whether a node gets a pod, and whether it keeps one that it has. */
export interface Fitness {
  readonly shouldRun: boolean;
  readonly mayStay: boolean;
}

/** Resources are not looked at: a daemon waits for them on its node. */
export function fitnessOf(set: ReadonlyDaemonSet, node: ReadonlyNode): Fitness {
  const spec = set.spec?.template.spec;
  const neither = { shouldRun: false, mayStay: false };
  if (spec === undefined) return neither;
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return neither;
  const pod = { metadata: {}, spec: { ...spec, tolerations: withTolerations(spec) } };
  if (!fitsNodeAffinity(pod, node)) return neither;
  const isMinded = (effects: readonly string[]): boolean =>
    (node.spec?.taints ?? []).some(
      (taint: DeepReadonly<Taint>) => effects.includes(taint.effect) && !isTolerated(pod, taint),
    );
  return {
    shouldRun: !isMinded(['NoSchedule', 'NoExecute']),
    mayStay: !isMinded(['NoExecute']),
  };
}

/** Those on nodes before those that wait, older before younger, then by name. */
export function bySeniority(pods: readonly ReadonlyPod[]): ReadonlyPod[] {
  const waits = ({ spec }: ReadonlyPod): number => (spec?.nodeName ? 0 : 1);
  const bornMs = ({ metadata }: ReadonlyPod): number => Date.parse(metadata.creationTimestamp);
  return [...pods].sort(
    (a, b) =>
      waits(a) - waits(b) || bornMs(a) - bornMs(b) || (a.metadata.name < b.metadata.name ? -1 : 1),
  );
}
