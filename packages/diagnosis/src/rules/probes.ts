import {
  any,
  livedAsLongAsProbeAllows,
  livedLongEnoughFor,
  Probe,
  wasRestartedInOneStep,
  type ContainerFacts,
  type Field,
  type Proof,
} from '../facts/index.ts';
import { kubectl, kubectlLogs } from './command.ts';
import { endedAsStopped, eventOfLastLife, hasEventsOfLastLife } from './life-events.ts';
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

/** Kubelet and status lag this much, in milliseconds. */
const lagMs = 3000;
/** No program is called unready before it has run this long, in milliseconds. */
const patienceMs = 20_000;

const startupSlow: ContainerRule = {
  name: 'startup-probe-late',
  category: 'StartupProbeFailure',
  mode: 16,
  when: {
    'it runs, but has not started up': ({ state, status }) =>
      state === 'running' && status.at('started').is(false),
    'its startup probe should have passed by now, or never can': (container) =>
      any(startsTooLong(container), failsForGood(container, 'startupProbe')),
  },
  shows: (container) => container.messagesOf('Unhealthy').slice(0, 1),
  concludes: (container) => ({
    ...startupFails(container),
    ...(cannotRun(container) ? neverStarted(container) : {}),
    confidence:
      failsForGood(container, 'startupProbe') === false
        ? medium('it runs for longer than its startup probe allows')
        : high('the kubelet says what the probe got, and time does not mend it'),
  }),
};

const readiness: ContainerRule = {
  name: 'readiness-probe',
  category: 'ReadinessProbeFailure',
  mode: 17,
  when: {
    'it runs, but is not ready': ({ state, status }) =>
      state === 'running' && status.at('ready').is(false),
    'it has had the time to become ready': (container) =>
      any(
        ranForLongEnough(container),
        lostReadiness(container),
        failsForGood(container, 'readinessProbe'),
      ),
  },
  unless: {
    'its startup probe has not passed, so that readiness is not asked': ({ status }) =>
      status.at('started').is(false),
  },
  shows: (container) => {
    const failed = container
      .messagesOf('Unhealthy')
      .filter((message) => message.matches(/^Readiness probe/i) !== false);
    return [...failed.slice(0, 1), container.pod.condition('Ready').at('lastTransitionTime')];
  },
  concludes: (container) => {
    const probe = container.probe('readinessProbe');
    const said = saidByProbe(container, /^Readiness probe (?:failed|errored)[^:]*: */i);
    const question = probe === undefined ? '' : ` (${probe.question})`;
    return {
      summary: `Container ${container.name} runs but is not ready: its readiness probe${question} fails${said}.`,
      confidence:
        said !== ''
          ? high('the kubelet says so')
          : probe === undefined
            ? low('it is not ready, and of what makes it so nothing is in evidence')
            : medium('it has a readiness probe and is not ready; no Event is left to say why'),
      remediation: 'report-only',
      advice:
        'It gets no traffic until the probe passes. Check port, path and timeout of the probe against the program, and what the program waits for. A restart does not help.',
      nextQuestion: `What does the program wait for? ${kubectl(container.pod, 'logs', container.pod.name, '-c', container.name)}`,
      sinceMs: container.pod.condition('Ready').at('lastTransitionTime').timeMs,
    };
  },
};

/** Modes 16 and 17, of a container that runs. */
export const runningProbeRules: readonly ContainerRule[] = [startupSlow, readiness];

type RestartingProbe = 'startupProbe' | 'livenessProbe';

/**
 * The kubelet's word about a probe in the last life. `Killing` says that it stopped the container. `Unhealthy` says that
 * one probe failed, as it does just after a program has ended by itself: it counts when it was seen as often as the
 * probe has to fail. An Event that names no container is about one that has such a probe, when one of the pod has.
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
      (reason === 'Killing' || event.count >= (container.probe(kind)?.failureThreshold ?? 1)),
  );
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

function startsTooLong(container: ContainerFacts): Proof {
  const probe = container.probe('startupProbe');
  const { uptimeMs, runningSince } = container;
  if (probe === undefined || uptimeMs === undefined) return false;
  return uptimeMs > probe.latestMs + lagMs && [probe.field, runningSince];
}

function ranForLongEnough(container: ContainerFacts): Proof {
  const { pod, runningSince } = container;
  const probe = container.probe('readinessProbe') ?? new Probe(container.spec.at('readinessProbe'));
  const startMs = runningSince.timeMs;
  if (startMs === undefined) return [];
  // What fails goes on being reported: of an old file the last report tells more than the estimate of its moment.
  const untilMs = isReportedSince(container, startMs) ? pod.earliestMs : pod.nowMs;
  const isLong = untilMs - startMs > Math.max(patienceMs, probe.latestMs + lagMs);
  return isLong && [probe.field, runningSince];
}

function isReportedSince(container: ContainerFacts, startMs: number): boolean {
  return container.events.some(
    ({ reason, message, lastMs }) =>
      reason.text === 'Unhealthy' &&
      message.matches(/^Readiness probe/i) !== false &&
      lastMs !== undefined &&
      lastMs >= startMs,
  );
}

/** It was ready in this life. */
function lostReadiness({ pod, runningSince }: ContainerFacts): Proof {
  const ready = pod.condition('Ready');
  const changed = ready.at('lastTransitionTime');
  const startMs = runningSince.timeMs;
  if (changed.timeMs === undefined || startMs === undefined) return false;
  return changed.timeMs > startMs + lagMs && [changed, runningSince];
}

/**
 * The probe itself cannot be run: its command is not in the image, its port has a name that no port has. A command that
 * runs may say `No such file or directory` of what the program has yet to write.
 */
const cannotBeAsked =
  /^(?:Readiness|Startup) probe (?:(?:errored|failed.*(?:exec failed|start container process|OCI runtime)).*(?:executable file .*not found|no such file or directory|permission denied)|(?:failed|errored).*(?:couldn't find (?:container)?port|strconv\.)|failed:.*\bsh: (?:line )?(?:\d+: )?\S+: (?:command )?not found)/is;
/** The program answers, and refuses: path, method or credentials are wrong. What says "later" (408, 425, 429) is none of these. */
const isRefused =
  /^(?:Readiness|Startup) probe failed: HTTP probe failed with statuscode: 4(?!08|25|29)\d\d/i;

/** What a probe got in this life that time does not mend, however young the program is. */
function failsForGood(container: ContainerFacts, kind: 'readinessProbe' | 'startupProbe'): Proof {
  const startMs = container.runningSince.timeMs ?? 0;
  const refusals = container.probe(kind)?.failureThreshold ?? 1;
  const found = container.events.find(
    ({ reason, message, count, lastMs }) =>
      reason.text === 'Unhealthy' &&
      (lastMs === undefined || lastMs >= startMs) &&
      (message.matches(cannotBeAsked) !== false ||
        (count >= refusals && message.matches(isRefused) !== false)),
  );
  return found !== undefined && [found.message];
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

/** What the runtime puts before the reason why a command could not be run. */
const outerClauses = /^.*(?:exec failed|unable to start container process): /s;

/** ` (connection refused)`: what the probe got, from the newest Event; empty when none is left. */
function saidByProbe(container: ContainerFacts, prefix: RegExp): string {
  const message = container
    .messagesOf('Unhealthy')
    .find((candidate) => candidate.matches(prefix) !== false);
  const said = message?.text?.replace(prefix, '').replace(outerClauses, '').trim().slice(0, 200);
  return said === undefined ? '' : ` (${said || 'no output'})`;
}

function timingOf(probe: Probe | undefined): string {
  return probe === undefined ? '' : ` (${probe.question}, ${probe.timing})`;
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

function startupFails(container: ContainerFacts): Omit<Conclusion, 'confidence'> {
  const said = saidByProbe(container, /^Startup probe (?:failed|errored)[^:]*: */i);
  return {
    summary: `The kubelet restarts container ${container.name} because it does not start up in the time that its startup probe allows${timingOf(container.probe('startupProbe'))}${said}.`,
    remediation: 'report-only',
    advice:
      'Check what the probe asks (port, path), then whether the program needs longer: raise failureThreshold. The liveness probe waits until startup has passed.',
    nextQuestion: `How far does it get? ${kubectlLogs(container)}`,
  };
}

/** The kubelet could not run the probe, which it takes neither for a success nor for a failure. */
function cannotRun(container: ContainerFacts): boolean {
  const [newest] = container
    .messagesOf('Unhealthy')
    .filter((message) => message.matches(/^Startup probe/i) !== false);
  return newest !== undefined && newest.matches(/^Startup probe errored/i) !== false;
}

function neverStarted(container: ContainerFacts): Pick<Conclusion, 'summary' | 'advice'> {
  const said = saidByProbe(container, /^Startup probe errored[^:]*: */i);
  const question = container.probe('startupProbe')?.question ?? 'its question';
  return {
    summary: `Container ${container.name} runs but never counts as started: its startup probe (${question}) cannot be run${said}.`,
    advice:
      'Correct the command or the port of the probe. The kubelet does not restart a container for a probe that it cannot run, and asks no other probe until this one passes.',
  };
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
