import type { Container, ContainerStatus } from '@kubewright/apimachinery';
import { isSidecar } from '../restart/restart-policy.ts';
import type { ContainerKind } from './container-statuses.ts';

/** What the probes of a container found so far. */
export interface ProbeFindings {
  /** The startup probe has passed; undefined when there is none. */
  readonly started: boolean | undefined;
  /** The readiness probe passes; undefined when there is none. */
  readonly ready: boolean | undefined;
}

/**
 * Fills `started` and `ready` in.
 *
 * A container without probes is started and ready while it runs; an init container is ready once it has ended with 0.
 */
export function withReadiness(
  kind: ContainerKind,
  container: Container,
  status: ContainerStatus,
  findings: ProbeFindings,
): ContainerStatus {
  const running = status.state?.running !== undefined;
  const started = running && (findings.started ?? true);
  if (kind === 'ephemeral') {
    const { started: _never, ...others } = status;
    return { ...others, ready: false };
  }
  if (kind === 'init' && !isSidecar(container)) {
    return { ...status, started: running, ready: status.state?.terminated?.exitCode === 0 };
  }
  return { ...status, started, ready: started && (findings.ready ?? true) };
}
