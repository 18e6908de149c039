import type { ConditionInput } from '@kubewright/apimachinery';
import type { CachedDiagnoser } from '../selection/responsible-diagnoser.ts';

/** What keeps a diagnoser from its work, or that nothing does. */
export type Readiness =
  | { readonly type: 'diagnosing' }
  | { readonly type: 'disabled' }
  /** Another diagnoser takes all its pods. */
  | { readonly type: 'shadowed'; readonly by: string }
  /** A permission is missing; the message names it. */
  | { readonly type: 'denied'; readonly message: string };

/** The condition `Ready` of a diagnoser. */
export function readyCondition(diagnoser: CachedDiagnoser, readiness: Readiness): ConditionInput {
  const observedGeneration = diagnoser.metadata.generation;
  const base = { type: 'Ready', observedGeneration } as const;
  switch (readiness.type) {
    case 'diagnosing':
      return { ...base, status: 'True', reason: 'Diagnosing', message: diagnosingText(diagnoser) };
    case 'disabled':
      return {
        ...base,
        status: 'False',
        reason: 'Disabled',
        message: 'spec.enableAnnotations is false: nothing is diagnosed',
      };
    case 'shadowed':
      return {
        ...base,
        status: 'False',
        reason: 'Shadowed',
        message: `the older PodDiagnoser ${readiness.by} is responsible for all pods that this one targets`,
      };
    case 'denied':
      return {
        ...base,
        status: 'False',
        reason: 'MissingPermission',
        message: readiness.message,
      };
    default:
      return readiness satisfies never;
  }
}

function diagnosingText({ spec }: CachedDiagnoser): string {
  const labels = Object.entries(spec.targetLabels ?? {});
  if (labels.length === 0) return 'diagnosing all pods of the namespace';
  const selector = labels.map(([key, value]) => `${key}=${value}`).join(',');
  return `diagnosing the pods with ${selector}`;
}
