import type { Claim, Failover, LeaderRecord } from './leader-record.ts';
import type { LocalState } from './local-state.ts';
import { publishedNames, type SyncState } from './synchronous-standby.ts';

/** What the holder of the lease knows when it plans a round. */
export interface LeadershipInput {
  /** Name of the pod. */
  readonly name: string;
  /** Where its server is reached. */
  readonly address: string;
  readonly record: LeaderRecord;
  readonly local: LocalState;
  readonly sync: SyncState;
  /** The wish that is in force lets the server write without end. */
  readonly isUnfenced: boolean;
  /** Others may follow: the timeline of this primary is in its control file. */
  readonly isAnnounced: boolean;
  /** The identity of the data, where the server has told it. */
  readonly systemIdentifier: string | undefined;
  /** The time of day, as RFC 3339 in UTC: noted of a failover, and of no other use. */
  readonly time: string;
}

/** What the holder of the lease does in a round: write the claim, and only then wish for what the claim allows. */
export interface LeadershipPlan {
  /** The server may be the primary once the claim is written. */
  readonly isPrimary: boolean;
  readonly claim: Claim;
  /** Once the claim is written the server may write without end, because nobody can take over. */
  readonly isUnfenced: boolean;
}

/** Whether a pod may become the primary: the first ones of a cluster may. */
export function isCandidate(pod: string, { settings }: LeaderRecord): boolean {
  const ordinal = Number(pod.slice(pod.lastIndexOf('-') + 1));
  return ordinal < (settings.failover?.candidates ?? 0);
}

/** Where the synchronous state begins when a pod begins to lead. */
export function firstSyncState(name: string, record: LeaderRecord): SyncState {
  const [successor] = record.successors;
  // The last primary, back again: what it promised about its standby still holds.
  const isPromised =
    record.primary === name && record.settings.failover?.durability === 'Synchronous';
  return isPromised && successor !== undefined ? { type: 'on', name: successor } : { type: 'off' };
}

/**
 * Plans a round of the holder of the lease.
 *
 * Taking over has two steps, so that a failure in between leaves somebody who can lead: the holder of the lease stays one
 * of those who may, until its server is there; then one write makes it the primary and lets nobody else take over, and only
 * after that write its server may take writes.
 */
export function planLeadership(input: LeadershipInput): LeadershipPlan {
  const { name, address, record, local, isAnnounced } = input;
  const isCommitted = record.primary === name;
  const isNew = record.systemIdentifier === undefined;
  const isPrimary = isCommitted || isNew || local.server !== undefined;
  const successors = !isPrimary ? record.successors : isCommitted ? successorsOf(input) : [];
  return {
    isPrimary,
    claim: {
      primary: isPrimary ? name : record.primary,
      successors,
      // Not withdrawn when the server is slow to answer: standbys would let go of it.
      address: isCommitted && isAnnounced ? address : undefined,
      systemIdentifier: record.systemIdentifier ?? input.systemIdentifier,
      position: local.server?.type === 'primary' ? local.server.position : record.position,
      lastFailover: isPrimary && !isCommitted ? failoverOf(input) : record.lastFailover,
    },
    isUnfenced:
      isCommitted &&
      record.settings.failover === undefined &&
      record.successors.length === 0 &&
      successors.length === 0,
  };
}

/** What is to be noted when this pod becomes the primary after another one. */
function failoverOf({ name, record, local, time }: LeadershipInput): Failover | undefined {
  if (record.primary === undefined) return record.lastFailover;
  const missing =
    record.position === undefined || local.server === undefined
      ? undefined
      : Number(record.position - local.server.position);
  return {
    from: record.primary,
    to: name,
    time,
    ...(missing === undefined ? {} : { missingBytes: Math.max(0, missing) }),
  };
}

/** Who may take over from this primary. */
function successorsOf({
  name,
  record,
  local,
  sync,
  isUnfenced,
}: LeadershipInput): readonly string[] {
  const { failover } = record.settings;
  // A server that may write without end must not have successors; with failover it is fenced from this round on.
  if (failover === undefined || isUnfenced) return [];
  if (failover.durability === 'Synchronous') return publishedNames(sync);
  if (local.server?.type !== 'primary') return record.successors;
  return local.server.standbys
    .filter((each) => each.isStreaming && each.name !== name && isCandidate(each.name, record))
    .map((each) => each.name)
    .sort();
}
