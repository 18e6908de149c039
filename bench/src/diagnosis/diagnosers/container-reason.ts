import type { ContainerStatus, DeepReadonly, Pod } from '@kubewright/apimachinery';
import type { Answer, Diagnoser } from '../diagnoser.ts';
import { categoryFor } from './category-for.ts';

/**
 * The least a tool can do: the container's own reason as it stands, which is what `kubectl get pods` shows. A pod is
 * unwell when a container waits for another reason than starting, or has ended in anything but success.
 */
export const containerReason: Diagnoser = {
  name: 'the container’s own reason',
  diagnose: ({ pods }) => pods.map(answerFor),
};

const starting: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing', '']);

function answerFor({ metadata, status }: DeepReadonly<Pod>): Answer {
  const subject = metadata.name ?? '';
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const container of statuses) {
    const reason = reasonOf(container);
    if (reason === undefined) continue;
    return { subject, isHealthy: false, category: categoryFor(reason), container: container.name };
  }
  const { reason, phase } = status ?? {};
  if (reason !== undefined) return { subject, isHealthy: false, category: reason };
  const unscheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (unscheduled?.status === 'False') {
    return { subject, isHealthy: false, category: unscheduled.reason ?? 'Pending' };
  }
  return { subject, isHealthy: phase !== 'Failed', category: 'Failed' };
}

function reasonOf({ state }: DeepReadonly<ContainerStatus>): string | undefined {
  const waiting = state?.waiting?.reason;
  if (waiting !== undefined && !starting.has(waiting)) return waiting;
  const ended = state?.terminated;
  return ended === undefined || ended.exitCode === 0 ? undefined : (ended.reason ?? 'Error');
}
