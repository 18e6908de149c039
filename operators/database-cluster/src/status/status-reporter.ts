import { deepEqual, type DeepReadonly, type Stored } from '@kubewright/apimachinery';
import type { Clock, EventRecorder, ReconcileContext } from '@kubewright/runtime';
import { DatabaseCluster } from '../api/database-cluster.ts';
import { holds, sinceWhen, statusAfter, type Observation } from './cluster-status.ts';
import type { Failure } from './failure.ts';
import type { Refusal } from './judgement.ts';

type Cluster = DeepReadonly<Stored<DatabaseCluster>>;

/** What a {@link StatusReporter} works with. */
export interface StatusReporterOptions {
  readonly recorder: EventRecorder;
  readonly clock: Clock;
}

/** Reasons of conditions that say what is going on rather than what is wrong. */
const transient: ReadonlySet<string> = new Set(['Restoring', 'WaitingForDatabase', 'Reconciled']);

/**
 * Says what became of a cluster, in its status and in Events.
 *
 * Guarantees: a status that says nothing new is not written. What became so is an Event once, also when a reconcile is cut
 * off between the two and done again.
 */
export class StatusReporter {
  readonly #options: StatusReporterOptions;

  constructor(options: StatusReporterOptions) {
    this.#options = options;
  }

  /** Records what became so, then writes the status when it says something new. */
  async report(given: Cluster, observation: Observation, context: ReconcileContext): Promise<void> {
    const { clock } = this.#options;
    const { namespace, name, uid } = given.metadata;
    // The finalizer may have been written meanwhile; the cache shows own writes.
    const cluster = context.cache.get(DatabaseCluster.resource, { namespace, name });
    if (cluster?.metadata.uid !== uid) return;
    this.#recordChanges(cluster, observation);
    for (const event of observation.events ?? []) this.#options.recorder.event(cluster, event);
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

  /** Says that nothing is done because of what the spec asks for. */
  async refused(cluster: Cluster, refusal: Refusal, context: ReconcileContext): Promise<void> {
    const { reason, message } = refusal;
    const observation: Observation = {
      conditions: [
        { type: 'Accepted', status: 'False', reason, message },
        { type: 'Reconciled', status: 'False', reason, message },
        { type: 'Ready', status: 'False', reason, message },
      ],
      dropped: [],
      isFailing: true,
      fields: { message },
    };
    await this.report(cluster, observation, context);
  }

  /** Says on the way out what is being waited for. */
  async waiting(cluster: Cluster, message: string, context: ReconcileContext): Promise<void> {
    const observation: Observation = {
      conditions: [
        { type: 'Available', status: 'False', reason: 'Deleting', message },
        { type: 'Ready', status: 'False', reason: 'Deleting', message },
      ],
      dropped: [],
      isFailing: false,
      fields: { message },
    };
    await this.report(cluster, observation, context);
  }

  /** Says that the work on the cluster cannot go on. Where even that fails, the log says it. */
  async failed(
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
      await this.report(cluster, observation, context);
    } catch (statusError) {
      context.signal.throwIfAborted();
      // The Event and the log say it; the status may be what the permission is missing for.
      context.logger.warn('the status could not be written', { error: statusError });
    }
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
}
