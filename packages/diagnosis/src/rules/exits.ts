import type { ContainerFacts } from '../facts/index.ts';
import { command } from './command.ts';
import { low, medium, type ContainerRule } from './rule.ts';

/** Mode 12: SIGKILL, and nothing tells who sent it. */
const killed: ContainerRule = {
  name: 'killed-unattributed',
  category: 'KilledUnattributed',
  mode: 12,
  when: {
    'the exit code is that of SIGKILL': ({ ended }) => ended?.exitCode.is(137) ?? false,
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
  },
  shows: howItEnded,
  concludes: (container) => ({
    summary: `Container ${container.name} ends with code 0 as if its work were done, and is started again each time.`,
    confidence: medium('it ended by itself, and its restart policy starts it again'),
    remediation: 'report-only',
    advice:
      'Is it a server that runs in the foreground? A task belongs into a Job. Check command, arguments and environment.',
    nextQuestion: `What did it do last? ${logsOf(container)}`,
  }),
};

/** Mode 5: the program ended with a code of its own. */
const appError: ContainerRule = {
  name: 'app-error',
  category: 'AppError',
  mode: 5,
  when: {
    'its last life ended with a code': ({ ended }) => ended?.exitCode.isThere() ?? false,
  },
  shows: howItEnded,
  concludes: (container) => ({
    summary: `Container ${container.name} ends by itself with ${container.ended?.end ?? 'an error'}.`,
    confidence: medium('the exit code is its own; the cause is in its log'),
    remediation: 'report-only',
    advice: 'Read the last lines of its log. Compare with the last revision that ran.',
    nextQuestion: `What did it say last? ${logsOf(container)}`,
  }),
};

/** What is left: how it ended, and nothing that says more. */
export const exitRules: readonly ContainerRule[] = [killed, completed, appError];

function howItEnded({ ended, restartCount }: ContainerFacts) {
  return ended === undefined ? [] : [ended.reason, ended.message, ended.finishedAt, restartCount];
}

function logsOf({ pod, name }: ContainerFacts): string {
  const place = pod.namespace === undefined ? [] : ['-n', pod.namespace];
  return command('kubectl', 'logs', ...place, pod.name, '-c', name, '--previous');
}
