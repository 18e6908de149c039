import { formatMicroTime, type Lease, type Stored } from '@kubewright/apimachinery';
import { leaseAnnotations } from '../api/labels.ts';
import type { AgentSettings } from './agent-settings.ts';
import { formatPosition, parsePosition } from './wal-position.ts';

/** What the agent that took over noted of it. */
export interface Failover {
  /** The pod that was the primary. */
  readonly from: string;
  readonly to: string;
  /** When, as RFC 3339 in UTC. */
  readonly time: string;
  /** How much of the log that the old primary had told of the new one lacked. Undefined: nobody had told. */
  readonly missingBytes?: number;
}

/** What the Lease of a cluster says: who leads, and who may lead next. */
export interface LeaderRecord {
  /** Identity of the agent that holds the lease; undefined when nobody does. */
  readonly holder: string | undefined;
  /** What changes with each renewal: two reads with the same text saw the same renewal. */
  readonly renewal: string;
  readonly leaseDurationMs: number;
  /** The pod that was allowed to write last. Undefined: no pod ever was. */
  readonly primary: string | undefined;
  /** Where the primary takes writes; undefined while it does not yet. */
  readonly address: string | undefined;
  /** Pods that have every commit that must not be lost. The holder adds and removes them, and counts on it that no other takes over. */
  readonly successors: readonly string[];
  readonly systemIdentifier: string | undefined;
  /** How far the primary had written at its last renewal. */
  readonly position: bigint | undefined;
  /** Undefined: there has been none. */
  readonly lastFailover: Failover | undefined;
  readonly settings: AgentSettings;
}

/** What the holder says when it takes or renews the lease. */
export type Claim = Pick<
  LeaderRecord,
  'primary' | 'address' | 'successors' | 'systemIdentifier' | 'position' | 'lastFailover'
>;

/**
 * Reads the Lease.
 *
 * @throws TypeError when its annotations are not what the operator and the agents write.
 */
export function readRecord(lease: Stored<Lease>): LeaderRecord {
  const { spec = {}, metadata } = lease;
  const annotations = metadata.annotations ?? {};
  const settings = annotations[leaseAnnotations.settings];
  if (settings === undefined) {
    throw new TypeError(`Lease ${metadata.name} lacks the annotation ${leaseAnnotations.settings}`);
  }
  const position = annotations[leaseAnnotations.position];
  const lastFailover = annotations[leaseAnnotations.lastFailover];
  return {
    holder: spec.holderIdentity || undefined,
    renewal: JSON.stringify([
      metadata.uid,
      spec.holderIdentity,
      spec.renewTime,
      spec.leaseTransitions,
    ]),
    leaseDurationMs: (spec.leaseDurationSeconds ?? 0) * 1000,
    primary: annotations[leaseAnnotations.primary] || undefined,
    address: annotations[leaseAnnotations.address] || undefined,
    successors: namesIn(annotations[leaseAnnotations.successors]),
    systemIdentifier: annotations[leaseAnnotations.systemIdentifier] || undefined,
    position: position ? parsePosition(position) : undefined,
    // Safe, both: written by agents and the operator alone, which are the same program.
    lastFailover: lastFailover ? (JSON.parse(lastFailover) as Failover) : undefined,
    settings: JSON.parse(settings) as AgentSettings,
  };
}

/** The Lease as its next holder writes it; with an undefined holder, as it is given back. */
export function claimedLease(
  lease: Stored<Lease>,
  holder: string | undefined,
  claim: Claim,
  leaseDurationMs: number,
  date: Date,
): Stored<Lease> {
  const { spec = {}, metadata } = lease;
  const time = formatMicroTime(date);
  const isRenewal = spec.holderIdentity === holder;
  return {
    ...lease,
    metadata: {
      ...metadata,
      annotations: {
        ...metadata.annotations,
        [leaseAnnotations.primary]: claim.primary ?? '',
        [leaseAnnotations.address]: claim.address ?? '',
        [leaseAnnotations.successors]: JSON.stringify(claim.successors),
        [leaseAnnotations.systemIdentifier]: claim.systemIdentifier ?? '',
        [leaseAnnotations.position]:
          claim.position === undefined ? '' : formatPosition(claim.position),
        ...(claim.lastFailover === undefined
          ? {}
          : { [leaseAnnotations.lastFailover]: JSON.stringify(claim.lastFailover) }),
      },
    },
    spec: {
      ...spec,
      holderIdentity: holder ?? '',
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      renewTime: time,
      acquireTime: isRenewal ? (spec.acquireTime ?? time) : time,
      leaseTransitions: (spec.leaseTransitions ?? 0) + (isRenewal || holder === undefined ? 0 : 1),
    },
  };
}

/** A list of names; empty when it cannot be read, which lets nobody take over. */
function namesIn(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return [];
  const names: unknown = JSON.parse(text);
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}
