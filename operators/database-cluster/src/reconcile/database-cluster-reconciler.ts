import {
  deepEqual,
  isNotFound,
  Lease,
  PersistentVolumeClaim,
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
import type { Beginning } from '../objects/lease.ts';
import { claimName } from '../objects/names.ts';
import type { PodPrograms } from '../objects/scripts.ts';
import {
  PluginConfigurationError,
  type ClusterPlugin,
  type PluginReport,
  type PluginRun,
} from '../plugins/plugin.ts';
import { holds, sinceWhen, statusAfter, type Observation } from '../status/cluster-status.ts';
import { classifyFailure, type Failure } from '../status/failure.ts';
import { judge, type Refusal } from '../status/judgement.ts';
import { adoptClaims, dataClaims, growClaims, judgeClaims } from './claims.ts';
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

  constructor(options: ReconcilerOptions) {
    this.#options = options;
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
        return await this.#delete(cluster, context);
      }
      if (!hasFinalizer(cluster, finalizer)) {
        await this.#setFinalizers(cluster, withFinalizer(cluster, finalizer), context);
        this.#options.onCreated?.(cluster);
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
    const { namespace, settings } = plan;
    const claims = dataClaims(cache, namespace, plan.name);
    let beginning: Beginning | undefined;
    if (!(await this.#hasLease(plan, context))) {
      const known = new Map(claims.map((claim) => [claim.metadata.name, claim]));
      // Also claims that carry none of our labels: a pod would take them for its own.
      for (const claim of await this.#claimsByName(plan, context))
        known.set(claim.metadata.name, claim);
      const verdict = judgeClaims(cluster, [...known.values()]);
      if (verdict.type === 'refused') return this.#refuse(cluster, verdict.refusal, context);
      await adoptClaims(client, verdict.toAdopt, plan.uid, signal);
      ({ beginning } = verdict);
    }
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
      beginning,
      replicas: this.#replicas(plan, context),
    });
    await growClaims(client, claims, settings.size, signal);

    const observation = observeCluster(cluster, plan, cache);
    const isAvailable = observation.conditions.some(
      ({ type, status }) => type === 'Available' && status === 'True',
    );
    const restored = await restoreDatabase(run, cache, isAvailable);
    const reports = await this.#runPlugins(run);
    const accepted: ConditionInput =
      refusal === undefined
        ? {
            type: 'Accepted',
            status: 'True',
            reason: 'SpecAccepted',
            message: 'the spec is being followed',
          }
        : { type: 'Accepted', status: 'False', reason: refusal.reason, message: refusal.message };
    await this.#report(
      cluster,
      {
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
      },
      context,
    );
    for (const event of reports.flatMap(({ events = [] }) => events)) {
      this.#options.recorder.event(cluster, event);
    }
    return requeueAfter(recheckMs);
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
      await this.#report(
        cluster,
        {
          conditions: [
            { type: 'Available', status: 'False', reason: 'Deleting', message: waiting },
            { type: 'Ready', status: 'False', reason: 'Deleting', message: waiting },
          ],
          dropped: [],
          isFailing: false,
          fields: { message: waiting },
        },
        context,
      );
      return requeueAfter(deletionRecheckMs);
    }
    await this.#setFinalizers(cluster, withoutFinalizer(cluster, finalizer), context);
    context.logger.info('cluster is gone');
    return done();
  }

  /** Plugins fail for themselves: what one cannot do must not keep the database from being looked after. */
  async #runPlugins(run: PluginRun): Promise<PluginReport[]> {
    const reports: PluginReport[] = [];
    for (const plugin of this.#options.plugins) {
      try {
        reports.push(await plugin.execute(plugin.configure(run.cluster), run));
      } catch (error) {
        if (!(error instanceof PluginConfigurationError)) throw error;
        const { condition: type, reason, message } = error;
        reports.push({
          conditions: [{ type, status: 'False', reason, message }],
          events: [
            {
              type: 'Warning',
              reason,
              action: 'Configure',
              note: message,
              idempotencyKey: `${reason}-${String(run.cluster.metadata.generation)}`,
            },
          ],
        });
      }
    }
    return reports;
  }

  /** Says that nothing is done because of what the spec asks for; only a change helps. */
  async #refuse(cluster: Cluster, refusal: Refusal, context: ReconcileContext): Promise<Result> {
    const { reason, message } = refusal;
    await this.#report(
      cluster,
      {
        conditions: [
          { type: 'Accepted', status: 'False', reason, message },
          { type: 'Reconciled', status: 'False', reason, message },
          { type: 'Ready', status: 'False', reason, message },
        ],
        dropped: [],
        isFailing: true,
        fields: { message },
      },
      context,
    );
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
        await this.#reportFailure(cluster, failure, context);
        return requeueAfter(recheckMs);
      case 'terminal':
        await this.#reportFailure(cluster, failure, context);
        return terminal(error);
      default:
        return failure satisfies never;
    }
  }

  async #reportFailure(
    cluster: Cluster,
    { reason, message }: Extract<Failure, { reason: string }>,
    context: ReconcileContext,
  ): Promise<void> {
    const observation: Observation = {
      conditions: [{ type: 'Reconciled', status: 'False', reason, message }],
      dropped: [],
      isFailing: true,
      fields: { message },
    };
    try {
      await this.#report(cluster, observation, context);
    } catch (statusError) {
      context.signal.throwIfAborted();
      // The Event and the log say it; the status may be what the permission is missing for.
      context.logger.warn('the status could not be written', { error: statusError });
    }
  }

  /** Records what became so, then writes the status when it says something new. */
  async #report(
    given: Cluster,
    observation: Observation,
    context: ReconcileContext,
  ): Promise<void> {
    const { clock } = this.#options;
    const { namespace, name, uid } = given.metadata;
    // The finalizer may have been written meanwhile; the cache shows own writes.
    const cluster = context.cache.get(DatabaseCluster.resource, { namespace, name });
    if (cluster?.metadata.uid !== uid) return;
    this.#recordChanges(cluster, observation);
    const status = statusAfter(cluster, observation, new Date(clock.now()));
    if (deepEqual(status, cluster.status)) return;
    const { resourceVersion } = cluster.metadata;
    // A merge keeps members that are left out, and conditions that were dropped must go: the list is sent whole.
    await context.client.patch(
      DatabaseCluster.resource,
      { namespace, name },
      { type: 'merge', body: { metadata: { uid, resourceVersion }, status } },
      { subresource: 'status', signal: context.signal },
    );
  }

  /** Events for what the conditions say anew. Recorded before the status that they are told apart by, under names that are the same when it is done again. */
  #recordChanges(cluster: Cluster, observation: Observation): void {
    const { recorder } = this.#options;
    const generation = String(cluster.metadata.generation);
    for (const { type, status, reason, message = '' } of observation.conditions) {
      if (type === 'Ready' && status === 'True' && !holds(cluster, 'Ready')) {
        recorder.event(cluster, {
          type: 'Normal',
          reason: 'DatabaseReady',
          action: 'Reconcile',
          note: message,
          idempotencyKey: `ready-${sinceWhen(cluster, 'Ready')}`,
        });
      }
      const isTold = type === 'Accepted' || type === 'Reconciled' || type === 'Restored';
      const before = cluster.status?.conditions?.find((each) => each.type === type);
      if (!isTold || status !== 'False' || transient.has(reason)) continue;
      if (before?.reason === reason && before.observedGeneration === cluster.metadata.generation)
        continue;
      recorder.event(cluster, {
        type: 'Warning',
        reason,
        action: 'Reconcile',
        note: message,
        idempotencyKey: `${reason}-${generation}`,
      });
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

  async #hasLease(
    { namespace, names }: ClusterContext,
    { client, cache, signal }: ReconcileContext,
  ): Promise<boolean> {
    if (managedObjects(cache, Lease).get({ namespace, name: names.lease }) !== undefined)
      return true;
    try {
      await client.get(Lease, { namespace, name: names.lease }, { signal });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #claimsByName(
    { name, namespace, settings }: ClusterContext,
    { client, signal }: ReconcileContext,
  ): Promise<Stored<PersistentVolumeClaim>[]> {
    const found: Stored<PersistentVolumeClaim>[] = [];
    for (let ordinal = 0; ordinal < settings.instances; ordinal += 1) {
      try {
        const ref = { namespace, name: claimName(name, ordinal) };
        found.push(await client.get(PersistentVolumeClaim, ref, { signal }));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    return found;
  }
}

/** Reasons of conditions that say what is going on rather than what is wrong. */
const transient: ReadonlySet<string> = new Set(['Restoring', 'WaitingForDatabase', 'Reconciled']);

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
