import { formatMicroTime } from '@kubewright/apimachinery';
import type { Lease, LeaseSpec, Stored } from '@kubewright/apimachinery';

/** Where the lease is, and who writes it. */
export interface LeaseIdentity {
  readonly leaseName: string;
  readonly leaseNamespace: string;
  /** Differs for every process that ever runs. */
  readonly identity: string;
}

/** Who holds the lease; undefined when nobody does. */
export function holderOf(lease: Lease): string | undefined {
  const holder = lease.spec?.holderIdentity;
  return holder === undefined || holder === '' ? undefined : holder;
}

/**
 * What changes with each renewal. Two reads with the same text saw the same renewal, whatever else of the object changed
 * in between (a label, say), so it is this text that the time of observation belongs to.
 */
export function renewalOf(lease: Stored<Lease>): string {
  const spec = lease.spec ?? {};
  return JSON.stringify([
    lease.metadata.uid,
    spec.holderIdentity,
    spec.renewTime,
    spec.acquireTime,
    spec.leaseTransitions,
    spec.leaseDurationSeconds,
  ]);
}

/** How long the holder asked the others to wait, in milliseconds; the given default when the lease does not say. */
export function durationOf(lease: Lease, defaultMs: number): number {
  const seconds = lease.spec?.leaseDurationSeconds;
  return seconds === undefined || seconds <= 0 ? defaultMs : seconds * 1000;
}

/** The first lease of a name. */
export function newLease(self: LeaseIdentity, leaseDurationMs: number, date: Date): Lease {
  const time = formatMicroTime(date);
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: self.leaseName, namespace: self.leaseNamespace },
    spec: {
      holderIdentity: self.identity,
      leaseDurationSeconds: wholeSeconds(leaseDurationMs),
      acquireTime: time,
      renewTime: time,
      leaseTransitions: 0,
    },
  };
}

/** The lease as its next holder writes it: a renewal when it is held by us, else one transition more. */
export function claimedLease(
  lease: Stored<Lease>,
  identity: string,
  leaseDurationMs: number,
  date: Date,
): Stored<Lease> {
  const isRenewal = holderOf(lease) === identity;
  const time = formatMicroTime(date);
  return withSpec(lease, {
    holderIdentity: identity,
    leaseDurationSeconds: wholeSeconds(leaseDurationMs),
    acquireTime: isRenewal ? (lease.spec?.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: (lease.spec?.leaseTransitions ?? 0) + (isRenewal ? 0 : 1),
  });
}

/** The lease as its holder leaves it: free at once, also for clients that look at the duration only. */
export function releasedLease(lease: Stored<Lease>, date: Date): Stored<Lease> {
  const time = formatMicroTime(date);
  return withSpec(lease, {
    holderIdentity: '',
    leaseDurationSeconds: 1,
    acquireTime: time,
    renewTime: time,
  });
}

// Fields that others may have set (strategy, preferredHolder) stay.
function withSpec(lease: Stored<Lease>, spec: LeaseSpec): Stored<Lease> {
  return { ...lease, spec: { ...lease.spec, ...spec } };
}

function wholeSeconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
