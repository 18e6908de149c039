import { glob, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { AnyEvent, ContainerLog, Remediation, Snapshot } from '@kubewright/diagnosis';
import { keyOf, type KubernetesObject } from '@kubewright/apimachinery';
import { wellCategories, type Expectation, type Sample } from './expectation.ts';

interface TraceLine {
  readonly t: number;
  readonly event: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: string;
  readonly object: KubernetesObject;
}

interface ExpectedFile {
  readonly category: string;
  readonly alsoAccept?: readonly string[];
  readonly container: string | null;
  readonly healthy: boolean;
  readonly remediation: Remediation;
  readonly judge?: readonly [number, number];
  readonly observed: {
    readonly subjects?: readonly string[];
    readonly firstSeen: number | null;
    readonly start: string;
    readonly duration: number;
  };
}

/** Which moment of a recording is looked at: the first that shows the failure, or the last at which it holds. */
export type Moment = 'first' | 'last';

/**
 * Reads recordings of a kubelet at one moment each. Of what is well only the last moment is asked for: it may have
 * been a failure on its way there.
 */
export async function readTraces(folder: string, moment: Moment): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const file of glob('*/expected.json', { cwd: folder })) {
    const scenario = dirname(file);
    const path = join(folder, scenario);
    // Both files are written by the recorder in the shapes above; a wrong one shows as a wrong score.
    const given = JSON.parse(await readFile(join(path, 'expected.json'), 'utf8')) as ExpectedFile;
    if (moment === 'first' && wellCategories.has(given.category)) continue;
    const text = await readFile(join(path, 'trace.jsonl'), 'utf8');
    const lines = text.split('\n').filter((line) => line !== '');
    const at = secondsAt(given, moment);
    samples.push({
      name: scenario,
      snapshot: {
        ...stateAt(
          lines.map((line) => JSON.parse(line) as TraceLine),
          at,
        ),
        // Logs were read at the end.
        ...(moment === 'last' ? { logs: await readLogs(path, lines) } : {}),
        now: new Date(Date.parse(given.observed.start) + at * 1000),
      },
      expected: expectationOf(given),
    });
  }
  return samples.sort((left, right) => (left.name < right.name ? -1 : 1));
}

function secondsAt({ judge, observed }: ExpectedFile, moment: Moment): number {
  if (moment === 'first') return Math.max(observed.firstSeen ?? 0, judge?.[0] ?? 0);
  return judge?.[1] ?? observed.duration;
}

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

async function readLogs(path: string, lines: readonly string[]): Promise<ContainerLog[]> {
  const namespace = (JSON.parse(lines[0] ?? '{}') as Partial<TraceLine>).object?.metadata.namespace;
  const logs: ContainerLog[] = [];
  for await (const file of glob('logs/*.txt', { cwd: path })) {
    // POD.CONTAINER.LIFE.txt; neither container names nor lives have dots.
    const parts = basename(file, '.txt').split('.');
    const life = parts.at(-1);
    const container = parts.at(-2);
    if (container === undefined || (life !== 'current' && life !== 'previous')) continue;
    const pod = {
      name: parts.slice(0, -2).join('.'),
      ...(namespace === undefined ? {} : { namespace }),
    };
    logs.push({ pod, container, life, text: await readFile(join(path, file), 'utf8') });
  }
  return logs;
}
