import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyEvent, Remediation } from '@kubewright/diagnosis';
import type { KubernetesObject, Pod } from '@kubewright/apimachinery';
import { wellCategories, type Sample } from './expectation.ts';

interface CaseFile {
  readonly name: string;
  readonly pod: Pod | null;
  readonly events: readonly AnyEvent[];
  readonly related?: readonly KubernetesObject[];
  readonly expected: {
    readonly category: string;
    readonly alsoAccept?: readonly string[];
    readonly container: string | null;
    readonly remediation: Remediation;
  };
}

/** Minutes between the newest time in a case and the moment it is looked at. */
const afterwardsMs = 60_000;

/** Reads cases as they lie in a folder: one pod with its Events in each file. */
export async function readCases(folder: string): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const file of glob('*.json', { cwd: folder })) {
    // Written by hand in the shape above; a wrong one shows as a wrong score.
    const given = JSON.parse(await readFile(join(folder, file), 'utf8')) as CaseFile;
    const { name, pod, events, related = [], expected } = given;
    samples.push({
      name,
      snapshot: {
        pods: pod === null ? [] : [pod],
        events,
        objects: related,
        now: new Date(newestTime(JSON.stringify(given)) + afterwardsMs),
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

/** The newest timestamp of a text: a case was looked at soon after it. */
function newestTime(text: string): number {
  const times = text.match(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^"]{0,12}"/g) ?? [];
  const known = times.map((time) => Date.parse(time.slice(1, -1))).filter((ms) => ms > 0);
  return (
    known.reduce((newest, ms) => Math.max(newest, ms), 0) || Date.parse('2026-01-01T00:00:00Z')
  );
}
