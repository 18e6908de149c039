import type { ContainerStatus, DeepReadonly, Pod } from '@kubewright/apimachinery';
import type { AnyEvent, Snapshot } from '@kubewright/diagnosis';
import type { Answer, Diagnoser } from '../diagnoser.ts';
import { categoryFor } from './category-for.ts';

/**
 * The pod rules of k8sgpt (its pod analyzer, without the language model that words the answer), written anew from what they do:
 * an unschedulable pod; a container that waits for one of a list of reasons; a crash loop with the last termination's
 * reason; a container being created whose latest Event is a failed sandbox or mount; one that ended in anything but success;
 * one that runs unready with `Unhealthy` as its latest Event. Its answer is a text; the reason in it counts as the category,
 * and where that is the field's word for one of ours, as ours.
 */
export const k8sgpt: Diagnoser = {
  name: 'k8sgpt’s pod rules',
  diagnose: (snapshot) => snapshot.pods.map((pod) => answerFor(pod, snapshot)),
};

const errorReasons: ReadonlySet<string> = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'CreateContainerConfigError',
  'PreCreateHookError',
  'CreateContainerError',
  'PreStartHookError',
  'RunContainerError',
  'ImageInspectError',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
]);

function answerFor(pod: DeepReadonly<Pod>, { events = [] }: Snapshot): Answer {
  const subject = pod.metadata.name ?? '';
  const { status } = pod;
  const failure = (reason: string, container?: string): Answer => ({
    subject,
    isHealthy: false,
    category: categoryFor(reason),
    container,
  });
  if (status?.phase === 'Pending') {
    for (const { type, reason, message } of status.conditions ?? []) {
      if (type === 'PodScheduled' && reason === 'Unschedulable' && message) {
        return failure(unschedulable(message));
      }
    }
  }
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const container of statuses) {
    const reason = reasonOf(container, status?.phase ?? '', () => latestEvent(pod, events));
    if (reason !== undefined) return failure(reason, container.name);
  }
  return { subject, isHealthy: true };
}

/** Its answer is the scheduler's message, in which the reader finds the reason. */
function unschedulable(message: string): string {
  if (/Insufficient |Too many pods/.test(message)) return 'UnschedulableResources';
  if (message.includes('taint')) return 'UnschedulableTaint';
  if (/PersistentVolumeClaim|persistentvolumeclaim|volume node affinity/.test(message)) {
    return 'UnschedulableVolume';
  }
  return 'UnschedulablePlacement';
}

function reasonOf(
  { state, lastState, ready }: DeepReadonly<ContainerStatus>,
  phase: string,
  latest: () => AnyEvent | undefined,
): string | undefined {
  if (state?.waiting !== undefined) {
    const { reason = '', message = '' } = state.waiting;
    if (reason === 'ContainerCreating' && phase === 'Pending') {
      const event = latest();
      const { reason: last = '' } = event ?? {};
      return last === 'FailedCreatePodSandBox' || last === 'FailedMount' ? last : undefined;
    }
    if (reason === 'CrashLoopBackOff' && lastState?.terminated !== undefined) {
      return lastState.terminated.reason ?? reason;
    }
    return errorReasons.has(reason) && message !== '' ? reason : undefined;
  }
  if (state?.terminated !== undefined) {
    return state.terminated.exitCode === 0 ? undefined : (state.terminated.reason ?? 'Error');
  }
  return !ready && phase === 'Running' && latest()?.reason === 'Unhealthy'
    ? 'Unhealthy'
    : undefined;
}

function latestEvent(pod: DeepReadonly<Pod>, events: readonly AnyEvent[]): AnyEvent | undefined {
  let latest: AnyEvent | undefined;
  for (const event of events) {
    const about = 'involvedObject' in event ? event.involvedObject : event.regarding;
    if (about?.name !== pod.metadata.name) continue;
    if (latest === undefined || timeOf(event) >= timeOf(latest)) latest = event;
  }
  return latest;
}

function timeOf(event: AnyEvent): string {
  if ('lastTimestamp' in event && event.lastTimestamp) return event.lastTimestamp;
  return event.eventTime ?? event.metadata.creationTimestamp ?? '';
}
