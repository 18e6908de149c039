/** Names of everything that belongs to a cluster, from its own. */
export interface ClusterNames {
  /** StatefulSet, Service of the primary, ServiceAccount, Role and RoleBinding of the agents. */
  readonly cluster: string;
  /** Service of the standbys. */
  readonly readOnly: string;
  /** Service that names the pods. */
  readonly pods: string;
  /** Service of the primary for the outside. */
  readonly external: string;
  /** Secret for the users of the database. */
  readonly credentials: string;
  /** Secret of the cluster itself. */
  readonly internal: string;
  /** Secret with the certificate of the servers and of their authority. */
  readonly tls: string;
  /** Secret with the key of the authority, mounted nowhere. */
  readonly authority: string;
  /** Secret with the certificate of the users, when they prove themselves by one. */
  readonly client: string;
  /** ConfigMap with the programs that run in the pods. */
  readonly scripts: string;
  /** Lease in which the agents agree on the primary. */
  readonly lease: string;
  /** Claim, CronJob and ServiceAccount of the backups. */
  readonly backups: string;
  /** Job that fills the database from a backup. */
  readonly restore: string;
}

/** Longest name of a cluster: the names of its pods, revisions and Jobs are longer, and labels end at 63. */
export const maxNameLength = 40;

/** Names of the objects of a cluster. */
export function namesOf(name: string): ClusterNames {
  return {
    cluster: name,
    readOnly: `${name}-ro`,
    pods: `${name}-pods`,
    external: `${name}-external`,
    credentials: `${name}-credentials`,
    internal: `${name}-internal`,
    tls: `${name}-tls`,
    authority: `${name}-ca`,
    client: `${name}-client`,
    scripts: `${name}-scripts`,
    lease: `${name}-primary`,
    backups: `${name}-backups`,
    restore: `${name}-restore`,
  };
}

/** Name of a pod of a cluster. */
export function podName(cluster: string, ordinal: number): string {
  return `${cluster}-${String(ordinal)}`;
}

/** Name of the claim of a pod. */
export function claimName(cluster: string, ordinal: number): string {
  return `data-${podName(cluster, ordinal)}`;
}

/** Domain in which the pods of a cluster are named. */
export function podDomain(cluster: string, namespace: string): string {
  return `${namesOf(cluster).pods}.${namespace}.svc`;
}
