import { exitCodes } from './exit-code.ts';

/** Something the user can put right; its message says what, where, and what to do instead. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** `usage`: the command line itself is wrong. `failed`: what it names is. */
  readonly code: 'usage' | 'failed';

  constructor(
    message: string,
    options: ErrorOptions & { readonly code?: 'usage' | 'failed' } = {},
  ) {
    super(message, options);
    this.code = options.code ?? 'failed';
  }

  /** What the process ends with. */
  get exitCode(): 1 | 2 {
    return this.code === 'usage' ? exitCodes.usage : exitCodes.failed;
  }
}
