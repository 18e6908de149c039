export type { CommandContext, OutputStream } from './command-context.ts';
export { CommandError } from './command-error.ts';
export { exitCodes, type ExitCode } from './exit-code.ts';
export { runCommandLine } from './run-command-line.ts';
