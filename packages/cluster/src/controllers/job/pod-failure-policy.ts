import type {
  ContainerStatus,
  DeepReadonly,
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
} from '@kubewright/apimachinery';
import type { ReadonlyPod } from './job-pods.ts';

/** What a policy makes of a failed pod. */
export interface FailureJudgement {
  /** The failure counts towards the limits. */
  readonly isCounted: boolean;
  /** What the policy says of the Job; undefined when no rule is about this failure. */
  readonly action: 'Ignore' | 'FailIndex' | 'Count' | 'FailJob' | undefined;
  /** Why the Job has failed, when it has. */
  readonly message: string;
}

const noRule: FailureJudgement = { isCounted: true, action: undefined, message: '' };

/** The first rule that is about the failure decides; without one it counts. */
export function judgeFailure(
  policy: DeepReadonly<PodFailurePolicy> | undefined,
  pod: ReadonlyPod,
): FailureJudgement {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const evidence = rule.onExitCodes
      ? exitCodeEvidence(pod, rule.onExitCodes)
      : conditionEvidence(pod, rule.onPodConditions ?? []);
    if (evidence === undefined) continue;
    switch (rule.action) {
      case 'Ignore':
        return { isCounted: false, action: 'Ignore', message: '' };
      case 'FailIndex':
        return { isCounted: true, action: 'FailIndex', message: '' };
      case 'Count':
        return { isCounted: true, action: 'Count', message: '' };
      case 'FailJob':
        return {
          isCounted: true,
          action: 'FailJob',
          message: `${evidence} matching FailJob rule at index ${index}`,
        };
      default:
      // An action of a later version: as if the rule were not there.
    }
  }
  return noRule;
}

function exitCodeEvidence(
  pod: ReadonlyPod,
  requirement: DeepReadonly<PodFailurePolicyOnExitCodesRequirement>,
): string | undefined {
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ];
  const container = statuses.find((status) => isMeant(status, requirement));
  if (container === undefined) return undefined;
  const { namespace, name } = pod.metadata;
  const code = container.state?.terminated?.exitCode;
  return `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${code}`;
}

function isMeant(
  { name, state }: DeepReadonly<ContainerStatus>,
  { containerName = name, operator, values }: DeepReadonly<PodFailurePolicyOnExitCodesRequirement>,
): boolean {
  const code = state?.terminated?.exitCode ?? 0;
  if (containerName !== name || code === 0) return false;
  if (operator === 'In') return values.includes(code);
  return operator === 'NotIn' && !values.includes(code);
}

function conditionEvidence(
  pod: ReadonlyPod,
  patterns: readonly DeepReadonly<{ type: string; status?: string | undefined }>[],
): string | undefined {
  const condition = pod.status?.conditions?.find(({ type, status }) =>
    patterns.some((pattern) => pattern.type === type && (pattern.status ?? 'True') === status),
  );
  if (condition === undefined) return undefined;
  const { namespace, name } = pod.metadata;
  return `Pod ${namespace}/${name} has condition ${condition.type}`;
}
