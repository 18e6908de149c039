import type { Field, OwnerFacts, Proof } from '../facts/index.ts';
import { command } from './command.ts';
import { high, medium, type OwnerRule } from './rule.ts';

/** Mode 54 as the Job tells it, when its pods are gone. */
export const jobRules: readonly OwnerRule[] = [
  {
    name: 'job-deadline-exceeded',
    category: 'DeadlineExceeded',
    mode: 54,
    when: {
      'the Job failed because its time was over': (owner) => failedFor(owner, /^DeadlineExceeded$/),
    },
    shows: (owner) => [owner.view.at('spec', 'activeDeadlineSeconds')],
    concludes: (owner) => ({
      summary: `Job ${owner.name} ran longer than it may and was ended.`,
      confidence: high('the Job says so'),
      severity: 'warning',
      remediation: 'none',
      advice: 'Raise activeDeadlineSeconds, or find why it takes so long.',
      sinceMs: failure(owner)?.at('lastTransitionTime').timeMs,
    }),
  },
  {
    name: 'job-failed',
    category: 'AppError',
    mode: 5,
    when: {
      'the Job gave up': (owner) => failedFor(owner, /./),
    },
    unless: {
      'a pod of it is there to tell why': hasPod,
    },
    shows: (owner) => [
      failure(owner)?.at('message') ?? owner.view.at('kind'),
      owner.view.at('status', 'failed'),
    ],
    concludes: (owner) => ({
      summary: `Job ${owner.name} gave up: ${failure(owner)?.at('message').text ?? failure(owner)?.at('reason').text ?? ''}.`,
      confidence: medium(
        'the Job says that its pods failed; they are gone, and with them the cause',
      ),
      severity: 'warning',
      remediation: 'none',
      advice:
        'Keep failed pods for longer (podFailurePolicy, ttlSecondsAfterFinished), or collect their logs, to see why.',
      nextQuestion: `What is left of it? ${command('kubectl', 'describe', 'job', ...(owner.namespace === undefined ? [] : ['-n', owner.namespace]), owner.name)}`,
      sinceMs: failure(owner)?.at('lastTransitionTime').timeMs,
    }),
  },
];

function failedFor(owner: OwnerFacts, reason: RegExp): Proof {
  if (owner.kind !== 'Job') return false;
  return failure(owner)?.at('reason').matches(reason) ?? false;
}

function hasPod(owner: OwnerFacts): Proof {
  const uid = owner.view.at('metadata', 'uid').text;
  const pods = owner.related.ofKind('Pod');
  const own = pods.find((pod) =>
    pod.at('metadata', 'ownerReferences').items.some((ref) => ref.at('uid').text === uid),
  );
  return uid !== undefined && own !== undefined && [];
}

function failure(owner: OwnerFacts): Field | undefined {
  return owner.view
    .at('status', 'conditions')
    .items.find(
      (condition) =>
        condition.at('type').is('Failed', 'FailureTarget') !== false &&
        condition.at('status').is('True') !== false,
    );
}
