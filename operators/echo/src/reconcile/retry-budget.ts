import { keyOf } from '@kubewright/apimachinery';
import type { Cached } from '@kubewright/runtime';
import type { AnyEcho } from '../work/work.ts';

/** What a failure leads to. */
export type Decision =
  /** Try again after a while. */
  | 'retry'
  /** It was tried often enough: give it up, and say so. */
  | 'give up'
  /** It was given up before, and a later try failed as well. */
  | 'still given up';

interface Failing {
  readonly uid: string;
  readonly generation: number | undefined;
  failures: number;
}

/** Counts the failures of objects. A change of what an object asks for begins a new count. */
export class RetryBudget {
  readonly #maxRetries: number;
  /** By key. Invariant: objects that failed, and neither succeeded nor went since. */
  readonly #failing = new Map<string, Failing>();

  /** @param maxRetries how often work is tried again after it has failed */
  constructor(maxRetries: number) {
    this.#maxRetries = maxRetries;
  }

  /** Whether the last that is known of the object, as it is, is a failure. */
  isFailing(object: Cached<AnyEcho>): boolean {
    return this.#find(object) !== undefined;
  }

  /** Takes note of a failure. */
  failed(object: Cached<AnyEcho>): Decision {
    const { uid, generation } = object.metadata;
    const failing = this.#find(object) ?? { uid, generation, failures: 0 };
    failing.failures += 1;
    this.#failing.set(keyOf(object), failing);
    if (failing.failures <= this.#maxRetries) return 'retry';
    return failing.failures === this.#maxRetries + 1 ? 'give up' : 'still given up';
  }

  /** Takes note that an object succeeded, or is gone. */
  forget(key: string): void {
    this.#failing.delete(key);
  }

  #find(object: Cached<AnyEcho>): Failing | undefined {
    const { uid, generation } = object.metadata;
    const failing = this.#failing.get(keyOf(object));
    return failing?.uid === uid && failing.generation === generation ? failing : undefined;
  }
}
