import type { DeepReadonly, EventsV1Event, Pod } from '@kubewright/apimachinery';

/** What the walk-through must have brought about, by the PodDiagnoser's contract. */
export interface Evidence {
  readonly pod: DeepReadonly<Pod>;
  /** Events about the pod. */
  readonly events: readonly DeepReadonly<EventsV1Event>[];
  /** `status` of the diagnoser. */
  readonly status: {
    readonly lastProcessedPod?: string | undefined;
    readonly diagnosedPods?: number | undefined;
  };
}

const reasonKey = 'diagnostics.local.io/restart-reason';
const timeKey = 'diagnostics.local.io/restart-time';

/** What is still missing or wrong, in words; empty when the diagnosis is right. */
export function missingFrom({ pod, events, status }: Evidence): string[] {
  const name = pod.metadata.name ?? '';
  const annotations = pod.metadata.annotations ?? {};
  const wantedReason = 'Completed (Exit Code: 0)';
  const finishedAt = pod.status?.containerStatuses?.[0]?.lastState?.terminated?.finishedAt;
  const wantedNote = `Pod ${name} restarted due to ${wantedReason}`;
  const told = events.filter(
    (event) => event.reason === 'PodRestarted' && event.type === 'Warning',
  );
  const problems: string[] = [];
  const expect = (isRight: boolean, problem: string): void => {
    if (!isRight) problems.push(problem);
  };
  expect(
    annotations[reasonKey] === wantedReason,
    `${reasonKey} is ${quoted(annotations[reasonKey])}, not "${wantedReason}"`,
  );
  expect(
    finishedAt !== undefined && annotations[timeKey] === finishedAt,
    `${timeKey} is ${quoted(annotations[timeKey])}, not the end of the container (${quoted(finishedAt)})`,
  );
  expect(told.length === 1, `${told.length} Events PodRestarted on the pod, not one`);
  expect(
    told.every((event) => event.note === wantedNote && event.series === undefined),
    `the Event says ${quoted(told[0]?.note)}, not "${wantedNote}" once`,
  );
  expect(
    status.diagnosedPods === 1,
    `status.diagnosedPods is ${String(status.diagnosedPods)}, not 1`,
  );
  expect(
    status.lastProcessedPod?.endsWith(name) === true,
    `status.lastProcessedPod is ${quoted(status.lastProcessedPod)}, not the pod ${name}`,
  );
  return problems;
}

function quoted(text: string | undefined): string {
  return text === undefined ? 'not there' : `"${text}"`;
}
