import type { LeaderRecord } from './leader-record.ts';
import type { LocalState } from './local-state.ts';

/** What an agent should do about the lease. */
export type Decision =
  /** It holds the lease: renew it, and be the primary. */
  | { readonly type: 'lead' }
  /** It holds the lease and cannot lead: give it back to those who can. */
  | { readonly type: 'release'; readonly why: string }
  /** The lease is free, and this pod may have it. */
  | { readonly type: 'contend' }
  /** Another leads, or nobody may yet: be a standby of the primary, if it is known where that is. */
  | { readonly type: 'follow'; readonly address: string | undefined; readonly why: string }
  /** The data here is not this cluster's: touch nothing. */
  | { readonly type: 'refuse'; readonly why: string };

/** What a decision is made from. */
export interface DecisionInput {
  /** Name of the pod. */
  readonly name: string;
  /** What the agent calls itself in the lease: differs for every pod that ever is. */
  readonly identity: string;
  readonly record: LeaderRecord;
  /** Nobody renewed the lease for as long as its holder asked to wait. */
  readonly isExpired: boolean;
  readonly local: LocalState;
  /** For how long this pod should have led and its server did not answer, in milliseconds. */
  readonly unwellMs: number;
  /** This pod gave the lease back because it was unwell, not long ago. */
  readonly isResting: boolean;
}

/** A primary whose server does not answer for so long, in milliseconds, lets a successor have the lease. */
export const unwellLimitMs = 30_000;

/**
 * Decides what one agent does, from what it knows. Pure, so that every case can be tried.
 *
 * The rule that keeps data: only the last primary and those it named as successors may take the lease. Whether a named
 * successor has what it needs is the business of the one that names it.
 */
export function decide(input: DecisionInput): Decision {
  const { name, identity, record, isExpired, local, unwellMs, isResting } = input;
  const known = record.systemIdentifier;
  if (known !== undefined && local.systemIdentifier !== undefined) {
    if (known !== local.systemIdentifier) {
      return {
        type: 'refuse',
        why: `the volume holds another database: its system identifier is ${local.systemIdentifier}, that of the cluster ${known}`,
      };
    }
  }
  if (record.holder === identity) {
    const hasLostData = local.data === 'absent' && known !== undefined;
    if (hasLostData) return { type: 'release', why: 'the volume has no data' };
    if (unwellMs > unwellLimitMs && record.successors.length > 0) {
      return { type: 'release', why: 'the server does not answer' };
    }
    return { type: 'lead' };
  }
  const follow = (why: string): Decision => ({ type: 'follow', address: record.address, why });
  if (record.holder !== undefined && !isExpired) return follow(`${record.holder} holds the lease`);
  if (record.primary !== name && !record.successors.includes(name)) {
    return follow('this pod may lack commits of the last primary');
  }
  if (known !== undefined && local.data === 'absent') return follow('this pod has no data');
  if (known !== undefined && record.primary !== name && !local.isStandbyData) {
    return follow('the data here has not been brought in line yet');
  }
  if (isResting) return follow('this pod gave the lease back a moment ago');
  const lag = lagOf(record, local);
  const allowed = record.settings.failover;
  if (
    record.primary !== undefined && // of a new database nobody lacks anything
    record.primary !== name &&
    allowed?.durability === 'Asynchronous' &&
    (lag === undefined || lag > allowed.maximumLagBytes)
  ) {
    return follow(
      `this pod lacks ${lag === undefined ? 'an unknown part' : `${String(lag)} bytes`} of the log`,
    );
  }
  return { type: 'contend' };
}

/** How much of the log a standby is known to lack, in bytes; undefined when that cannot be told. */
function lagOf(record: LeaderRecord, local: LocalState): bigint | undefined {
  const { position } = record;
  if (position === undefined || local.server?.type !== 'standby') return undefined;
  const lag = position - local.server.position;
  return lag > 0n ? lag : 0n;
}
