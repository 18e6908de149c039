import { randomUUID } from 'node:crypto';
import { groupResourceOf, keyOfName } from '@kubewright/apimachinery';
import type { KubernetesObject, Resource } from '@kubewright/apimachinery';
import { bindClient } from '../cache/bound-client.ts';
import { NoopWrites } from '../cache/noop-writes.ts';
import { aborted } from '../cancellation/aborted.ts';
import { linkAbort } from '../cancellation/linked-abort.ts';
import type { Logger } from '../logging/logger.ts';
import type { Runnable } from '../manager/runnable.ts';
import type { ControllerInstruments } from '../metrics/instruments.ts';
import type { RateLimiter } from '../queue/rate-limiter.ts';
import { WorkQueue } from '../queue/work-queue.ts';
import type { ControllerHost, Reconcile, ReconcileContext } from './controller-options.ts';
import { ReconcileTimeoutError, StuckReconcileError } from './reconcile-error.ts';
import { keyOfRequest, requestFor, requestOfKey, type Request } from './request.ts';
import { TerminalError, type Result } from './result.ts';
import type { BoundSource, RequestSink, Source, SourceOptions } from './source.ts';

/** Options of a controller, with defaults filled and sources made. */
export interface ControllerSettings {
  readonly name: string;
  readonly concurrency: number;
  readonly reconcile: Reconcile;
  readonly abandonAfterMs: number;
  readonly needsLeaderElection: boolean;
  readonly reconcileTimeoutMs: number | undefined;
  readonly rateLimiter: RateLimiter<string> | undefined;
  readonly resyncMs: number | undefined;
  readonly primary: SourceOptions<KubernetesObject>;
  /** The primary source first. */
  readonly sources: readonly Source[];
}

/**
 * Calls a reconcile function for objects that may need it.
 *
 * Guarantees:
 * - Work begins when all informers are synced; one object is never in two reconciles at a time.
 * - A throw becomes a retry with backoff, logged with the object and the reason; it never ends the controller.
 * - After the stop no reconcile begins; `start` resolves when the running ones have ended.
 */
export class Controller implements Runnable {
  readonly name: string;
  readonly needsLeaderElection: boolean;
  readonly #host: ControllerHost;
  readonly #settings: ControllerSettings;
  readonly #sources: readonly BoundSource[];
  readonly #logger: Logger;
  #activeWorkers = 0;

  constructor(host: ControllerHost, settings: ControllerSettings) {
    this.name = settings.name;
    this.needsLeaderElection = settings.needsLeaderElection;
    this.#host = host;
    this.#settings = settings;
    this.#sources = settings.sources.map((source) => source.bind(host.cache));
    this.#logger = host.logger.with({ controller: settings.name });
  }

  /** The resources it reads, the first of them its own. */
  get resources(): readonly Resource[] {
    return this.#sources.map(({ resource }) => resource);
  }

  /**
   * Works until told to stop.
   *
   * @throws StuckReconcileError when reconciles do not end although they were aborted.
   */
  async start(stop: AbortSignal, work: AbortSignal): Promise<void> {
    const { cache, clock, instruments } = this.#host;
    const { concurrency, rateLimiter } = this.#settings;
    const metrics = instruments.controller(this.name);
    metrics.maxConcurrent(concurrency);
    const queue = new WorkQueue<string>({
      name: this.name,
      clock,
      instruments,
      ...(rateLimiter === undefined ? {} : { rateLimiter }),
    });
    const run: ControllerRun = { queue, work, metrics, noops: new NoopWrites({ cache }) };
    using ending = linkAbort(stop, work);
    const { signal } = ending;
    using _sources = this.#startSources(queue);
    try {
      await Promise.all(this.#sources.map((source) => source.whenSynced(signal)));
    } catch {
      // Only the signal ends that wait.
      queue.shutDown();
      return;
    }
    this.#logger.info('controller started', { workers: concurrency });
    using _resync = this.#startResync(queue);
    const workers = Promise.all(Array.from({ length: concurrency }, () => this.#work(run)));
    try {
      // Workers end with the queue; one that ends before has failed, and that ends the controller.
      await Promise.race([aborted(signal), workers]);
    } finally {
      queue.shutDown();
    }
    await this.#drain(queue, workers, work);
    this.#logger.info('controller stopped');
  }

  #startSources(queue: WorkQueue<string>): Disposable {
    const sink: RequestSink = {
      request: (request, isInitial) => {
        queue.add(keyOfRequest(request), { priority: isInitial ? 'low' : 'normal' });
      },
      failed: (what, error) => {
        this.#logger.error('source failed', { what, error });
      },
    };
    const handlers = new DisposableStack();
    for (const source of this.#sources) handlers.use(source.start(sink));
    return handlers;
  }

  #startResync(queue: WorkQueue<string>): Disposable {
    const { resyncMs, primary } = this.#settings;
    const { clock, cache } = this.#host;
    if (resyncMs === undefined) return { [Symbol.dispose]: () => undefined };
    const informer = cache.informer(primary.resource, primary);
    const resync = (): void => {
      for (const object of informer.list()) {
        queue.add(keyOfRequest(requestFor(object)), { priority: 'low' });
      }
      timer = clock.schedule(resyncMs, resync);
    };
    let timer = clock.schedule(resyncMs, resync);
    return {
      [Symbol.dispose]: () => {
        timer[Symbol.dispose]();
      },
    };
  }

  /** One worker: one key after the other until the queue is shut down. */
  async #work(run: ControllerRun): Promise<void> {
    const { queue, metrics } = run;
    for (;;) {
      const key = await queue.get();
      if (key === undefined) return;
      metrics.activeWorkers(++this.#activeWorkers);
      try {
        await this.#process(key, run);
      } finally {
        metrics.activeWorkers(--this.#activeWorkers);
        queue.done(key);
      }
    }
  }

  async #process(key: string, run: ControllerRun): Promise<void> {
    const { clock } = this.#host;
    const { queue, metrics } = run;
    const request = requestOfKey(key);
    const logger = this.#logger.with({
      ...(request.namespace === undefined ? {} : { namespace: request.namespace }),
      name: request.name,
      reconcileId: randomUUID(),
    });
    const startedMs = clock.monotonicMs();
    const outcome = await this.#reconcile(request, logger, run);
    const seconds = (clock.monotonicMs() - startedMs) / 1000;
    switch (outcome.type) {
      case 'done':
        queue.forget(key);
        metrics.reconciled('success', seconds);
        break;
      case 'requeue':
        queue.addRateLimited(key);
        metrics.reconciled('requeue', seconds);
        break;
      case 'requeueAfter':
        queue.forget(key);
        queue.addAfter(key, outcome.delayMs);
        metrics.reconciled('requeue_after', seconds);
        break;
      case 'terminal':
        queue.forget(key);
        metrics.failed();
        metrics.failedForGood();
        metrics.reconciled('error', seconds);
        logger.error('reconcile failed for good', { error: outcome.error });
        break;
      case 'failed':
        queue.addRateLimited(key);
        metrics.failed();
        if (outcome.error instanceof ReconcileTimeoutError) metrics.timedOut();
        metrics.reconciled('error', seconds);
        logger.error('reconcile failed, will retry', {
          error: outcome.error,
          failures: queue.failures(key),
        });
        break;
      case 'aborted':
        logger.info('reconcile aborted', { reason: outcome.reason });
        break;
      default:
        outcome satisfies never;
    }
  }

  async #reconcile(
    request: Request,
    logger: Logger,
    { work, metrics, noops }: ControllerRun,
  ): Promise<Outcome> {
    const { client, cache, clock } = this.#host;
    const { reconcile, reconcileTimeoutMs } = this.#settings;
    using attempt = linkAbort(work);
    using _limit = clock.schedule(reconcileTimeoutMs ?? Infinity, () => {
      attempt.abort(new ReconcileTimeoutError(reconcileTimeoutMs ?? Infinity));
    });
    const { signal } = attempt;
    const check = noops.check(({ verb, resource, reference }) => {
      metrics.noopWrite(verb);
      logger.debug('write not sent, it would change nothing', {
        verb,
        resource: groupResourceOf(resource),
        object: keyOfName(reference.namespace, reference.name),
      });
    });
    const context: ReconcileContext = {
      signal,
      logger,
      cache,
      client: bindClient(client, { cache, signal, noops: check }),
    };
    try {
      return checked(await reconcile(request, context));
    } catch (error) {
      if (work.aborted) return { type: 'aborted', reason: work.reason };
      if (error instanceof TerminalError) return { type: 'terminal', error };
      // What a reconcile throws because it was told to end says less than why it was told to.
      return { type: 'failed', error: signal.aborted ? signal.reason : error };
    }
  }

  /** Waits for running reconciles; once they are aborted, not for ever. */
  async #drain(
    queue: WorkQueue<string>,
    workers: Promise<unknown>,
    work: AbortSignal,
  ): Promise<void> {
    const abandoned = Promise.withResolvers<never>();
    let timer: Disposable | undefined;
    const onAbort = (): void => {
      timer = this.#host.clock.schedule(this.#settings.abandonAfterMs, () => {
        abandoned.reject(new StuckReconcileError(this.name, queue.workingKeys()));
      });
    };
    if (work.aborted) onAbort();
    else work.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([workers, abandoned.promise]);
    } finally {
      work.removeEventListener('abort', onAbort);
      timer?.[Symbol.dispose]();
    }
  }
}

/** What the workers of one run share. */
interface ControllerRun {
  readonly queue: WorkQueue<string>;
  /** Aborts what they work on. */
  readonly work: AbortSignal;
  readonly metrics: ControllerInstruments;
  readonly noops: NoopWrites;
}

/** How a reconcile ended. */
type Outcome =
  | Result
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'aborted'; readonly reason: unknown };

/** JavaScript callers, and casts, may return anything; what is no result would otherwise pass for `done`. */
function checked(result: Result): Result {
  const type: unknown = (result as Partial<Result> | undefined)?.type;
  switch (type) {
    case 'done':
    case 'requeue':
    case 'requeueAfter':
    case 'terminal':
      return result;
    default:
      throw new TypeError('reconcile must return done(), requeue(), requeueAfter() or terminal()');
  }
}
