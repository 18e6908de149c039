import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AnyEvent, Observation, Remediation } from '../../src/index.ts';
import { momentOf } from '../../src/index.ts';

/** The folder of recorded and published pods, beside the checkout. */
export const sharedFolder = fileURLToPath(new URL('../../../../../shared/', import.meta.url));

/** Whether it is there; a checkout elsewhere has none. */
export const hasShared = existsSync(join(sharedFolder, 'traces'));

type Kubernetes = NonNullable<Observation['related']>[number];
type Pod = NonNullable<Observation['pod']>;

/** What a pod must be called. */
export interface Expected {
  readonly category: string;
  readonly alsoAccept: readonly string[];
  readonly container: string | null;
  readonly containerType: string | null;
  readonly remediation: Remediation;
  /** A tool must not call it a failure. */
  readonly healthy: boolean;
}

/** One moment of one scenario: the pods that may show what is expected, each with all that was known then. */
export interface Moment {
  readonly name: string;
  readonly when: 'case' | 'first' | 'last';
  readonly expected: Expected;
  readonly observations: readonly Observation[];
}

/** When the cases are read: whichever day the tests run, what is in them is neither of the last hour nor of the future. */
export const today = new Date('2100-01-01T00:00:00Z');

const healthyStates = ['Healthy', 'Starting', 'Completed'];

/** All cases and traces. A trace is read when it failed first and at its end, or at the end of the window it names. */
export function moments(): readonly Moment[] {
  return [...cases(), ...traces()];
}

function cases(): readonly Moment[] {
  const folder = join(sharedFolder, 'cases');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const { pod, events, related, expected } = read(join(folder, file)) as CaseFile;
      const seen = { ...(pod === null ? { owner: related?.[0] } : { pod }), events, related };
      const known = Object.fromEntries(
        Object.entries(seen).filter(([, value]) => value !== undefined),
      ) as Omit<Observation, 'now'>; // the same, without what is not there
      const moment = momentOf([pod, events, related], today) ?? { now: today };
      return {
        name: file.replace('.json', ''),
        when: 'case' as const,
        expected: { ...expected, healthy: healthyStates.includes(expected.category) },
        observations: [{ ...known, ...moment }],
      };
    });
}

function traces(): readonly Moment[] {
  const folder = join(sharedFolder, 'traces');
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const expected = read(join(folder, name, 'expected.json')) as TraceExpected;
      const lines = readFileSync(join(folder, name, 'trace.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as TraceLine);
      const healthy = expected.healthy || healthyStates.includes(expected.category);
      const { observed, judge } = expected;
      const end = judge?.[1] ?? observed.duration;
      const first = judge?.[0] ?? observed.firstSeen ?? undefined;
      const at = (when: 'first' | 'last', seconds: number): Moment => ({
        name,
        when,
        expected: { ...expected, healthy },
        observations: observationsAt(lines, seconds, expected),
      });
      // A healthy one may have been failing on the way.
      const early = first === undefined || healthy ? [] : [at('first', first)];
      return [...early, at('last', end)];
    });
}

function observationsAt(
  lines: readonly TraceLine[],
  seconds: number,
  { observed, subject }: TraceExpected,
): readonly Observation[] {
  const objects = new Map<string, Kubernetes>();
  for (const { t, event, kind, object } of lines) {
    if (t > seconds) break;
    const key = `${kind}/${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
    if (event === 'DELETED') objects.delete(key);
    else objects.set(key, { ...object, kind });
  }
  const all = [...objects.values()];
  const ofKind = (kind: string): readonly Kubernetes[] =>
    all.filter((object) => object.kind === kind);
  const now = new Date(Date.parse(observed.start) + seconds * 1000);
  const rest = {
    events: ofKind('Event') as unknown as readonly AnyEvent[], // by their kind
    related: all.filter(({ kind }) => kind !== 'Event'),
    now,
  };
  if (subject === 'owner') {
    return all
      .filter(({ kind }) => ['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job'].includes(kind ?? ''))
      .map((owner) => ({ owner, ...rest }));
  }
  const subjects = new Set(observed.subjects);
  const pods = ofKind('Pod') as readonly Pod[];
  const named = pods.filter(({ metadata }) => subjects.has(metadata.name ?? ''));
  return (named.length > 0 ? named : pods).map((pod) => ({ pod, ...rest }));
}

/** The same without Events: they expire after an hour. */
export function withoutEvents(observation: Observation): Observation {
  return { ...observation, events: [] };
}

/** Whether a category is one that is accepted. */
export function accepts(expected: Expected, category: string): boolean {
  return expected.category === category || expected.alsoAccept.includes(category);
}

interface CaseFile {
  readonly pod: Pod | null;
  readonly events: readonly AnyEvent[];
  readonly related?: readonly Kubernetes[];
  readonly expected: Omit<Expected, 'healthy'>;
}

interface TraceLine {
  readonly t: number;
  readonly event: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: string;
  readonly object: Kubernetes;
}

interface TraceExpected extends Expected {
  readonly subject?: string;
  readonly judge?: readonly [number, number];
  readonly observed: {
    readonly subjects: readonly string[];
    readonly duration: number;
    readonly firstSeen: number | null;
    readonly start: string;
  };
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
