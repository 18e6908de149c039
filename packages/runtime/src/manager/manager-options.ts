import type { Client } from '@kubewright/client';
import type { Clock } from '../clock/clock.ts';
import type { ElectionTimes } from '../election/election-settings.ts';
import type { Logger } from '../logging/logger.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { WebhooksOptions } from '../webhook/webhooks.ts';

/** Where a server of the manager listens. */
export interface ServerOptions {
  /** 0 takes any free port (see `Manager.addresses`); false switches the server off. */
  readonly port?: number | false | undefined;
  /** Address to listen on. Default: all of them. */
  readonly host?: string | undefined;
}

/** Which lease the replicas of an operator contend for. */
export interface LeaderElectionOptions extends Partial<ElectionTimes> {
  /** Name of the lease. */
  readonly leaseName: string;
  /** Namespace of the lease. */
  readonly leaseNamespace: string;
  /** Must differ for every process that ever runs. Default `<host name>_<uuid>`. */
  readonly identity?: string | undefined;
  /** Give the lease back when all work has ended, so that a standby takes over at once. Default true. */
  readonly releaseOnCancel?: boolean | undefined;
}

/** The pod that a process runs in. */
export interface OwnPod {
  /** Namespace of the pod. */
  readonly namespace: string;
  /** Name of the pod. */
  readonly name: string;
  /** Without it `kubectl describe pod` does not show Events about the pod, because it asks for those of the uid. */
  readonly uid?: string | undefined;
}

/** What a manager works with. */
export interface ManagerOptions {
  readonly client: Client;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
  /**
   * Where metrics are collected. Default: a new registry. Give one to count the client's requests in it:
   * `new Client({ …, onRequest: requestMetrics(registry) })`.
   */
  readonly registry?: MetricsRegistry | undefined;
  /** `/metrics`. Default port 8080, on all addresses. */
  readonly metrics?: (ServerOptions & { readonly path?: string | undefined }) | undefined;
  /** `/healthz` and `/readyz`. Default port 8081, on all addresses. */
  readonly health?: ServerOptions | undefined;
  /** Needed when webhooks are added to {@link Manager.webhooks}; see there. */
  readonly webhooks?: WebhooksOptions | undefined;
  /** Default: no election, this process works at once. */
  readonly leaderElection?: LeaderElectionOptions | undefined;
  /** Time for work in flight to end by itself when the manager stops, in milliseconds; then it is aborted. Default 30,000, as in controller-runtime. */
  readonly gracefulShutdownMs?: number | undefined;
  /** Namespaces that the cache reads; others are unknown to it. Default: all of them. */
  readonly namespaces?: readonly string[] | undefined;
  /**
   * The pod that this process runs in. Events about the process itself, such as a permission that its caches lack, are recorded
   * on it. Default: on the lease, when there is leader election; else nowhere, and the log alone has them.
   */
  readonly pod?: OwnPod | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
}

/** How a manager runs. */
export interface ManagerRunOptions {
  /** Stops the manager, in good order. */
  readonly signal?: AbortSignal | undefined;
  /**
   * SIGTERM and SIGINT stop the manager, a second one aborts the work in flight. Default false: a library leaves the
   * process to its owner.
   */
  readonly handleSignals?: boolean | undefined;
}
