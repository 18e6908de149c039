/**
 * How the command ends: as asked; something failed; the command line was wrong; something was found (an unhealthy pod, a
 * generated file that is not up to date).
 */
export const exitCodes = { ok: 0, failed: 1, usage: 2, found: 3, interrupted: 130 } as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
