import type { ConditionInput, DeepReadonly, Pod, StatefulSet } from '@kubewright/apimachinery';

/** Label by which the controller of StatefulSets says what a pod was made from. */
const revisionLabel = 'controller-revision-hash';

/** Whether every pod is as a new one would be; nothing while the controller of StatefulSets has yet to say what that is. */
export function podUpdateCondition(
  set: DeepReadonly<StatefulSet> | undefined,
  pods: readonly DeepReadonly<Pod>[],
): ConditionInput[] {
  const { updateRevision, observedGeneration } = set?.status ?? {};
  if (updateRevision === undefined || observedGeneration !== set?.metadata.generation) return [];
  const outdated = pods
    .filter(({ metadata }) => metadata.labels?.[revisionLabel] !== updateRevision)
    .map(({ metadata }) => metadata.name ?? '')
    .sort();
  const type = 'PodsUpToDate';
  if (outdated.length === 0) {
    return [
      {
        type,
        status: 'True',
        reason: 'PodsUpToDate',
        message: 'every pod is as a new one would be',
      },
    ];
  }
  const isRolledOut = set?.spec?.updateStrategy?.type !== 'OnDelete';
  const names = outdated.join(', ');
  return [
    isRolledOut
      ? { type, status: 'False', reason: 'RollingUpdate', message: `being replaced: ${names}` }
      : {
          type,
          status: 'False',
          reason: 'WaitingForDeletion',
          message: `made before the operator was upgraded or set otherwise: ${names}. They go on as they are; delete one after the other to have them made anew, or set podUpdateStrategy to RollingUpdate`,
        },
  ];
}
