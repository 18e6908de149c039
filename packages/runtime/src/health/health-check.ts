/**
 * Says whether one thing is well: returns when it is, throws (an Error whose message a person can act on) when it is not.
 * The signal ends with the time allowed, or when the asker went away.
 */
export type HealthCheck = (signal: AbortSignal) => void | Promise<void>;

/** What one check said. */
export type CheckOutcome =
  | { readonly name: string; readonly ok: true }
  | { readonly name: string; readonly ok: false; readonly message: string };

/** Longest time for one check, in milliseconds; a check that takes longer has failed. */
const defaultTimeoutMs = 5_000;

/** A named list of checks that are asked together. */
export class HealthChecks {
  // Insertion order is the order of the report.
  readonly #checks = new Map<string, HealthCheck>();
  readonly #timeoutMs: number;

  /** @param options.timeoutMs - Longest time for one check, in milliseconds. Default 5000. */
  constructor(options: { readonly timeoutMs?: number } = {}) {
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  }

  /**
   * Adds a check.
   *
   * @param name - A word for URLs: letters, digits, `-`, `_`, `.`.
   * @throws TypeError when the name is taken or is no such word.
   */
  add(name: string, check: HealthCheck): void {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
      throw new TypeError(`"${name}" cannot name a check: use letters, digits, ".", "_" and "-"`);
    }
    if (this.#checks.has(name)) throw new TypeError(`a check named "${name}" was added before`);
    this.#checks.set(name, check);
  }

  /** Names in the order they were added. */
  get names(): readonly string[] {
    return [...this.#checks.keys()];
  }

  /** Asks all checks at once, or those named; never rejects. */
  async run(names: readonly string[], signal: AbortSignal): Promise<readonly CheckOutcome[]> {
    return Promise.all(names.map((name) => this.#runOne(name, signal)));
  }

  async #runOne(name: string, signal: AbortSignal): Promise<CheckOutcome> {
    const check = this.#checks.get(name);
    if (check === undefined) return { name, ok: false, message: 'there is no such check' };
    const controller = new AbortController();
    const abort = (): void => {
      controller.abort(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    const timer = setTimeout(() => {
      controller.abort(new Error(`no answer within ${String(this.#timeoutMs)} ms`));
    }, this.#timeoutMs);
    try {
      signal.throwIfAborted();
      // The race holds also for a check that does not look at its signal.
      await Promise.race([ask(check, controller.signal), rejectionOf(controller.signal)]);
      return { name, ok: true };
    } catch (error) {
      return { name, ok: false, message: error instanceof Error ? error.message : String(error) };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }
}

// Makes a rejection of what a synchronous check throws.
async function ask(check: HealthCheck, signal: AbortSignal): Promise<void> {
  await check(signal);
}

async function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise<never>((_resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        // Safe for callers: only Errors are given to abort() in this file, or the reason of a signal that is passed on.
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}
