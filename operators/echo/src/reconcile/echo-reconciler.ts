import {
  hasFinalizer,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isNamespaceTerminating,
  isNotFound,
  keyOfName,
  type KubernetesObject,
  type NamespacedName,
  type Stored,
} from '@kubewright/apimachinery';
import { done, requeue, requeueAfter } from '@kubewright/runtime';
import type {
  Cached,
  EventRecorder,
  Manager,
  ObjectEvent,
  ReconcileContext,
  Request,
  Result,
} from '@kubewright/runtime';
import type { EchoperatorMetrics } from '../echoperator-metrics.ts';
import { nameOf, type AnyEcho, type Finding, type Step, type Work } from '../work/work.ts';
import { eventsOf } from './events-of.ts';
import { failureFinding, givenUpFinding } from './failure.ts';
import { nextStatus } from './next-status.ts';
import { PodRefusals } from './pod-refusals.ts';
import { releaseChild } from './release-child.ts';
import { RetryBudget } from './retry-budget.ts';

/** What a reconciler works with. */
export interface EchoReconcilerOptions<Owner extends AnyEcho, Child extends KubernetesObject> {
  readonly work: Work<Owner, Child>;
  readonly manager: Pick<Manager, 'cache' | 'clock'>;
  readonly recorder: EventRecorder;
  readonly metrics: EchoperatorMetrics;
}

/** How often work is tried again before it is given up. */
const maxRetries = 3;
/** Pause between looks at an object whose work was given up, in milliseconds. */
const givenUpRetryMs = 60_000;
/** How long a child may be without a pod before why is looked for, in milliseconds: a new namespace needs its time. */
const podPatienceMs = 10_000;
/** Pause between looks at why, in milliseconds. */
const podRetryMs = 60_000;

/**
 * Puts one object into practice, and tells in its status and in Events how that goes.
 *
 * Guarantees:
 * - It may be cut off anywhere and run again: an object of the right name is made at most once, because names are unique, and what
 *   is there already and belongs to the object is taken for made. What belongs to somebody else is never touched.
 * - What must not be made again after it has gone bears a finalizer until its uid is in the status, and is made only after a
 *   look past the cache that the status has none.
 * - Work that fails is tried again {@link maxRetries} times with growing pauses, then given up, which is told in the condition, an
 *   Event and a metric. It is tried once a minute from then on, so that nothing is lost.
 * - A child that gets no pod is looked at once a minute, and the condition says what the server has against the pod.
 * - A status that is right is not written, and an Event about the same is not recorded twice, also by another process.
 *
 * Caveat: a process that sleeps between that look and the request, for so long that another one leads, makes, records and
 * sees deleted what it was about to make, makes it again when it wakes: the server has no way to ask for both at once.
 */
export class EchoReconciler<Owner extends AnyEcho, Child extends KubernetesObject> {
  readonly #options: EchoReconcilerOptions<Owner, Child>;
  readonly #budget = new RetryBudget(maxRetries);
  readonly #refusals: PodRefusals;

  constructor(options: EchoReconcilerOptions<Owner, Child>) {
    this.#options = options;
    this.#refusals = new PodRefusals(options.manager.clock);
  }

  /** Whether an event may lead to something. The operator's own writes of the status do not. */
  isWorthALook(event: ObjectEvent<Owner>): boolean {
    if (event.type !== 'updated') return true;
    const { object } = event;
    if (event.old.metadata.generation !== object.metadata.generation) return true;
    // What failed waits for its time, or its backoff would end with the status that tells of it.
    return !this.#budget.isFailing(object) && !this.#isSettled(object);
  }

  /** One look at one object. */
  async reconcile(request: Request, context: ReconcileContext): Promise<Result> {
    const { resource } = this.#options.work;
    const key = keyOfName(request.namespace, request.name);
    const owner = context.cache.get(resource, request);
    // What is on its way out takes along what it owns.
    if (owner === undefined || owner.metadata.deletionTimestamp !== undefined) {
      this.#budget.forget(key);
      return this.#letGo(request, context);
    }
    try {
      const outcome = await this.#work(owner, context);
      // The decision is made anew when the cache has caught up.
      if (outcome === undefined) return requeue();
      const { finding, child } = outcome;
      await this.#report(owner, finding, context);
      if (!(await this.#release(child, context))) return requeue();
      this.#budget.forget(key);
      return this.#untilPod(child);
    } catch (error) {
      if (context.signal.aborted) throw error;
      // Deleted meanwhile, with its namespace perhaps.
      if (isNotFound(error) || isNamespaceTerminating(error)) return done();
      // Changed meanwhile: the decision is made anew.
      if (isConflict(error)) return requeue();
      return this.#failed(owner, error, context);
    }
  }

  #isSettled(owner: Cached<Owner>): boolean {
    const { manager, work } = this.#options;
    const step = work.nextStep(owner, manager.cache.get(work.childResource, refTo(owner)));
    return step.type === 'report' && nextStatus(owner, step.finding, this.#now()) === undefined;
  }

  /** Does what is to be done, and finds out how it is then; undefined when the cache is behind. */
  async #work(
    owner: Cached<Owner>,
    context: ReconcileContext,
  ): Promise<Outcome<Child> | undefined> {
    const { work } = this.#options;
    const { childResource } = work;
    const before = context.cache.get(childResource, refTo(owner));
    const step = work.nextStep(owner, before, await this.#refusalOf(before, context));
    if (step.type === 'report') return { finding: step.finding, child: before };
    if (step.type === 'create' && !(await this.#mayMake(owner, context))) return undefined;
    const child =
      step.type === 'create'
        ? await this.#create(owner, step.child, context)
        : await this.#change(owner, step, context);
    if (child === undefined) return undefined;
    const next = work.nextStep(owner, child);
    if (next.type === 'report') return { finding: next.finding, child };
    // Somebody changes it all the time, or the server does not keep what is set.
    throw new Error(`${nameOf(childResource, owner)} is not as it was written`);
  }

  /** How long a child has been without a pod, in milliseconds; undefined when it is not. */
  #waitedMs(child: Cached<Child> | undefined): number | undefined {
    const sinceMs = child && this.#options.work.waitsForPodSince?.(child);
    return sinceMs === undefined ? undefined : this.#options.manager.clock.now() - sinceMs;
  }

  /** What the server has against the pod of a child that should have one by now. */
  async #refusalOf(
    child: Cached<Child> | undefined,
    context: ReconcileContext,
  ): Promise<string | undefined> {
    const waitedMs = this.#waitedMs(child);
    if (child === undefined || waitedMs === undefined || waitedMs < podPatienceMs) return undefined;
    return this.#refusals.of(child, context);
  }

  /** When to look next at a child: it tells by itself that it has a pod, but not why it has none. */
  #untilPod(child: Cached<Child> | undefined): Result {
    const waitedMs = this.#waitedMs(child);
    if (waitedMs === undefined) return done();
    const restMs = podPatienceMs - waitedMs;
    // The clocks of two machines may differ.
    return requeueAfter(restMs > 0 ? Math.min(restMs, podPatienceMs) : podRetryMs);
  }

  /** Whether what the cache shows of the owner still holds, where it matters that nothing was made yet. */
  async #mayMake(owner: Cached<Owner>, { client }: ReconcileContext): Promise<boolean> {
    const { resource, recordedFirst } = this.#options.work;
    if (recordedFirst === undefined) return true;
    const { metadata } = await client.get(resource, refTo(owner));
    return metadata.resourceVersion === owner.metadata.resourceVersion;
  }

  async #create(
    owner: Cached<Owner>,
    child: Child,
    { client, logger }: ReconcileContext,
  ): Promise<Cached<Child> | undefined> {
    const { work, metrics } = this.#options;
    const { childResource } = work;
    try {
      const created = await client.create(childResource, child);
      logger.info('created', { what: nameOf(childResource, owner) });
      metrics.created(childResource.kind);
      return asRead(created);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      // Made before a look was cut off, or by somebody else: the cache has not heard of it yet.
      return undefined;
    }
  }

  async #change(
    owner: Cached<Owner>,
    { uid, spec }: Extract<Step<Child>, { type: 'change' }>,
    { client, logger }: ReconcileContext,
  ): Promise<Cached<Child>> {
    const { childResource } = this.#options.work;
    // With the uid: another one of the name, made meanwhile, is not changed. No server-side apply, which leaves elements
    // of lists, such as a further container, to whoever has added them.
    const body = { metadata: { uid }, spec };
    const changed = await client.patch(childResource, refTo(owner), { type: 'merge', body });
    logger.info('changed', { what: nameOf(childResource, owner) });
    return asRead(changed);
  }

  /** Tells how it is, unless that is told already. */
  async #report(
    owner: Cached<Owner>,
    finding: Finding,
    { client, logger, signal }: ReconcileContext,
  ): Promise<void> {
    const { work, recorder } = this.#options;
    const status = nextStatus(owner, finding, this.#now());
    if (status === undefined) return;
    // Before the status, which would not change once more if the operator were killed in between.
    for (const event of eventsOf(owner, status)) {
      try {
        await recorder.ensure(owner, event, { signal });
      } catch (error) {
        if (!isForbidden(error)) throw error;
        logger.warn('an Event may not be recorded', { reason: event.reason, error });
      }
    }
    const { uid, resourceVersion } = owner.metadata;
    await client.patch(
      work.resource,
      refTo(owner),
      // With the version that was read: a change in between is a conflict, and the decision is made anew.
      { type: 'merge', body: { metadata: { uid, resourceVersion }, status } },
      { subresource: 'status' },
    );
  }

  /** Lets go a child that need not be recorded any more. */
  async #release(child: Cached<Child> | undefined, { client }: ReconcileContext): Promise<boolean> {
    const { childResource, recordedFirst } = this.#options.work;
    if (child === undefined || recordedFirst === undefined) return true;
    return releaseChild(client, childResource, child, recordedFirst);
  }

  /** Lets go what was made for an object that is gone, or on its way out: nothing will be made for it again. */
  async #letGo(request: Request, context: ReconcileContext): Promise<Result> {
    const { resource, childResource, recordedFirst } = this.#options.work;
    const child = context.cache.get(childResource, request);
    if (child === undefined || recordedFirst === undefined) return done();
    if (!hasFinalizer(child, recordedFirst)) return done();
    try {
      const { metadata } = await context.client.get(resource, request);
      // The cache of the owners is behind, and will tell of it.
      if (metadata.deletionTimestamp === undefined) return done();
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return (await this.#release(child, context)) ? done() : requeue();
  }

  async #failed(owner: Cached<Owner>, error: unknown, context: ReconcileContext): Promise<Result> {
    const { work, metrics } = this.#options;
    const decision = this.#budget.failed(owner);
    if (decision === 'retry') {
      await this.#tryToReport(owner, failureFinding(error), context);
      throw error;
    }
    if (decision === 'give up') {
      context.logger.error('given up', { error, retries: maxRetries });
      metrics.gaveUp(work.resource.kind);
    }
    const finding = givenUpFinding(error, maxRetries, givenUpRetryMs / 1000);
    await this.#tryToReport(owner, finding, context);
    return requeueAfter(givenUpRetryMs);
  }

  /** Whoever cannot do its work may not be able to tell of it either. */
  async #tryToReport(
    owner: Cached<Owner>,
    finding: Finding,
    context: ReconcileContext,
  ): Promise<void> {
    try {
      await this.#report(owner, finding, context);
    } catch (error) {
      if (context.signal.aborted) throw error;
      context.logger.warn('a failure could not be told in the status', { error });
    }
  }

  #now(): Date {
    return new Date(this.#options.manager.clock.now());
  }
}

/** How work went. */
interface Outcome<Child extends KubernetesObject> {
  readonly finding: Finding;
  /** As it was seen last; undefined when there is none. */
  readonly child: Cached<Child> | undefined;
}

/** An object that was just written, as the cache would show it. */
function asRead<T extends KubernetesObject>(object: Stored<T>): Cached<T> {
  // Read-only is a matter of the type alone; TypeScript cannot see that for a type parameter.
  return object as Cached<T>;
}

function refTo({ metadata }: Cached<AnyEcho>): NamespacedName {
  const { namespace, name } = metadata;
  return { namespace, name };
}
