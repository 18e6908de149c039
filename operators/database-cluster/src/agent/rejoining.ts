import type { Clock } from '@kubewright/runtime';
import type { LocalState } from './local-state.ts';

/** A standby that does not stream for so long although the primary answers is brought in line with it, in milliseconds. */
const patienceMs = 30_000;
/** Steps of the entry program without which there is no rewind. */
const rewindSteps: ReadonlySet<string> = new Set(['recover', 'rewind']);

/**
 * Decides when the data of a standby must be brought in line with the primary's: first by pg_rewind, then by a new clone.
 *
 * Caveats: a clone begins by removing the data that is here. It is asked for only when the primary was seen to answer, and
 * never on a pod that may have to take over.
 */
export class Rejoining {
  readonly #clock: Clock;
  #attempt = '0';
  #count = 0;
  #sinceMs: number | undefined;
  #failedRewinds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The attempt that was decided on last. */
  get attempt(): string {
    return this.#attempt;
  }

  /** The attempt to ask for after a look at the own state. */
  async next(
    local: LocalState,
    isEntitled: boolean,
    primaryAnswers: () => Promise<boolean>,
  ): Promise<string> {
    const now = this.#clock.monotonicMs();
    if (local.server?.type === 'standby' && local.server.isStreaming) {
      this.#sinceMs = undefined;
      this.#failedRewinds = 0;
      return this.#attempt;
    }
    // A clone is under way or yet to begin.
    if (isEntitled || local.data === 'absent') {
      this.#sinceMs = undefined;
      return this.#attempt;
    }
    this.#sinceMs ??= now;
    this.#failedRewinds = rewindSteps.has(local.failedStep) ? this.#failedRewinds + 1 : 0;
    const cannotRewind = this.#failedRewinds >= 3;
    if (!cannotRewind && now - this.#sinceMs < patienceMs) return this.#attempt;
    if (!(await primaryAnswers())) return this.#attempt;
    this.#count += 1;
    // In turns: what a rewind did not mend, a clone does.
    this.#attempt =
      cannotRewind || this.#count % 2 === 0 ? `clone-${String(this.#count)}` : String(this.#count);
    this.#sinceMs = now;
    this.#failedRewinds = 0;
    return this.#attempt;
  }
}
