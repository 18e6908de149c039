import { all, type ContainerFacts, type Field, type Proof } from '../facts/index.ts';
import { kubectl } from './command.ts';
import { high, low, medium, type Conclusion, type ContainerRule } from './rule.ts';
import { eventOfLastLife } from './life-events.ts';

/* Mode 34: a lifecycle hook fails, and the kubelet kills the container because of it. */

const postStart: ContainerRule = {
  name: 'post-start-hook',
  category: 'PostStartHookFailure',
  mode: 34,
  when: {
    'the kubelet says that the postStart hook failed': (container) => postStartSaid(container),
  },
  shows: showsHook,
  concludes: (container) => ({
    ...hookFailed(container),
    confidence: high('the kubelet says so'),
  }),
};

/** While the hook runs, the kubelet says nothing of it, and calls the container waiting. */
const postStartHangs: ContainerRule = {
  name: 'post-start-hook-hangs',
  category: 'PostStartHookFailure',
  mode: 34,
  when: {
    'it was started a while ago, and still counts as waiting': startedButWaiting,
    'it has a postStart hook': ({ spec }) => spec.at('lifecycle', 'postStart').isThere(),
  },
  concludes: (container) => ({
    ...hookFailed(container),
    summary: `The postStart hook of container ${container.name} does not return: the container runs, but the kubelet waits for the hook.`,
    confidence: medium('it was started, and the kubelet waits for nothing else then'),
    wouldChange: 'That the hook is only slow.',
  }),
};

/** Without Events, a crash loop of a container that only its hook can have ended. */
const postStartLikely: ContainerRule = {
  name: 'post-start-hook-likely',
  category: 'PostStartHookFailure',
  mode: 34,
  when: {
    'it has a postStart hook': ({ spec }) => spec.at('lifecycle', 'postStart').isThere(),
    'it ended as what is stopped by the kubelet': ({ ended }) =>
      ended?.exitCode.is(0, 137, 143) ?? false,
    'it lived no longer than a hook that fails takes': livedShort,
    'it happens again and again': ({ restarts, restartCount, waitingReason }) =>
      restarts >= 2 ? [restartCount] : waitingReason.is('CrashLoopBackOff'),
  },
  shows: showsHook,
  concludes: (container) => ({
    ...hookFailed(container),
    confidence: low(
      'it has a hook and ends as if the kubelet stopped it; no Event is left to say so',
    ),
    wouldChange: 'A log in which the program ends by itself.',
  }),
};

const preStop: ContainerRule = {
  name: 'pre-stop-hook',
  category: 'PreStopHookFailure',
  mode: 34,
  when: {
    'the kubelet says that the preStop hook failed': (container) =>
      eventOfLastLife(container, 'FailedPreStopHook'),
  },
  unless: {
    'it ends in a loop with a code of its own, and no Event says that it was stopped': endsByItself,
  },
  shows: ({ spec, ended }) => [spec.at('lifecycle', 'preStop'), ...(ended ? [ended.exitCode] : [])],
  concludes: (container) => ({
    summary: `The preStop hook of container ${container.name} failed while it was stopped (${container.ended?.end ?? 'not ended'}).`,
    confidence: high('the kubelet says so'),
    severity: 'warning',
    remediation: 'none',
    advice:
      'Correct the command of the hook. What it should do before the end (drain, deregister) was not done; why the container was stopped is another question.',
    nextQuestion: `Who stopped it? ${kubectl(container.pod, 'describe', 'pod', container.pod.name)}`,
  }),
};

export const postStartRules: readonly ContainerRule[] = [postStart, postStartHangs];
export const hookRules: readonly ContainerRule[] = [postStartLikely, preStop];

function postStartSaid(container: ContainerFacts): Proof {
  const { waitingReason, waitingMessage } = container;
  const status = waitingReason.is('PostStartHookError');
  if (status !== false) return [waitingReason, waitingMessage];
  return eventOfLastLife(container, 'FailedPostStartHook');
}

/** Old kubelets called the hook of what had ended by itself too, in which it can but fail. */
function endsByItself({ waitingReason, ended, events }: ContainerFacts): Proof {
  if (ended?.exitCode.is(137, 143) !== false) return false;
  const isStopped = events.some(({ reason }) => reason.text === 'Killing');
  return !isStopped && all(waitingReason.is('CrashLoopBackOff'), [ended.exitCode]);
}

/** No hook is called late before it has run this long, in milliseconds. */
const patienceMs = 30_000;

/** What the kubelet calls a container until its hook has returned; the second after init containers. */
const whileHookRuns: readonly (string | undefined)[] = ['ContainerCreating', 'PodInitializing'];

function startedButWaiting(container: ContainerFacts): Proof {
  const { waitingReason, pod } = container;
  const started = container.events.find(({ reason }) => reason.text === 'Started');
  const sinceMs = started?.lastMs;
  if (started === undefined || sinceMs === undefined) return false;
  if (!whileHookRuns.includes(waitingReason.text)) return false;
  return pod.nowMs - sinceMs > patienceMs && [waitingReason, started.reason];
}

/** A hook that fails does so soon; the kubelet then stops the program at once. */
const hookMs = 60_000;

function livedShort({ ended, graceMs }: ContainerFacts): Proof {
  const length = ended?.lengthMs;
  if (ended === undefined || length === undefined) return false;
  return length <= hookMs + graceMs && [ended.startedAt, ended.finishedAt];
}

function showsHook({ spec, ended }: ContainerFacts): readonly Field[] {
  const life = ended === undefined ? [] : [ended.reason, ended.exitCode];
  return [spec.at('lifecycle', 'postStart'), ...life];
}

function hookFailed(container: ContainerFacts): Omit<Conclusion, 'confidence'> {
  return {
    summary: `The postStart hook of container ${container.name} fails, so the kubelet kills the container each time (${container.ended?.end ?? 'before it ended by itself'}).`,
    remediation: 'report-only',
    advice:
      'Correct the command of the hook: it must be in the image, and end with 0 also when the program is not ready yet.',
    nextQuestion: `What does the hook run? ${kubectl(container.pod, 'get', 'pod', container.pod.name, '-o', `jsonpath={.spec.containers[*].lifecycle}`)}`,
  };
}
