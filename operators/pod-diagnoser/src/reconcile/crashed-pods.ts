import { Pod } from '@kubewright/apimachinery';
import type { DeepReadonly, Stored } from '@kubewright/apimachinery';
import type { Cache, Informer } from '@kubewright/runtime';
import { crashesOf } from '../crash/crashes-of.ts';
import type { Crash } from '../crash/crash.ts';
import { unhandledCrashes } from '../crash/pod-annotations.ts';
import { projectPod } from '../pod-projection.ts';
import { isMirrorPod } from '../remediation/restart-decision.ts';

/** A pod as the cache has it. */
export type CachedPod = DeepReadonly<Stored<Pod>>;

/** A pod with crashes that have not been dealt with. */
export interface CrashedPod {
  readonly pod: CachedPod;
  /** The last crash of each container. */
  readonly crashes: readonly Crash[];
  /** Those of them that have not been dealt with; at least one. */
  readonly unhandled: readonly Crash[];
}

/** Options of the informer of pods; one object, so that all who ask share one informer. */
export const podSource = { transform: keepWhatIsRead } as const;

/** Files pods with unhandled crashes under their namespace, so that a look at them does not cost a look at all pods. */
const unhandledIndex = 'unhandled-crashes';

/** What is to be dealt with in a pod; undefined when nothing is. Pods that are on their way out and mirrors of static pods are left alone. */
export function crashedPod(pod: CachedPod): CrashedPod | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || isMirrorPod(pod)) return undefined;
  const crashes = crashesOf(pod);
  const unhandled = unhandledCrashes(pod, crashes);
  return unhandled.length === 0 ? undefined : { pod, crashes, unhandled };
}

/** A diagnosis looks at the whole pod; of pods without a crash to deal with, a tenth suffices. */
function keepWhatIsRead(pod: Stored<Pod>): Stored<Pod> {
  return crashedPod(pod) === undefined ? projectPod(pod) : pod;
}

/** The informer of pods, with the index that {@link crashedPodsIn} reads. */
export function podInformer(cache: Cache): Informer<Pod> {
  const informer = cache.informer(Pod, podSource);
  informer.addIndex(unhandledIndex, indexPod);
  return informer;
}

/** All pods of a namespace with unhandled crashes, by name. */
export function crashedPodsIn(pods: Informer<Pod>, namespace: string): readonly CrashedPod[] {
  return pods
    .byIndex(unhandledIndex, namespace)
    .map(crashedPod)
    .filter((each) => each !== undefined)
    .sort((left, right) => (left.pod.metadata.name < right.pod.metadata.name ? -1 : 1));
}

function indexPod(pod: Stored<Pod>): readonly string[] {
  return crashedPod(pod) === undefined ? [] : [pod.metadata.namespace ?? ''];
}
