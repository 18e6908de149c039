import type { DaemonSetStatus } from '@kubewright/apimachinery';
import { availableInMs, isPodReady } from '../pods/pod-state.ts';
import { bySeniority, fitnessOf, isUpdated } from './daemon-pods.ts';
import type { DaemonState } from './daemon-plan.ts';

/** A status, and when the next pod becomes available by the passing of time alone. */
export interface ComputedStatus {
  readonly status: DaemonSetStatus;
  readonly checkAgainInMs: number | undefined;
}

/** Computes `status` of a DaemonSet: of each node only its senior pod counts. */
export function daemonSetStatus(
  state: DaemonState,
  collisionCount: number | undefined,
): ComputedStatus {
  const { set, hash, nodes, podsByNode, nowMs } = state;
  const counts = { desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 };
  const waits: number[] = [];
  for (const node of nodes) {
    const [senior] = bySeniority(podsByNode.get(node.metadata.name) ?? []);
    if (!fitnessOf(set, node).shouldRun) {
      counts.misscheduled += senior === undefined ? 0 : 1;
      continue;
    }
    counts.desired += 1;
    if (senior === undefined) continue;
    counts.current += 1;
    if (isUpdated(senior, set, hash)) counts.updated += 1;
    if (!isPodReady(senior)) continue;
    counts.ready += 1;
    const wait = availableInMs(senior, set.spec?.minReadySeconds ?? 0, nowMs) ?? 0;
    if (wait === 0) counts.available += 1;
    else waits.push(wait);
  }
  const optional = {
    updatedNumberScheduled: counts.updated,
    numberAvailable: counts.available,
    numberUnavailable: counts.desired - counts.available,
  };
  const { conditions } = set.status ?? {};
  return {
    status: {
      currentNumberScheduled: counts.current,
      desiredNumberScheduled: counts.desired,
      numberMisscheduled: counts.misscheduled,
      numberReady: counts.ready,
      // Zero is not written, as by the field's controller.
      ...Object.fromEntries(Object.entries(optional).filter(([, count]) => count !== 0)),
      observedGeneration: set.metadata.generation ?? 0,
      ...(collisionCount === undefined ? {} : { collisionCount }),
      ...(conditions === undefined ? {} : { conditions: conditions.map((each) => ({ ...each })) }),
    },
    checkAgainInMs: waits.length > 0 ? Math.min(...waits) : undefined,
  };
}
