import type { Probe } from '@kubewright/apimachinery';
import type { ProbeOutcome } from '../runtime/contracts.ts';

/** The three probes of a container. */
export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/** What is settled about a container by one of its probes. */
export type ProbeVerdict = 'unknown' | 'success' | 'failure';

/** The count of equal answers in a row. */
export interface ProbeStreak {
  readonly answer: 'success' | 'failure' | undefined;
  readonly length: number;
}

/** Before the first answer. */
export const emptyStreak: ProbeStreak = { answer: undefined, length: 0 };

/** The verdict on a life before its first answer: alive, but neither ready nor started. */
export function initialVerdict(kind: ProbeKind): ProbeVerdict {
  switch (kind) {
    case 'liveness':
      return 'success';
    case 'readiness':
      return 'failure';
    case 'startup':
      return 'unknown';
    default:
      return kind satisfies never;
  }
}

/** A probe's numbers with the API's defaults: 10 s, 1 s, 1, 3. */
export function probeNumbers(probe: Probe): {
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
} {
  return {
    initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
    periodMs: (probe.periodSeconds ?? 10) * 1000,
    timeoutMs: (probe.timeoutSeconds ?? 1) * 1000,
    successThreshold: probe.successThreshold ?? 1,
    failureThreshold: probe.failureThreshold ?? 3,
  };
}

/**
 * Counts an answer. The verdict changes only when the threshold of the answer is reached;
 * `verdict` is undefined while it is not. An answer that could not be had (`unknown`) counts for nothing.
 */
export function countAnswer(
  streak: ProbeStreak,
  outcome: ProbeOutcome['result'],
  thresholds: { readonly successThreshold: number; readonly failureThreshold: number },
): { readonly streak: ProbeStreak; readonly verdict: 'success' | 'failure' | undefined } {
  if (outcome === 'unknown') return { streak, verdict: undefined };
  const answer = outcome === 'failure' ? 'failure' : 'success';
  const length = streak.answer === answer ? streak.length + 1 : 1;
  const threshold =
    answer === 'failure' ? thresholds.failureThreshold : thresholds.successThreshold;
  return { streak: { answer, length }, verdict: length < threshold ? undefined : answer };
}
