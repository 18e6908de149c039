import { CronJob, ownerReference, type Stored } from '@kubewright/apimachinery';
import { onlyMetadata, type Cached } from '@kubewright/runtime';
import { ScheduledEcho } from '../api/scheduled-echo.ts';
import { scheduleProblem } from '../api/schedule.ts';
import { readyCondition } from '../api/status.ts';
import { echoLabels, echoPod } from './echo-pod.ts';
import { isContained } from './is-contained.ts';
import { belongingOf, nameOf, type Finding, type Step, type Work } from './work.ts';

/** A ScheduledEcho is put into practice by a CronJob of its name, which follows it. */
export const scheduledEchoWork: Work<ScheduledEcho, CronJob> = {
  resource: ScheduledEcho.resource,
  childResource: CronJob,
  childTransform: keepWhatCounts,
  nextStep(echo, cronJob) {
    const problem = scheduleProblem(echo.spec.schedule);
    if (problem !== undefined) {
      return notReady('InvalidSchedule', `${JSON.stringify(echo.spec.schedule)}: ${problem}`);
    }
    if (cronJob === undefined) return { type: 'create', child: cronJobOf(echo) };
    switch (belongingOf(echo, cronJob)) {
      case 'own':
        return ownCronJob(echo, cronJob);
      case 'leaving':
        return notReady(
          'WaitingForDeletion',
          `${nameOf(CronJob, echo)} belongs to an earlier ScheduledEcho of this name, and is waited for to go`,
        );
      case 'foreign':
        return notReady(
          'NameTaken',
          `${nameOf(CronJob, echo)} exists and belongs to somebody else: delete it, or give the ScheduledEcho another name`,
        );
    }
  },
};

/** The CronJob of a ScheduledEcho. */
export function cronJobOf(echo: Cached<ScheduledEcho>): CronJob {
  const { name, namespace } = echo.metadata;
  const { message, schedule } = echo.spec;
  return {
    metadata: {
      name,
      namespace,
      labels: echoLabels(name),
      ownerReferences: [ownerReference(echo, { blockOwnerDeletion: false })],
    },
    spec: {
      schedule,
      concurrencyPolicy: 'Forbid',
      jobTemplate: {
        metadata: { labels: echoLabels(name) },
        spec: { template: echoPod(name, message) },
      },
    },
  };
}

function ownCronJob(echo: Cached<ScheduledEcho>, cronJob: Cached<CronJob>): Step<CronJob> {
  const { spec } = cronJobOf(echo);
  if (cronJob.metadata.deletionTimestamp !== undefined) {
    return notReady('WaitingForDeletion', `${nameOf(CronJob, echo)} is being deleted`);
  }
  if (!isContained(spec, cronJob.spec)) {
    return { type: 'change', uid: cronJob.metadata.uid, spec };
  }
  const message = `${nameOf(CronJob, echo)} says the message on schedule`;
  return {
    type: 'report',
    finding: {
      conditions: [{ type: readyCondition, status: 'True', reason: 'CronJobCreated', message }],
    },
  };
}

function notReady(reason: string, message: string): Step<CronJob> {
  const finding: Finding = {
    conditions: [{ type: readyCondition, status: 'False', reason, message }],
  };
  return { type: 'report', finding };
}

/** Of a CronJob its identity, its owners and what it was asked for; what it did so far is not the operator's business. */
function keepWhatCounts({ spec, ...cronJob }: Stored<CronJob>): Stored<CronJob> {
  return { ...onlyMetadata(cronJob), spec };
}
