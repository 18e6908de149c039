export type { CommandContext, OutputStream } from './command-context.ts';
export { CommandError } from './command-error.ts';
export {
  diagnoseCluster,
  type DiagnoseClusterOptions,
  type Diagnosis,
} from './diagnose/diagnose-cluster.ts';
export type { Unreadable } from './diagnose/read-cluster.ts';
export type { SubjectArgument } from './diagnose/subject-argument.ts';
export { exitCodes, type ExitCode } from './exit-code.ts';
export { runCommandLine } from './run-command-line.ts';
