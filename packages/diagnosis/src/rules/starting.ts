import type { Field, ObservedEvent, PodFacts, Proof } from '../facts/index.ts';
import type { Conditions } from './rule.ts';

/** Mounts are done and a sandbox is made by then; an image that is pulled for longer has an Event. In milliseconds. */
const stuckMs = 3 * 60_000;

/**
 * No container of the pod has run in its present sandbox, and none is stuck for a reason of its own: what keeps it is about
 * the whole pod (volumes, network, sandbox).
 */
export const waits: Conditions<PodFacts> = { 'no container has started': waitsToStart };

function waitsToStart(pod: PodFacts): Proof {
  if (!pod.nodeName.isPresent || pod.phase.is('Pending', 'Running') === false) return false;
  const hasStarted = pod.containers.some(
    ({ state, isStuckWaiting }) => state === 'running' || state === 'terminated' || isStuckWaiting,
  );
  if (hasStarted || pod.condition('PodReadyToStartContainers').at('status').is('True') !== false) {
    return false;
  }
  const waiting = pod.containers.find(({ state }) => state === 'waiting');
  return waiting === undefined ? [pod.phase] : [waiting.waitingReason];
}

/** Events that come only after volumes are mounted and the sandbox is there. */
const laterReasons = new Set(['Pulling', 'Pulled', 'Created', 'Started', 'BackOff']);

/**
 * Events of these reasons that still hold, newest first: the kubelet has not come further since. Without times they
 * count.
 */
export function standingEvents(
  pod: PodFacts,
  ...reasons: readonly string[]
): readonly ObservedEvent[] {
  const cameFurther = pod.events.find(({ reason }) => laterReasons.has(reason.text ?? ''))?.lastMs;
  return pod.events.filter(
    ({ reason, lastMs }) =>
      reasons.includes(reason.text ?? '') &&
      (cameFurther === undefined || lastMs === undefined || lastMs > cameFurther),
  );
}

/** Holds when a pod has had its node for minutes. */
export function placedForMinutes(pod: PodFacts): Proof {
  const placed = placedAt(pod);
  return placed.timeMs !== undefined && pod.nowMs - placed.timeMs > stuckMs && [placed];
}

/** When the kubelet took the pod on, or else when it was given its node. */
export function placedAt(pod: PodFacts): Field {
  const started = pod.view.at('status', 'startTime');
  return started.isPresent ? started : pod.condition('PodScheduled').at('lastTransitionTime');
}
