import {
  isForbidden,
  Namespace,
  StatefulSet,
  withFinalizer,
  withoutFinalizer,
  hasFinalizer,
  type ConditionInput,
  type DeepReadonly,
  type Stored,
} from '@kubewright/apimachinery';
import { done, requeue, requeueAfter, terminal } from '@kubewright/runtime';
import type {
  Cached,
  Clock,
  EventRecorder,
  ReconcileContext,
  Request,
  Result,
} from '@kubewright/runtime';
import { DatabaseCluster } from '../api/database-cluster.ts';
import { ObjectApplier, managedObjects } from '../apply/object-applier.ts';
import { SecretKeeper } from '../apply/secret-keeper.ts';
import { contextOf, type ClusterContext, type ObjectOptions } from '../objects/cluster-context.ts';
import type { PodPrograms } from '../objects/scripts.ts';
import type { ClusterPlugin, PluginReport, PluginRun } from '../plugins/plugin.ts';
import { runPlugins } from '../plugins/run-plugins.ts';
import type { Observation } from '../status/cluster-status.ts';
import { classifyFailure } from '../status/failure.ts';
import { judge, type Refusal } from '../status/judgement.ts';
import { StatusReporter } from '../status/status-reporter.ts';
import { startOf } from './beginning.ts';
import { dataClaims, growClaims } from './claims.ts';
import { deleteCluster } from './delete-cluster.ts';
import { ensureObjects } from './ensure-objects.ts';
import { leaderRecord, observeCluster } from './observe-cluster.ts';
import { restoreDatabase } from './restore-database.ts';
import type { ServerCertificates } from './server-certificates.ts';

/** Holds a cluster until its pods and claims are dealt with. */
export const finalizer = 'example.com/database-cluster';

/** Pause between two looks at a cluster that nothing happens to, in milliseconds. */
export const recheckMs = 30_000;
/** Pause after an error that may be over soon, in milliseconds. */
export const retryMs = 5_000;
/** Pause between two looks at a cluster that is on its way out, in milliseconds; what it waits for also wakes it. */
const deletionRecheckMs = 5_000;

/** What a reconciler works with. */
export interface ReconcilerOptions {
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly programs: PodPrograms;
  readonly objects: ObjectOptions;
  readonly certificates: ServerCertificates;
  readonly plugins: readonly ClusterPlugin[];
  /** Told of each cluster that is seen for the first time. */
  readonly onCreated?: ((cluster: Cluster) => void) | undefined;
}

type Cluster = DeepReadonly<Stored<DatabaseCluster>>;

/** Brings one DatabaseCluster to what its spec asks for, and its status to what is there. */
export class DatabaseClusterReconciler {
  readonly #options: ReconcilerOptions;
  readonly #reporter: StatusReporter;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#reporter = new StatusReporter(options);
  }

  /** One look at one cluster. */
  async reconcile({ namespace, name }: Request, context: ReconcileContext): Promise<Result> {
    const cluster: Cached<DatabaseCluster> | undefined = context.cache.get(
      DatabaseCluster.resource,
      { namespace, name },
    );
    if (cluster === undefined) return done();
    try {
      if (cluster.metadata.deletionTimestamp !== undefined) {
        return await this.#deleteOrLetGo(cluster, context);
      }
      if (!hasFinalizer(cluster, finalizer)) {
        await this.#setFinalizers(cluster, withFinalizer(cluster, finalizer), context);
        // An uninstallation lets go of clusters that the next operator holds again.
        if (cluster.status?.phase === undefined) this.#options.onCreated?.(cluster);
      }
      return await this.#ensure(cluster, context);
    } catch (error) {
      context.signal.throwIfAborted();
      return this.#fail(cluster, error, context);
    }
  }

  async #ensure(cluster: Cluster, context: ReconcileContext): Promise<Result> {
    const { cache, client, signal } = context;
    const { version, refusal } = judge(cluster, this.#runningVersion(cluster, context));
    if (refusal?.isBlocking === true) return this.#refuse(cluster, refusal, context);
    const plan = contextOf(cluster, version, this.#options.objects);
    const start = await startOf(cluster, plan, { client, cache, signal });
    if (start.type === 'refused') return this.#refuse(cluster, start.refusal, context);
    const applier = new ObjectApplier({ client, cache, owner: cluster, signal });
    const run: PluginRun = { cluster, context: plan, applier, client, signal };
    await ensureObjects({
      context: plan,
      programs: this.#options.programs,
      applier,
      secrets: new SecretKeeper({ client, owner: cluster, signal }),
      certificates: this.#options.certificates,
      client,
      cache,
      signal,
      beginning: start.type === 'begins' ? start.beginning : undefined,
      replicas: this.#replicas(plan, context),
    });
    const claims = dataClaims(cache, plan.namespace, plan.name);
    await growClaims(client, claims, plan.settings.size, signal);

    const observation = observeCluster(cluster, plan, cache);
    const isAvailable = observation.conditions.some(
      ({ type, status }) => type === 'Available' && status === 'True',
    );
    const restored = await restoreDatabase(run, cache, isAvailable);
    const reports = await runPlugins(this.#options.plugins, run);
    await this.#reporter.report(
      cluster,
      wholeObservation({ cluster, version, refusal, observation, restored, reports }),
      context,
    );
    return requeueAfter(recheckMs);
  }

  /** The roles of a namespace go when it goes, and all that a cluster has made goes too: only the finalizer is in the way. */
  async #deleteOrLetGo(cluster: Cluster, context: ReconcileContext): Promise<Result> {
    try {
      return await this.#delete(cluster, context);
    } catch (error) {
      if (!isForbidden(error) || !(await this.#goesWithNamespace(cluster, context))) throw error;
      await this.#setFinalizers(cluster, withoutFinalizer(cluster, finalizer), context);
      context.logger.info('cluster goes with its namespace');
      return done();
    }
  }

  async #goesWithNamespace(
    { metadata }: Cluster,
    { client, logger, signal }: ReconcileContext,
  ): Promise<boolean> {
    try {
      const ref = { name: metadata.namespace ?? '' };
      const namespace = await client.get(Namespace, ref, { signal });
      return namespace.metadata.deletionTimestamp !== undefined;
    } catch (error) {
      if (!isForbidden(error)) throw error;
      // The status says what else is not permitted.
      logger.warn('whether the namespace goes cannot be seen', { error });
      return false;
    }
  }

  async #delete(cluster: Cluster, context: ReconcileContext): Promise<Result> {
    if (!hasFinalizer(cluster, finalizer)) return done();
    const { cache, client, signal } = context;
    const plan = contextOf(
      cluster,
      cluster.status?.version ?? cluster.spec.version,
      this.#options.objects,
    );
    const applier = new ObjectApplier({ client, cache, owner: cluster, signal });
    for (const plugin of this.#options.plugins) {
      await plugin.cleanup({ cluster, context: plan, applier, client, signal });
    }
    const waiting = await deleteCluster({ context: plan, applier, client, cache, signal });
    if (waiting !== '') {
      await this.#reporter.waiting(cluster, waiting, context);
      return requeueAfter(deletionRecheckMs);
    }
    await this.#setFinalizers(cluster, withoutFinalizer(cluster, finalizer), context);
    context.logger.info('cluster is gone');
    return done();
  }

  /** Nothing is done because of what the spec asks for. */
  async #refuse(cluster: Cluster, refusal: Refusal, context: ReconcileContext): Promise<Result> {
    await this.#reporter.refused(cluster, refusal, context);
    // Claims may be deleted and names become free without a change of the cluster.
    return requeueAfter(recheckMs);
  }

  async #fail(cluster: Cluster, error: unknown, context: ReconcileContext): Promise<Result> {
    const failure = classifyFailure(error);
    const { logger } = context;
    switch (failure.type) {
      case 'moot':
        return done();
      case 'stale':
        return requeue();
      case 'retryable':
        logger.warn('will try again', { error });
        return requeueAfter(retryMs);
      case 'blocked':
        logger.warn('cannot go on', { error });
        await this.#reporter.failed(cluster, failure, context);
        return requeueAfter(recheckMs);
      case 'terminal':
        await this.#reporter.failed(cluster, failure, context);
        return terminal(error);
      default:
        return failure satisfies never;
    }
  }

  async #setFinalizers(
    { metadata }: Cluster,
    finalizers: readonly string[],
    { client, signal }: ReconcileContext,
  ): Promise<void> {
    const { namespace, name, uid, resourceVersion } = metadata;
    await client.patch(
      DatabaseCluster.resource,
      { namespace, name },
      { type: 'merge', body: { metadata: { uid, resourceVersion, finalizers } } },
      { signal },
    );
  }

  /** What the database runs: as the StatefulSet says, and where there is none, as was noted last. */
  #runningVersion(cluster: Cluster, { cache }: ReconcileContext): string | undefined {
    const { namespace, name } = cluster.metadata;
    const live = managedObjects(cache, StatefulSet).get({ namespace, name });
    const image = live?.spec?.template.spec?.containers.find(
      (each) => each.name === 'postgres',
    )?.image;
    const prefix = `${this.#options.objects.postgresImage}:`;
    return image?.startsWith(prefix) === true
      ? image.slice(prefix.length)
      : cluster.status?.version;
  }

  /** Fewer pods only when those that stay have a primary, or one that can take over. */
  #replicas(plan: ClusterContext, { cache }: ReconcileContext): number {
    const { namespace, name, settings } = plan;
    const present =
      managedObjects(cache, StatefulSet).get({ namespace, name })?.spec?.replicas ?? 0;
    if (settings.instances >= present) return settings.instances;
    const record = leaderRecord(cache, plan);
    if (record?.primary === undefined) return settings.instances;
    const stays = (pod: string): boolean => Number(pod.slice(name.length + 1)) < settings.instances;
    return stays(record.primary) || record.successors.some(stays) ? settings.instances : present;
  }
}

/** All that one look at a cluster found. */
interface Findings {
  readonly cluster: Cluster;
  readonly version: string;
  readonly refusal: Refusal | undefined;
  readonly observation: Observation;
  readonly restored: readonly ConditionInput[];
  readonly reports: readonly PluginReport[];
}

/** The findings as one observation. */
function wholeObservation(findings: Findings): Observation {
  const { cluster, version, refusal, observation, restored, reports } = findings;
  const accepted: ConditionInput =
    refusal === undefined
      ? {
          type: 'Accepted',
          status: 'True',
          reason: 'SpecAccepted',
          message: 'the spec is being followed',
        }
      : { type: 'Accepted', status: 'False', reason: refusal.reason, message: refusal.message };
  return {
    ...observation,
    conditions: [
      accepted,
      {
        type: 'Reconciled',
        status: 'True',
        reason: 'Reconciled',
        message: 'all objects are as they should be',
      },
      ...withRestore(observation.conditions, restored),
      ...restored,
      ...reports.flatMap(({ conditions }) => conditions),
    ],
    dropped: [
      ...observation.dropped,
      ...(cluster.spec.restore === undefined ? ['Restored'] : []),
      ...reports.flatMap(({ dropped = [] }) => dropped),
    ],
    fields: Object.assign(
      {},
      observation.fields,
      { version },
      refusal === undefined ? {} : { message: refusal.message },
      ...reports.map(({ status = {} }) => status),
    ) as Observation['fields'],
    events: [...(observation.events ?? []), ...reports.flatMap(({ events = [] }) => events)],
  };
}

/** A database that is yet to be filled is not ready. */
function withRestore(
  conditions: readonly ConditionInput[],
  restored: readonly ConditionInput[],
): readonly ConditionInput[] {
  const pending = restored.find(({ status }) => status !== 'True');
  if (pending === undefined) return conditions;
  const { reason, message = '' } = pending;
  return conditions.map((condition) =>
    condition.type === 'Ready'
      ? { ...condition, status: 'False' as const, reason, message }
      : condition,
  );
}
