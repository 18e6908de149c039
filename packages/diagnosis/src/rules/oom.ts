import type { ContainerFacts, Proof } from '../facts/index.ts';
import { command } from './command.ts';
import { high, low, medium, type ContainerRule, type Conditions } from './rule.ts';

/** Modes 1 to 4: the kernel killed a process because memory ran out. */
const reportsOom: Conditions<ContainerFacts> = {
  'the runtime says OOMKilled': ({ ended }) => ended?.reason.is('OOMKilled') ?? false,
};

const init: Conditions<ContainerFacts> = {
  'it is an init container': isInit,
};

const initOom: ContainerRule = {
  name: 'init-oom-killed',
  category: 'InitOOMKilled',
  mode: 3,
  when: { ...reportsOom, ...init },
  shows: (container) => [container.memoryLimit, ...lives(container)],
  concludes: (container) => {
    const stuck = isStuckForEver(container);
    return {
      summary: `Init container ${container.name} ran out of memory${limitOf(container)} (${endOf(container)})${
        stuck
          ? '; the pod stays Pending for ever'
          : ', so the pod does not get to its app containers'
      }.`,
      confidence: high('the runtime reports the kill'),
      remediation: stuck ? 'delete-if-owned' : 'report-only',
      advice: stuck
        ? 'The kubelet neither goes on nor fails the pod: it must be made anew. Raise the memory limit of the init container first.'
        : 'Raise the memory limit of the init container, or let it do its work in smaller pieces.',
      nextQuestion: `How much memory does its work need? ${logsOf(container)}`,
    };
  },
};

const childOom: ContainerRule = {
  name: 'oom-killed-child',
  category: 'OOMChildProcess',
  mode: 2,
  when: {
    ...reportsOom,
    'the main process ended with a code of its own': ({ ended }) =>
      ended !== undefined && ended.code !== 137 && ended.exitCode.isThere(),
  },
  unless: {
    'no limit is set, so memory ran out around the container': hasNoLimit,
  },
  shows: (container) => [container.memoryLimit, ...lives(container)],
  concludes: (container) => ({
    summary: `A process of container ${container.name} was killed for want of memory${limitOf(container)}, and its main process then ended with code ${container.ended?.code}.`,
    confidence: container.memoryLimit.isPresent
      ? high('the runtime reports the kill, and a memory limit is set')
      : medium('the runtime reports the kill, but no limit is known'),
    remediation: 'report-only',
    advice: 'Raise the memory limit, or lower what its child processes may use (workers, heap).',
    nextQuestion: `Which process was killed? ${logsOf(container)}`,
    wouldChange:
      'An out-of-memory report of the node at the same moment, or another container of the node that used it up.',
  }),
};

const nodeOomWithoutLimit: ContainerRule = {
  name: 'oom-killed-without-limit',
  category: 'NodeOOM',
  mode: 4,
  when: {
    ...reportsOom,
    'no limit is set, so memory ran out around the container': hasNoLimit,
  },
  shows: lives,
  concludes: (container) => ({
    summary: `Container ${container.name} was hit when its node, or the pods without requests on it, ran out of memory: it has no limit of its own (${endOf(container)}).`,
    confidence: medium('the runtime reports a kill for want of memory where no limit is set'),
    remediation: 'report-only',
    advice:
      'Give the pods of this node memory requests and limits. Find what used the memory; this container may be innocent.',
    nextQuestion: `What else ran out of memory there? ${command('kubectl', 'describe', 'node', container.pod.nodeName.text)}`,
    wouldChange: 'A memory limit that was set when it ran.',
  }),
};

const oomKilled: ContainerRule = {
  name: 'oom-killed',
  category: 'OOMKilled',
  mode: 1,
  when: reportsOom,
  rejectedWhen: {
    'the exit code is that of SIGKILL, but the runtime does not say OOMKilled': ({ ended }) =>
      ended?.exitCode.is(137) ?? false,
  },
  shows: (container) => [container.memoryLimit, ...lives(container)],
  concludes: (container) => ({
    summary: `Container ${container.name} was killed because it used more memory than its limit${limitOf(container)}.`,
    confidence: container.memoryLimit.isPresent
      ? high('the runtime reports the kill, and a memory limit is set')
      : low('the runtime reports the kill, but no limit is known'),
    remediation: 'report-only',
    advice:
      'Compare what it needs with the limit: raise the limit, or tell the program of it (heap size, GOMEMLIMIT). If use grows without end, it is a leak.',
    nextQuestion: `Does its use grow, or jump? ${command('kubectl', 'top', 'pod', container.pod.name, '--containers')}`,
  }),
};

/** Families ask in this order: whose memory it was, before that it was memory. */
export const oomRules: readonly ContainerRule[] = [
  initOom,
  childOom,
  nodeOomWithoutLimit,
  oomKilled,
];

function isInit(container: ContainerFacts): Proof {
  return container.type === 'init' && [];
}

/** No limit, and the QoS class says that the spec is not just cut. */
function hasNoLimit(container: ContainerFacts): Proof {
  const qos = container.pod.view.at('status', 'qosClass');
  return !container.memoryLimit.isPresent && qos.isThere();
}

/** Under restartPolicy Never, exit code 0 and OOMKilled is neither done nor failed (kubernetes/kubernetes#116676). */
function isStuckForEver(container: ContainerFacts): boolean {
  return container.pod.restartPolicy === 'Never' && container.ended?.code === 0;
}

function lives({ ended, restartCount }: ContainerFacts) {
  return ended === undefined ? [restartCount] : [ended.exitCode, ended.finishedAt, restartCount];
}

function limitOf({ memoryLimit }: ContainerFacts): string {
  return memoryLimit.text === undefined ? '' : ` (limit ${memoryLimit.text})`;
}

function endOf({ ended }: ContainerFacts): string {
  return ended?.end ?? '';
}

function logsOf({ pod, name }: ContainerFacts): string {
  const place = pod.namespace === undefined ? [] : ['-n', pod.namespace];
  return command('kubectl', 'logs', ...place, pod.name, '-c', name, '--previous');
}
