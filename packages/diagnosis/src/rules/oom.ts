import { type ContainerFacts, type Field, type Proof } from '../facts/index.ts';
import { kubectlLogs, kubectl, command } from './command.ts';
import { high, low, medium, type Conditions, type ContainerRule } from './rule.ts';
import { saidAtStart } from './start-texts.ts';

/** Modes 1 to 4: the kernel killed a process because memory ran out. */
const reportsOom: Conditions<ContainerFacts> = {
  'the runtime says OOMKilled': ({ ended }) => ended?.reason.is('OOMKilled') ?? false,
};

const initOom: ContainerRule = {
  name: 'init-oom-killed',
  category: 'InitOOMKilled',
  mode: 3,
  when: {
    ...reportsOom,
    'it is an init container': ({ type }) => type === 'init' && [],
  },
  shows: withLimit,
  concludes: (container) => {
    const stuck = isStuckForEver(container);
    const outcome = stuck
      ? 'the pod stays Pending for ever'
      : 'so the pod does not get to its app containers';
    return {
      summary: `Init container ${container.name} ran out of memory${limitOf(container)} (${endOf(container)}); ${outcome}.`,
      confidence: high('the runtime reports the kill'),
      remediation: stuck ? 'delete-if-owned' : 'report-only',
      advice: stuck
        ? 'The kubelet neither goes on nor fails the pod: it must be made anew. Raise the memory limit of the init container first.'
        : 'Raise the memory limit of the init container, or let it do its work in smaller pieces.',
      nextQuestion: `How much memory does its work need? ${kubectlLogs(container)}`,
    };
  },
};

const nodeOom: ContainerRule = {
  name: 'node-out-of-memory',
  category: 'NodeOOM',
  mode: 4,
  when: {
    'it was killed': ({ ended }) => ended?.exitCode.is(137) ?? false,
    'its node reports at that time that memory ran out': nodeRanOut,
  },
  shows: withLimit,
  concludes: (container) => ({
    summary: `Container ${container.name} was killed when its node ran out of memory (${endOf(container)}).`,
    confidence: high('the node reports that its memory ran out when the container was killed'),
    remediation: 'report-only',
    advice:
      'Give the pods of this node memory requests that match what they use. Find what used it up: this container may be innocent.',
    nextQuestion: `What uses the memory of the node? ${command('kubectl', 'describe', 'node', container.pod.nodeName.text)}`,
  }),
};

const nodeOomWithoutLimit: ContainerRule = {
  name: 'oom-killed-without-limit',
  category: 'NodeOOM',
  mode: 4,
  when: {
    ...reportsOom,
    'no memory limit holds for it, so memory ran out around it': hasNoLimit,
  },
  shows: withLimit,
  concludes: (container) => ({
    summary: `Container ${container.name} was hit when its node, or the pods without requests on it, ran out of memory: it has no limit of its own (${endOf(container)}).`,
    confidence: medium('the runtime reports a kill for want of memory where no limit is set'),
    remediation: 'report-only',
    advice:
      'Give the pods of this node memory requests and limits. Find what used the memory: this container may be innocent.',
    nextQuestion: `What else ran out of memory there? ${command('kubectl', 'describe', 'node', container.pod.nodeName.text)}`,
    wouldChange: 'A memory limit that was set when it ran.',
  }),
};

const childOom: ContainerRule = {
  name: 'oom-killed-child',
  category: 'OOMChildProcess',
  mode: 2,
  when: {
    ...reportsOom,
    'its main process ended with another code than that of SIGKILL': ({ ended }) =>
      (ended?.code !== 137 && ended?.exitCode.isThere()) ?? false,
  },
  shows: withLimit,
  concludes: (container) => ({
    summary: `A process of container ${container.name} was killed for want of memory${limitOf(container)}, and its main process then ended with code ${container.ended?.code}.`,
    confidence: container.memoryLimit.isPresent
      ? high('the runtime reports the kill, and a memory limit is set')
      : medium('the runtime reports the kill, but no limit is known'),
    remediation: 'report-only',
    advice:
      'Raise the memory limit, or lower what its child processes may use (workers, heap of each).',
    nextQuestion: `Which process was killed? ${kubectlLogs(container)}`,
    wouldChange: 'A report of the node at the same moment that its own memory ran out.',
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
  shows: withLimit,
  concludes: (container) => ({
    summary: `Container ${container.name} was killed because it used more memory than it may${limitOf(container)}.`,
    confidence: container.memoryLimit.isPresent
      ? high('the runtime reports the kill, and a memory limit is set')
      : low('the runtime reports the kill, but no limit is known'),
    remediation: 'report-only',
    advice:
      'Compare what it needs with the limit: raise the limit, or tell the program of it (heap size, GOMEMLIMIT). If its use grows without end, it is a leak.',
    nextQuestion: `Does its use grow, or jump? ${kubectl(container.pod, 'top', 'pod', container.pod.name, '--containers')}`,
  }),
};

/** A memory emptyDir keeps its pages over restarts, so what was killed once cannot start again. */
const oomAtStart: ContainerRule = {
  name: 'oom-killed-at-start',
  category: 'OOMKilled',
  mode: 1,
  when: {
    'the runtime says that it ran out of memory before it started': (container) =>
      saidAtStart(container, /OOM-killed|memory limit (?:\w+ ){0,3}too low/i),
  },
  shows: withLimit,
  concludes: (container) => ({
    summary: `Container ${container.name} cannot start: its memory limit${limitOf(container)} is used up before its program runs.`,
    confidence: high('the runtime says so'),
    remediation: 'report-only',
    advice:
      'The limit is too low to start at all, or files in an emptyDir of medium Memory fill it: they stay when the container is restarted. Raise the limit, give the emptyDir a sizeLimit.',
    nextQuestion: `Was it OOMKilled before, and does it mount an emptyDir of medium Memory? ${kubectl(container.pod, 'get', 'pod', container.pod.name, '-o', 'yaml')}`,
  }),
};

/** Whose memory it was comes before that it was memory. */
export const oomRules: readonly ContainerRule[] = [
  initOom,
  nodeOom,
  nodeOomWithoutLimit,
  childOom,
  oomKilled,
  oomAtStart,
];

/** Longest time between the end of a container and the report of its node, in milliseconds. */
const sameTimeMs = 60_000;

/** `SystemOOM` is the kubelet's word for a kill outside of any container's limit, `OOMKilling` the node problem detector's. */
function nodeRanOut({ pod, ended }: ContainerFacts): Proof {
  const endedMs = ended?.finishedAt.timeMs;
  const report = pod.related.events.find(
    ({ reason, message, about, lastMs }) =>
      (reason.text === 'SystemOOM' ||
        (reason.text === 'OOMKilling' && message.matches(/Memory cgroup/i) === false)) &&
      about.at('kind').text === 'Node' &&
      (pod.nodeName.text === undefined || about.at('name').text === pod.nodeName.text) &&
      (lastMs === undefined || endedMs === undefined || Math.abs(lastMs - endedMs) <= sameTimeMs),
  );
  if (report !== undefined) return [report.reason, report.message];
  // It may be over again by now, so the pressure counts only while it lasts.
  const pressure = pod.node.at('status', 'conditions').itemWhere('type', 'MemoryPressure');
  return pressure.at('status').is('True');
}

/** No limit, and the spec is there and not just cut, as the QoS class says. */
function hasNoLimit({ memoryLimit, pod, spec }: ContainerFacts): Proof {
  return spec.isPresent && !memoryLimit.isPresent && pod.view.at('status', 'qosClass').isThere();
}

/** Under restartPolicy Never, exit code 0 and OOMKilled is neither done nor failed (kubernetes/kubernetes#116676). */
function isStuckForEver({ pod, ended }: ContainerFacts): boolean {
  return pod.restartPolicy === 'Never' && ended?.code === 0;
}

function withLimit({ ended, restartCount, memoryLimit }: ContainerFacts): readonly Field[] {
  const life = ended === undefined ? [] : [ended.exitCode, ended.finishedAt];
  return [memoryLimit, ...life, restartCount];
}

function limitOf({ memoryLimit }: ContainerFacts): string {
  return memoryLimit.text === undefined ? '' : ` (its limit is ${memoryLimit.text})`;
}

function endOf({ ended }: ContainerFacts): string {
  return ended?.end ?? '';
}
