import { Command, InvalidArgumentError } from 'commander';

/** What the command line asks for. */
export interface WalkThroughOptions {
  /** End with the verdict instead of staying up. */
  readonly isOnce: boolean;
  /** Start the cluster only, without the demonstration. */
  readonly isEmpty: boolean;
  /** Port of the API server; 0 takes any that is free. */
  readonly port: number;
  /** Plain lines even in a terminal. */
  readonly isPlain: boolean;
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('It is a number from 0 to 65535.');
  return port;
}

/**
 * Reads the command line.
 *
 * @throws CommanderError for a wrong flag, and for `--help` after the help was written.
 */
export function readOptions(args: readonly string[]): WalkThroughOptions {
  const command = new Command('npm start --')
    .description('Starts the embedded cluster, lets an app crash in it, and shows the diagnosis.')
    .option('--once', 'end by itself; exit code 0 if and only if the diagnosis was right', false)
    .option('--empty', 'start the cluster only and stay up', false)
    .option('--port <port>', 'port of the API server on 127.0.0.1 (0: any free one)', portOf, 0)
    .option('--plain', 'plain lines instead of a live view', false)
    .allowExcessArguments(false)
    .exitOverride()
    .parse([...args], { from: 'user' });
  const { once, empty, port, plain } = command.opts<{
    once: boolean;
    empty: boolean;
    port: number;
    plain: boolean;
  }>();
  if (once && empty)
    command.error(
      'error: --once and --empty contradict each other: an empty cluster has nothing to judge',
    );
  return { isOnce: once, isEmpty: empty, port, isPlain: plain };
}
