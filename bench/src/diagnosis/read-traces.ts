import { momentOf, type AnyEvent, type Snapshot } from '@kubewright/diagnosis';
import { keyOf, type KubernetesObject, type Pod } from '@kubewright/apimachinery';
import { wellCategories, type Expectation, type Sample } from './expectation.ts';
import { logsOf, readRecordings, type ExpectedFile, type TraceLine } from './recordings.ts';

/**
 * Which moment of a recording is looked at:
 *
 * - `begin`: the recorder's first line with the reason that the pod has at the end. A pod whose volume will not come has
 *   that of every pod that is starting, so this may be before anything speaks of the failure.
 * - `sign`: the first moment from there on at which something does: a Warning, or a state that is not that of a pod on
 *   its way.
 * - `last`: the last moment at which the failure holds.
 */
export type Moment = 'begin' | 'sign' | 'last';

/** How recordings are given to a diagnoser. */
export interface TraceReading {
  /** As files that were kept: nothing says when they were written, and no log is with them. Default: false. */
  readonly asFiles?: boolean;
}

/**
 * Reads recordings of a kubelet at one moment each. Of what is well only the last moment is asked for: it may have
 * been a failure on its way there.
 */
export async function readTraces(
  folder: string,
  moment: Moment,
  { asFiles = false }: TraceReading = {},
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const recording of readRecordings(folder)) {
    const { name, expected, trace } = recording;
    if (moment !== 'last' && wellCategories.has(expected.category)) continue;
    const at = secondsAt(expected, trace, moment);
    const state = stateAt(trace, at);
    const seen = { now: new Date(Date.parse(expected.observed.start) + at * 1000) };
    samples.push({
      name,
      snapshot: {
        ...state,
        // Logs were read at the end.
        ...(moment === 'last' && !asFiles ? { logs: logsOf(recording) } : {}),
        ...(asFiles ? (momentOf(Object.values(state), new Date()) ?? seen) : seen),
      },
      expected: expectationOf(expected),
    });
  }
  return samples.sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** The claim holds up to this moment, in seconds: at it, it may be over (the pod is gone). */
const tickSeconds = 0.001;

function secondsAt(
  { judge, observed }: ExpectedFile,
  trace: readonly TraceLine[],
  moment: Moment,
): number {
  const last = judge === undefined ? observed.duration : judge[1] - tickSeconds;
  const begin = Math.max(observed.firstSeen ?? 0, judge?.[0] ?? 0);
  if (moment === 'last') return last;
  if (moment === 'begin' && observed.firstSeen !== null) return begin;
  // What has shown itself before lasts, unless it was deleted meanwhile.
  const signs = trace.filter(isSign).map(({ t }) => t);
  const next = signs.find((t) => t >= begin);
  return signs.some((t) => t < begin) ? begin : Math.min(next ?? last, last);
}

/** Whether a line says that something is amiss. */
function isSign({ kind, object }: TraceLine): boolean {
  if (kind === 'Event') return (object as AnyEvent).type === 'Warning'; // by its kind
  if (kind !== 'Pod') return false;
  const { metadata, status } = object as Pod; // by its kind
  const containers = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ];
  return (
    metadata.deletionTimestamp !== undefined ||
    status?.reason !== undefined ||
    (status?.conditions ?? []).some(
      ({ type, status: is }) =>
        type === 'DisruptionTarget' || (type === 'PodScheduled' && is === 'False'),
    ) ||
    containers.some(
      ({ restartCount, state }) =>
        restartCount > 0 ||
        (state?.terminated !== undefined && state.terminated.reason !== 'Completed') ||
        (state?.waiting?.reason !== undefined && !onTheirWay.has(state.waiting.reason)),
    )
  );
}

const onTheirWay: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

function expectationOf(given: ExpectedFile): Expectation {
  return {
    category: given.category,
    alsoAccept: given.alsoAccept ?? [],
    container: given.container ?? undefined,
    isHealthy: wellCategories.has(given.category),
    remediation: given.remediation,
    subjects: given.observed.subjects ?? [],
  };
}

/** What a tool could have read at that second. */
function stateAt(lines: readonly TraceLine[], seconds: number): Omit<Snapshot, 'now'> {
  const state = new Map<string, { readonly kind: string; readonly object: KubernetesObject }>();
  for (const { t, event, kind, object } of lines) {
    if (t > seconds) continue;
    const key = `${kind}/${keyOf(object)}`;
    if (event === 'DELETED') state.delete(key);
    else state.set(key, { kind, object });
  }
  const all = [...state.values()];
  const ofKind = (kind: string): KubernetesObject[] =>
    all.filter((each) => each.kind === kind).map(({ object }) => object);
  return {
    pods: ofKind('Pod'), // by their kind
    events: ofKind('Event') as AnyEvent[], // by their kind
    objects: all
      .filter(({ kind }) => kind !== 'Pod' && kind !== 'Event')
      .map(({ object }) => object),
  };
}
