import {
  any,
  firstMatch,
  type ContainerFacts,
  type Field,
  type PodFacts,
  type Proof,
} from '../facts/index.ts';
import { command } from './command.ts';
import { nodeOf } from './place.ts';
import { high, medium, type Conditions, type ContainerRule, type PodRule } from './rule.ts';

/** Mode 48: the node of the pod does not answer any more; what the pod says of its containers is old. */
export const lostNodeRules: readonly PodRule[] = [
  {
    name: 'node-lost',
    category: 'NodeLost',
    mode: 48,
    when: {
      'its node does not answer or is not ready': (pod) =>
        any(
          pod.reason.is('NodeLost'),
          pod.phase.is('Unknown'),
          notReady(pod),
          firstMatch(
            pod.events
              .filter(({ reason }) => reason.text === 'NodeNotReady')
              .map(({ message }) => message),
            /./,
          ),
          unreadyWithoutReason(pod),
        ),
      'the pod counts as not ready for that, and not for its containers': (pod) =>
        any(pod.reason.is('NodeLost'), pod.phase.is('Unknown'), unreadyForItsNode(pod)),
    },
    concludes: (pod) => {
      const ready = readyOfNode(pod);
      const message = ready.at('message').text;
      return {
        summary: `Its node ${nodeOf(pod)} ${
          ready.at('status').text === 'False' ? 'is not ready' : 'does not answer'
        }${message === undefined ? '' : ` (${message.replace(/\.$/, '')})`}; what the pod reports is from before.`,
        confidence: ready.isPresent
          ? high('the node says so')
          : medium('the node controller has marked the pod; the node itself was not seen'),
        remediation: 'none',
        advice:
          'Repair or replace the node. Its pods move after their toleration (five minutes). Do not delete pods of a StatefulSet by force: they may still run.',
        nextQuestion: `Since when is it away? ${command('kubectl', 'describe', 'node', pod.nodeName.text)}`,
        wouldChange:
          'A network between the node and the API that is cut: its containers may be well.',
        sinceMs: pod.condition('Ready').at('lastTransitionTime').timeMs,
        ...causeOf(pod),
      };
    },
  },
];

/** A kubelet that runs takes a pod on in a second or two, on a busy node in some; in milliseconds. */
const takenOnMs = 30_000;

/** Mode 48, of a pod that came too late: it was given a node, and nobody there takes it on. */
export const silentKubeletRules: readonly PodRule[] = [
  {
    name: 'kubelet-silent',
    category: 'NodeLost',
    mode: 48,
    when: {
      'it has a node, and waits there': (pod) => pod.nodeName.isPresent && pod.phase.is('Pending'),
      'no kubelet has taken it on': notTakenOn,
      'a kubelet takes seconds for that': (pod) => {
        const since = placedOn(pod);
        return since.timeMs !== undefined && pod.nowMs - since.timeMs > takenOnMs && [since];
      },
    },
    shows: (pod) => [pod.nodeName, readyOfNode(pod).at('status')],
    concludes: (pod) => ({
      summary: `No kubelet takes it on: node ${nodeOf(pod)} ${wordsOfNode(pod)}.`,
      confidence: medium('a kubelet gives a pod its startTime at once; this one has none'),
      remediation: 'none',
      advice:
        'See whether a node of that name exists and its kubelet runs. A pod that names its node itself (spec.nodeName) passes by the scheduler: take that out.',
      nextQuestion: `Is it there? ${command('kubectl', 'get', 'node', pod.nodeName.text)}`,
      wouldChange: 'A startTime, or an Event of the kubelet.',
      sinceMs: placedOn(pod).timeMs,
      ...causeOf(pod),
    }),
  },
];

function notTakenOn(pod: PodFacts): Proof {
  const status = pod.view.at('status');
  const isQuiet =
    status.at('containerStatuses').items.length === 0 &&
    pod.events.every(({ reason }) => reason.text === 'Scheduled');
  return isQuiet && status.at('startTime').isMissing();
}

/** When it was given its node; one that came with it, when it was made. */
function placedOn(pod: PodFacts): Field {
  const placed = pod.condition('PodScheduled').at('lastTransitionTime');
  return placed.isPresent ? placed : pod.view.at('metadata', 'creationTimestamp');
}

function wordsOfNode(pod: PodFacts): string {
  const ready = readyOfNode(pod).at('status').text;
  if (ready === 'True') return 'says that it is ready, but does not answer for this pod';
  const isKnown = pod.node.isPresent || pod.related.ofKind('Node').length === 0;
  return isKnown ? 'does not answer' : 'is not there';
}

/** The container is on its way back: what keeps it from starting now is asked first. */
const comesBack: Conditions<ContainerFacts> = {
  'nothing new keeps it from starting': ({ isStuckWaiting, waitingReason }) =>
    (!isStuckWaiting || waitingReason.text === 'CrashLoopBackOff') && [],
};

/** Modes 50 and 51: the container ended because its node or the container runtime was started anew. */
export const restartedNodeRules: readonly ContainerRule[] = [
  {
    name: 'node-restarted',
    category: 'NodeRestart',
    mode: 50,
    when: {
      ...comesBack,
      'the runtime does not know how it ended': ({ ended }) => ended?.reason.is('Unknown') ?? false,
    },
    shows: ({ ended, restartCount }) =>
      ended === undefined ? [] : [ended.exitCode, ended.finishedAt, restartCount],
    concludes: (container) => ({
      summary: `Container ${container.name} did not crash: node ${nodeOf(container.pod)}, or its container runtime, was restarted.`,
      confidence: high('the runtime came back and did not know how the container had ended'),
      remediation: 'none',
      advice:
        'Look at the other containers of the node: they ended in the same second. One incident of the node, not of this pod.',
      nextQuestion: `When did the node start? ${command('kubectl', 'describe', 'node', container.pod.nodeName.text)}`,
      ...causeOf(container.pod),
    }),
  },
  {
    name: 'container-lost',
    category: 'NodeRestart',
    mode: 51,
    when: {
      ...comesBack,
      'the kubelet could not find the container any more': ({ ended }) =>
        ended?.reason.is('ContainerStatusUnknown') ?? false,
    },
    shows: ({ ended, restartCount }) =>
      ended === undefined ? [] : [ended.exitCode, ended.message, restartCount],
    concludes: (container) => ({
      summary: `Container ${container.name} vanished from the runtime of node ${nodeOf(container.pod)}; its exit code ${String(container.ended?.code ?? '')} is made up.`,
      confidence: medium('the kubelet says that it could not be located, not why'),
      remediation: 'none',
      advice:
        'It was not out of memory. Look at the runtime and the disk of the node: was its data directory cleared, or the node rebuilt?',
      nextQuestion: `What happened on the node? ${command('kubectl', 'get', 'events', '-A', '--field-selector', `involvedObject.name=${nodeOf(container.pod)}`)}`,
      ...causeOf(container.pod),
    }),
  },
  {
    name: 'docker-came-back',
    category: 'NodeRestart',
    mode: 50,
    when: {
      'docker gives it the code of what it lost': lostByDocker,
      'it had run for long': ({ ended }) =>
        ended?.lengthMs !== undefined &&
        ended.lengthMs > longMs && [ended.startedAt, ended.finishedAt],
      'it runs again and is ready': ({ isServing, runningSince }) => isServing && [runningSince],
    },
    concludes: (container) => ({
      summary: `Container ${container.name} ended with 255 after a long life and runs again: most likely node ${nodeOf(container.pod)}, or its docker, was restarted.`,
      confidence: medium('docker says 255 of every container that it finds dead when it starts'),
      remediation: 'none',
      advice: 'Nothing is wrong with the pod. If it was not planned, look at the node.',
      wouldChange:
        'Last words of the program itself, or other containers of the node that went on.',
      ...causeOf(container.pod),
    }),
  },
  {
    name: 'node-rebooted',
    category: 'NodeRestart',
    mode: 50,
    when: {
      ...comesBack,
      'the node was rebooted when the container ended': rebootedThen,
    },
    shows: ({ ended }) => (ended === undefined ? [] : [ended.exitCode, ended.finishedAt]),
    concludes: (container) => ({
      summary: `Container ${container.name} ended when node ${nodeOf(container.pod)} was rebooted.`,
      confidence: medium('the reboot and the end are minutes apart at most'),
      remediation: 'none',
      advice: 'Nothing is wrong with the pod. If it was not planned, look at the node.',
      wouldChange: 'Other containers of the node that went on.',
      ...causeOf(container.pod),
    }),
  },
];

/** What crashes by itself seldom lives so long first, in milliseconds. */
const longMs = 3_600_000;

function lostByDocker({ ended, status }: ContainerFacts): Proof {
  if (ended?.reason.text !== 'Error' || ended.message.isPresent) return false;
  const id = ended.field.at('containerID');
  const isOfDocker = (id.isPresent ? id : status.at('containerID')).matches(/^docker:/);
  const code = ended.exitCode.is(255);
  return isOfDocker !== false && code !== false && [...code, ...isOfDocker];
}

/** The node comes back and reports its reboot within this time after its containers ended. */
const rebootMs = 10 * 60_000;

function rebootedThen({ ended, pod }: ContainerFacts): Proof {
  const endedMs = ended?.finishedAt.timeMs;
  if (ended === undefined || endedMs === undefined) return false;
  const reboot = pod.related
    .eventsAbout('Node', pod.nodeName.text)
    .find(
      ({ reason, lastMs }) =>
        reason.text === 'Rebooted' && lastMs !== undefined && Math.abs(lastMs - endedMs) < rebootMs,
    );
  return reboot !== undefined && [reboot.reason, reboot.message];
}

function readyOfNode(pod: PodFacts) {
  return pod.node.at('status', 'conditions').itemWhere('type', 'Ready');
}

function notReady(pod: PodFacts): Proof {
  return readyOfNode(pod).at('status').is('Unknown', 'False');
}

/**
 * The node controller sets Ready and leaves ContainersReady, which is the kubelet's, as it was. Before Kubernetes 1.11
 * there was no such condition; the containers themselves are as they were.
 */
function unreadyForItsNode(pod: PodFacts): Proof {
  const ready = pod.condition('Ready').at('status').is('False', 'Unknown');
  const condition = pod.condition('ContainersReady');
  const containers = any(
    condition.at('status').is('True'),
    pod.containers.every((container) => container.isServing) && condition.isMissing(),
  );
  return ready !== false && containers !== false && [...ready, ...containers];
}

/** A readiness gate gives a reason, which descriptions leave out; the node controller gives none. */
function unreadyWithoutReason(pod: PodFacts): Proof {
  return (
    unreadyForItsNode(pod) !== false &&
    pod.condition('ContainersReady').isPresent &&
    pod.view.at('spec', 'readinessGates', 0).isMissing() !== false &&
    pod.condition('Ready').at('reason').isMissing()
  );
}

function causeOf(pod: PodFacts) {
  const name = pod.nodeName.text;
  return name === undefined ? {} : { cause: { kind: 'Node', name } };
}
