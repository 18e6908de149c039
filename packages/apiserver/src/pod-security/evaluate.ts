import { BASELINE_CHECKS } from './baseline-checks.ts';
import type { Check, Finding, Inspect, PodSubject } from './check.ts';
import type { LevelVersion } from './policy.ts';
import { RESTRICTED_CHECKS } from './restricted-checks.ts';

/** A rule as it was in a version; undefined when it was not there yet. */
function inAVersion({ versions }: Check, minor: number): Inspect | undefined {
  return versions.findLast(({ since }) => since <= minor)?.inspect;
}

function rulesOf({ level, minor }: LevelVersion): Inspect[] {
  if (level === 'privileged') return [];
  const isThere = (check: Check): boolean => inAVersion(check, minor) !== undefined;
  const restricted = level === 'restricted' ? RESTRICTED_CHECKS.filter(isThere) : [];
  const replaced = new Set(restricted.map(({ replaces }) => replaces));
  const baseline = BASELINE_CHECKS.filter(({ id }) => !replaced.has(id));
  return [...baseline, ...restricted]
    .map((check) => inAVersion(check, minor))
    .filter((inspect) => inspect !== undefined);
}

/** In which ways a pod goes beyond a level. */
export function evaluatePod(level: LevelVersion, pod: PodSubject): Finding[] {
  return rulesOf(level)
    .map((inspect) => inspect(pod))
    .filter((finding) => finding !== undefined);
}

/** As one pod is told. */
export function findingsText(findings: readonly Finding[]): string {
  return findings.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
}

/** As many pods are told together. */
export function reasonsText(findings: readonly Finding[]): string {
  return findings.map(({ reason }) => reason).join(', ');
}
