import { isForbidden, isNamespaceTerminating, setCondition } from '@kubewright/apimachinery';
import type { NamespacedName, Pod } from '@kubewright/apimachinery';
import { done, requeueAfter } from '@kubewright/runtime';
import type {
  Cached,
  Clock,
  EventRecorder,
  Informer,
  ReconcileContext,
  Request,
  Result,
} from '@kubewright/runtime';
import { PodDiagnoser } from '../api/pod-diagnoser.ts';
import { crashKey } from '../crash/crash.ts';
import { isActive, responsibleFor, shadowOf } from '../selection/responsible-diagnoser.ts';
import { countCrashes } from '../status/crash-ledger.ts';
import type { Action, Ledger } from '../status/crash-ledger.ts';
import { readyCondition } from '../status/ready-condition.ts';
import type { Readiness } from '../status/ready-condition.ts';
import type { PodEvents } from '../diagnosis/pod-events.ts';
import { crashedPodsIn } from './crashed-pods.ts';
import { dealWithPod } from './deal-with-pod.ts';
import type { PodWorkContext } from './deal-with-pod.ts';
import { diagnosePod } from './diagnosed-pod.ts';
import { planCrashes } from './plan-crashes.ts';
import type { CrashPlan } from './plan-crashes.ts';

/** What a reconciler works with. */
export interface PodDiagnoserReconcilerOptions {
  readonly pods: Informer<Pod>;
  /** What the kubelet and others said of them. */
  readonly events: PodEvents;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  /** The pod this operator runs in; undefined outside a cluster. */
  readonly self?: NamespacedName | undefined;
  /** Told of each crash that is counted. */
  readonly onCounted?: ((action: Action) => void) | undefined;
}

/** Pause after a missing permission, in milliseconds: somebody has to grant it. */
const deniedRetryMs = 30_000;

/** Pods that are dealt with at a time. */
const podsAtATime = 8;

type Diagnoser = Cached<PodDiagnoser>;

/**
 * Brings the pods and the status of one PodDiagnoser to where they should be.
 *
 * Guarantees: each crash is counted once, also when the process ends at any point: it is counted in the same write of the status that notes it in
 * `recentCrashes`, under the version of the object that the decision was made on, and only then dealt with.
 */
export class PodDiagnoserReconciler {
  readonly #options: PodDiagnoserReconcilerOptions;
  // When to try again, by uid of a diagnoser that lacked a permission. Entries go with the diagnoser or the next success.
  readonly #deniedUntilMs = new Map<string, number>();

  constructor(options: PodDiagnoserReconcilerOptions) {
    this.#options = options;
  }

  /** One look at one diagnoser. */
  async reconcile({ namespace, name }: Request, context: ReconcileContext): Promise<Result> {
    const { cache } = context;
    const diagnoser = cache.get(PodDiagnoser.resource, { namespace, name });
    if (diagnoser === undefined || namespace === undefined) {
      return done();
    }
    const { uid, deletionTimestamp } = diagnoser.metadata;
    if (deletionTimestamp !== undefined) {
      this.#deniedUntilMs.delete(uid);
      return done();
    }
    const diagnosers = cache.list(PodDiagnoser.resource, { namespace });
    if (!isActive(diagnoser)) {
      await this.#writeReadiness(diagnoser, { type: 'disabled' }, context);
      return done();
    }
    const shadow = shadowOf(diagnoser, diagnosers);
    if (shadow !== undefined) {
      await this.#writeReadiness(
        diagnoser,
        { type: 'shadowed', by: shadow.metadata.name },
        context,
      );
      return done();
    }
    const waitMs = (this.#deniedUntilMs.get(uid) ?? 0) - this.#options.clock.monotonicMs();
    if (waitMs > 0) return requeueAfter(waitMs);

    try {
      const isPartial = await this.#diagnose(diagnoser, diagnosers, namespace, context);
      this.#deniedUntilMs.delete(uid);
      await this.#writeReadiness(diagnoser, { type: 'diagnosing' }, context);
      return isPartial ? requeueAfter(1) : done();
    } catch (error) {
      context.signal.throwIfAborted();
      return this.#handleFailure(diagnoser, error, context);
    }
  }

  /** Counts, then deals with pods. Whether more is left for another time. */
  async #diagnose(
    diagnoser: Diagnoser,
    diagnosers: readonly Diagnoser[],
    namespace: string,
    context: ReconcileContext,
  ): Promise<boolean> {
    const { clock, events, pods, self } = this.#options;
    const allCrashed = crashedPodsIn(pods, namespace);
    const now = new Date(clock.now());
    const crashed = allCrashed
      .filter(({ pod }) => responsibleFor(pod, diagnosers)?.metadata.uid === diagnoser.metadata.uid)
      .map((each) => diagnosePod(each, events, now));
    if (crashed.length === 0) return false;
    const plan = planCrashes({ diagnoser, diagnosers, crashed, allCrashed, self, now });
    await this.#count(diagnoser, plan, now, context);
    await this.#dealWithPods(diagnoser, plan, context);
    return plan.isPartial && plan.pods.length > 0;
  }

  async #count(
    diagnoser: Diagnoser,
    plan: CrashPlan,
    now: Date,
    context: ReconcileContext,
  ): Promise<void> {
    if (plan.toCount.length === 0) return;
    const { diagnosedPods, recentCrashes } = diagnoser.status ?? {};
    const before: Ledger = {
      diagnosedPods,
      recentCrashes: recentCrashes?.map((entry) => ({ ...entry })),
    };
    await this.#patchStatus(
      diagnoser,
      countCrashes(before, plan.toCount, now, plan.isSettled),
      context,
    );
    for (const { action, crash, pod } of plan.toCount) {
      this.#options.onCounted?.(action);
      context.logger.info('crash counted', {
        pod,
        container: crash.container,
        restartCount: crash.restartCount,
        reason: crash.reason,
        exitCode: crash.exitCode,
        action,
      });
    }
  }

  async #dealWithPods(
    diagnoser: Diagnoser,
    plan: CrashPlan,
    context: ReconcileContext,
  ): Promise<void> {
    const { recorder, clock, self } = this.#options;
    const { client, logger, signal } = context;
    const work: PodWorkContext = {
      client,
      logger,
      signal,
      recorder,
      self,
      isNamedByLabels: Object.keys(diagnoser.spec.targetLabels ?? {}).length > 0,
      now: () => new Date(clock.now()),
    };
    const failures: unknown[] = [];
    const waiting = plan.pods.values();
    const worker = async (): Promise<void> => {
      // The workers share one iterator: each takes the next pod that nobody has taken.
      for (const crashed of waiting) {
        try {
          await dealWithPod(crashed, (crash) => plan.actions.get(crashKey(crash)) ?? '', work);
        } catch (error) {
          // One pod that fails must not keep the others waiting.
          failures.push(error);
          if (signal.aborted) return;
        }
      }
    };
    await Promise.all(Array.from({ length: podsAtATime }, worker));
    signal.throwIfAborted();
    const denied = failures.find(isForbidden);
    if (denied !== undefined) throw denied;
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) {
      throw new AggregateError(failures, `${String(failures.length)} pods could not be dealt with`);
    }
  }

  async #handleFailure(
    diagnoser: Diagnoser,
    error: unknown,
    context: ReconcileContext,
  ): Promise<Result> {
    // In a namespace that is being deleted nothing can be made any more, and soon nothing is left to diagnose.
    if (isNamespaceTerminating(error)) return done();
    if (!isForbidden(error)) throw error;
    const { recorder, clock } = this.#options;
    context.logger.warn('a permission is missing', { error });
    this.#deniedUntilMs.set(diagnoser.metadata.uid, clock.monotonicMs() + deniedRetryMs);
    recorder.event(diagnoser, {
      type: 'Warning',
      reason: 'MissingPermission',
      action: 'Diagnose',
      note: error.message,
    });
    try {
      const message = error.status.message ?? error.message;
      await this.#writeReadiness(diagnoser, { type: 'denied', message }, context);
    } catch (statusError) {
      context.signal.throwIfAborted();
      // The Event and the log say it; the status may be what the permission is missing for.
      context.logger.warn('the condition could not be written', { error: statusError });
    }
    return requeueAfter(deniedRetryMs);
  }

  /** Writes the condition when it says something new. */
  async #writeReadiness(
    given: Diagnoser,
    readiness: Readiness,
    context: ReconcileContext,
  ): Promise<void> {
    const { namespace, name } = given.metadata;
    // The count may have been written meanwhile; the cache shows own writes.
    const diagnoser = context.cache.get(PodDiagnoser.resource, { namespace, name });
    if (diagnoser?.metadata.uid !== given.metadata.uid) return;
    const { conditions, observedGeneration } = diagnoser.status ?? {};
    const condition = readyCondition(diagnoser, readiness);
    const next = setCondition(conditions, condition, new Date(this.#options.clock.now()));
    const generation = diagnoser.metadata.generation;
    if (next === conditions && observedGeneration === generation) return;
    await this.#patchStatus(
      diagnoser,
      { conditions: next, ...(generation === undefined ? {} : { observedGeneration: generation }) },
      context,
    );
  }

  async #patchStatus(
    diagnoser: Diagnoser,
    status: object,
    { client, signal }: ReconcileContext,
  ): Promise<void> {
    const { name, namespace, uid, resourceVersion } = diagnoser.metadata;
    await client.patch(
      PodDiagnoser.resource,
      { name, namespace },
      // With the version that was read: somebody else's change in between is a conflict, and the decision is made anew.
      { type: 'merge', body: { metadata: { uid, resourceVersion }, status } },
      { subresource: 'status', signal },
    );
  }
}
