import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event, Pod, PodStatus, Stored } from '@kubewright/apimachinery';
import {
  ImageStore,
  Kubelet,
  SharedLoopback,
  startLocalRuntime,
  type ImageMap,
} from '../src/kubelet/index.ts';
import { InMemoryKubeletApi } from './kubelet-api-in-memory.ts';
import { settle, StandingClock } from './kubelet-clock.ts';
import { readTrace, type TraceLine } from './recorded-trace.ts';

/** How a recording is played again. */
export interface ReplayOptions {
  /** What the containers of the recording did, by image. */
  readonly images: ImageMap;
  /** Milliseconds of the recording to play. Default: all of it. */
  readonly forMs?: number;
  /** Which of the recording's pods, in the order they were made. Default 0. */
  readonly podIndex?: number;
  /** Prepares what the pod needs besides its image. */
  readonly prepare?: (api: InMemoryKubeletApi, namespace: string) => void;
  /** Done while the recording plays, in the order of time. */
  readonly later?: readonly {
    /** Milliseconds since the pod was bound. */
    readonly atMs: number;
    readonly act: (api: InMemoryKubeletApi, namespace: string) => void;
  }[];
}

/** A status that was to be seen from one moment to another, ids and times normalised. */
export interface SeenStatus {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly status: unknown;
}

/** An event as often as it happened, ids and times normalised. */
export interface SeenEvent {
  readonly type: string;
  readonly reason: string;
  readonly fieldPath: string;
  readonly message: string;
  readonly count: number;
}

/** What was seen of one pod. */
export interface Seen {
  readonly statuses: readonly SeenStatus[];
  /** In the order in which they happened first. */
  readonly events: readonly SeenEvent[];
}

/** What a real kubelet and ours made of the same pod. */
export interface Replay {
  readonly recorded: Seen;
  readonly ours: Seen;
}

/** Plays one pod of a recording on our kubelet: the same pod, deleted at the same time, on a clock that stands still. */
export async function replayTrace(name: string, options: ReplayOptions): Promise<Replay> {
  const trace = readTrace(name);
  const lines = podLines(trace, options.podIndex ?? 0);
  const bound = lines.find((line) => line.pod.spec?.nodeName !== undefined);
  if (bound === undefined) throw new Error(`no pod of ${name} was bound to a node`);
  const endSeconds =
    options.forMs === undefined ? traceDuration(name) : bound.t + options.forMs / 1000;
  const within = lines.filter((line) => line.t <= endSeconds);
  return {
    recorded: recordedSeen(trace, within, bound.t, endSeconds),
    ours: await ourSeen(bound, within, endSeconds, options),
  };
}

/** Seconds a recording lasted; it goes on after its last line. */
function traceDuration(name: string): number {
  const file = new URL(`../../../../shared/traces/${name}/expected.json`, import.meta.url);
  // Every recording comes with this summary.
  const summary = JSON.parse(readFileSync(file, 'utf8')) as { observed: { duration: number } };
  return summary.observed.duration;
}

interface PodLine extends TraceLine {
  readonly pod: Stored<Pod>;
}

function podLines(trace: readonly TraceLine[], index: number): PodLine[] {
  const pods = trace.filter((line) => line.kind === 'Pod');
  const uid = [...new Set(pods.map((line) => line.object.metadata.uid))][index];
  return pods
    .filter((line) => line.object.metadata.uid === uid)
    .map((line) => ({ ...line, pod: line.object }));
}

async function ourSeen(
  bound: PodLine,
  lines: readonly PodLine[],
  endSeconds: number,
  options: ReplayOptions,
): Promise<Seen> {
  const startMs = Date.parse(bound.pod.metadata.creationTimestamp);
  const clock = new StandingClock(startMs);
  const api = new InMemoryKubeletApi(() => clock.now());
  const namespace = bound.pod.metadata.namespace ?? '';
  api.configMaps.set(`${namespace}/kube-root-ca.crt`, {
    metadata: { name: 'kube-root-ca.crt', namespace },
    data: { 'ca.crt': 'a certificate' },
  });
  options.prepare?.(api, namespace);
  const dataDir = await mkdtemp(join(tmpdir(), 'kubewright-kubelet-'));
  const images = new ImageStore(options.images);
  const addresses = new SharedLoopback();
  const runtime = await startLocalRuntime({ images, dataDir, clock, addresses });
  const kubelet = new Kubelet({
    nodeName: 'kubewright-node',
    nodeIp: '127.0.0.1',
    api,
    runtime,
    images,
    dataDir,
    clock,
    random: () => 0.5,
  });
  const stop = new AbortController();
  const done = kubelet.run(stop.signal);
  try {
    await settle();
    api.put(bound.pod);
    const changes = [
      ...changesOf(bound, lines).map(({ atMs, pod }) => ({ atMs, act: () => change(api, pod) })),
      ...(options.later ?? []),
    ].sort((left, right) => left.atMs - right.atMs);
    for (const { atMs, act } of changes) {
      await clock.advanceTo(startMs + atMs);
      act(api, namespace);
    }
    await clock.advanceTo(startMs + (endSeconds - bound.t) * 1000);
    return {
      statuses: seenStatuses(
        api.statuses.map(({ atMs, status }) => ({ atMs: atMs - startMs, status })),
        clock.now() - startMs,
      ),
      events: seenEvents([...api.events.values()]),
    };
  } finally {
    stop.abort();
    await done;
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** What others changed of the pod while it was recorded: its spec, its deletion. */
function changesOf(
  bound: PodLine,
  lines: readonly PodLine[],
): { readonly atMs: number; readonly pod: Stored<Pod> }[] {
  let generation = bound.pod.metadata.generation;
  return lines.flatMap((line) => {
    if (line.pod.metadata.generation === generation) return [];
    generation = line.pod.metadata.generation;
    return [{ atMs: (line.t - bound.t) * 1000, pod: line.pod }];
  });
}

function change(api: InMemoryKubeletApi, pod: Stored<Pod>): void {
  const present = api.pod(pod.metadata.uid);
  if (present === undefined) throw new Error('the pod is gone before it was changed');
  api.put({
    ...present,
    metadata: { ...pod.metadata },
    ...(pod.spec === undefined ? {} : { spec: pod.spec }),
  });
}

function recordedSeen(
  trace: readonly TraceLine[],
  lines: readonly PodLine[],
  startSeconds: number,
  endSeconds: number,
): Seen {
  const written = lines
    .filter((line) => line.pod.status?.observedGeneration !== undefined)
    .map((line) => ({ atMs: (line.t - startSeconds) * 1000, status: line.pod.status ?? {} }));
  const uid = lines[0]?.pod.metadata.uid;
  const events = new Map<string, Event>();
  for (const line of trace) {
    if (line.kind !== 'Event' || line.t > endSeconds) continue;
    // Lines of kind Event hold core/v1 Events.
    const event = line.object as unknown as Event;
    if (event.source?.component === 'kubelet' && event.involvedObject.uid === uid) {
      events.set(line.object.metadata.uid, event);
    }
  }
  return {
    statuses: seenStatuses(written, (endSeconds - startSeconds) * 1000),
    events: seenEvents([...events.values()]),
  };
}

function seenStatuses(
  written: readonly { readonly atMs: number; readonly status: PodStatus }[],
  endMs: number,
): SeenStatus[] {
  const normalise = normaliser();
  const seen: SeenStatus[] = [];
  for (const { atMs, status } of written) {
    const normal = normalise(status);
    const last = seen.at(-1);
    if (last !== undefined && JSON.stringify(last.status) === JSON.stringify(normal)) continue;
    if (last !== undefined) seen[seen.length - 1] = { ...last, untilMs: atMs };
    seen.push({ fromMs: atMs, untilMs: endMs, status: normal });
  }
  return seen;
}

/** Reported for containers without a limit by nodes with version 1 of cgroups; it means nothing. */
const noLimit = '9007199254740988Ki';

/** Replaces what differs from run to run: times, addresses, users, and ids by the order they appear in. */
function normaliser(): (status: PodStatus) => unknown {
  const ids = new Map<string, string>();
  let resources: unknown;
  const walk = (key: string, value: unknown): unknown => {
    if (value === null) return undefined;
    if (Array.isArray(value)) return value.map((entry) => walk(key, entry));
    if (typeof value === 'object') {
      const entries = Object.entries(value)
        .map(([name, entry]): [string, unknown] => [name, walk(name, entry)])
        .filter(([, entry]) => entry !== undefined)
        .sort(([left], [right]) => (left < right ? -1 : 1));
      return Object.fromEntries(entries);
    }
    if (typeof value !== 'string') return value;
    if (key === 'containerID') {
      const id = ids.get(value) ?? `container #${String(ids.size + 1)}`;
      ids.set(value, id);
      return id;
    }
    if (key === 'imageID') return value === '' ? '' : 'an image';
    if (/^\d{4}-\d\d-\d\dT/.test(value)) return value.startsWith('1970') ? 'epoch' : 'a time';
    if (/^(podIP|hostIP|ip)$/.test(key)) return 'an address';
    return normalText(value);
  };
  return (status) => {
    const containers = (list: PodStatus['containerStatuses']): unknown =>
      list?.map((entry) => ({ ...entry, user: entry.user === undefined ? undefined : 'a user' }));
    const isNoise = status.resources?.limits?.['memory'] === noLimit;
    resources = isNoise ? resources : status.resources;
    return walk('status', {
      ...status,
      resources,
      containerStatuses: containers(status.containerStatuses),
      initContainerStatuses: containers(status.initContainerStatuses),
      ephemeralContainerStatuses: containers(status.ephemeralContainerStatuses),
    });
  };
}

/** A text without what differs from run to run: addresses of nodes and pods, ids of executions, sizes of nodes. */
function normalText(text: string): string {
  return text
    .replaceAll(/\b(10\.88|127)\.\d+\.\d+(\.\d+)?\b/g, 'an address')
    .replaceAll(/"[0-9a-f]{64}"/g, 'an id')
    .replaceAll(/capacity: \d+/g, 'capacity: some');
}

function seenEvents(events: readonly Event[]): SeenEvent[] {
  return events.map((event) => ({
    type: event.type ?? '',
    reason: event.reason ?? '',
    fieldPath: event.involvedObject.fieldPath ?? '',
    message: normalText(event.message ?? ''),
    count: event.count ?? 1,
  }));
}

/** A status in a line, for whoever has to find out what differs; the comparison itself is of all of it. */
function outline(status: unknown): string {
  return JSON.stringify(status)
    .replaceAll(
      /"lastTransitionTime":"a time",?|"observedGeneration":\d+,?|"volumeMounts":\[[^\]]*\],?/g,
      '',
    )
    .replaceAll(/\{"status":"(\w)\w+","type":"(\w+)"\}/g, '$2=$1')
    .replaceAll('"', '');
}

/**
 * Lays two sequences of statuses side by side; what each has for itself is given back.
 * A status that stood for less than `briefMs` may be missing on the other side: whether a watch catches it is chance.
 * One that lasted (twice as long) when recorded must not be brief in ours.
 */
export function differences(
  recorded: readonly SeenStatus[],
  ours: readonly SeenStatus[],
  briefMs: number,
): string[] {
  const same = (left: SeenStatus, right: SeenStatus): boolean =>
    JSON.stringify(left.status) === JSON.stringify(right.status);
  const rows = recorded.length + 1;
  const columns = ours.length + 1;
  // Longest common subsequence, from the back.
  const length = Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  const at = (row: number, column: number): number => length[row]?.[column] ?? 0;
  for (let row = rows - 2; row >= 0; row -= 1) {
    for (let column = columns - 2; column >= 0; column -= 1) {
      const left = recorded[row];
      const right = ours[column];
      const line = length[row];
      if (left === undefined || right === undefined || line === undefined) continue;
      line[column] = same(left, right)
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lasted = (seen: SeenStatus): number => seen.untilMs - seen.fromMs;
  const isBrief = (seen: SeenStatus): boolean => lasted(seen) < briefMs;
  const isLasting = (seen: SeenStatus): boolean => lasted(seen) >= 2 * briefMs;
  const found: string[] = [];
  const note = (side: string, seen: SeenStatus): void => {
    if (isBrief(seen)) return;
    const seconds = `${(seen.fromMs / 1000).toFixed(1)}-${(seen.untilMs / 1000).toFixed(1)} s`;
    found.push(`only ${side} (${seconds}): ${outline(seen.status)}`);
  };
  let row = 0;
  let column = 0;
  while (row < recorded.length || column < ours.length) {
    const left = recorded[row];
    const right = ours[column];
    if (left !== undefined && right !== undefined && same(left, right)) {
      if (isLasting(left) && isBrief(right)) note('recorded for long', left);
      row += 1;
      column += 1;
    } else if (
      left !== undefined &&
      (right === undefined || at(row + 1, column) >= at(row, column + 1))
    ) {
      note('recorded', left);
      row += 1;
    } else if (right !== undefined) {
      note('ours', right);
      column += 1;
    }
  }
  return found;
}
