/** Hands out whole numbers of a range, each to one holder at a time. */
export class NumberPool {
  readonly #first: number;
  readonly #last: number;
  readonly #taken = new Set<number>();

  /** @param first the smallest number; @param last the largest one, included */
  constructor(first: number, last: number) {
    this.#first = first;
    this.#last = last;
  }

  /** Takes a particular number; false when somebody has it. */
  take(number: number): boolean {
    if (this.#taken.has(number)) return false;
    this.#taken.add(number);
    return true;
  }

  release(number: number): void {
    this.#taken.delete(number);
  }

  /** Takes any free number, chosen at random so that a released one is not reused at once; undefined when all are taken. */
  takeAny(): number | undefined {
    const count = this.#last - this.#first + 1;
    const start = Math.floor(Math.random() * count);
    for (let step = 0; step < count; step += 1) {
      const number = this.#first + ((start + step) % count);
      if (this.take(number)) return number;
    }
    return undefined;
  }
}
