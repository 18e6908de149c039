import type { ConditionInput, DeepReadonly, Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { Cache, Clock, EventInput, Logger } from '@kubewright/runtime';
import type { ObjectApplier } from '../apply/object-applier.ts';
import type { DatabaseCluster, DatabaseClusterStatus } from '../api/database-cluster.ts';
import type { ClusterContext } from '../objects/cluster-context.ts';

/** What plugins are given once, before any cluster. */
export interface PluginHost {
  readonly cache: Cache;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a plugin works with for one cluster, in one reconcile. */
export interface PluginRun {
  /** The cluster as it was read. */
  readonly cluster: DeepReadonly<Stored<DatabaseCluster>>;
  readonly context: ClusterContext;
  readonly applier: ObjectApplier;
  readonly client: Client;
  readonly signal: AbortSignal;
}

/** What a plugin has to say after its work. */
export interface PluginReport {
  /** Conditions of the cluster that the plugin sets; `undefined` status fields stay as they are. */
  readonly conditions: readonly ConditionInput[];
  /** Conditions that do not apply any more. */
  readonly dropped?: readonly string[];
  /** What the plugin says in the status of the cluster. Default: nothing. */
  readonly status?: Partial<DatabaseClusterStatus>;
  /** Events that should be there once; each with its idempotency key. */
  readonly events?: readonly EventInput[];
}

/**
 * Something further that is done for clusters.
 *
 * A plugin keeps no state per cluster: several clusters are worked on at a time, and the operator may restart between any
 * two calls. What it finds in a spec it answers from `configure`, and gets it back for `execute`.
 *
 * @typeParam Configuration - What it reads of a cluster.
 */
export interface ClusterPlugin<Configuration = unknown> {
  /** A word for logs. */
  readonly name: string;
  /** Called once, before the controller starts; informers are asked for here. */
  initialize(host: PluginHost): void;
  /**
   * What the spec of a cluster asks of the plugin; undefined: nothing.
   *
   * @throws PluginConfigurationError when it makes no sense; the rest of the cluster is not held up by it.
   */
  configure(cluster: DeepReadonly<DatabaseCluster>): Configuration | undefined;
  /** Brings about what was configured; with undefined, that nothing is left of it. May be repeated at any time. */
  execute(configuration: Configuration | undefined, run: PluginRun): Promise<PluginReport>;
  /** Removes what the plugin made, when the cluster is deleted. May be repeated. */
  cleanup(run: PluginRun): Promise<void>;
}

/** What a spec asks of a plugin makes no sense. */
export class PluginConfigurationError extends Error {
  override readonly name = 'PluginConfigurationError';
  readonly code = 'PLUGIN_CONFIGURATION';
  /** The condition that says so. */
  readonly condition: string;
  /** CamelCase word for programs. */
  readonly reason: string;

  constructor(condition: string, reason: string, message: string) {
    super(message);
    this.condition = condition;
    this.reason = reason;
  }
}
