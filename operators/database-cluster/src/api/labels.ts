/** Domain of our labels and annotations. */
const domain = 'example.com';

/** Label of everything that belongs to a cluster: its name. */
export const clusterLabel = `${domain}/cluster`;
/** Label of pods: what the agent beside the server has made of it. */
export const roleLabel = `${domain}/role`;
/** The values of {@link roleLabel}. */
export const roles = { primary: 'primary', replica: 'replica' } as const;

/** Annotations of the Lease in which the agents agree on the primary. */
export const leaseAnnotations = {
  /** JSON of the agents' settings, written by the operator. */
  settings: `${domain}/settings`,
  /** The pod that was allowed to write last. */
  primary: `${domain}/primary`,
  /** Where the primary is reached; absent until it takes writes. */
  address: `${domain}/primary-address`,
  /** JSON list of the pods that may take over when the lease is free. */
  successors: `${domain}/successors`,
  /** The identity of the data; absent until there is any. */
  systemIdentifier: `${domain}/system-identifier`,
  /** How far the primary had written, when it last renewed. */
  position: `${domain}/wal-position`,
  /** JSON of the last failover. */
  lastFailover: `${domain}/last-failover`,
} as const;

/** Annotations of other objects. */
export const annotations = {
  /** On claims: the uid of the cluster that made them. */
  clusterUid: `${domain}/cluster-uid`,
  /** On claims: the major version of the data. */
  majorVersion: `${domain}/major-version`,
  /** On claims that a cluster left behind: whether the data was the primary's. */
  wasPrimary: `${domain}/was-primary`,
  /** On claims that a cluster left behind: the identity of the data. */
  systemIdentifier: `${domain}/system-identifier`,
  /** On a cluster, `true`: take over the claims that an earlier one of the same name left behind. */
  adoptClaims: `${domain}/adopt-claims`,
  /** On everything that is applied: a hash of what was applied. */
  applied: `${domain}/applied`,
} as const;
