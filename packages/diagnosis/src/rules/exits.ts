import type { ContainerFacts, Field } from '../facts/index.ts';
import { command, kubectl, kubectlLogs } from './command.ts';
import { low, medium, type ContainerRule } from './rule.ts';

/** Mode 12: SIGKILL, and nothing tells who sent it. */
const killed: ContainerRule = {
  name: 'killed-unattributed',
  category: 'KilledUnattributed',
  mode: 12,
  when: {
    'its exit code is that of SIGKILL': ({ ended }) => ended?.exitCode.is(137) ?? false,
  },
  shows: howItEnded,
  concludes: (container) => ({
    summary: `Container ${container.name} was killed (SIGKILL, exit code 137), origin unknown.`,
    confidence: low('neither the runtime nor an Event says who killed it'),
    remediation: 'none',
    advice:
      'Look for what kills from outside: an out-of-memory report in the kernel log of the node, a stop that took longer than the grace period, a person.',
    nextQuestion: `What happened on its node at that time? ${command('kubectl', 'describe', 'node', container.pod.nodeName.text)}`,
    wouldChange: 'An Event of a failed probe, or a kill for want of memory in the log of the node.',
  }),
};

/** Mode 19: what should run for ever ended as if its work were done. */
const completed: ContainerRule = {
  name: 'unexpected-completion',
  category: 'UnexpectedCompletion',
  mode: 19,
  when: {
    'it ended with code 0': ({ ended }) => ended?.exitCode.is(0) ?? false,
    'its restart policy starts it again whatever its code': (container) =>
      container.restartsAfter(0) && [container.pod.view.at('spec', 'restartPolicy')],
  },
  shows: howItEnded,
  concludes: (container) => ({
    summary: `Container ${container.name} ends with code 0 as if its work were done, and is started again each time.`,
    confidence: medium('it ended by itself, and its restart policy starts it again'),
    remediation: 'report-only',
    advice:
      'Is it a server that stays in the foreground? A task belongs into a Job. Check command, arguments and environment.',
    nextQuestion: `What did it do last? ${kubectlLogs(container)}`,
    wouldChange: 'An Event of a failed probe: a program that handles SIGTERM ends with 0 as well.',
  }),
};

/** Mode 6: the code of a Go program that panics or is stopped, of a shell that cannot read its script, of bad options. */
const exitTwo: ContainerRule = {
  name: 'app-error-2',
  category: 'AppError',
  mode: 6,
  when: {
    'it ended with code 2': ({ ended }) => ended?.exitCode.is(2) ?? false,
  },
  shows: howItEnded,
  concludes: (container) => ({
    summary: `Container ${container.name} ends by itself with ${container.ended?.end ?? 'code 2'}.`,
    confidence: medium('no probe or deletion explains it, so it is its own'),
    remediation: 'report-only',
    advice:
      'Code 2 is a panic of a Go program, a syntax error of a shell script, or options that a program does not know. Its last lines tell which.',
    nextQuestion: `What did it say last? ${kubectlLogs(container)}`,
    wouldChange: 'That something stopped it: Go programs end with 2 on SIGTERM.',
  }),
};

/** Mode 5: the program ended with a code of its own. */
const appError: ContainerRule = {
  name: 'app-error',
  category: 'AppError',
  mode: 5,
  when: {
    'it ended with a code': ({ ended }) => ended?.exitCode.isThere() ?? false,
  },
  unless: {
    'it ended with code 0': ({ ended }) => ended?.exitCode.is(0) ?? false,
  },
  shows: howItEnded,
  concludes: (container) => ({
    summary: `Container ${container.name} ends by itself with ${container.ended?.end ?? 'an error'}.`,
    confidence: medium('the exit code is its own; the cause is in its log'),
    remediation: 'report-only',
    advice: 'Read the last lines of its log. Compare with the last revision that ran.',
    nextQuestion: `What did it say last? ${kubectlLogs(container)}`,
  }),
};

const unknownEnd: ContainerRule = {
  name: 'crash-of-unknown-cause',
  category: 'AppError',
  mode: 5,
  when: {
    'the kubelet waits before it starts it again': ({ waitingReason }) =>
      waitingReason.is('CrashLoopBackOff'),
  },
  shows: ({ restartCount }) => [restartCount],
  concludes: (container) => ({
    summary: `Container ${container.name} ends again and again; how is not in evidence.`,
    confidence: low('only the back-off is left to see'),
    remediation: 'report-only',
    advice: 'Read its log, and the whole status of the pod.',
    nextQuestion: `What did it say last? ${kubectlLogs(container)}`,
    wouldChange: 'Its last state, which is not there.',
  }),
};

const unknownWait: ContainerRule = {
  name: 'waits-for-unknown-error',
  category: 'StartError',
  mode: 10,
  when: {
    'it waits for something that is called an error': ({ isStuckWaiting, waitingReason }) =>
      isStuckWaiting && waitingReason.matches(/err|fail|invalid|cannot/i),
  },
  shows: ({ waitingMessage }) => [waitingMessage],
  concludes: (container) => ({
    summary: `Container ${container.name} waits for ${container.waitingReason.text ?? 'an error'}: ${container.waitingMessage.text?.slice(0, 200) ?? 'no text'}.`,
    confidence: low('the reason is not one of the known ones'),
    remediation: 'report-only',
    advice: 'Read the text, and the Events of the pod.',
    nextQuestion: `What do its Events say? ${kubectl(container.pod, 'describe', 'pod', container.pod.name)}`,
  }),
};

/** What is left: how it ended, and nothing that says more. */
export const exitRules: readonly ContainerRule[] = [
  killed,
  completed,
  exitTwo,
  appError,
  unknownEnd,
  unknownWait,
];

function howItEnded({ ended, restartCount }: ContainerFacts): readonly Field[] {
  return ended === undefined ? [] : [ended.reason, ended.message, ended.finishedAt, restartCount];
}
