import {
  deepEqual,
  findCondition,
  isConditionTrue,
  isBeingDeleted,
  Job,
  ownerReference,
  type Stored,
} from '@kubewright/apimachinery';
import { onlyMetadata, type Cached } from '@kubewright/runtime';
import { Echo } from '../api/echo.ts';
import { completeCondition, readyCondition } from '../api/status.ts';
import { echoCommand, echoLabels, echoPod } from './echo-pod.ts';
import { belongingOf, nameOf, type Finding, type Step, type Work } from './work.ts';

/** Of a Job whose uid the status of its Echo may not have recorded yet. */
const recordingFinalizer = 'mmontes.io/recording';

/** An Echo is put into practice by a Job of its name, made once and never twice. */
export const echoWork: Work<Echo, Job> = {
  resource: Echo.resource,
  childResource: Job,
  childTransform: keepWhatCounts,
  recordedFirst: recordingFinalizer,
  waitsForPodSince,
  nextStep(echo, job, refusal) {
    if (job === undefined) return withoutJob(echo);
    switch (belongingOf(echo, job)) {
      case 'own':
        return report(ownJob(echo, job, refusal));
      case 'leaving':
        return report(
          notReady(
            'WaitingForDeletion',
            `${nameOf(Job, echo)} belongs to an earlier Echo of this name, and is waited for to go`,
          ),
        );
      case 'foreign':
        return report(
          notReady(
            'NameTaken',
            `${nameOf(Job, echo)} exists and belongs to somebody else: delete it, or give the Echo another name`,
          ),
        );
    }
  },
};

/** The Job of an Echo. */
export function jobOf(echo: Cached<Echo>): Job {
  const { name, namespace } = echo.metadata;
  return {
    metadata: {
      name,
      namespace,
      labels: echoLabels(name),
      finalizers: [recordingFinalizer],
      // Foreground deletion need not wait for it, so that no permission to block it is needed.
      ownerReferences: [ownerReference(echo, { blockOwnerDeletion: false })],
    },
    spec: { template: echoPod(name, echo.spec.message) },
  };
}

function report(finding: Finding): Step<Job> {
  return { type: 'report', finding };
}

function notReady(reason: string, message: string): Finding {
  return { conditions: [{ type: readyCondition, status: 'False', reason, message }] };
}

function withoutJob(echo: Cached<Echo>): Step<Job> {
  const { jobUid, conditions } = echo.status ?? {};
  if (jobUid === undefined) return { type: 'create', child: jobOf(echo) };
  if (isConditionTrue(conditions, completeCondition)) {
    const message = `${nameOf(Job, echo)} said the message, and is gone`;
    return report({
      conditions: [{ type: readyCondition, status: 'True', reason: 'Said', message }],
    });
  }
  return report(
    notReady(
      'JobGone',
      `${nameOf(Job, echo)} went before it was complete, and is not made twice: delete the Echo and create it again to have the message said`,
    ),
  );
}

function ownJob(echo: Cached<Echo>, job: Cached<Job>, refusal: string | undefined): Finding {
  const says = job.spec?.template.spec?.containers[0]?.command;
  const isCurrent = deepEqual(says, echoCommand(echo.spec.message));
  const [ready] = isCurrent
    ? [
        {
          type: readyCondition,
          status: 'True',
          reason: 'JobCreated',
          message: `${nameOf(Job, echo)} says the message`,
        } as const,
      ]
    : notReady(
        'MessageChanged',
        `${nameOf(Job, echo)} was made with another message, and cannot be changed: delete the Echo and create it again to have the new one said`,
      ).conditions;
  return {
    jobUid: job.metadata.uid,
    conditions: [...(ready ? [ready] : []), completion(echo, job, refusal)],
  };
}

function completion(
  echo: Cached<Echo>,
  job: Cached<Job>,
  refusal: string | undefined,
): Finding['conditions'][number] {
  const type = completeCondition;
  const { conditions } = job.status ?? {};
  const failed = findCondition(conditions, 'Failed');
  if (failed?.status === 'True') {
    const why = [failed.reason, failed.message].filter(Boolean).join(': ');
    const message = `${nameOf(Job, echo)} failed: ${why}`;
    return { type, status: 'False', reason: 'JobFailed', message };
  }
  if (isConditionTrue(conditions, 'Complete')) {
    const message = `${nameOf(Job, echo)} has said the message`;
    return { type, status: 'True', reason: 'JobComplete', message };
  }
  if (refusal !== undefined) {
    // As the controller of Jobs names it.
    const reason = 'FailedCreate';
    const message = `${nameOf(Job, echo)} is refused its pod: ${refusal}`;
    return { type, status: 'False', reason, message };
  }
  const what = isBeingDeleted(job) ? 'is being deleted' : 'has not ended';
  return { type, status: 'False', reason: 'JobRunning', message: `${nameOf(Job, echo)} ${what}` };
}

/**
 * Since when a Job has been at work without ever having had a pod: one that was deleted counts as failed. Whoever had one
 * may wait for the next on purpose.
 */
function waitsForPodSince({ metadata, spec, status }: Cached<Job>): number | undefined {
  const { startTime, conditions = [], active = 0, succeeded = 0, failed = 0 } = status ?? {};
  const { terminating = 0, uncountedTerminatedPods: ended } = status ?? {};
  const uncounted = (ended?.succeeded?.length ?? 0) + (ended?.failed?.length ?? 0);
  const hasHadPods = active + succeeded + failed + terminating + uncounted > 0;
  const hasEnded = conditions.some((each) => each.status === 'True');
  const isStopped = spec?.suspend === true || metadata.deletionTimestamp !== undefined;
  return startTime === undefined || hasHadPods || hasEnded || isStopped
    ? undefined
    : Date.parse(startTime);
}

/** Of a Job its identity, its owners, what it says and how it ended: a tenth of it. */
function keepWhatCounts({ spec, status, ...job }: Stored<Job>): Stored<Job> {
  const { startTime, conditions, active, succeeded, failed, terminating } = status ?? {};
  const { uncountedTerminatedPods } = status ?? {};
  const containers = (spec?.template.spec?.containers ?? []).map(({ name, command }) => ({
    name,
    command,
  }));
  return {
    ...onlyMetadata(job),
    spec: { suspend: spec?.suspend, template: { spec: { containers } } },
    status: {
      startTime,
      conditions,
      active,
      succeeded,
      failed,
      terminating,
      uncountedTerminatedPods,
    },
  };
}
