import {
  isConditionTrue,
  type ContainerStatus,
  type DeepReadonly,
  type Pod,
} from '@kubewright/apimachinery';

/** What the pods of a cluster look like. */
export interface PodsHealth {
  readonly replicas: number;
  readonly readyReplicas: number;
  /** Names of the pods that are ready. */
  readonly readyPods: readonly string[];
  /** Names the first unhealthy pod and container, and says what is wrong; empty when nothing is. */
  readonly message: string;
  /** A container fails in a way that waiting alone does not mend. */
  readonly isFailing: boolean;
}

/** Reasons for which a container waits although it should run, and will not by itself. */
const failures: ReadonlySet<string> = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/**
 * Looks at pods: every one must be Running and every container ready.
 *
 * @param wanted - Names of the pods that there should be.
 */
export function podsHealth(
  pods: readonly DeepReadonly<Pod>[],
  wanted: readonly string[],
): PodsHealth {
  const byName = new Map(pods.map((pod) => [pod.metadata.name ?? '', pod]));
  const verdicts = wanted.map((name) => verdictOf(name, byName.get(name)));
  const bad =
    verdicts.find(({ isFailing }) => isFailing) ?? verdicts.find(({ text }) => text !== '');
  const readyPods = wanted.filter((_, index) => verdicts[index]?.text === '');
  return {
    replicas: wanted.filter((name) => byName.has(name)).length,
    readyReplicas: readyPods.length,
    readyPods,
    message: bad?.text ?? '',
    isFailing: verdicts.some(({ isFailing }) => isFailing),
  };
}

interface Verdict {
  /** Empty: it is well. */
  readonly text: string;
  readonly isFailing: boolean;
}

function verdictOf(name: string, pod: DeepReadonly<Pod> | undefined): Verdict {
  if (pod === undefined) return { text: `pod ${name} does not exist yet`, isFailing: false };
  const { status = {}, metadata } = pod;
  if (metadata.deletionTimestamp !== undefined) {
    return { text: `pod ${name} is being deleted`, isFailing: false };
  }
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  for (const container of statuses) {
    const waiting = container.state?.waiting;
    if (waiting?.reason !== undefined && failures.has(waiting.reason)) {
      return {
        text: `pod ${name}: container ${container.name} is waiting: ${waiting.reason}${lastWords(container)}`,
        isFailing: true,
      };
    }
  }
  const unready = statuses.find((container) => !container.ready);
  if (unready !== undefined) {
    return {
      text: `pod ${name}: container ${unready.name} is ${stateOf(unready)}`,
      isFailing: false,
    };
  }
  if (status.phase !== 'Running') {
    const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
    const why =
      scheduled?.status === 'False' ? `: ${scheduled.message ?? scheduled.reason ?? ''}` : '';
    return {
      text: `pod ${name} is ${status.phase ?? 'Pending'}${why}`,
      isFailing: status.phase === 'Failed',
    };
  }
  return isConditionTrue(status.conditions, 'Ready')
    ? { text: '', isFailing: false }
    : { text: `pod ${name} is Running but not ready`, isFailing: false };
}

function stateOf({ state, restartCount }: DeepReadonly<ContainerStatus>): string {
  if (state?.terminated !== undefined) {
    const { reason = 'Error', exitCode } = state.terminated;
    return `terminated: ${reason} (Exit Code: ${String(exitCode)})`;
  }
  if (state?.waiting !== undefined)
    return `waiting: ${state.waiting.reason ?? 'ContainerCreating'}`;
  return restartCount > 0
    ? `running, not ready (restarted ${String(restartCount)} times)`
    : 'running, not ready';
}

function lastWords({ lastState, state }: DeepReadonly<ContainerStatus>): string {
  const terminated = lastState?.terminated;
  if (terminated !== undefined) {
    return ` after ${terminated.reason ?? 'Error'} (Exit Code: ${String(terminated.exitCode)})`;
  }
  const message = state?.waiting?.message;
  return message === undefined ? '' : `: ${message.slice(0, 300)}`;
}
