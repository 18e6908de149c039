import type { DeepReadonly, Pod, Taint, Toleration } from '@kubewright/apimachinery';

/** Whether a pod puts up with a taint. */
export function isTolerated(
  pod: DeepReadonly<Pick<Pod, 'spec'>>,
  taint: DeepReadonly<Taint>,
): boolean {
  return (pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, taint));
}

function tolerates(toleration: DeepReadonly<Toleration>, taint: DeepReadonly<Taint>): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  return (
    toleration.operator === 'Exists' ||
    (toleration.key !== undefined && (toleration.value ?? '') === (taint.value ?? ''))
  );
}
