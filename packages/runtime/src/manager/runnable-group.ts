import { linkAbort } from '../cancellation/linked-abort.ts';
import type { Logger } from '../logging/logger.ts';
import { RunnableError } from './runnable-error.ts';
import type { Runnable } from './runnable.ts';

/** What a group tells, and what its members may be cut by. */
export interface RunnableGroupOptions {
  /** Cuts work in flight; see {@link Runnable.start}. */
  readonly work: AbortSignal;
  readonly logger: Logger;
  /** Called for each member that fails. */
  readonly onFailure: (error: RunnableError) => void;
}

/** Runnables that are started and stopped together. */
export class RunnableGroup {
  readonly #options: RunnableGroupOptions;
  readonly #stop = linkAbort();
  // Those that have not ended, with the promise of their end, which never rejects.
  readonly #running = new Map<Runnable, Promise<void>>();

  constructor(options: RunnableGroupOptions) {
    this.#options = options;
  }

  /** Names of those that run. */
  get running(): readonly string[] {
    return [...this.#running.keys()].map(({ name }) => name);
  }

  /** Starts one; does nothing when the group was told to stop. */
  start(runnable: Runnable): void {
    if (this.#stop.signal.aborted) return;
    this.#running.set(runnable, this.#run(runnable));
  }

  /** Tells all to stop; does not wait. */
  requestStop(reason: Error): void {
    this.#stop.abort(reason);
  }

  /** Resolves when none runs any more. */
  async ended(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #run(runnable: Runnable): Promise<void> {
    const { work, logger, onFailure } = this.#options;
    const { name } = runnable;
    const stop = this.#stop.signal;
    // So that the entry is in #running before it can be taken out, whatever `start` does.
    await Promise.resolve();
    try {
      logger.debug('runnable started', { runnable: name });
      await runnable.start(stop, work);
      logger.debug('runnable ended', { runnable: name });
    } catch (error) {
      // One that was told to stop may say so by passing on the reason of its signal.
      const wasTold = stop.aborted && (error === stop.reason || error === work.reason);
      if (!wasTold) onFailure(new RunnableError(name, error));
    } finally {
      this.#running.delete(runnable);
    }
  }
}
