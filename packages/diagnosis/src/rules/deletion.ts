import { all, any, type PodFacts, type Proof } from '../facts/index.ts';
import { command } from './command.ts';
import { nodeOf, placedInSole, soleContainer } from './place.ts';
import { high, medium, type PodRule } from './rule.ts';

const secondMs = 1000;
/** Controllers that clean up for a finalizer take seconds. */
const finalizerMs = 20 * secondMs;
/** The kubelet kills at the end of the grace, and some runtimes take their time. */
const killMs = 120 * secondMs;
/** The kubelet reports a pod as gone after its volumes are unmounted. */
const unmountMs = 10 * 60 * secondMs;

/** Mode 53, where something holds the pod: asked before what is said of why it was deleted. */
export const stuckDeletionRules: readonly PodRule[] = [
  {
    name: 'held-by-finalizers',
    category: 'StuckTerminating',
    mode: 53,
    when: {
      'its grace is over': (pod) => overdue(pod, finalizerMs),
      'finalizers are left': (pod) => pod.view.at('metadata', 'finalizers', 0).isThere(),
      'its containers have ended': (pod) => !isRunning(pod) && [],
    },
    shows: (pod) => [pod.view.at('metadata', 'finalizers'), pod.phase],
    concludes: (pod) => ({
      summary: `It has ended and cannot go: ${finalizersOf(pod)} ${held(pod)}, overdue for ${overdueText(pod)}.`,
      confidence: high('the pod names the finalizers, and its grace is over'),
      severity: 'warning',
      remediation: 'report-only',
      advice:
        'Look at the controller that owns the finalizer: it does not run, or fails. Take the finalizer out by hand only when its clean-up is done or not needed.',
      nextQuestion: `Who set it? ${command('kubectl', 'get', 'pod', ...placeOf(pod), pod.name, '--show-managed-fields', '-o', 'yaml')}`,
      sinceMs: pod.deletionTimestamp.timeMs,
    }),
  },
  {
    name: 'containers-do-not-end',
    category: 'StuckTerminating',
    mode: 53,
    when: {
      'its grace is long over': (pod) => overdue(pod, killMs),
      'a container still runs': (pod) => isRunning(pod) && [],
    },
    shows: (pod) => [pod.nodeName, ...pod.containers.map(({ status }) => status.at('state'))],
    concludes: (pod) => {
      return {
        summary: `Its containers have not ended, ${overdueText(pod)} after their grace${killFailureText(pod)}.`,
        confidence:
          killFailure(pod) === undefined
            ? medium('the time is over; why is not in evidence')
            : high('the kubelet says that it cannot end them'),
        remediation: 'report-only',
        advice:
          'Look at node and runtime: a process that waits for a disk cannot be killed. Delete by force only when the node is known to be gone.',
        nextQuestion: `Does node ${nodeOf(pod)} answer? ${command('kubectl', 'get', 'node', pod.nodeName.text)}`,
        wouldChange: 'A node that does not answer: then the status is old.',
        sinceMs: pod.deletionTimestamp.timeMs,
      };
    },
  },
  {
    name: 'ended-but-still-there',
    category: 'StuckTerminating',
    mode: 53,
    when: {
      'its grace is over for minutes': (pod) =>
        any(overdue(pod, unmountMs), killFailure(pod) !== undefined && overdue(pod, killMs)),
    },
    shows: (pod) => [pod.phase, pod.nodeName],
    concludes: (pod) => ({
      summary: `It has ended and is still there, ${overdueText(pod)} after its grace${killFailureText(pod)}.`,
      confidence: medium('no finalizer holds it, so the kubelet has not reported it as gone'),
      severity: 'warning',
      remediation: 'report-only',
      advice:
        'Look at the kubelet of the node: a volume that cannot be unmounted, or a kubelet that does not run.',
      nextQuestion: `Does node ${nodeOf(pod)} answer? ${command('kubectl', 'get', 'node', pod.nodeName.text)}`,
      sinceMs: pod.deletionTimestamp.timeMs,
    }),
  },
];

/** Mode 53, where all is in order: it was deleted and takes the time that it has. */
export const deletionRules: readonly PodRule[] = [
  {
    name: 'killed-after-its-grace',
    category: 'Terminating',
    mode: 53,
    when: {
      'a container was killed when the grace of its deletion was over': killedAfterGrace,
    },
    concludes: (pod) => ({
      summary: `It was deleted; container ${killed(pod)?.name ?? ''} did not end by itself within ${graceText(pod)} and was killed.`,
      confidence: high(
        'it was deleted, and the container ended with SIGKILL at the end of its grace',
      ),
      severity: 'warning',
      remediation: 'none',
      advice: `Its exit code is no crash. Let it end on SIGTERM (a shell as the first process does not pass it on), or each deletion takes ${graceText(pod)}.${hookText(pod)}`,
      sinceMs: killed(pod)?.ended?.finishedAt.timeMs,
      ...(killed(pod) === undefined ? {} : { container: killed(pod) }),
    }),
  },
  {
    name: 'terminating',
    category: 'Terminating',
    mode: 53,
    when: {
      'it was deleted': (pod) => pod.deletionTimestamp.isThere(),
    },
    shows: (pod) => [pod.view.at('metadata', 'deletionGracePeriodSeconds'), pod.phase],
    concludes: (pod) => ({
      summary: `It was deleted and has ${isRunning(pod) ? `${graceText(pod)} to end` : 'ended'}.`,
      confidence: high('the pod says so'),
      severity: 'info',
      remediation: 'none',
      advice: `Nothing is wrong: what its containers end with now is no failure.${hookText(pod)}`,
      sinceMs: pod.deletionTimestamp.timeMs,
      ...(isRunning(pod) || soleContainer(pod)?.state !== 'terminated' ? {} : placedInSole(pod)),
    }),
  },
];

function overdueMs(pod: PodFacts): number {
  const until = pod.deletionTimestamp.timeMs;
  return until === undefined ? 0 : pod.nowMs - until;
}

/** The deletionTimestamp is when the grace ends, not when the pod was deleted. */
function overdue(pod: PodFacts, ms: number): Proof {
  return overdueMs(pod) > ms && [pod.deletionTimestamp];
}

function overdueText(pod: PodFacts): string {
  const seconds = Math.round(overdueMs(pod) / secondMs);
  return seconds < 120 ? `${String(seconds)} s` : `${String(Math.round(seconds / 60))} minutes`;
}

function isRunning(pod: PodFacts): boolean {
  const terminal = pod.phase.text === 'Succeeded' || pod.phase.text === 'Failed';
  return !terminal && pod.containers.some(({ state }) => state === 'running');
}

function finalizersOf(pod: PodFacts): string {
  const finalizers = pod.view.at('metadata', 'finalizers').items;
  return finalizers.map(({ text }) => text ?? '?').join(', ');
}

function held(pod: PodFacts): string {
  return pod.view.at('metadata', 'finalizers').items.length === 1 ? 'holds it' : 'hold it';
}

function graceText(pod: PodFacts): string {
  const asked = pod.view.at('metadata', 'deletionGracePeriodSeconds').number;
  const usual = pod.view.at('spec', 'terminationGracePeriodSeconds').number ?? 30;
  // At the very end the kubelet sets the grace of the deletion to 0.
  return `${String(asked === undefined || asked === 0 ? usual : asked)} s`;
}

/** The container that was killed. A life of before the deletion may have ended with 137 too: its time tells. */
function killed(pod: PodFacts) {
  const until = pod.deletionTimestamp.timeMs;
  return pod.containers.find(({ state, ended }) => {
    if (state !== 'terminated' || ended?.code !== 137 || until === undefined) return false;
    const finished = ended.finishedAt.timeMs;
    return finished !== undefined && finished >= until - 2 * secondMs;
  });
}

function killedAfterGrace(pod: PodFacts): Proof {
  const ended = killed(pod)?.ended;
  return (
    ended !== undefined &&
    all(pod.deletionTimestamp.isThere(), ended.exitCode.isThere(), ended.finishedAt.isThere())
  );
}

function killFailure(pod: PodFacts): string | undefined {
  return pod.events.find(({ reason }) => reason.text === 'FailedKillPod')?.message.text;
}

function killFailureText(pod: PodFacts): string {
  const failed = killFailure(pod);
  return failed === undefined ? '' : `: ${failed.slice(0, 200)}`;
}

function hookText(pod: PodFacts): string {
  const failed = pod.events.some(({ reason }) => reason.text === 'FailedPreStopHook');
  return failed ? ' Its preStop hook failed, which does not keep it from ending.' : '';
}

function placeOf({ namespace }: PodFacts): readonly string[] {
  return namespace === undefined ? [] : ['-n', namespace];
}
