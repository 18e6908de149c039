import type { ContainerFacts } from './container-facts.ts';
import type { Proof } from './field.ts';
import type { Probe } from './probe.ts';

/** Time between a decision of the kubelet and what the status says of it, in milliseconds. */
const lagMs = 3000;
/** What a program that handles SIGTERM takes to end, in milliseconds. */
const shutdownMs = 10_000;
/** The least wait before a second restart of what ended by itself, in milliseconds. */
const leastBackOffMs = 5000;
/** The kubelet forgets its back-off after a life of this length, in milliseconds. */
const forgottenMs = 10 * 60_000;

/**
 * Holds when the last life is as long as one that this probe ends: it fails from the start, often enough, and then the
 * program is stopped. Needs no Events.
 *
 * Nothing is late about the shortest life: the kubelet counts from the second in which it started.
 * SIGKILL comes after the whole grace period; what ends otherwise took less of it, and a preStop hook some of it.
 */
export function livedAsLongAsProbeAllows(container: ContainerFacts, probe: Probe): Proof {
  const { ended } = container;
  const length = ended?.lengthMs;
  if (ended === undefined || length === undefined) return false;
  const grace = probe.graceMs ?? container.graceMs;
  const isHeldUp = container.spec.at('lifecycle', 'preStop').isPresent;
  const shutdown = isHeldUp ? grace : Math.min(grace, shutdownMs);
  const [least, most] = ended.code === 137 ? [grace, grace] : [0, shutdown];
  const isWithin = length >= probe.soonestMs + least && length <= probe.latestMs + most + lagMs;
  return isWithin && [probe.field, ended.startedAt, ended.finishedAt];
}

/** Holds when the last life was long enough for this probe to end it, however late it began to fail. */
export function livedLongEnoughFor({ ended }: ContainerFacts, probe: Probe): Proof {
  const length = ended?.lengthMs;
  if (ended === undefined || length === undefined) return false;
  return length >= probe.soonestMs && [probe.field, ended.startedAt, ended.finishedAt];
}

/**
 * Holds when the kubelet itself ended the last life and began the next, which it does in one step: the pod stayed Ready
 * all the while, or there was no back-off. What ends by itself makes the pod unready, and waits from the second time on.
 */
export function wasRestartedInOneStep(container: ContainerFacts): Proof {
  return stayedReady(container) || restartedWithoutBackOff(container);
}

function stayedReady({ ended, isReady, spec, pod }: ContainerFacts): Proof {
  const endedMs = ended?.finishedAt.timeMs;
  const ready = pod.condition('Ready');
  const sinceMs = ready.at('lastTransitionTime').timeMs;
  if (ended === undefined || endedMs === undefined || sinceMs === undefined) return false;
  if (!isReady || spec.at('readinessProbe').isPresent || ready.at('status').text !== 'True') {
    return false;
  }
  return sinceMs < endedMs && [ready.at('lastTransitionTime'), ended.finishedAt];
}

function restartedWithoutBackOff(container: ContainerFacts): Proof {
  const { ended, restarts, runningSince } = container;
  const endedMs = ended?.finishedAt.timeMs;
  const startedMs = runningSince.timeMs;
  const length = ended?.lengthMs;
  if (ended === undefined || endedMs === undefined || startedMs === undefined) return false;
  if (restarts < 2 || length === undefined || length > forgottenMs) return false;
  return startedMs - endedMs < leastBackOffMs && [ended.finishedAt, runningSince];
}
