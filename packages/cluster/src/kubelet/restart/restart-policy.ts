import type { Container, Pod } from '@kubewright/apimachinery';
import type { ContainerRecord } from '../runtime/contracts.ts';

/** An init container that keeps running beside the app: a sidecar. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/** The policy that holds for a container: its own, otherwise the pod's (default Always). */
export function restartPolicyOf(pod: Pod, container: Container): string {
  return container.restartPolicy ?? pod.spec?.restartPolicy ?? 'Always';
}

/** A life that did not do its work: a code other than 0, or killed for its memory whatever the code says. */
export function hasFailed(record: ContainerRecord): boolean {
  return (
    record.state.phase === 'exited' &&
    (record.state.exitCode !== 0 || record.state.reason === 'OOMKilled')
  );
}

/** What a `restartPolicyRules` entry of the container says of an exit code. */
function ruleRestarts(container: Container, exitCode: number): boolean {
  return (container.restartPolicyRules ?? []).some((rule) => {
    const { operator, values = [] } = rule.exitCodes ?? {};
    if (rule.action !== 'Restart') return false;
    if (operator === 'In') return values.includes(exitCode);
    return operator === 'NotIn' && !values.includes(exitCode);
  });
}

/**
 * Whether a container of the main list starts (again), by its newest life.
 * Nothing starts in a pod that is being deleted.
 */
export function shouldRun(
  pod: Pod,
  container: Container,
  newest: ContainerRecord | undefined,
): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  if (newest === undefined || newest.state.phase === 'created') return true;
  if (newest.state.phase === 'running') return false;
  if (ruleRestarts(container, newest.state.exitCode)) return true;
  const policy = restartPolicyOf(pod, container);
  if (policy === 'Never') return false;
  return policy === 'Always' || newest.state.exitCode !== 0;
}

/** Whether a regular init container that failed is tried again. */
export function retriesInit(pod: Pod, container: Container, exitCode: number): boolean {
  if (ruleRestarts(container, exitCode)) return true;
  return restartPolicyOf(pod, container) !== 'Never';
}

/** The newest life of a container; the records are newest first. */
export function newestLife(
  containers: readonly ContainerRecord[],
  name: string,
): ContainerRecord | undefined {
  return containers.find((record) => record.name === name);
}

/** The newest life of a container that has ended. */
export function newestEndedLife(
  containers: readonly ContainerRecord[],
  name: string,
): ContainerRecord | undefined {
  return containers.find((record) => record.name === name && record.state.phase === 'exited');
}
