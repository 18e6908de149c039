import { any, Probe, type ContainerFacts, type Proof } from '../facts/index.ts';
import { kubectl } from './command.ts';
import { saidByProbe, startupFails } from './probe-words.ts';
import { high, low, medium, type Conclusion, type ContainerRule } from './rule.ts';

/** Kubelet and status lag this much, in milliseconds. */
const lagMs = 3000;
/** No program is called unready before it has run this long, in milliseconds. */
const patienceMs = 20_000;

const startupSlow: ContainerRule = {
  name: 'startup-probe-late',
  category: 'StartupProbeFailure',
  mode: 16,
  when: {
    'it runs, but has not started up': (container) =>
      container.state === 'running' && hasNotStartedUp(container),
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
    'its startup probe has not passed, so that readiness is not asked': hasNotStartedUp,
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

/**
 * `kubectl describe` does not show `started`. Without it a container has not started up while its startup probe may still
 * fail: for longer the kubelet lets none live that has not, and one that another probe reports on has.
 */
function hasNotStartedUp(container: ContainerFacts): Proof {
  const started = container.status.at('started');
  const probe = container.probe('startupProbe');
  const { uptimeMs, runningSince } = container;
  if (started.isPresent || probe === undefined || uptimeMs === undefined) return started.is(false);
  const isAsked = isReportedSince(
    container,
    runningSince.timeMs ?? 0,
    /^(?:Readiness|Liveness) probe/i,
  );
  return !isAsked && uptimeMs <= probe.latestMs + lagMs && [probe.field, runningSince];
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
  const isReported = isReportedSince(container, startMs, /^Readiness probe/i);
  const untilMs = isReported ? pod.earliestMs : pod.nowMs;
  const isLong = untilMs - startMs > Math.max(patienceMs, probe.latestMs + lagMs);
  return isLong && [probe.field, runningSince];
}

function isReportedSince(container: ContainerFacts, startMs: number, probe: RegExp): boolean {
  return container.events.some(
    ({ reason, message, lastMs }) =>
      reason.text === 'Unhealthy' &&
      message.matches(probe) !== false &&
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
