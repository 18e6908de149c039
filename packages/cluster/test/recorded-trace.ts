import { readFileSync } from 'node:fs';
import type { KubernetesObject, Stored } from '@kubewright/apimachinery';

/** One line of a recording: what a watch on a real cluster saw, and when. */
export interface TraceLine {
  /** Seconds since the start of the recording. */
  readonly t: number;
  readonly event: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: string;
  readonly object: Stored<KubernetesObject>;
}

/** Reads one of the recordings of a real cluster that lie beside the repository. */
export function readTrace(name: string): TraceLine[] {
  const file = new URL(`../../../../shared/traces/${name}/trace.jsonl`, import.meta.url);
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TraceLine); // the recorder wrote nothing else
}

/** The last state of each object of a kind that was still there when the recording ended. */
export function lastStates<T extends KubernetesObject>(
  trace: readonly TraceLine[],
  kind: string,
): Stored<T>[] {
  const last = new Map<string, Stored<T>>();
  for (const line of trace) {
    if (line.kind !== kind) continue;
    if (line.event === 'DELETED') last.delete(line.object.metadata.uid);
    // `kind` was compared: the object is of the type the caller names.
    else last.set(line.object.metadata.uid, line.object as Stored<T>);
  }
  return [...last.values()];
}
