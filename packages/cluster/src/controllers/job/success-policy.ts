import type { DeepReadonly, SuccessPolicy } from '@kubewright/apimachinery';
import { IndexSet } from './index-set.ts';

/** Why the indexes that have succeeded suffice; undefined while they do not. */
export function judgeSuccess(
  policy: DeepReadonly<SuccessPolicy> | undefined,
  completions: number,
  succeeded: IndexSet,
): string | undefined {
  if (succeeded.size === 0) return undefined;
  const index = (policy?.rules ?? []).findIndex(({ succeededCount, succeededIndexes }) => {
    if (succeededIndexes === undefined) return succeeded.size >= (succeededCount ?? Infinity);
    const wanted = IndexSet.parse(succeededIndexes, completions);
    const reached = wanted.sizeOfOverlap(succeeded);
    return wanted.size > 0 && (reached === wanted.size || reached >= (succeededCount ?? Infinity));
  });
  return index < 0 ? undefined : `Matched rules at index ${index}`;
}
