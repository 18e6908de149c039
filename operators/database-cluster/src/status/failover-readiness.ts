import type { ConditionInput } from '@kubewright/apimachinery';
import type { EventInput } from '@kubewright/runtime';
import { fenceFraction } from '../agent/fence.ts';
import type { LeaderRecord } from '../agent/leader-record.ts';
import type { ClusterSettings } from '../api/settings.ts';

/** Whether a standby can take over, and what is lost then; nothing for clusters without failover. */
export function failoverCondition(
  { failover, instances }: Pick<ClusterSettings, 'failover' | 'instances'>,
  record: LeaderRecord | undefined,
): ConditionInput[] {
  if (failover === undefined) return [];
  const not = (reason: string, message: string): ConditionInput[] => [
    { type: 'FailoverReady', status: 'False', reason, message },
  ];
  if (failover.candidates === 1 && instances === 1) {
    return not('SingleReplica', 'one replica alone has nobody to fail over to');
  }
  const isSynchronous = failover.durability === 'Synchronous';
  const successors = record?.successors.filter((name) => name !== record.primary) ?? [];
  if (record?.primary === undefined || successors.length === 0) {
    return isSynchronous
      ? not(
          'NoStandbyInSync',
          'no standby has all commits: until one has, a failure of the primary is waited out',
        )
      : not(
          'NoStandbyStreams',
          'no standby receives the log: until one does, a failure of the primary is waited out',
        );
  }
  const names = successors.join(', ');
  const [reason, message] = isSynchronous
    ? ['StandbyInSync', `${names} can take over; no acknowledged commit is lost`]
    : [
        'StandbyStreams',
        `${names} can take over; what is lost then is at most ${String(failover.maximumLagBytes)} bytes of the log (ha.maximumLag) and what the primary wrote in its last ${writingSeconds(record)} s`,
      ];
  return [{ type: 'FailoverReady', status: 'True', reason, message }];
}

/** The Event of the last failover; it is one fact, however often it is told. */
export function failoverEvent(
  { failover }: Pick<ClusterSettings, 'failover'>,
  record: LeaderRecord | undefined,
): EventInput | undefined {
  if (record?.lastFailover === undefined) return undefined;
  const { from, to, time, missingBytes } = record.lastFailover;
  const isSynchronous = failover?.durability !== 'Asynchronous';
  const missing =
    missingBytes === undefined
      ? 'an unknown part of the log'
      : `${String(missingBytes)} bytes of the log that ${from} had told of`;
  return {
    type: isSynchronous ? 'Normal' : 'Warning',
    reason: 'FailedOver',
    action: 'Failover',
    note: isSynchronous
      ? `${to} has taken over from ${from} with every acknowledged commit`
      : `${to} has taken over from ${from}; lost are ${missing}, and what it wrote after that, for at most ${writingSeconds(record)} s`,
    idempotencyKey: `failover-${to}-${time}`,
  };
}

/** For so long a primary writes at most after it has told of its position for the last time. */
function writingSeconds({ leaseDurationMs }: LeaderRecord): string {
  return String(Math.ceil((leaseDurationMs * fenceFraction) / 1000));
}
