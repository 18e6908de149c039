import { remediations, type Remediation, type Snapshot } from '@kubewright/diagnosis';
import type { Answer, Diagnoser } from './diagnoser.ts';
import type { Sample } from './expectation.ts';

/** How one diagnoser did on one set of samples. */
export interface Score {
  readonly diagnoser: string;
  readonly failing: number;
  readonly healthy: number;
  readonly detected: number;
  readonly rightCategory: number;
  /** Of those that name a container. */
  readonly rightContainer: number;
  readonly withContainer: number;
  readonly falseAlarms: number;
  readonly unsafe: number;
  readonly msPerPod: number;
  /** What went wrong, a line each. */
  readonly misses: readonly string[];
}

/** Lets a diagnoser look at each sample and counts what it got right. */
export function score({ name, diagnose }: Diagnoser, samples: readonly Sample[]): Score {
  const counts = {
    failing: 0,
    healthy: 0,
    detected: 0,
    rightCategory: 0,
    rightContainer: 0,
    withContainer: 0,
    falseAlarms: 0,
    unsafe: 0,
  };
  const misses: string[] = [];
  for (const { name: sample, snapshot, expected } of samples) {
    const own = diagnose(snapshot).filter(
      ({ subject }) => expected.subjects.length === 0 || expected.subjects.includes(subject),
    );
    const alarms = own.filter(({ isHealthy }) => !isHealthy);
    const accepts = ({ category = '' }: Answer): boolean =>
      category === expected.category || expected.alsoAccept.includes(category);
    const unsafe = alarms.find(({ remediation = 'none' }) =>
      isBolder(remediation, expected.remediation),
    );
    if (unsafe !== undefined) {
      counts.unsafe++;
      misses.push(`${sample}: unsafe: ${wordsOf(unsafe)} ${unsafe.remediation ?? ''}`);
    }
    if (expected.isHealthy) {
      counts.healthy++;
      const alarm = alarms.find((answer) => !accepts(answer));
      if (alarm === undefined) continue;
      counts.falseAlarms++;
      misses.push(`${sample}: false alarm: ${wordsOf(alarm)}`);
      continue;
    }
    counts.failing++;
    if (expected.container !== undefined) counts.withContainer++;
    const right = own.find(accepts);
    if (alarms.length > 0 || right !== undefined) counts.detected++;
    if (right !== undefined) counts.rightCategory++;
    const place = own.find(({ container }) => container === expected.container);
    if (expected.container !== undefined && place !== undefined) counts.rightContainer++;
    if (right === undefined || (expected.container !== undefined && place === undefined)) {
      const wanted = `${expected.category}(${expected.container ?? ''})`;
      misses.push(`${sample}: ${own.map(wordsOf).join(', ')} instead of ${wanted}`);
    }
  }
  return {
    diagnoser: name,
    ...counts,
    msPerPod: msPerPod(
      diagnose,
      samples.map(({ snapshot }) => snapshot),
    ),
    misses,
  };
}

function wordsOf({ category = 'unhealthy', container }: Answer): string {
  return `${category}(${container ?? ''})`;
}

function isBolder(given: Remediation, limit: Remediation): boolean {
  return remediations.indexOf(given) > remediations.indexOf(limit);
}

/** Over all samples, after they were looked at once already. */
function msPerPod(diagnose: Diagnoser['diagnose'], snapshots: readonly Snapshot[]): number {
  const pods = snapshots.reduce((sum, snapshot) => sum + snapshot.pods.length, 0);
  const begin = performance.now();
  for (const snapshot of snapshots) diagnose(snapshot);
  return (performance.now() - begin) / Math.max(pods, 1);
}
