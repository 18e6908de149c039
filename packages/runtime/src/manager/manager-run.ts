import { asError } from '@kubewright/apimachinery';
import type { Cache } from '../cache/cache.ts';
import { aborted } from '../cancellation/aborted.ts';
import { linkAbort } from '../cancellation/linked-abort.ts';
import type { Clock } from '../clock/clock.ts';
import type { LeaderElector } from '../election/leader-elector.ts';
import type { Leadership } from '../election/leadership.ts';
import type { Logger } from '../logging/logger.ts';
import type { ServingEndpoint } from '../serving/serving-endpoint.ts';
import type { Webhooks } from '../webhook/webhooks.ts';
import { RunnableGroup } from './runnable-group.ts';
import type { Runnable } from './runnable.ts';
import { ShutdownError, WorkAbortedError } from './shutdown-error.ts';

/** How long work may take to end once it was aborted, in milliseconds. */
const abortGraceMs = 5_000;

/** What one run of a manager is made of. */
export interface ManagerRunParts {
  readonly endpoints: readonly ServingEndpoint[];
  readonly webhooks: Pick<Webhooks, 'isServing' | 'start' | 'keepCertificate' | 'stop'>;
  readonly events: Runnable;
  readonly cache: Pick<Cache, 'start' | 'waitForSync'>;
  readonly runnables: readonly Runnable[];
  readonly elector: LeaderElector | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly gracefulShutdownMs: number;
  /** Told when servers listen, caches are in sync and what needs no leadership runs. */
  readonly onStarted: () => void;
  /** Told when this process leads (at once when there is no election) and what needs leadership runs. */
  readonly onLeading: (leadership: Leadership | undefined) => void;
  /** Told when the way down begins. */
  readonly onStopping: () => void;
}

/**
 * One life of a manager: up in order (servers, webhooks, Events, caches, what needs no leadership, election, controllers), down
 * in reverse, the lease given back when all work has ended.
 */
export class ManagerRun {
  readonly #parts: ManagerRunParts;
  readonly #logger: Logger;
  readonly #stop = linkAbort();
  readonly #force = linkAbort();
  // Cut what they do: that of the leader apart, because a lost lease cuts it at once.
  readonly #work = linkAbort();
  readonly #leaderWork = linkAbort();
  readonly #events: RunnableGroup;
  readonly #caches: RunnableGroup;
  readonly #others: RunnableGroup;
  readonly #leaders: RunnableGroup;
  #leadership: Leadership | undefined;
  // The first failure, which the run rejects with.
  #failure: Error | undefined;

  constructor(parts: ManagerRunParts) {
    this.#parts = parts;
    this.#logger = parts.logger;
    const group = (work: AbortSignal): RunnableGroup =>
      new RunnableGroup({
        work,
        logger: parts.logger,
        onFailure: (error) => {
          this.#fail(error);
        },
      });
    this.#events = group(this.#work.signal);
    this.#caches = group(this.#work.signal);
    this.#others = group(this.#work.signal);
    this.#leaders = group(this.#leaderWork.signal);
  }

  /** Begins the way down; does not wait. The first reason counts. */
  stop(reason: unknown): void {
    if (!this.#stop.signal.aborted) this.#stop.abort(reason);
  }

  /** Ends the patience of the way down: work in flight is aborted now. */
  force(reason: string): void {
    this.#force.abort(new WorkAbortedError(reason));
    this.stop(new WorkAbortedError(reason));
  }

  /** Runs until stopped. Rejects with the first failure, when there was one. */
  async execute(): Promise<void> {
    try {
      await this.#goUp();
      await aborted(this.#stop.signal);
    } catch (error) {
      // After a stop, what the way up throws is only its echo.
      if (!this.#stop.signal.aborted) this.#fail(asError(error));
    }
    await this.#goDown();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #goUp(): Promise<void> {
    const { endpoints, webhooks, events, cache, runnables, elector, onStarted, onLeading } =
      this.#parts;
    const stop = this.#stop.signal;
    stop.throwIfAborted();
    for (const endpoint of endpoints) await endpoint.start();
    // Before the caches: these may be filled in a version that this process converts to.
    await webhooks.start(stop);
    if (webhooks.isServing) {
      this.#others.start({
        name: 'webhook-certificate',
        start: (signal) => webhooks.keepCertificate(signal),
      });
    }
    this.#events.start(events);
    this.#caches.start({ name: 'cache', start: (signal) => cache.start(signal) });
    await cache.waitForSync(stop);
    stop.throwIfAborted();

    const needsLeader = ({ needsLeaderElection = true }: Runnable): boolean => needsLeaderElection;
    for (const runnable of runnables) {
      if (!needsLeader(runnable)) this.#others.start(runnable);
    }
    if (elector !== undefined) {
      onStarted();
      this.#logger.info('waiting to lead');
      this.#leadership = await elector.acquire(stop);
      this.#watchLeadership(this.#leadership);
      stop.throwIfAborted();
    }
    for (const runnable of runnables) {
      if (needsLeader(runnable)) this.#leaders.start(runnable);
    }
    if (elector === undefined) onStarted();
    onLeading(this.#leadership);
  }

  #watchLeadership({ signal }: Leadership): void {
    const onLost = (): void => {
      this.#leaderWork.abort(signal.reason);
      this.#fail(asError(signal.reason));
    };
    if (signal.aborted) onLost();
    else signal.addEventListener('abort', onLost, { once: true });
  }

  async #goDown(): Promise<void> {
    const { clock, gracefulShutdownMs, onStopping, endpoints, webhooks } = this.#parts;
    this.#logger.info('stopping');
    onStopping();
    using patience = linkAbort(this.#force.signal);
    using _timer = clock.schedule(gracefulShutdownMs, () => {
      patience.abort(new WorkAbortedError('the time for a graceful shutdown is over'));
    });
    const stuckLeaders = await this.#stopGroup(
      this.#leaders,
      this.#leaderWork,
      // Whoever lost the lease has no time to end in good order.
      this.#leaderWork.signal.aborted
        ? AbortSignal.abort(this.#leaderWork.signal.reason)
        : patience.signal,
    );
    const stuckOthers = await this.#stopGroup(this.#others, this.#work, patience.signal);
    const stuckEvents = await this.#stopGroup(this.#events, this.#work, this.#force.signal);
    const stuckCaches = await this.#stopGroup(this.#caches, this.#work, patience.signal);
    // Work that needs the leadership may still go on: nobody may take over before the lease has expired.
    if (stuckLeaders.length > 0) await this.#leadership?.abandon();
    else await this.#leadership?.release();
    await webhooks.stop();
    for (const endpoint of [...endpoints].reverse()) await endpoint.stop();

    const stuck = [...stuckLeaders, ...stuckOthers, ...stuckEvents, ...stuckCaches];
    if (stuck.length > 0) this.#fail(new ShutdownError(stuck));
    this.#logger.info('stopped');
  }

  /** Stops a group, aborts its work when patience ends; the names of those that do not end even then. */
  async #stopGroup(
    group: RunnableGroup,
    work: { abort(reason: unknown): void },
    patience: AbortSignal,
  ): Promise<readonly string[]> {
    group.requestStop(new Error('the manager stops'));
    const ended = group.ended();
    if (await endsBefore(ended, patience)) return [];
    this.#logger.warn('aborting work in flight', {
      runnables: group.running,
      reason: asError(patience.reason).message,
    });
    work.abort(patience.reason);
    using limit = linkAbort();
    using _timer = this.#parts.clock.schedule(abortGraceMs, () => {
      limit.abort(new Error('limit'));
    });
    return (await endsBefore(ended, limit.signal)) ? [] : group.running;
  }

  #fail(error: Error): void {
    if (this.#failure === undefined) {
      this.#failure = error;
      this.#logger.error('the manager failed', { error });
    } else {
      this.#logger.error('a further failure while stopping', { error });
    }
    this.stop(error);
  }
}

/** Whether a promise that never rejects settles before the signal aborts. */
async function endsBefore(ended: Promise<void>, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>();
  const onAbort = (): void => {
    resolve(false);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([ended.then(() => true), promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
