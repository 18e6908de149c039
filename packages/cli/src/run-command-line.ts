import { Command, CommanderError } from 'commander';
import { StatusError } from '@kubewright/apimachinery';
import { CredentialError, KubeConfigError, TransportError } from '@kubewright/client';
import manifest from '../package.json' with { type: 'json' };
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { diagnoseCommand } from './diagnose/diagnose-command.ts';
import { exitCodes, type ExitCode } from './exit-code.ts';

/**
 * Runs one command line.
 *
 * @param argv - Without the program and the script.
 * @returns What the process ends with; errors of the user and of the cluster are told on `stderr`.
 */
export async function runCommandLine(
  argv: readonly string[],
  context: CommandContext,
): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok;
  const setExitCode = (code: ExitCode): void => {
    exitCode = code;
  };
  const program = new Command('kubewright')
    .description('Kubernetes operators in TypeScript.')
    // No -v, which kubectl and helm take for how much they tell.
    .version(manifest.version, '-V, --version', 'show the version')
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    });
  program.addCommand(diagnoseCommand(context, setExitCode).copyInheritedSettings(program));
  // As kubectl and helm have it.
  program
    .command('version')
    .description('Show the version.')
    .action(() => {
      context.stdout.write(`${manifest.version}\n`);
    });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    }
    if (context.signal.aborted) return exitCodes.interrupted;
    context.stderr.write(`error: ${messageOf(error)}\n`);
    return error instanceof CommandError ? error.exitCode : exitCodes.failed;
  }
}

/** The message of what a user or a cluster did wrong; anything else is our own mistake, and shows where. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isExpected =
    error instanceof CommandError ||
    error instanceof StatusError ||
    error instanceof TransportError ||
    error instanceof KubeConfigError ||
    error instanceof CredentialError;
  return isExpected ? error.message : (error.stack ?? error.message);
}
