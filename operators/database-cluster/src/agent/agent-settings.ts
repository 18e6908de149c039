import { parseVersion } from '../api/postgres-version.ts';
import type { ClusterSettings } from '../api/settings.ts';

/** What the agents need to know of a cluster's spec. The operator writes it into the Lease, so that nothing restarts when it changes. */
export interface AgentSettings {
  /** How many pods there should be. */
  readonly instances: number;
  /** Major version of PostgreSQL: what its configuration may say depends on it. */
  readonly major: number;
  /** The database starts out empty only where this says so; otherwise agents wait for data that should be there. */
  readonly failover: ClusterSettings['failover'];
  readonly tls: boolean;
  readonly authentication: ClusterSettings['authentication'];
  readonly username: string;
  readonly metricsPath: string | undefined;
}

/** The schema lets no version in that cannot be read. */
const newestMajor = 15;

/** The part of a cluster's settings that concerns its agents. */
export function agentSettings(settings: ClusterSettings): AgentSettings {
  const { instances, version, failover, tls, authentication, username, metricsPath } = settings;
  const major = parseVersion(version)?.major ?? newestMajor;
  return { instances, major, failover, tls, authentication, username, metricsPath };
}
