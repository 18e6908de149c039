import type { Field, PodFacts, Proof } from '../facts/index.ts';
import { placedInSole } from './place.ts';
import { high, type PodRule } from './rule.ts';

/** Mode 54: the pod, or its Job, was given a time, and it is over. */
export const deadlineRules: readonly PodRule[] = [
  {
    name: 'deadline-exceeded',
    category: 'DeadlineExceeded',
    mode: 54,
    when: {
      'the pod says that its deadline is over': (pod) => pod.reason.is('DeadlineExceeded'),
    },
    shows: (pod) => [pod.message, pod.view.at('spec', 'activeDeadlineSeconds')],
    concludes: (pod) => ({
      summary: `It ran longer than ${secondsText(pod.view.at('spec', 'activeDeadlineSeconds'))} and was ended; what its containers say does not count.`,
      confidence: high('the kubelet says so'),
      remediation: 'report-only',
      advice:
        'Raise activeDeadlineSeconds, or find why it takes so long. A new pod has the same time.',
      ...placedInSole(pod),
    }),
  },
  {
    name: 'deadline-of-its-job-exceeded',
    category: 'DeadlineExceeded',
    mode: 54,
    when: {
      'its Job ran out of time': jobOutOfTime,
      'the pod was deleted for it': (pod) => pod.deletionTimestamp.isThere(),
    },
    concludes: (pod) => ({
      summary: `Its Job ${pod.controller.at('name').text ?? ''} ran longer than it may, so its pods were deleted.`,
      confidence: high('the Job says so'),
      remediation: 'none',
      advice:
        'Raise activeDeadlineSeconds of the Job, or find why it takes so long. The Job makes no further pods.',
    }),
  },
];

function jobOutOfTime(pod: PodFacts): Proof {
  const owner = pod.controller;
  if (owner.at('kind').text !== 'Job') return false;
  const name = owner.at('name').text;
  const job = pod.related.find('Job', name, pod.namespace);
  for (const condition of job.at('status', 'conditions').items) {
    if (condition.at('type').is('FailureTarget', 'Failed') === false) continue;
    const reason = condition.at('reason').is('DeadlineExceeded');
    if (reason !== false) return reason;
  }
  const event = pod.related
    .eventsAbout('Job', name)
    .find(({ reason }) => reason.text === 'DeadlineExceeded');
  return event !== undefined && [event.reason, event.message];
}

function secondsText(seconds: Field): string {
  return seconds.number === undefined ? 'its deadline' : `${String(seconds.number)} s`;
}
