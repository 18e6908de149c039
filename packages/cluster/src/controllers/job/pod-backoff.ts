import { finishedAtMs, type ReadonlyPod } from './job-pods.ts';

/** Failures of a Job's pods since one succeeded. */
export interface PodBackoff {
  readonly failures: number;
  /** When the last one was, in milliseconds since the epoch; undefined without failures. */
  readonly lastFailureMs: number | undefined;
}

/** No failure since the last success. */
export const noBackoff: PodBackoff = { failures: 0, lastFailureMs: undefined };

/** Wait after the first failure, doubled with each further one, and the longest wait; as in Kubernetes 1.36. */
const baseMs = 10_000;
const maxMs = 600_000;

/** The back-off when further pods have ended. */
export function withFinishedPods(
  backoff: PodBackoff,
  succeeded: readonly ReadonlyPod[],
  failed: readonly ReadonlyPod[],
): PodBackoff {
  const lastSuccessMs = Math.max(...succeeded.map(finishedAtMs));
  // After a success only what failed later counts; -Infinity without one.
  const failures = failed.map(finishedAtMs).filter((time) => time > lastSuccessMs);
  const before = succeeded.length > 0 ? noBackoff : backoff;
  if (failures.length === 0) return before;
  return {
    failures: before.failures + failures.length,
    lastFailureMs: Math.max(...failures),
  };
}

/** Milliseconds until a pod may be made again after failures; 0 when it may now. */
export function remainingMs({ failures, lastFailureMs }: PodBackoff, nowMs: number): number {
  if (failures === 0 || lastFailureMs === undefined) return 0;
  const waitMs = Math.min(maxMs, baseMs * 2 ** (failures - 1));
  return Math.max(0, lastFailureMs + waitMs - nowMs);
}
