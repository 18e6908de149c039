import type { DeepReadonly, EventsV1Event, Pod, Stored } from '@kubewright/apimachinery';

const heading = ['NAME', 'READY', 'STATUS', 'RESTARTS'] as const;

/** The pods as `kubectl get pods` shows them, and the last warnings about them; empty without pods. */
export function pictureOf(
  pods: readonly DeepReadonly<Stored<Pod>>[],
  events: readonly DeepReadonly<Stored<EventsV1Event>>[],
): string[] {
  const rows = [...pods]
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((pod) => {
      const statuses = pod.status?.containerStatuses ?? [];
      const ready = `${statuses.filter((status) => status.ready).length}/${pod.spec?.containers.length ?? 0}`;
      const restarts = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
      return [pod.metadata.name, ready, statusOf(pod), String(restarts)];
    });
  if (rows.length === 0) return [];
  const warnings = events
    .filter(({ type }) => type === 'Warning')
    .slice(-3)
    .map(({ reason, note }) => `Warning  ${reason ?? ''}  ${note ?? ''}`);
  return [...aligned([heading, ...rows]), ...warnings];
}

/** Rows with their columns as wide as they must be, as kubectl writes tables. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = heading.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd((widths[column] ?? 0) + 3))
      .join('')
      .trimEnd(),
  );
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
