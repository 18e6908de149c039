import {
  Lease,
  StatefulSet,
  type ConditionInput,
  type DeepReadonly,
  type Stored,
} from '@kubewright/apimachinery';
import type { Cache, EventInput } from '@kubewright/runtime';
import { readRecord, type LeaderRecord } from '../agent/leader-record.ts';
import type { DatabaseCluster } from '../api/database-cluster.ts';
import type { ClusterSettings } from '../api/settings.ts';
import { managedObjects } from '../apply/object-applier.ts';
import type { ClusterContext } from '../objects/cluster-context.ts';
import { podName } from '../objects/names.ts';
import { wasAvailable, type Observation } from '../status/cluster-status.ts';
import { failoverCondition, failoverEvent } from '../status/failover-readiness.ts';
import { podsHealth } from '../status/pod-health.ts';
import { podUpdateCondition } from '../status/pod-update.ts';
import { clusterPods } from './cluster-pods.ts';

/** What the Lease of a cluster says; undefined: there is none, or nobody can read it. */
export function leaderRecord(
  cache: Cache,
  { namespace, names }: ClusterContext,
): LeaderRecord | undefined {
  const lease = managedObjects(cache, Lease).get({ namespace, name: names.lease });
  if (lease === undefined) return undefined;
  try {
    // Safe: it is only read.
    return readRecord(lease as Stored<Lease>);
  } catch {
    return undefined;
  }
}

/** Looks at the pods and the Lease of a cluster. */
export function observeCluster(
  cluster: DeepReadonly<Stored<DatabaseCluster>>,
  context: ClusterContext,
  cache: Cache,
): Observation {
  const { name, namespace, names, settings } = context;
  const pods = clusterPods(cache, context);
  const wanted = Array.from({ length: settings.instances }, (_, ordinal) => podName(name, ordinal));
  const health = podsHealth(pods, wanted);
  const record = leaderRecord(cache, context);
  const primary = record?.address === undefined ? undefined : record.primary;
  const isAvailable = primary !== undefined && health.readyPods.includes(primary);
  const available: ConditionInput = isAvailable
    ? {
        type: 'Available',
        status: 'True',
        reason: 'PrimaryReady',
        message: `${primary} takes writes`,
      }
    : {
        type: 'Available',
        status: 'False',
        reason: wasAvailable(cluster) ? 'PrimaryUnavailable' : 'Creating',
        message: health.message || 'no replica has become the primary yet',
      };
  const isReady = isAvailable && health.message === '';
  const ready: ConditionInput = isReady
    ? {
        type: 'Ready',
        status: 'True',
        reason: 'AllReplicasReady',
        message: `${String(health.readyReplicas)} of ${String(settings.instances)} replicas are ready`,
      }
    : {
        type: 'Ready',
        status: 'False',
        reason: 'NotReady',
        message: health.message || available.message || '',
      };
  return {
    conditions: [
      available,
      ready,
      ...failoverCondition(settings, record),
      ...podUpdateCondition(
        managedObjects(cache, StatefulSet).get({ namespace, name: names.cluster }),
        pods,
      ),
    ],
    dropped: settings.failover === undefined ? ['FailoverReady'] : [],
    isFailing: health.isFailing,
    events: newEvents(cluster, settings, record),
    fields: {
      replicas: health.replicas,
      readyReplicas: health.readyReplicas,
      message: isReady ? '' : (ready.message ?? ''),
      ...(record?.primary === undefined ? {} : { primary: record.primary }),
      ...(record?.lastFailover === undefined ? {} : { lastFailover: record.lastFailover }),
      ...(record?.systemIdentifier === undefined
        ? {}
        : { systemIdentifier: record.systemIdentifier }),
    },
  };
}

/** The last failover, unless the status tells of it already. */
function newEvents(
  { status }: DeepReadonly<DatabaseCluster>,
  settings: ClusterSettings,
  record: LeaderRecord | undefined,
): EventInput[] {
  if (record?.lastFailover?.time === status?.lastFailover?.time) return [];
  const event = failoverEvent(settings, record);
  return event === undefined ? [] : [event];
}
