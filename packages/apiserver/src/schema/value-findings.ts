import type { FieldError } from '../field-error.ts';

/**
 * What checking one value found: the broken rules, and how many checks looked at it.
 * Of several alternatives that all fail, the one that was looked at most is reported, so the count must
 * grow exactly where the API server's does.
 */
export class Findings {
  readonly errors: FieldError[] = [];
  looks = 0;

  add(error: FieldError): void {
    this.errors.push(error);
  }

  look(): void {
    this.looks += 1;
  }

  merge(other: Findings): void {
    // One by one: a spread of very many errors would overflow the stack.
    for (const error of other.errors) this.errors.push(error);
    this.looks += other.looks;
  }

  get isValid(): boolean {
    return this.errors.length === 0;
  }
}
