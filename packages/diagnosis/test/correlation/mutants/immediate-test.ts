/** Stands for `node:test` in the tests of a mutant: runs each test at once and remembers whether one failed. */
let failures = 0;

/** Runs what is described. */
export function describe(_name: string, body: () => void): void {
  body();
}

/** Runs a test; tests of incidents are synchronous. */
export function it(_name: string, body: () => void): void {
  try {
    body();
  } catch {
    failures += 1;
  }
}

/** Number of tests that have failed in this instance of the module. */
export function failureCount(): number {
  return failures;
}
