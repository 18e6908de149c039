import type { Pod } from '@kubewright/apimachinery';
import { diagnoseAll, type AnyEvent, type Snapshot } from '@kubewright/diagnosis';
import { median } from '../median.ts';
import type { Sample } from './expectation.ts';

/** Pods of a large cluster. */
const size = 10_000;
/** One in so many fails. */
const failingShare = 20;
/** As pods of Deployments are, with what their managers left. */
const podBytes = 9_000;
const rounds = 5;

/** How much processor time a diagnosis of many pods takes beside reading them. */
export interface Speed {
  readonly name: string;
  readonly pods: number;
  readonly kilobytesEach: number;
  readonly parseMs: number;
  readonly diagnoseMs: number;
}

/**
 * Diagnoses 10,000 recorded pods of 9 KB in one pass, beside `JSON.parse` of the same pods: taking turns in one process,
 * medians of five. Once as a cluster is (one in twenty fails), once with nothing but failures.
 */
export function measureSpeed(samples: readonly Sample[]): readonly Speed[] {
  const failing = samples.filter(({ expected }) => !expected.isHealthy).flatMap(withEvents);
  const well = samples.filter(({ expected }) => expected.isHealthy).flatMap(withEvents);
  return [
    measure('one in twenty fails', (index) => (index % failingShare === 0 ? failing : well)),
    measure('all fail', () => failing),
  ];
}

interface Recorded {
  readonly pod: Pod;
  readonly events: readonly AnyEvent[];
  readonly now: Date;
}

function withEvents({ snapshot }: Sample): Recorded[] {
  return snapshot.pods.map((pod) => ({
    // Recordings hold plain JSON.
    pod: structuredClone(pod) as Pod,
    events: (snapshot.events ?? []).filter(
      (event) => 'involvedObject' in event && event.involvedObject.uid === pod.metadata.uid,
    ),
    now: snapshot.now,
  }));
}

function measure(name: string, choose: (index: number) => readonly Recorded[]): Speed {
  const pods: Pod[] = [];
  const events: AnyEvent[] = [];
  let now = new Date(0);
  for (let index = 0; index < size; index++) {
    const from = choose(index);
    const recorded = from[index % from.length];
    if (recorded === undefined) throw new RangeError('there is no recorded pod of that kind');
    const [podName, uid] = [`pod-${String(index)}`, `uid-${String(index)}`];
    const pod = structuredClone(recorded.pod);
    pod.metadata = { ...pod.metadata, name: podName, uid };
    const missing = podBytes - JSON.stringify(pod).length;
    if (missing > 0) pod.metadata.annotations = { padding: 'x'.repeat(missing) };
    pods.push(pod);
    for (const event of recorded.events.slice(0, 4)) {
      if ('involvedObject' in event) {
        events.push({ ...event, involvedObject: { ...event.involvedObject, name: podName, uid } });
      }
    }
    if (recorded.now > now) ({ now } = recorded);
  }
  const texts = pods.map((pod) => JSON.stringify(pod));
  const snapshot: Snapshot = { pods, events, now };
  const parse: number[] = [];
  const diagnose: number[] = [];
  for (let round = 0; round < rounds; round++) {
    parse.push(
      timed(() => {
        for (const text of texts) JSON.parse(text);
      }),
    );
    diagnose.push(timed(() => diagnoseAll(snapshot)));
  }
  return {
    name,
    pods: size,
    kilobytesEach: texts.reduce((sum, text) => sum + text.length, 0) / size / 1000,
    parseMs: median(parse),
    diagnoseMs: median(diagnose),
  };
}

/** Processor time in milliseconds, of all threads: on a shared machine the clock tells what others do. */
function timed(work: () => unknown): number {
  const begin = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000;
}
