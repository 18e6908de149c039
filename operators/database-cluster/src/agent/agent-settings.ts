import type { ClusterSettings } from '../api/settings.ts';

/** What the agents need to know of a cluster's spec. The operator writes it into the Lease, so that nothing restarts when it changes. */
export interface AgentSettings {
  /** How many pods there should be. */
  readonly instances: number;
  /** The database starts out empty only where this says so; otherwise agents wait for data that should be there. */
  readonly failover: ClusterSettings['failover'];
  readonly tls: boolean;
  readonly authentication: ClusterSettings['authentication'];
  readonly username: string;
  readonly metricsPath: string | undefined;
}

/** The part of a cluster's settings that concerns its agents. */
export function agentSettings(settings: ClusterSettings): AgentSettings {
  const { instances, failover, tls, authentication, username, metricsPath } = settings;
  return { instances, failover, tls, authentication, username, metricsPath };
}
