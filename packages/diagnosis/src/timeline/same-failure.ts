import type { Category, Finding } from '../model/index.ts';
import type { Episode } from './history.ts';

/** Names for one and the same failure, by how much is known of it. */
const families: readonly (readonly Category[])[] = [
  [
    'ImagePullBackOff',
    'ImageNotFound',
    'ImagePullUnauthorized',
    'ImagePullRateLimited',
    'RegistryUnreachable',
    'ImagePullNodeDiskFull',
  ],
  [
    'SandboxCreationFailure',
    'VolumeMountFailure',
    'VolumeAttachFailure',
    'MissingConfigObject',
    'MissingConfigKey',
    'ConfigSyncTransient',
  ],
  [
    'UnschedulableResources',
    'UnschedulablePlacement',
    'UnschedulableTaint',
    'UnschedulableVolume',
    'ResourceClaimPending',
    'SchedulerMissing',
  ],
  ['Terminating', 'StuckTerminating', 'Disrupted', 'Preempted', 'NodeLost'],
];

/** Names of ends that a program can have for many reasons: with the Events or the log goes the better name. */
const ends: ReadonlySet<Category> = new Set([
  'AppError',
  'KilledUnattributed',
  'Terminated',
  'UnexpectedCompletion',
  'StartError',
  'CommandNotFound',
  'CommandNotExecutable',
  'ExecFormatError',
  'Aborted',
  'SegmentationFault',
  'FatalSignal',
  'LivenessProbeFailure',
  'StartupProbeFailure',
  'PostStartHookFailure',
  'OOMKilled',
  'OOMChildProcess',
  'NodeOOM',
]);

/** Names that say how it ended and not why. */
const vague: ReadonlySet<Category> = new Set([
  'AppError',
  'KilledUnattributed',
  'Terminated',
  'UnexpectedCompletion',
  'StartError',
  'ImagePullBackOff',
]);

/**
 * Whether a finding is the failure of an episode, perhaps by another name: as Events come and expire, more and less is
 * known of one failure. Ends of containers are the same when they ended in the same way.
 */
export function isSameFailure(
  episode: Episode,
  finding: Finding,
  end: string | undefined,
): boolean {
  if (episode.container !== finding.container) return false;
  if (episode.category === finding.category || episode.names.includes(finding.category))
    return true;
  if (families.some((each) => each.includes(episode.category) && each.includes(finding.category))) {
    return true;
  }
  const isEnd = ends.has(episode.category) && ends.has(finding.category);
  const isVague = vague.has(episode.category) || vague.has(finding.category);
  return isEnd && isVague && end !== undefined && episode.end === end;
}

const levels = ['low', 'medium', 'high'];

/** Whether the finding has a better name for the failure than the episode has. */
export function saysMore(episode: Episode, finding: Finding): boolean {
  if (vague.has(finding.category) !== vague.has(episode.category)) {
    return vague.has(episode.category);
  }
  return levels.indexOf(finding.confidence.level) >= levels.indexOf(episode.confidence);
}
