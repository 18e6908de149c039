import type { Crash } from './crash.ts';

/**
 * The crash that the two annotations show: the one that ended last, by `finishedAt` or what stands in for it. Of crashes at the same second the
 * first in the given order, so that the choice does not change while the pod does not. A crash without any time counts as
 * older than all with one.
 */
export function latestCrash(crashes: readonly Crash[]): Crash | undefined {
  let latest: Crash | undefined;
  for (const crash of crashes) {
    if (latest === undefined || timeOf(crash) > timeOf(latest)) latest = crash;
  }
  return latest;
}

function timeOf(crash: Crash): number {
  return (crash.finishedAt ?? crash.succeededAt)?.getTime() ?? Number.NEGATIVE_INFINITY;
}
