import type { DatabaseSession } from './database-session.ts';

/** A checkpoint of the server, run beside the rounds of the agent: it may take minutes, and the lease must be renewed meanwhile. */
export class Checkpoint {
  readonly #open: () => Promise<DatabaseSession>;
  readonly #onFailure: (error: unknown) => void;
  #state: 'none' | 'running' | 'done' = 'none';
  /** Tells a run from an earlier one, whose end means nothing any more. */
  #run = 0;

  constructor(open: () => Promise<DatabaseSession>, onFailure: (error: unknown) => void) {
    this.#open = open;
    this.#onFailure = onFailure;
  }

  /** Whether one that began after the last reset has ended well. */
  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** Begins one, unless one runs or has ended well. */
  request(): void {
    if (this.#state !== 'none') return;
    this.#state = 'running';
    const run = (this.#run += 1);
    const settle = (state: 'none' | 'done'): void => {
      if (this.#run === run) this.#state = state;
    };
    void this.#perform().then(
      () => {
        settle('done');
      },
      (error: unknown) => {
        settle('none');
        this.#onFailure(error);
      },
    );
  }

  /** What has been done counts no more; `isDone: true`: it counts although it was done before this agent began. */
  reset(options: { readonly isDone: boolean } = { isDone: false }): void {
    this.#run += 1;
    this.#state = options.isDone ? 'done' : 'none';
  }

  async #perform(): Promise<void> {
    const session = await this.#open();
    try {
      await session.rows('CHECKPOINT');
    } finally {
      await session.close();
    }
  }
}
