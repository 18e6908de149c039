/** Most loop rounds that all rules of one write may take together. */
const DEFAULT_ROUNDS = 1_000_000;

/**
 * Bounds what evaluating rules may cost: every round of every loop spends one unit. One instance belongs to one compiled
 * environment and is refilled before each write; evaluation is synchronous, so no two share it at a time.
 */
export class EvaluationBudget {
  #left = DEFAULT_ROUNDS;

  /** Starts over for a new write. */
  refill(rounds: number = DEFAULT_ROUNDS): void {
    this.#left = rounds;
  }

  /** @throws Error when nothing is left */
  spend(): void {
    if (this.#left <= 0) {
      throw new Error('operation cancelled: actual cost limit exceeded');
    }
    this.#left -= 1;
  }

  get left(): number {
    return this.#left;
  }

  /** Whether everything is spent. */
  get isExhausted(): boolean {
    return this.#left <= 0;
  }
}
