import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';

/**
 * The two rounds of mutating admission for one request. When a webhook has changed the object, all mutating steps run once
 * more, and of the webhooks those that asked for it and were called before the change.
 */
export class Reinvocation {
  /** This is the second round. */
  isAgain = false;
  /** A webhook has changed the object: there is to be a second round. */
  isRequested = false;
  /** Webhooks that have been called, and want to be called again after a change. */
  readonly #called = new Set<string>();
  /** Those of them that a change came after. */
  readonly #due = new Set<string>();
  /** What the webhooks had left when they were done. */
  #left: JsonObject | undefined;

  /** The webhooks begin. */
  begin(object: JsonObject | undefined): void {
    // Other steps have changed it since.
    if (this.isAgain && !deepEqual(this.#left, object)) this.#callAgain();
  }

  /** Whether a webhook is called in this round. */
  isDue(id: string): boolean {
    return !this.isAgain || this.#due.has(id);
  }

  /** A webhook was called. */
  called(
    id: string,
    facts: { readonly hasChanged: boolean; readonly isReinvocable: boolean },
  ): void {
    if (facts.hasChanged) {
      this.#callAgain();
      this.isRequested = true;
    }
    if (facts.isReinvocable) this.#called.add(id);
  }

  /** The webhooks are done. */
  end(object: JsonObject | undefined): void {
    this.#left = structuredClone(object);
  }

  #callAgain(): void {
    for (const id of this.#called) this.#due.add(id);
    this.#called.clear();
  }
}
