import { parseTime } from '@kubewright/apimachinery';
import type { ContainerStatus, DeepReadonly, Pod } from '@kubewright/apimachinery';
import type { ContainerType, Crash } from './crash.ts';

/** The parts of a pod that crashes are read from. */
export type CrashablePod = DeepReadonly<Pick<Pod, 'metadata' | 'spec' | 'status'>>;

/**
 * The last crash of each container: app containers in the order of the pod, then sidecars, then init containers. A container crashed when it
 * was restarted at least once and its last state is terminated. Ephemeral containers are debug sessions and never restart.
 */
export function crashesOf(pod: CrashablePod): readonly Crash[] {
  const { status, spec, metadata } = pod;
  const podUid = metadata.uid ?? '';
  const sidecars = new Set(
    spec?.initContainers
      ?.filter(({ restartPolicy }) => restartPolicy === 'Always')
      .map(({ name }) => name),
  );
  const initStatuses = status?.initContainerStatuses ?? [];
  const isSidecar = ({ name }: { readonly name: string }): boolean => sidecars.has(name);
  return [
    ...crashesIn(podUid, 'app', status?.containerStatuses ?? []),
    ...crashesIn(podUid, 'sidecar', initStatuses.filter(isSidecar)),
    ...crashesIn(
      podUid,
      'init',
      initStatuses.filter((each) => !isSidecar(each)),
    ),
  ];
}

function crashesIn(
  podUid: string,
  containerType: ContainerType,
  statuses: readonly DeepReadonly<ContainerStatus>[],
): Crash[] {
  return statuses.flatMap(({ name, restartCount, lastState, state }) => {
    const terminated = lastState?.terminated;
    if (terminated === undefined || restartCount <= 0) return [];
    return [
      {
        podUid,
        container: name,
        containerType,
        restartCount,
        reason: terminated.reason || (terminated.exitCode === 0 ? 'Completed' : 'Error'),
        exitCode: terminated.exitCode,
        finishedAt: knownTime(terminated.finishedAt),
        succeededAt: knownTime(state?.running?.startedAt ?? state?.terminated?.startedAt),
      },
    ];
  });
}

/** The kubelet writes the beginning of 1970, or Go's year 1, for a time it does not know. */
function knownTime(text: string | undefined): Date | undefined {
  const date = parseTime(text);
  return date === undefined || date.getUTCFullYear() <= 1970 ? undefined : date;
}
