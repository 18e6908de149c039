import type { ContainerFacts, ObservedEvent, Proof } from '../facts/index.ts';

/** Statuses lag, and Events copied from `kubectl describe` carry rounded ages, so this much may lie between. */
const slackMs = 10 * 60_000;
/** Clocks of one node, rounded to seconds. */
const roundingMs = 2000;
/** On a busy node Events reach the API this long after the status that they explain, in milliseconds. */
const lagMs = 10_000;
/** How a container ends that is stopped: with 0 or the code of SIGTERM if it handles that, as Go does, or by SIGKILL. */
const stopCodes: readonly (number | undefined)[] = [0, 2, 130, 137, 143];

/** Holds when it ended as a container does that is stopped. */
export function endedAsStopped({ ended }: ContainerFacts): Proof {
  return ended !== undefined && stopCodes.includes(ended.code) && [ended.exitCode];
}

/**
 * Holds when the kubelet's Event of the start of the last life, or of the one after it, is still there. One that says why
 * it stopped that life would be there too, unless that life has ended just now and no Event since then is there.
 */
export function hasEventsOfLastLife(container: ContainerFacts): Proof {
  const start = container.ended?.startedAt.timeMs;
  if (start === undefined) return false;
  const event = container.events.find(
    ({ reason, lastMs }) =>
      reason.text === 'Started' && lastMs !== undefined && lastMs >= start - roundingMs,
  );
  return event !== undefined && !mayStillCome(container) && [event.reason, event.message];
}

function mayStillCome({ ended, pod, events }: ContainerFacts): boolean {
  const end = ended?.finishedAt.timeMs;
  if (end === undefined || pod.nowMs - end > lagMs) return false;
  return events.every(({ lastMs }) => lastMs !== undefined && lastMs <= end);
}

/** Whether an Event may be about this container: it names it, or names none. */
type IsAbout = (event: ObservedEvent) => boolean;

/**
 * Holds when an Event of this reason, with this in its message, is about the last life of the container. The kubelet
 * repeats an Event, so one of an earlier life is told by its time.
 */
export function eventOfLastLife(
  container: ContainerFacts,
  reason: string,
  message = /(?:)/,
  isAbout: IsAbout = () => true,
): Proof {
  // What runs its first life has no last one, unless it is being stopped.
  const isFirst = container.ended === undefined && container.state === 'running';
  if (isFirst && reason !== 'Killing') return false;
  const event = container.events.find(
    (candidate) =>
      // Before Kubernetes 1.1 the kubelet wrote its reasons in small letters.
      candidate.reason.text?.toLowerCase() === reason.toLowerCase() &&
      candidate.message.matches(message) !== false &&
      isAbout(candidate) &&
      (isFirst ? container.isStoppedBy(candidate) : isOfLastLife(container, candidate)),
  );
  return event !== undefined && [event.reason, event.message];
}

function isOfLastLife(container: ContainerFacts, { lastMs, count }: ObservedEvent): boolean {
  const start = container.ended?.startedAt.timeMs;
  if (lastMs === undefined || start === undefined) return true;
  // It was seen as often as the container was restarted, so it is about every life.
  const isOfAll = container.restarts > 1 && count >= container.restarts;
  const slack = isOfAll || endedAsStopped(container) !== false ? slackMs : roundingMs;
  return lastMs >= start - slack;
}
