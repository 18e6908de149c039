import { glob, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { ContainerLog, Remediation } from '@kubewright/diagnosis';
import type { KubernetesObject } from '@kubewright/apimachinery';

/** A change of an object that the recorder's watch saw. */
export interface TraceLine {
  /** Seconds since the start. */
  readonly t: number;
  readonly event: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: string;
  readonly object: KubernetesObject;
}

/** The right answer, as it lies beside a recording. */
export interface ExpectedFile {
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

/** What became of the pods of one scenario. */
export interface Recording {
  readonly name: string;
  readonly expected: ExpectedFile;
  readonly trace: readonly TraceLine[];
  /** By the name of the file: POD.CONTAINER.LIFE.txt. */
  readonly logs: Readonly<Record<string, string>>;
}

const packedEnd = '.json.gz';

/** Reads the recordings of a folder: a folder each, as the recorder writes them, or a file each, as they are kept. */
export async function* readRecordings(folder: string): AsyncGenerator<Recording> {
  for await (const file of glob('*/expected.json', { cwd: folder })) {
    yield await readFolder(join(folder, dirname(file)));
  }
  for await (const file of glob(`**/*${packedEnd}`, { cwd: folder })) {
    const text = await promisify(gunzip)(await readFile(join(folder, file)));
    yield JSON.parse(text.toString('utf8')) as Recording; // as packRecording wrote it
  }
}

/** Writes a recording into one compressed file, some kilobytes each. */
export async function packRecording(folder: string, into: string): Promise<void> {
  const recording = await readFolder(folder);
  // The file of the scenario says what was applied; without times the same recording gives the same bytes.
  const packed = await promisify(gzip)(JSON.stringify(recording), { level: 9 });
  await writeFile(join(into, `${recording.name}${packedEnd}`), packed);
}

async function readFolder(folder: string): Promise<Recording> {
  const text = await readFile(join(folder, 'trace.jsonl'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  const logs: Record<string, string> = {};
  for await (const file of glob('logs/*.txt', { cwd: folder })) {
    logs[basename(file)] = await readFile(join(folder, file), 'utf8');
  }
  return {
    name: basename(folder),
    // Both files are written by the recorder in the shapes above; a wrong one shows as a wrong score.
    expected: JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as ExpectedFile,
    trace: lines.map((line) => JSON.parse(line) as TraceLine),
    logs,
  };
}

/** The logs of a recording, as the engine takes them. */
export function logsOf({ trace, logs }: Recording): readonly ContainerLog[] {
  const namespace = trace.find(({ object }) => object.metadata.namespace !== undefined)?.object
    .metadata.namespace;
  return Object.entries(logs).flatMap(([file, text]) => {
    // Neither container names nor lives have dots.
    const parts = basename(file, '.txt').split('.');
    const life = parts.at(-1);
    const container = parts.at(-2);
    if (container === undefined || (life !== 'current' && life !== 'previous')) return [];
    const name = parts.slice(0, -2).join('.');
    const pod = { name, ...(namespace === undefined ? {} : { namespace }) };
    return [{ pod, container, life, text }];
  });
}
