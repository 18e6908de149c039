import type { PodFacts } from '../facts/index.ts';
import { command } from './command.ts';
import { low, medium, type PodRule } from './rule.ts';
import { createdMs, schedulerPatienceMs, silentFor, unplaced } from './scheduler-verdict.ts';

/** The default scheduler is there in almost every cluster, so it gets more time, in milliseconds. */
const defaultPatienceMs = 60_000;

/** Nobody looks at the pod. What it asks for comes first: a scheduler also leaves alone what it waits for. */
export const schedulerMissingRules: readonly PodRule[] = [
  {
    name: 'scheduler-missing',
    category: 'SchedulerMissing',
    mode: 39,
    when: {
      ...unplaced,
      'no scheduler has said a word about it for a while': (pod) =>
        silentFor(pod, isDefaultScheduler(pod) ? defaultPatienceMs : schedulerPatienceMs),
    },
    shows: (pod) => [pod.view.at('spec', 'schedulerName')],
    concludes: (pod) => {
      const name = pod.view.at('spec', 'schedulerName').text ?? 'default-scheduler';
      return {
        summary: `No scheduler named ${name} looks at it.`,
        confidence: isDefaultScheduler(pod)
          ? low('the default scheduler is almost always there; it may be busy')
          : medium('its scheduler has a name of its own, and nobody has answered'),
        remediation: 'report-only',
        advice:
          'Correct spec.schedulerName, or start that scheduler. A pod keeps the name that it was made with.',
        nextQuestion: `Does it run? ${command('kubectl', 'get', 'leases', '-A')}`,
        wouldChange: 'An Event or a condition of that scheduler about this pod.',
        sinceMs: createdMs(pod),
      };
    },
  },
];

function isDefaultScheduler(pod: PodFacts): boolean {
  const name = pod.view.at('spec', 'schedulerName').text;
  return name === undefined || name === 'default-scheduler';
}
