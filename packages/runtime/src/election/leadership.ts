import type { Lease, Stored } from '@kubewright/apimachinery';
import { LeaseLostError } from './lease-lost-error.ts';
import type {
  ElectionCommand,
  ElectionInput,
  ElectionState,
  ElectionStep,
} from './election-machine.ts';

type LeaderState = Extract<ElectionState, { role: 'leader' }>;

/** What the elector lends a leadership. */
export interface LeadershipOptions {
  /** `namespace/name`, for messages. */
  readonly leaseName: string;
  readonly first: ElectionStep;
  readonly perform: (
    command: ElectionCommand,
    state: ElectionState,
    signal: AbortSignal,
  ) => Promise<ElectionInput>;
  readonly step: (state: ElectionState, input: ElectionInput) => ElectionStep;
  /** Whether the time of the last renewal is not over. */
  readonly isHeld: (state: LeaderState) => boolean;
  /** Called once at the end: with the error when it was lost, without when it was given up. */
  readonly ended: (error: LeaseLostError | undefined) => void;
  /** Gives the lease back; never rejects. */
  readonly release: () => Promise<void>;
}

/**
 * The time during which this process leads. Renewals run in the background.
 *
 * Guarantees: {@link Leadership.signal} aborts with a {@link LeaseLostError} as soon as it is lost; after
 * {@link Leadership.release} nothing runs any more.
 */
export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #lost = new AbortController();
  readonly #stop = new AbortController();
  #step: ElectionStep;
  // Ends when the renewals have ended, for whatever reason; never rejects.
  #renewals: Promise<void> = Promise.resolve();
  // The one way it was given up.
  #end: Promise<void> | undefined;

  private constructor(options: LeadershipOptions) {
    this.#options = options;
    this.#step = options.first;
  }

  /** Starts the renewals of a lease that was just acquired. They belong to the caller, and end with `release`. */
  static begin(options: LeadershipOptions): Leadership {
    const leadership = new Leadership(options);
    leadership.#renewals = leadership.#renew();
    return leadership;
  }

  /** Aborts with a {@link LeaseLostError} when the lease is lost; not when it is released. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** The lease as last written or read; undefined while it is being made again. */
  get lease(): Stored<Lease> | undefined {
    const { state } = this.#step;
    return state.role === 'leader' ? state.lease : undefined;
  }

  /** Whether this process leads right now; looks at the clock, so it is right also when the event loop was held up. */
  get isLeader(): boolean {
    const { state } = this.#step;
    return state.role === 'leader' && !this.#stop.signal.aborted && this.#options.isHeld(state);
  }

  /**
   * Stops renewing and gives the lease back, so that a standby takes over at once. To be called when all work that needs the leadership has ended.
   * Never rejects; may be repeated; does nothing to a lease that was lost.
   */
  release(): Promise<void> {
    this.#end ??= this.#giveUp(true);
    return this.#end;
  }

  /**
   * Stops renewing but leaves the lease to expire: for when work that needs the leadership may still be running, so that
   * nobody may take over at once. Never rejects; the first of `release` and `abandon` counts.
   */
  abandon(): Promise<void> {
    this.#end ??= this.#giveUp(false);
    return this.#end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  async #giveUp(mayRelease: boolean): Promise<void> {
    this.#stop.abort(new Error('the leadership was given up'));
    await this.#renewals;
    if (this.#lost.signal.aborted) return;
    if (mayRelease) await this.#options.release();
    this.#options.ended(undefined);
  }

  async #renew(): Promise<void> {
    const { perform, step, leaseName, ended } = this.#options;
    try {
      while (this.#step.state.role === 'leader') {
        const { state, command } = this.#step;
        this.#step = step(state, await perform(command, state, this.#stop.signal));
      }
    } catch {
      // perform rejects only when #stop is aborted: the leadership is being given up.
      return;
    }
    if (this.#step.state.role !== 'lost') return;
    const error = new LeaseLostError(leaseName, this.#step.state.cause);
    ended(error);
    this.#lost.abort(error);
  }
}
