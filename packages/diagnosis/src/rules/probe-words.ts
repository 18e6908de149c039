import type { ContainerFacts, Probe } from '../facts/index.ts';
import { kubectlLogs } from './command.ts';
import type { Conclusion } from './rule.ts';

/** What the runtime puts before the reason why a command could not be run. */
const outerClauses = /^.*(?:exec failed|unable to start container process): /s;

/** ` (connection refused)`: what the probe got, from the newest Event; empty when none is left. */
export function saidByProbe(container: ContainerFacts, prefix: RegExp): string {
  const message = container
    .messagesOf('Unhealthy')
    .find((candidate) => candidate.matches(prefix) !== false);
  const said = message?.text?.replace(prefix, '').replace(outerClauses, '').trim().slice(0, 200);
  return said === undefined ? '' : ` (${said || 'no output'})`;
}

/** What a probe asks and how often, to be said. */
export function timingOf(probe: Probe | undefined): string {
  return probe === undefined ? '' : ` (${probe.question}, ${probe.timing})`;
}

/** That a container is restarted because it does not start up in time. */
export function startupFails(container: ContainerFacts): Omit<Conclusion, 'confidence'> {
  const said = saidByProbe(container, /^Startup probe (?:failed|errored)[^:]*: */i);
  return {
    summary: `The kubelet restarts container ${container.name} because it does not start up in the time that its startup probe allows${timingOf(container.probe('startupProbe'))}${said}.`,
    remediation: 'report-only',
    advice:
      'Check what the probe asks (port, path), then whether the program needs longer: raise failureThreshold. The liveness probe waits until startup has passed.',
    nextQuestion: `How far does it get? ${kubectlLogs(container)}`,
  };
}
