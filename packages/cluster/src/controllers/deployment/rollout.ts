import type { DeepReadonly, Deployment, ReplicaSet, Stored } from '@kubewright/apimachinery';
import { desiredReplicasAnnotation, maxReplicasAnnotation } from './revision.ts';

/** One ReplicaSet to bring to another size. */
export interface Scale {
  readonly replicaSet: DeepReadonly<Stored<ReplicaSet>>;
  readonly replicas: number;
}

/** How far a rolling update may leave the wanted size, in pods. */
export interface RollingBounds {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

function resolve(
  value: string | number | undefined,
  total: number,
  round: (x: number) => number,
): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? Number(value) : round((Number(percent) * total) / 100);
}

/**
 * The bounds in pods: surge rounds up, unavailability down, and one of them is at least 1,
 * so that a rollout can always go on (both 0 after rounding allows one unavailable pod).
 */
export function rollingBounds(deployment: DeepReadonly<Deployment>): RollingBounds {
  const strategy = deployment.spec?.strategy;
  if (strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 };
  const replicas = wantedReplicas(deployment);
  const maxSurge = resolve(strategy?.rollingUpdate?.maxSurge, replicas, Math.ceil);
  const maxUnavailable = resolve(strategy?.rollingUpdate?.maxUnavailable, replicas, Math.floor);
  if (maxSurge === 0 && maxUnavailable === 0) return { maxSurge, maxUnavailable: 1 };
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

/** `spec.replicas` of a Deployment; 1 when it is not set. */
export function wantedReplicas(deployment: DeepReadonly<Deployment>): number {
  return deployment.spec?.replicas ?? 1;
}

/** `spec.replicas` of a ReplicaSet; 1 when it is not set. */
export function sizeOf(replicaSet: DeepReadonly<ReplicaSet>): number {
  return replicaSet.spec?.replicas ?? 1;
}

const total = (
  sets: readonly DeepReadonly<ReplicaSet>[],
  of: (set: DeepReadonly<ReplicaSet>) => number,
): number => sets.reduce((sum, set) => sum + of(set), 0);

const available = (set: DeepReadonly<ReplicaSet>): number => set.status?.availableReplicas ?? 0;

/** Oldest first; the name decides between equals, so that every run plans alike. */
export function byAge(
  sets: readonly DeepReadonly<Stored<ReplicaSet>>[],
): DeepReadonly<Stored<ReplicaSet>>[] {
  return [...sets].sort((a, b) => {
    const [x, y] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
    return x === y ? (a.metadata.name < b.metadata.name ? -1 : 1) : x < y ? -1 : 1;
  });
}

/** The size the newest ReplicaSet should have next. `current` is its size now, 0 for one not made yet. */
export function newSize(
  deployment: DeepReadonly<Deployment>,
  current: number,
  all: readonly DeepReadonly<ReplicaSet>[],
): number {
  const wanted = wantedReplicas(deployment);
  if (deployment.spec?.strategy?.type === 'Recreate' || current > wanted) return wanted;
  const room = wanted + rollingBounds(deployment).maxSurge - total(all, sizeOf);
  return room <= 0 ? current : current + Math.min(room, wanted - current);
}

/**
 * The next sizes of the old ReplicaSets in a rolling update: first what is broken goes, then what is healthy,
 * oldest first, never below the number of pods that must stay available.
 */
export function scaleDownOld(
  deployment: DeepReadonly<Deployment>,
  newest: DeepReadonly<Stored<ReplicaSet>>,
  old: readonly DeepReadonly<Stored<ReplicaSet>>[],
): Scale[] {
  const minAvailable = wantedReplicas(deployment) - rollingBounds(deployment).maxUnavailable;
  const all = [...old, newest];
  let spare = total(all, sizeOf) - minAvailable - (sizeOf(newest) - available(newest));
  const sizes = new Map(old.map((set) => [set.metadata.uid, sizeOf(set)]));
  const ordered = byAge(old);
  for (const set of ordered) {
    const size = sizeOf(set);
    const broken = Math.min(Math.max(0, spare), size - available(set));
    if (broken <= 0) continue;
    sizes.set(set.metadata.uid, size - broken);
    spare -= broken;
  }
  if (spare > 0) {
    let surplus = total(all, available) - minAvailable;
    for (const set of ordered) {
      const size = sizes.get(set.metadata.uid) ?? 0;
      const healthy = Math.min(size, surplus);
      if (healthy <= 0) continue;
      sizes.set(set.metadata.uid, size - healthy);
      surplus -= healthy;
    }
  }
  return old
    .map((replicaSet) => ({ replicaSet, replicas: sizes.get(replicaSet.metadata.uid) ?? 0 }))
    .filter(({ replicaSet, replicas }) => replicas !== sizeOf(replicaSet));
}

/** Whether the Deployment's size changed since its ReplicaSets were last sized. */
export function isScalingEvent(
  deployment: DeepReadonly<Deployment>,
  all: readonly DeepReadonly<ReplicaSet>[],
): boolean {
  return all.some((set) => {
    const desired = set.metadata.annotations?.[desiredReplicasAnnotation];
    return (
      sizeOf(set) > 0 && desired !== undefined && Number(desired) !== wantedReplicas(deployment)
    );
  });
}

/**
 * New sizes after the Deployment itself was scaled: a single active ReplicaSet takes it all; in the middle
 * of a rollout each gets its share, so that the risk of the rollout stays as it was.
 */
export function scaleProportionally(
  deployment: DeepReadonly<Deployment>,
  newest: DeepReadonly<Stored<ReplicaSet>> | undefined,
  old: readonly DeepReadonly<Stored<ReplicaSet>>[],
): Scale[] {
  const wanted = wantedReplicas(deployment);
  const all = newest === undefined ? byAge(old) : [...byAge(old), newest];
  const active = all.filter((set) => sizeOf(set) > 0);
  const single = active.length > 1 ? undefined : (active[0] ?? newest ?? all.at(-1));
  if (single !== undefined) {
    return sizeOf(single) === wanted ? [] : [{ replicaSet: single, replicas: wanted }];
  }
  if (newest !== undefined && isSaturated(deployment, newest)) {
    return old.filter((set) => sizeOf(set) > 0).map((replicaSet) => ({ replicaSet, replicas: 0 }));
  }
  if (deployment.spec?.strategy?.type === 'Recreate') return [];
  const allowed = wanted > 0 ? wanted + rollingBounds(deployment).maxSurge : 0;
  const toAdd = allowed - total(active, sizeOf);
  // Growing: larger, then newer first. Shrinking: larger, then older first.
  const ordered = [...active].sort(
    (a, b) =>
      sizeOf(b) - sizeOf(a) ||
      (toAdd > 0 ? active.indexOf(b) - active.indexOf(a) : active.indexOf(a) - active.indexOf(b)),
  );
  let added = 0;
  const scales = ordered.map((replicaSet) => {
    const size = sizeOf(replicaSet);
    const max = Number(
      replicaSet.metadata.annotations?.[maxReplicasAnnotation] ??
        deployment.status?.replicas ??
        size,
    );
    const share = max > 0 ? Math.round((size * allowed) / max) - size : 0;
    const left = toAdd - added;
    const change =
      toAdd > 0
        ? Math.max(0, Math.min(share, left))
        : toAdd < 0
          ? Math.min(0, Math.max(share, left))
          : 0;
    added += change;
    return { replicaSet, replicas: size + change };
  });
  return scales
    .map((scale, i) =>
      i === 0 ? { ...scale, replicas: Math.max(0, scale.replicas + toAdd - added) } : scale,
    )
    .filter(({ replicaSet, replicas }) => replicas !== sizeOf(replicaSet));
}

function isSaturated(deployment: DeepReadonly<Deployment>, set: DeepReadonly<ReplicaSet>): boolean {
  const wanted = wantedReplicas(deployment);
  return (
    sizeOf(set) === wanted &&
    available(set) === wanted &&
    Number(set.metadata.annotations?.[desiredReplicasAnnotation]) === wanted
  );
}
