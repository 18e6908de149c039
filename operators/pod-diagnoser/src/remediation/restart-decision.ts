import { controllerOf, parseApiVersion } from '@kubewright/apimachinery';
import type { DeepReadonly, NamespacedName, Pod } from '@kubewright/apimachinery';
import type { Category, Finding } from '@kubewright/diagnosis';

/** Whether a pod may be deleted so that its controller makes a new one. */
export type RestartDecision =
  | { readonly type: 'restart'; readonly ownerUid: string }
  /** The sentence ends "was not restarted: …". */
  | { readonly type: 'skip'; readonly why: string };

/** What the decision rests on besides the pod. */
export interface RestartContext {
  /** The pod this operator runs in; undefined outside a cluster. */
  readonly self?: NamespacedName | undefined;
  /** Why it fails, as far as is known. */
  readonly findings: readonly Finding[];
  /** The diagnoser names labels, so that whoever wrote it meant these pods. */
  readonly isNamedByLabels: boolean;
  /** Deletions within the last hour of pods of the same controller. */
  readonly recentRestarts: (ownerUid: string) => number;
}

/**
 * Most pods of one controller that are deleted within an hour. A crash that a new pod repeats is not healed by a further one; deleting also
 * takes away the kubelet's back-off, so without a bound the loop would be faster than without us.
 */
export const maxRestartsPerHour = 10;

/**
 * What a new pod of the same template does again, at once and on any node: the program is not in the image, is not for this
 * machine, or is killed by its own hook. Deleting the pod would only take away the kubelet's back-off.
 */
const repeated: ReadonlySet<Category> = new Set<Category>([
  'CommandNotExecutable',
  'CommandNotFound',
  'ExecFormatError',
  'InvalidImageName',
  'ImageNeverPull',
  'MissingConfigKey',
  'MissingConfigObject',
  'PostStartHookFailure',
  'RunAsNonRootViolation',
]);

/** Marks the API server's image of a static pod. */
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** Controllers that make a new pod in place of a deleted one, by kind. */
const replacing: ReadonlyMap<string, string> = new Map([
  ['ReplicaSet', 'apps'],
  ['StatefulSet', 'apps'],
  ['DaemonSet', 'apps'],
  ['ReplicationController', ''],
]);

/** Whether a pod is the API server's image of a static pod: neither annotated nor deleted, because the kubelet reads a file, not the API. */
export function isMirrorPod(pod: DeepReadonly<Pick<Pod, 'metadata'>>): boolean {
  return pod.metadata.annotations?.[mirrorAnnotation] !== undefined;
}

/** Decides whether deleting the pod is safe: it will come back, nobody else is responsible for it, and it is not deleted in a loop. */
export function decideRestart(
  pod: DeepReadonly<Pick<Pod, 'metadata' | 'spec'>>,
  context: RestartContext,
): RestartDecision {
  const { metadata, spec } = pod;
  const skip = (why: string): RestartDecision => ({ type: 'skip', why });
  if (metadata.deletionTimestamp !== undefined) return skip('it is being deleted already');
  if (isMirrorPod(pod)) return skip('it is a static pod, which the kubelet reads from a file');
  if (
    context.self !== undefined &&
    context.self.name === metadata.name &&
    context.self.namespace === metadata.namespace
  ) {
    return skip('it is the pod this operator runs in');
  }
  const owner = controllerOf(pod);
  if (owner === undefined) {
    return skip('it has no controller that would make a new one, so deleting it would lose it');
  }
  const { group } = parseApiVersion(owner.apiVersion);
  if (owner.kind === 'Job' && group === 'batch') {
    return skip(`it belongs to the Job ${owner.name}, which retries by itself`);
  }
  if (owner.kind === 'Node' && group === '') {
    return skip('it is a static pod, which the kubelet reads from a file');
  }
  if (replacing.get(owner.kind) !== group) {
    const kind = `${owner.kind} (${owner.apiVersion})`;
    return skip(`it belongs to a ${kind}, which may not make a new one`);
  }
  if (spec?.priorityClassName?.startsWith('system-') === true && !context.isNamedByLabels) {
    return skip(
      `its priority class is ${spec.priorityClassName}; name it by targetLabels to have it restarted`,
    );
  }
  const hopeless = context.findings.find(({ category }) => repeated.has(category));
  if (hopeless !== undefined) {
    return skip(`a new pod would fail the same way: ${hopeless.summary}`);
  }
  if (context.recentRestarts(owner.uid) >= maxRestartsPerHour) {
    return skip(
      `${String(maxRestartsPerHour)} pods of the ${owner.kind} ${owner.name} were deleted within an hour, which did not help`,
    );
  }
  return { type: 'restart', ownerUid: owner.uid };
}
