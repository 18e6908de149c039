import {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isNotFound,
  Lease,
} from '@kubewright/apimachinery';
import type { Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { linkAbort } from '../cancellation/linked-abort.ts';
import type { Clock } from '../clock/clock.ts';
import { SystemClock } from '../clock/system-clock.ts';
import type { Logger } from '../logging/logger.ts';
import { silentLogger } from '../logging/silent-logger.ts';
import { creatorName, newIdentity } from './election-identity.ts';
import { deadlineOf, electionStep, firstStep } from './election-machine.ts';
import type {
  ElectionCommand,
  ElectionInput,
  ElectionState,
  ElectionStep,
} from './election-machine.ts';
import { electionTimes } from './election-settings.ts';
import type { ElectionTimes } from './election-settings.ts';
import { Leadership } from './leadership.ts';
import { holderOf, releasedLease } from './lease-record.ts';
import type { LeaseIdentity } from './lease-record.ts';

/** What the election writes with. */
export type LeaseClient = Pick<Client, 'get' | 'apply' | 'update'>;

/** Which lease, who we are, and the times. */
export interface LeaderElectorOptions extends Partial<ElectionTimes> {
  readonly client: LeaseClient;
  /** Name of the lease: one for each set of replicas. */
  readonly leaseName: string;
  /** Namespace of the lease. */
  readonly leaseNamespace: string;
  /** Must differ for every process that ever runs. Default `<host name>_<uuid>`. */
  readonly identity?: string | undefined;
  /** Give the lease back when the work has ended, so that a standby takes over at once. Default true. */
  readonly releaseOnCancel?: boolean | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
  /** Spreads the tries of the candidates; in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Told when this process begins and ceases to lead. */
  readonly onChange?: ((leads: boolean) => void) | undefined;
}

/** A try that takes longer has failed: half of the renew deadline, so that a second one fits in; as in client-go. */
const attemptShare = 0.5;

/** Tries to give the lease back, when it changes meanwhile. */
const releaseAttempts = 3;

/**
 * Stands for election by Lease.
 *
 * Assumptions: it may `get`, `create`, `patch` and `update` the lease of that name, and needs no other permission.
 *
 * Guarantees: what {@link electionStep} guarantees; a leader's signal aborts no later than `renewDeadlineMs` after its last
 * successful renewal was sent, whatever the API server does, as long as the event loop turns.
 *
 * @example
 * ```ts
 * const elector = new LeaderElector({ client, leaseName: 'echo', leaseNamespace: 'echo-system' });
 * await using leadership = await elector.acquire(signal);
 * await work(leadership.signal);
 * ```
 */
export class LeaderElector {
  /** What the lease calls this process. */
  readonly identity: string;
  readonly #self: LeaseIdentity;
  readonly #times: ElectionTimes;
  readonly #client: LeaseClient;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #logger: Logger;
  readonly #onChange: (leads: boolean) => void;
  readonly #releaseOnCancel: boolean;
  // The holder that was last seen; each new one is logged once.
  #seenHolder: string | undefined;

  /** @throws TypeError when the times contradict each other; see {@link electionTimes}. */
  constructor(options: LeaderElectorOptions) {
    this.#times = electionTimes({
      ...(options.leaseDurationMs === undefined
        ? {}
        : { leaseDurationMs: options.leaseDurationMs }),
      ...(options.renewDeadlineMs === undefined
        ? {}
        : { renewDeadlineMs: options.renewDeadlineMs }),
      ...(options.retryPeriodMs === undefined ? {} : { retryPeriodMs: options.retryPeriodMs }),
    });
    this.identity = options.identity ?? newIdentity();
    this.#self = {
      identity: this.identity,
      leaseName: options.leaseName,
      leaseNamespace: options.leaseNamespace,
    };
    this.#client = options.client;
    this.#clock = options.clock ?? new SystemClock();
    this.#random = options.random ?? Math.random;
    this.#releaseOnCancel = options.releaseOnCancel ?? true;
    this.#onChange = options.onChange ?? (() => undefined);
    this.#logger = (options.logger ?? silentLogger).with({
      lease: this.#leaseKey,
      identity: this.identity,
    });
  }

  get #leaseKey(): string {
    return `${this.#self.leaseNamespace}/${this.#self.leaseName}`;
  }

  /**
   * Waits until this process leads. Renewals then go on in the background until the leadership is released or lost.
   *
   * @throws the reason of the signal when it aborts first. A lease that a write without answer may have given us is then given back.
   */
  async acquire(signal: AbortSignal): Promise<Leadership> {
    let step = firstStep;
    // A write was sent and nothing is known of it: the lease may be ours.
    let mayHold = false;
    try {
      while (step.state.role !== 'leader') {
        signal.throwIfAborted();
        const { type } = step.command;
        if (type === 'create' || type === 'update') mayHold = true;
        const input = await this.#perform(step.command, step.state, signal);
        if (input.type === 'read' || input.type === 'refused') mayHold = false;
        step = this.#step(step.state, input);
      }
    } catch (error) {
      if (mayHold) await this.#release();
      throw error;
    }
    return this.#lead(step);
  }

  #lead(first: ElectionStep): Leadership {
    this.#logger.info('became leader');
    this.#onChange(true);
    return Leadership.begin({
      leaseName: this.#leaseKey,
      first,
      perform: (command, state, signal) => this.#perform(command, state, signal),
      step: (state, input) => this.#step(state, input),
      isHeld: (state) => this.#clock.monotonicMs() < deadlineOf(state, this.#times),
      ended: (error) => {
        this.#onChange(false);
        if (error === undefined) this.#logger.info('stopped leading');
        else this.#logger.error('lost the leadership', { error });
      },
      release: async () => {
        if (this.#releaseOnCancel) await this.#release();
      },
    });
  }

  #step(state: ElectionState, input: ElectionInput): ElectionStep {
    if (input.type === 'read' && input.lease !== undefined) this.#noteHolder(input.lease);
    return electionStep(state, input, {
      ...this.#self,
      times: this.#times,
      nowMs: this.#clock.monotonicMs(),
      date: new Date(this.#clock.now()),
      random: this.#random(),
    });
  }

  #noteHolder(lease: Stored<Lease>): void {
    const holder = holderOf(lease);
    if (holder === this.#seenHolder) return;
    this.#seenHolder = holder;
    if (holder !== undefined && holder !== this.identity) {
      this.#logger.info('another process leads', { holder });
    }
  }

  /** Does what a step asks for. Rejects only with the reason of the signal. */
  async #perform(
    command: ElectionCommand,
    state: ElectionState,
    signal: AbortSignal,
  ): Promise<ElectionInput> {
    switch (command.type) {
      case 'wait':
        await this.#clock.after(command.delayMs, signal);
        return { type: 'due' };
      case 'read':
        return this.#attempt('get', state, signal, async (attempt) => ({
          type: 'read',
          lease: await this.#read(attempt),
        }));
      case 'create':
        return this.#attempt('create', state, signal, async (attempt, sentAtMs) => ({
          type: 'written',
          sentAtMs,
          lease: await this.#create(command.lease, attempt),
        }));
      case 'update':
        return this.#attempt('update', state, signal, async (attempt, sentAtMs) => ({
          type: 'written',
          sentAtMs,
          lease: await this.#client.update(Lease, command.lease, { signal: attempt }),
        }));
      case 'stop':
        throw new TypeError('an election that is over has nothing left to do');
      default:
        return command satisfies never;
    }
  }

  /**
   * By an apply, because the permission for a POST cannot be restricted to a name. Each candidate is a manager of its own and
   * forces nothing: where somebody else has made the lease meanwhile, its holder is a conflict.
   */
  async #create(lease: Lease, signal: AbortSignal): Promise<Stored<Lease>> {
    const { leaseName: name, leaseNamespace: namespace } = this.#self;
    const fieldManager = creatorName(this.identity);
    return this.#client.apply(
      Lease,
      { ...lease, metadata: { name, namespace } },
      { fieldManager, signal },
    );
  }

  async #read(signal: AbortSignal): Promise<Stored<Lease> | undefined> {
    const { leaseName: name, leaseNamespace: namespace } = this.#self;
    try {
      return await this.#client.get(Lease, { name, namespace }, { signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** One request, cut off in time. Rejects only with the reason of the outer signal. */
  async #attempt(
    verb: 'get' | 'create' | 'update',
    state: ElectionState,
    signal: AbortSignal,
    request: (signal: AbortSignal, sentAtMs: number) => Promise<ElectionInput>,
  ): Promise<ElectionInput> {
    const sentAtMs = this.#clock.monotonicMs();
    const limitMs = this.#times.renewDeadlineMs * attemptShare;
    const leftMs =
      state.role === 'leader'
        ? deadlineOf(state, this.#times) - sentAtMs
        : Number.POSITIVE_INFINITY;
    using attempt = linkAbort(signal);
    using _timer = this.#clock.schedule(Math.min(limitMs, leftMs), () => {
      attempt.abort(new Error('the API server did not answer in time'));
    });
    try {
      return await abandonOnAbort(request(attempt.signal, sentAtMs), attempt.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isRefusal(verb, error)) {
        this.#logger.debug('the lease changed under a write', { verb, error });
        return { type: 'refused' };
      }
      this.#logger.warn(
        isForbidden(error)
          ? 'permission for the lease is missing'
          : 'a request for the lease failed',
        {
          verb,
          resource: 'leases.coordination.k8s.io',
          namespace: this.#self.leaseNamespace,
          error,
        },
      );
      return { type: 'failed' };
    }
  }

  /** Clears the holder if it is us. Never rejects: what is not given back expires. */
  async #release(): Promise<void> {
    const deadline = new AbortController();
    using _timer = this.#clock.schedule(this.#times.renewDeadlineMs * attemptShare, () => {
      deadline.abort(new Error('the API server did not answer in time'));
    });
    try {
      for (let attempt = 1; ; attempt += 1) {
        if (await this.#tryRelease(deadline.signal, attempt === releaseAttempts)) return;
      }
    } catch (error) {
      this.#logger.warn('could not release the lease; it expires by itself', { error });
    }
  }

  /** Whether the lease is not ours any more. */
  async #tryRelease(signal: AbortSignal, isLast: boolean): Promise<boolean> {
    const lease = await abandonOnAbort(this.#read(signal), signal);
    if (lease === undefined || holderOf(lease) !== this.identity) return true;
    const free = releasedLease(lease, new Date(this.#clock.now()));
    try {
      await abandonOnAbort(this.#client.update(Lease, free, { signal }), signal);
    } catch (error) {
      // A renewal of ours that was abandoned may still have arrived in between.
      if (isRefusal('update', error) && !isLast) return false;
      throw error;
    }
    this.#logger.info('released the lease');
    return true;
  }
}

function isRefusal(verb: 'get' | 'create' | 'update', error: unknown): boolean {
  switch (verb) {
    case 'get':
      return false;
    case 'create':
      // Not found means that the namespace is missing: nobody else took anything.
      return isAlreadyExists(error) || isConflict(error);
    case 'update':
      return isConflict(error) || isNotFound(error);
    default:
      return verb satisfies never;
  }
}

/**
 * The result of a request, or the reason of the signal, whichever comes first: a transport that does not heed its
 * signal must not keep a leader from learning that its time is over.
 */
async function abandonOnAbort<T>(request: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    reject(signal.reason as Error); // an Error of ours, or of the caller who aborted
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([request, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
