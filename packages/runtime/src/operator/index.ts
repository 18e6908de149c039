export {
  booleanOption,
  choiceOption,
  integerOption,
  stringOption,
  type OperatorOption,
  type OptionSchema,
  type OptionValues,
} from './option.ts';
export { parseArguments, type OperatorArguments, type ParsedArguments } from './arguments.ts';
export {
  defineProgram,
  type OperatorContext,
  type OperatorProgram,
  type ProgramDefinition,
  type ProgramOptions,
} from './program.ts';
export {
  readProblems,
  reportReadProblems,
  type ReadProblem,
  type ReadProblemReport,
} from './report-read-problems.ts';
export { runOperator, type ExitCode, type OperatorHost } from './run-operator.ts';
export type { StandardOption, StandardOptions, StandardValues } from './standard-options.ts';
export { uninstallSteps, type HeldResource, type UninstallStep } from './uninstall.ts';
