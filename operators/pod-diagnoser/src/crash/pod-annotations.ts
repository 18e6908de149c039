import { formatTime } from '@kubewright/apimachinery';
import type { DeepReadonly, Pod } from '@kubewright/apimachinery';
import { restartReason } from './crash.ts';
import type { Crash } from './crash.ts';
import { latestCrash } from './latest-crash.ts';

/** Why the pod restarted last: `<Reason> (Exit Code: <N>)`. */
export const restartReasonAnnotation = 'diagnostics.local.io/restart-reason';

/** When that was: RFC 3339 in UTC. */
export const restartTimeAnnotation = 'diagnostics.local.io/restart-time';

/**
 * The last crash of each container, as JSON: `{"uid": …, "containers": {"app": {"type", "restartCount", "reason", "exitCode",
 * "finishedAt"}}}`. Written when a crash has been dealt with, so it also says which crashes are done.
 */
export const crashesAnnotation = 'diagnostics.local.io/crashes';

/** Annotations by name, as on a pod. */
export type Annotations = Readonly<Record<string, string>>;

/**
 * The two annotations that show the latest crash; none without crashes.
 *
 * The time is when the container ended. Where the kubelet does not know it, the beginning of what came after stands in, then the
 * time that is already written for the same reason (so that it stays), then now.
 */
export function restartAnnotations(
  pod: DeepReadonly<Pick<Pod, 'metadata'>>,
  crashes: readonly Crash[],
  now: Date,
): Annotations {
  const latest = latestCrash(crashes);
  if (latest === undefined) return {};
  const reason = restartReason(latest);
  const present = pod.metadata.annotations ?? {};
  const known = latest.finishedAt ?? latest.succeededAt;
  const written =
    present[restartReasonAnnotation] === reason ? present[restartTimeAnnotation] : undefined;
  return {
    [restartReasonAnnotation]: reason,
    [restartTimeAnnotation]: known === undefined ? (written ?? formatTime(now)) : formatTime(known),
  };
}

/** The annotation that says what crashed in this pod, and that it has been dealt with. */
export function handledAnnotation(podUid: string, crashes: readonly Crash[]): Annotations {
  const containers = Object.fromEntries(
    crashes.map(({ container, containerType, restartCount, reason, exitCode, finishedAt }) => [
      container,
      {
        type: containerType,
        restartCount,
        reason,
        exitCode,
        ...(finishedAt === undefined ? {} : { finishedAt: formatTime(finishedAt) }),
      },
    ]),
  );
  return { [crashesAnnotation]: JSON.stringify({ uid: podUid, containers }) };
}

/** The crashes that the pod does not say are dealt with. */
export function unhandledCrashes(
  pod: DeepReadonly<Pick<Pod, 'metadata'>>,
  crashes: readonly Crash[],
): readonly Crash[] {
  if (crashes.length === 0) return crashes;
  const handled = readHandled(pod);
  return crashes.filter(({ container, restartCount }) => handled.get(container) !== restartCount);
}

/** Of these annotations, those that the pod does not have. */
export function missingAnnotations(
  pod: DeepReadonly<Pick<Pod, 'metadata'>>,
  wanted: Annotations,
): Annotations {
  const present = pod.metadata.annotations ?? {};
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, text]) => present[name] !== text),
  );
}

/**
 * Restart counts by container. Anybody who may write pods can write the annotation, so what cannot be read, or was written for another
 * pod (a copy of a manifest, say), counts as not there.
 */
function readHandled(pod: DeepReadonly<Pick<Pod, 'metadata'>>): ReadonlyMap<string, number> {
  const handled = new Map<string, number>();
  const text = pod.metadata.annotations?.[crashesAnnotation];
  if (text === undefined) return handled;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return handled;
  }
  if (!isRecord(parsed) || parsed['uid'] !== pod.metadata.uid) return handled;
  const containers = parsed['containers'];
  if (!isRecord(containers)) return handled;
  for (const [container, entry] of Object.entries(containers)) {
    const count = isRecord(entry) ? entry['restartCount'] : undefined;
    if (typeof count === 'number') handled.set(container, count);
  }
  return handled;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
