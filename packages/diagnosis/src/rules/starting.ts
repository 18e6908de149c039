import type { Field, ObservedEvent, PodFacts, Proof } from '../facts/index.ts';
import type { Conditions } from './rule.ts';

/** Volumes are attached and mounted by then; an image that is pulled for longer has an Event. In milliseconds. */
const stuckMs = 3 * 60_000;
/**
 * The same where no Event is given at all. With Events the kubelet would have complained of what fails, so that what
 * still waits is at work; without, only time speaks: of 300 pods on an overloaded node the slowest took 3 s. In
 * milliseconds.
 */
const unheardMs = 30_000;
/** What is said of a pod when it is given its node is said within this time, in milliseconds. */
const beginningMs = 5000;
/** A sandbox is made, and Secrets and ConfigMaps are mounted, in seconds, on a busy node in tens of them. In milliseconds. */
const sandboxMs = 90_000;

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

/**
 * Holds when a pod has waited longer for its first container than volumes, sandboxes and most images take.
 *
 * PodReadyToStartContainers says more where it is there: while it is False no image is pulled yet, which leaves only
 * volumes and sandbox; and it tells since when a pod that ran before has had no sandbox.
 */
export function waitsTooLong(pod: PodFacts): Proof {
  const readyToStart = pod.condition('PodReadyToStartContainers');
  const hasNoSandbox = readyToStart.at('status').text === 'False';
  if (pod.hasStarted && !hasNoSandbox) return false;
  const since = pod.hasStarted ? readyToStart.at('lastTransitionTime') : placedAt(pod);
  const isShort = isUnheardInFile(pod) || (hasNoSandbox && !hasStorage(pod));
  const patienceMs = isShort ? sandboxPatienceMs(pod) : stuckMs;
  return since.timeMs !== undefined && pod.nowMs - since.timeMs > patienceMs && [since];
}

/**
 * No Event was given, when it was seen is an estimate, and nothing that was seen is later than its own beginning: of a
 * pod of which somebody keeps a file while it waits it is likelier that it waits for long. What is said of it is unsure
 * for that reason.
 */
function isUnheardInFile(pod: PodFacts): boolean {
  const { events, hasStarted, nowMs, earliestMs } = pod;
  const placedMs = placedAt(pod).timeMs ?? 0;
  return (
    events.length === 0 && !hasStarted && earliestMs < nowMs && earliestMs - placedMs < beginningMs
  );
}

/** On Windows a sandbox alone takes half a minute, and what makes a claimed device ready takes its time. */
function sandboxPatienceMs(pod: PodFacts): number {
  const spec = pod.view.at('spec');
  const isSlow =
    spec.textAt('os', 'name') === 'windows' ||
    spec.textAt('nodeSelector', 'kubernetes.io/os') === 'windows' ||
    spec.at('resourceClaims').items.length > 0;
  return pod.events.length === 0 && !pod.hasStarted && !isSlow ? unheardMs : sandboxMs;
}

/** A volume of a storage system is attached first, which takes some clouds minutes. */
function hasStorage(pod: PodFacts): boolean {
  return pod.view
    .at('spec', 'volumes')
    .items.some((volume) => attached.some((source) => volume.has(source)));
}

const attached = ['persistentVolumeClaim', 'ephemeral', 'csi'];

/** When the kubelet took the pod on, or else when it was given its node. */
export function placedAt(pod: PodFacts): Field {
  const started = pod.view.at('status', 'startTime');
  return started.isPresent ? started : pod.condition('PodScheduled').at('lastTransitionTime');
}
