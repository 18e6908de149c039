import type { DeepReadonly, Job, Pod } from '@kubewright/apimachinery';

/** Longest part of a program's own words that is told, in characters. */
const maxWords = 400;

/** What is known of a Job that failed for good. */
export interface JobFailure {
  readonly name: string;
  readonly uid: string;
  /** When, in milliseconds since 1970; 0 when it is not told. */
  readonly atMs: number;
  /** What the Job says, and what its program said last. */
  readonly why: string;
}

/**
 * Reads the failure of a Job; undefined when it has not failed.
 *
 * @param pods - Pods among which those of the Job are. Their containers tell the end of their log when they fail.
 */
export function jobFailure(
  { metadata, status }: DeepReadonly<Job>,
  pods: readonly DeepReadonly<Pod>[],
): JobFailure | undefined {
  const end = status?.conditions?.find((each) => each.type === 'Failed' && each.status === 'True');
  if (end === undefined) return undefined;
  const { name = '', uid = '' } = metadata;
  const said = end.message ?? end.reason ?? 'its pods failed';
  const own = pods
    .filter((pod) => pod.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true)
    .map(lastWords)
    .filter((words) => words !== undefined)
    .toSorted((one, other) => other.at.localeCompare(one.at))[0];
  return {
    name,
    uid,
    atMs: Date.parse(end.lastTransitionTime ?? '') || 0,
    why: own === undefined ? said : own.text,
  };
}

/** Why the container of a pod ended, as it said itself; undefined when it has not failed. */
function lastWords({ status }: DeepReadonly<Pod>): { at: string; text: string } | undefined {
  const ended = status?.containerStatuses?.[0]?.state?.terminated;
  if (ended === undefined || ended.exitCode === 0) return undefined;
  const at = ended.finishedAt ?? '';
  const lines = (ended.message ?? '').split('\n').map((line) => line.trim());
  // The first error is the cause of the others. Lines that explain it may hold values out of the database.
  const line =
    lines.find((each) => /\b(error|fatal|panic):/i.test(each)) ??
    lines.findLast((each) => each !== '');
  const text =
    line === undefined
      ? `it ended with exit code ${String(ended.exitCode)}${signalOf(ended.exitCode)} and said nothing`
      : line.slice(0, maxWords);
  return { at, text };
}

/** Above 128 a signal ended it. */
function signalOf(exitCode: number): string {
  return exitCode === 137 ? ' (SIGKILL)' : exitCode === 143 ? ' (SIGTERM)' : '';
}
