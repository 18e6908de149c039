import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  momentOf,
  type AnyEvent,
  type ContainerLog,
  type Remediation,
} from '@kubewright/diagnosis';
import type { KubernetesObject, Pod } from '@kubewright/apimachinery';
import { wellCategories, type Sample } from './expectation.ts';

interface CaseFile {
  readonly name: string;
  readonly pod: Pod | null;
  readonly events: readonly AnyEvent[];
  readonly related?: readonly KubernetesObject[];
  readonly logs?: readonly Omit<ContainerLog, 'pod'>[];
  readonly seenAt?: string;
  readonly expected: {
    readonly category: string;
    readonly alsoAccept?: readonly string[];
    readonly container: string | null;
    readonly remediation: Remediation;
  };
}

/** Reads cases as they lie in a folder: one pod with its Events in each file. */
export async function readCases(folder: string): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const file of glob('*.json', { cwd: folder })) {
    // Written by hand in the shape above; a wrong one shows as a wrong score.
    const given = JSON.parse(await readFile(join(folder, file), 'utf8')) as CaseFile;
    const { name, pod, events, related = [], logs = [], seenAt, expected } = given;
    samples.push({
      name,
      snapshot: {
        pods: pod === null ? [] : [pod],
        events,
        objects: related,
        logs: pod === null ? [] : logs.map((log) => ({ ...log, pod: nameOf(pod) })),
        // As the command takes it, which reads such files too.
        ...(momentOf([pod, events, related, { seenAt }], new Date()) ?? { now: new Date() }),
      },
      expected: {
        category: expected.category,
        alsoAccept: expected.alsoAccept ?? [],
        container: expected.container ?? undefined,
        isHealthy: wellCategories.has(expected.category),
        remediation: expected.remediation,
        subjects: pod?.metadata.name === undefined ? [] : [pod.metadata.name],
      },
    });
  }
  return samples.sort((left, right) => (left.name < right.name ? -1 : 1));
}

function nameOf({ metadata: { name = '', namespace } }: Pod): ContainerLog['pod'] {
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}
