import type { Client } from '@kubewright/client';
import type { Clock, Logger } from '@kubewright/runtime';
import type { ControlFolder } from './control-folder.ts';

/** How long the parts of a failover take. */
export interface AgentTimes {
  /** How long others wait after the last renewal, in milliseconds. Default 15,000. */
  readonly leaseDurationMs: number;
  /** Pause between rounds, in milliseconds. Default 2000. */
  readonly retryPeriodMs: number;
}

/** What an agent works with. */
export interface AgentOptions {
  /** Name of the pod; what the standby is called in PostgreSQL too. */
  readonly name: string;
  /** uid of the pod. */
  readonly uid: string;
  readonly namespace: string;
  /** Address of the pod. */
  readonly address: string;
  /** The Lease in which the agents of the cluster agree. */
  readonly leaseName: string;
  /** Domain in which pods are named, such as `db-pods.default.svc`. */
  readonly domain: string;
  readonly client: Client;
  readonly control: ControlFolder;
  /** Folder with the mounted Secrets. */
  readonly secretsFolder: string;
  readonly times: AgentTimes;
  readonly clock: Clock;
  readonly logger: Logger;
}
