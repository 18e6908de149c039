import type { RelatedObjects } from '../facts/index.ts';
import type { Category, Finding } from '../model/index.ts';
import { keepersOf, keeperText, type Keeper } from './keepers.ts';

/** Failures that are repaired in the pod template. */
const inTemplates: ReadonlySet<Category> = new Set([
  'OOMKilled',
  'OOMChildProcess',
  'InitOOMKilled',
  'NodeOOM',
  'AppError',
  'CommandNotExecutable',
  'CommandNotFound',
  'ExecFormatError',
  'StartError',
  'UnexpectedCompletion',
  'LivenessProbeFailure',
  'StartupProbeFailure',
  'ReadinessProbeFailure',
  'ImageNotFound',
  'ImagePullUnauthorized',
  'ImageNeverPull',
  'InvalidImageName',
  'MissingConfigObject',
  'MissingConfigKey',
  'RunAsNonRootViolation',
  'VolumeMountFailure',
  'PostStartHookFailure',
  'PreStopHookFailure',
  'EvictedMemory',
  'EvictedDisk',
  'UnschedulableResources',
  'UnschedulablePlacement',
  'UnschedulableTaint',
  'SchedulerMissing',
  'DeadlineExceeded',
  'LimitRangeViolation',
  'PodSecurityDenied',
  'WebhookDenied',
  'MissingServiceAccount',
  'MissingPriorityClass',
]);

/** Failures that are about requests and limits. */
const aboutResources: ReadonlySet<Category> = new Set([
  'OOMKilled',
  'OOMChildProcess',
  'InitOOMKilled',
  'EvictedMemory',
  'UnschedulableResources',
  'LimitRangeViolation',
]);

/** Failures that fewer pods would repair too. */
const aboutReplicas: ReadonlySet<Category> = new Set([
  'UnschedulableResources',
  'UnschedulablePlacement',
  'QuotaExceeded',
]);

/** Kinds that hold a pod template, or make such. */
const owners: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'Rollout',
]);

/**
 * Mode 61: where a tool keeps the template as it is, says that a change by hand is undone, so that nobody writes what
 * does not last. The tool is told from the owners that were seen with the subject.
 */
export function withKeepers(finding: Finding, related: RelatedObjects): Finding {
  const { category } = finding;
  if (!inTemplates.has(category) && !aboutReplicas.has(category)) return finding;
  const objects = related.objects.filter((object) => owners.has(object.at('kind').text ?? ''));
  const scalers = related.objects.filter((object) =>
    /^(?:Horizontal|Vertical)PodAutoscaler$/.test(object.at('kind').text ?? ''),
  );
  const keepers = objects.flatMap((object) => keepersOf(object, scalers));
  const said = sentences(category, keepers);
  if (said.length === 0) return finding;
  return {
    ...finding,
    advice: [finding.advice, ...said.map(([sentence]) => sentence)].join(' '),
    evidence: [...finding.evidence, ...said.map(([, { proof }]) => proof.evidence)],
  };
}

function sentences(
  category: Category,
  keepers: readonly Keeper[],
): readonly (readonly [string, Keeper])[] {
  const said: (readonly [string, Keeper])[] = [];
  const whole = keepers.find(({ keeps }) => keeps === 'all');
  if (whole !== undefined && inTemplates.has(category)) {
    said.push([
      `Change it in the source of ${keeperText(whole)}: what is changed in the cluster is undone.`,
      whole,
    ]);
  }
  const resources = keepers.find(({ keeps }) => keeps === 'resources');
  if (resources !== undefined && aboutResources.has(category)) {
    said.push([`${keeperText(resources)} sets the requests: change its bounds.`, resources]);
  }
  const replicas = keepers.find(({ keeps }) => keeps === 'replicas');
  if (replicas !== undefined && aboutReplicas.has(category)) {
    said.push([
      `${keeperText(replicas)} sets the number of pods and undoes another one: change its maxReplicas.`,
      replicas,
    ]);
  }
  return said;
}
