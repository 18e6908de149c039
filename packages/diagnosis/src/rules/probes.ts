import {
  any,
  livedAsLongAsProbeAllows,
  livedLongEnoughFor,
  wasRestartedInOneStep,
  type ContainerFacts,
  type Field,
  type Proof,
} from '../facts/index.ts';
import { kubectlLogs } from './command.ts';
import { endedAsStopped, eventOfLastLife, hasEventsOfLastLife } from './life-events.ts';
import { saidByProbe, startupFails, timingOf } from './probe-words.ts';
import { high, low, medium, type Conclusion, type ContainerRule } from './rule.ts';

/*
 * Modes 15 and 16: the kubelet stops a container because a probe fails. The exit code is what the program makes of
 * SIGTERM, so it says nothing: 0, 2, 143, or 137 after the grace period. First the kubelet's own word, then arithmetic.
 */
const startupKill = /failed startup probe/i;
/** Before Kubernetes 1.12 the kubelet did not name the probe. */
const livenessKill = /failed liveness probe|is unhealthy, it will be (?:killed|restarted)/i;

const startupKilled: ContainerRule = {
  name: 'startup-probe-killed',
  category: 'StartupProbeFailure',
  mode: 16,
  when: {
    'the kubelet says that it stopped the container for its startup probe': (container) =>
      any(
        probeEvent(container, 'startupProbe', 'Killing', startupKill),
        probeEvent(container, 'startupProbe', 'Unhealthy', /^Startup probe failed/i),
      ),
  },
  shows: (container) => showsProbe(container, 'startupProbe'),
  concludes: (container) => ({
    ...startupFails(container),
    confidence: high('the kubelet says so'),
  }),
};

const startupLikely: ContainerRule = {
  name: 'startup-probe-likely',
  category: 'StartupProbeFailure',
  mode: 16,
  when: {
    'it has a startup probe, and lived as long as that allows': (container) =>
      livedFor(container, 'startupProbe'),
    'it ended as a container does that is stopped': endedAsStopped,
    'the next life has not started up either': notStarted,
  },
  unless: {
    'the Events of that life are there, and none says that the kubelet stopped it':
      hasEventsOfLastLife,
  },
  shows: (container) => showsProbe(container, 'startupProbe'),
  concludes: (container) => ({
    ...startupFails(container),
    confidence: medium('it lives as long as the probe allows; no Event is left to say so'),
    wouldChange: 'A log in which the program ends by itself.',
  }),
};

const livenessKilled: ContainerRule = {
  name: 'liveness-probe-killed',
  category: 'LivenessProbeFailure',
  mode: 15,
  when: {
    'the kubelet says that it stopped the container for its liveness probe': (container) =>
      any(
        probeEvent(container, 'livenessProbe', 'Killing', livenessKill),
        killedWithoutWords(container),
        probeEvent(container, 'livenessProbe', 'Unhealthy', /^Liveness probe failed/i),
      ),
  },
  rejectedWhen: {
    'it lived shorter than its liveness probe takes to fail': (container) => {
      const probe = container.probe('livenessProbe');
      if (probe === undefined || container.ended?.lengthMs === undefined) return false;
      return livedLongEnoughFor(container, probe) === false && [];
    },
  },
  shows: (container) => showsProbe(container, 'livenessProbe'),
  concludes: (container) => ({
    ...livenessFails(container),
    confidence: high('the kubelet says so'),
  }),
};

const livenessByLength: ContainerRule = {
  name: 'liveness-probe-by-length',
  category: 'LivenessProbeFailure',
  mode: 15,
  when: {
    'it has a liveness probe, and lived as long as that allows': (container) =>
      livedFor(container, 'livenessProbe'),
    'it ended as a container does that is stopped, or the kubelet ended it itself': (container) =>
      any(endedAsStopped(container), wasRestartedInOneStep(container)),
  },
  unless: {
    'the Events of that life are there, and none says that the kubelet stopped it':
      hasEventsOfLastLife,
  },
  shows: (container) => showsProbe(container, 'livenessProbe'),
  concludes: (container) => ({
    ...livenessFails(container),
    confidence: medium('it lives as long as the probe allows; no Event is left to say so'),
    wouldChange: 'A log in which the program ends by itself.',
  }),
};

const livenessByRestart: ContainerRule = {
  name: 'liveness-probe-by-restart',
  category: 'LivenessProbeFailure',
  mode: 15,
  when: {
    'it has a liveness probe, and lived long enough for that to fail': (container) =>
      livedAtLeastFor(container, 'livenessProbe'),
    'it ended as a container does that is stopped': endedAsStopped,
    'the kubelet itself ended it and started it again, in one step': wasRestartedInOneStep,
  },
  unless: {
    'the Events of that life are there, and none says that the kubelet stopped it':
      hasEventsOfLastLife,
  },
  shows: (container) => showsProbe(container, 'livenessProbe'),
  concludes: (container) => ({
    ...livenessFails(container),
    confidence: medium('the kubelet restarted it in one step, which it does for a probe'),
    wouldChange: 'A log in which the program ends by itself.',
  }),
};

const livenessBySignal: ContainerRule = {
  name: 'liveness-probe-by-signal',
  category: 'LivenessProbeFailure',
  mode: 15,
  when: {
    'it has a liveness probe, and lived long enough for that to fail': (container) =>
      livedAtLeastFor(container, 'livenessProbe'),
    'a signal ended it': ({ ended }) => ended?.exitCode.is(137, 143) ?? false,
    'again and again': ({ restarts, restartCount }) => restarts >= 2 && [restartCount],
  },
  unless: {
    'the Events of that life are there, and none says that the kubelet stopped it':
      hasEventsOfLastLife,
  },
  shows: (container) => showsProbe(container, 'livenessProbe'),
  concludes: (container) => ({
    ...livenessFails(container),
    confidence: low(
      'signals end it again and again, and of what sends them only the probe is known',
    ),
    wouldChange: 'Whatever else kills it: an out-of-memory report, a person, a program in the pod.',
  }),
};

/** Modes 15 and 16, when the last life is over. */
export const probeKillRules: readonly ContainerRule[] = [
  startupKilled,
  startupLikely,
  livenessKilled,
  livenessByLength,
  livenessByRestart,
  livenessBySignal,
];

type RestartingProbe = 'startupProbe' | 'livenessProbe';

/**
 * The kubelet's word about a probe in the last life. `Killing` says that it stopped the container. `Unhealthy` says that
 * one probe failed, as it does while a program starts, and just after it has ended by itself: it counts when it was seen
 * as often as the probe has to fail, and in each life where the program ends with a code of its own. An Event that names
 * no container is about one that has such a probe, when one of the pod has.
 */
function probeEvent(
  container: ContainerFacts,
  kind: RestartingProbe,
  reason: 'Killing' | 'Unhealthy',
  message: RegExp,
): Proof {
  const isOther =
    container.probe(kind) === undefined &&
    container.pod.containers.some((other) => other.probe(kind) !== undefined);
  return eventOfLastLife(
    container,
    reason,
    message,
    (event) =>
      (event.container !== undefined || !isOther) &&
      (reason === 'Killing' || event.count >= failuresToStop(container, kind)),
  );
}

/** How often a probe fails until the kubelet stops a life; all that are over, where the last ended with a code of its own. */
function failuresToStop(container: ContainerFacts, kind: RestartingProbe): number {
  const isOwnEnd = container.ended !== undefined && endedAsStopped(container) === false;
  const lives = isOwnEnd ? Math.max(1, container.restarts) : 1;
  return lives * (container.probe(kind)?.failureThreshold ?? 1);
}

/** Before Kubernetes 1.1 the kubelet did not say why; of a pod that stays it ends what has a liveness probe for that. */
function killedWithoutWords(container: ContainerFacts): Proof {
  if (container.probe('livenessProbe') === undefined) return false;
  return eventOfLastLife(container, 'Killing', /^Killing [0-9a-f]{12,}$/);
}

function livedFor(container: ContainerFacts, kind: RestartingProbe): Proof {
  const probe = container.probe(kind);
  return probe !== undefined && livedAsLongAsProbeAllows(container, probe);
}

function livedAtLeastFor(container: ContainerFacts, kind: RestartingProbe): Proof {
  const probe = container.probe(kind);
  return probe !== undefined && livedLongEnoughFor(container, probe);
}

/** `started` is false from the beginning of a life until the startup probe passes, and while the container waits. */
function notStarted({ status }: ContainerFacts): Proof {
  const started = status.at('started');
  return started.flag !== true && [started];
}

function showsProbe(container: ContainerFacts, kind: RestartingProbe): readonly Field[] {
  const { ended, restartCount } = container;
  const failed = kind === 'startupProbe' ? /^Startup probe/i : /^Liveness probe/i;
  const said = container
    .messagesOf('Unhealthy')
    .filter((message) => message.matches(failed) !== false);
  const life = ended === undefined ? [] : [ended.exitCode, ended.startedAt, ended.finishedAt];
  return [...said.slice(0, 1), container.spec.at(kind), ...life, restartCount];
}

/** What the default timing gives a program that does not answer, in milliseconds. */
const usualMs = 30_000;

function moreTime(container: ContainerFacts): string {
  const probe = container.probe('livenessProbe');
  const givenMs = probe === undefined ? usualMs : probe.periodMs * probe.failureThreshold;
  return givenMs < usualMs
    ? `If it is only slow: the probe gives up after ${givenMs / 1000} s, where the default (every 10 s, 3 failures) gives 30 s.`
    : 'If it is only slow to start, give it a startup probe.';
}

function livenessFails(container: ContainerFacts): Omit<Conclusion, 'confidence'> {
  const said = saidByProbe(container, /^Liveness probe (?:failed|errored)[^:]*: */i);
  return {
    summary: `The kubelet restarts container ${container.name} because its liveness probe fails${timingOf(container.probe('livenessProbe'))}${said}; it ends with ${container.ended?.end ?? 'no known code'}.`,
    remediation: 'report-only',
    advice: `Find out why the program does not answer: a deadlock, too little CPU, a dependency that the probe asks. ${moreTime(container)}`,
    nextQuestion: `What did it do before it was stopped? ${kubectlLogs(container)}`,
  };
}
