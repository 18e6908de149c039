import { any, type PodFacts, type Proof } from '../facts/index.ts';
import { command } from './command.ts';
import { low, medium, type PodRule } from './rule.ts';
import { createdMs, schedulerPatienceMs, silentFor, unplaced } from './scheduler-verdict.ts';

/** Schedulers that the cluster brings along are there in almost every one, so they get more time, in milliseconds. */
const patienceOf: ReadonlyMap<string, number> = new Map([
  ['default-scheduler', 60_000],
  // It makes a node for each pod first.
  ['fargate-scheduler', 180_000],
]);

/** Schedulers that make a node for each pod, as that of Fargate, take some minutes and say nothing of it. In milliseconds. */
const makesNodeMs = 10 * 60_000;

/** Nobody looks at the pod. What it asks for comes first: a scheduler also leaves alone what it waits for. */
export const schedulerMissingRules: readonly PodRule[] = [
  {
    name: 'scheduler-missing',
    category: 'SchedulerMissing',
    mode: 39,
    when: {
      ...unplaced,
      'no scheduler has said a word about it for a while': (pod) => silentFor(pod, patienceMs(pod)),
    },
    unless: {
      'its scheduler has begun with it, and makes a node for it': (pod) => {
        const begun = hasBegun(pod);
        return pod.nowMs - (createdMs(pod) ?? 0) < makesNodeMs && begun;
      },
    },
    shows: (pod) => [pod.view.at('spec', 'schedulerName')],
    concludes: (pod) => {
      const name = schedulerOf(pod);
      const begun = hasBegun(pod) !== false;
      return {
        summary: begun
          ? `Scheduler ${name} has begun with it, and neither places it nor says why.`
          : `No scheduler named ${name} looks at it.`,
        confidence: begun
          ? low('it may still be at work, or have lost it')
          : name === 'default-scheduler'
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

function patienceMs(pod: PodFacts): number {
  return patienceOf.get(schedulerOf(pod)) ?? schedulerPatienceMs;
}

function schedulerOf(pod: PodFacts): string {
  return pod.view.at('spec', 'schedulerName').text ?? 'default-scheduler';
}

/** Holds when its scheduler has named a node for it, or has written of something else. */
function hasBegun(pod: PodFacts): Proof {
  const name = schedulerOf(pod);
  const event = pod.events.find(({ writer }) => writer.text === name);
  return any(
    pod.view.at('status', 'nominatedNodeName').isThere(),
    event !== undefined && [event.reason, event.message],
  );
}
