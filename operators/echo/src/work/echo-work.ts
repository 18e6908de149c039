import {
  deepEqual,
  findCondition,
  isConditionTrue,
  isBeingDeleted,
  Job,
  ownerReference,
  type Stored,
} from '@kubewright/apimachinery';
import type { Cached } from '@kubewright/runtime';
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
  nextStep(echo, job) {
    if (job === undefined) return withoutJob(echo);
    switch (belongingOf(echo, job)) {
      case 'own':
        return report(ownJob(echo, job));
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

function ownJob(echo: Cached<Echo>, job: Cached<Job>): Finding {
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
    conditions: [...(ready ? [ready] : []), completion(echo, job)],
  };
}

function completion(echo: Cached<Echo>, job: Cached<Job>): Finding['conditions'][number] {
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
  const what = isBeingDeleted(job) ? 'is being deleted' : 'has not ended';
  return { type, status: 'False', reason: 'JobRunning', message: `${nameOf(Job, echo)} ${what}` };
}

/** Of a Job its identity, its owners, what it says and how it ended: a tenth of it. */
function keepWhatCounts({ apiVersion, kind, metadata, spec, status }: Stored<Job>): Stored<Job> {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const { deletionTimestamp, finalizers, ownerReferences } = metadata;
  const containers = (spec?.template.spec?.containers ?? []).map(
    ({ name: container, command }) => ({
      name: container,
      command,
    }),
  );
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp,
      deletionTimestamp,
      finalizers,
      ownerReferences,
    },
    spec: { template: { spec: { containers } } },
    status: { conditions: status?.conditions },
  };
}
