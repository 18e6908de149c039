import type { DeepReadonly, EventsV1Event, Pod, Stored } from '@kubewright/apimachinery';

const widths = { name: 34, ready: 6, status: 18, restarts: 9 } as const;

/** The pods as `kubectl get pods` shows them, and the last warnings about them. */
export function pictureOf(
  pods: readonly DeepReadonly<Stored<Pod>>[],
  events: readonly DeepReadonly<Stored<EventsV1Event>>[],
): string[] {
  const row = (name: string, ready: string, status: string, restarts: string): string =>
    name.padEnd(widths.name) + ready.padEnd(widths.ready) + status.padEnd(widths.status) + restarts;
  const rows = [...pods]
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((pod) => {
      const statuses = pod.status?.containerStatuses ?? [];
      const ready = `${statuses.filter((status) => status.ready).length}/${pod.spec?.containers.length ?? 0}`;
      const restarts = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
      return row(pod.metadata.name, ready, statusOf(pod), String(restarts));
    });
  const warnings = events
    .filter(({ type }) => type === 'Warning')
    .slice(-3)
    .map(({ reason, note }) => `Warning  ${reason ?? ''}  ${note ?? ''}`);
  return [row('NAME', 'READY', 'STATUS', 'RESTARTS'), ...rows, ...warnings];
}

/** One word for a pod: why its first container that is not running waits or ended, else its phase. */
function statusOf(pod: DeepReadonly<Pod>): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  for (const { state } of pod.status?.containerStatuses ?? []) {
    const reason = state?.waiting?.reason ?? state?.terminated?.reason;
    if (reason !== undefined) return reason;
  }
  return pod.status?.phase ?? 'Pending';
}
