import { parseQuantity, type DeepReadonly } from '@kubewright/apimachinery';
import type { DatabaseClusterSpec, ReclaimPolicy } from './database-cluster.ts';
import { retentionSeconds } from './retention.ts';

/** How a failover may go. */
export interface FailoverSettings {
  /** How many replicas, from the first on, may become the primary. */
  readonly candidates: number;
  readonly durability: 'Synchronous' | 'Asynchronous';
  /** Asynchronous: a standby that lacks more than this does not take over. */
  readonly maximumLagBytes: number;
}

/** When and where to back up. */
export interface BackupSettings {
  readonly schedule: string;
  /** Undefined: the retention that was asked for is none. */
  readonly retentionSeconds: number | undefined;
  readonly size: string;
  readonly storageClass: string | undefined;
  readonly reclaimPolicy: ReclaimPolicy;
}

/** What a spec asks for, with every default filled in. */
export interface ClusterSettings {
  /** How many pods. */
  readonly instances: number;
  readonly version: string;
  readonly size: string;
  readonly storageClass: string | undefined;
  /** Of the Services; the servers listen on 5432. */
  readonly port: number;
  readonly externalAccess: boolean;
  readonly tls: boolean;
  readonly authentication: 'scram-sha-256' | 'md5' | 'cert';
  readonly username: string;
  /** Undefined: the first replica is the primary, whatever happens to it. */
  readonly failover: FailoverSettings | undefined;
  /** Path of the metrics; undefined: none are served. */
  readonly metricsPath: string | undefined;
  readonly backup: BackupSettings | undefined;
  readonly reclaimPolicy: ReclaimPolicy;
}

/** The port that the servers listen on. */
export const serverPort = 5432;

/** Reads a spec. Total: whatever the API server has let in has settings. */
export function settingsOf(spec: DeepReadonly<DatabaseClusterSpec>): ClusterSettings {
  const { replicas, storage, network, security, ha, monitoring, backup } = spec;
  const isHa = ha?.enabled === true;
  const candidates = ha?.replicas ?? replicas;
  const type = security?.authentication?.type ?? 'scram-sha-256';
  return {
    instances: isHa ? Math.max(replicas, candidates) : replicas,
    version: spec.version,
    size: storage.size,
    storageClass: storage.class,
    port: network?.port ?? serverPort,
    externalAccess: network?.externalAccess ?? false,
    tls: security?.tlsEnabled ?? false,
    authentication: type === 'password' ? 'scram-sha-256' : type,
    username: security?.authentication?.username ?? 'app',
    failover: isHa
      ? {
          candidates,
          durability: ha.durability ?? 'Synchronous',
          maximumLagBytes: parseQuantity(ha.maximumLag ?? '1Mi').toNumber(),
        }
      : undefined,
    metricsPath: monitoring?.enabled === true ? metricsPath(monitoring.endpoint) : undefined,
    backup:
      backup?.schedule === undefined
        ? undefined
        : {
            schedule: backup.schedule,
            retentionSeconds: retentionSeconds(backup.retention ?? '7d'),
            size: backup.storage?.size ?? storage.size,
            storageClass: backup.storage?.class ?? storage.class,
            reclaimPolicy: backup.reclaimPolicy ?? 'Retain',
          },
    reclaimPolicy: spec.reclaimPolicy ?? 'Delete',
  };
}

function metricsPath(endpoint = ''): string {
  const { pathname } = URL.parse(endpoint, 'http://localhost') ?? { pathname: '/' };
  return pathname === '/' ? '/metrics' : pathname;
}
