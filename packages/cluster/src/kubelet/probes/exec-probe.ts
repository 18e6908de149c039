import type { Readable } from 'node:stream';
import type { ExecAction } from '@kubewright/apimachinery';
import { formatDuration } from '../restart/back-off.ts';
import { RuntimeError, type ProbeOutcome } from '../runtime/contracts.ts';
import type { Clock } from '../clock.ts';
import { failed, passed, type ProbeTarget } from './probe-target.ts';

/** Bytes of a command's output that are kept. */
const maxOutputBytes = 10 * 1024;

/** What a command executed in a container came to. */
export type CommandResult =
  | { readonly kind: 'ended'; readonly exitCode: number; readonly output: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'not-started'; readonly message: string };

/** Runs a command in the container and takes both of its outputs together. */
export async function runCommand(
  command: readonly string[],
  target: ProbeTarget,
  clock: Clock,
  timeoutMs: number | undefined,
  signal?: AbortSignal,
): Promise<CommandResult> {
  const stop = new AbortController();
  const signals = signal === undefined ? [stop.signal] : [stop.signal, signal];
  const timer = new AbortController();
  try {
    const execution = await target.exec({
      command,
      stdin: false,
      tty: false,
      signal: AbortSignal.any(signals),
    });
    const ended = Promise.all([execution.exit, collect([execution.stdout, execution.stderr])]).then(
      ([{ exitCode }, output]): CommandResult => ({ kind: 'ended', exitCode, output }),
    );
    if (timeoutMs === undefined) return await ended;
    const timeout = clock
      .after(timeoutMs, timer.signal)
      .then((): CommandResult => ({ kind: 'timed-out' }));
    timeout.catch(() => undefined);
    const result = await Promise.race([ended, timeout]);
    if (result.kind === 'timed-out') execution.kill();
    return result;
  } catch (error) {
    if (error instanceof RuntimeError) return { kind: 'not-started', message: error.message };
    throw error;
  } finally {
    timer.abort();
    stop.abort();
  }
}

async function collect(streams: readonly Readable[]): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  await Promise.all(
    streams.map(async (stream) => {
      for await (const chunk of stream) {
        // What is beyond the limit is read and dropped, so that the command does not block.
        if (size < maxOutputBytes) parts.push(Buffer.from(chunk as Uint8Array));
        size += (chunk as Uint8Array).length;
      }
    }),
  );
  return Buffer.concat(parts).subarray(0, maxOutputBytes).toString('utf8');
}

/** Passes when a command in the container ends with 0; a command that cannot be started proves nothing. */
export async function execProbe(
  action: ExecAction,
  target: ProbeTarget,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const command = action.command ?? [];
  const result = await runCommand(command, target, clock, timeoutMs, signal);
  switch (result.kind) {
    case 'ended':
      return result.exitCode === 0 ? passed : failed(result.output);
    case 'timed-out':
      return failed(
        `command timed out: ${JSON.stringify(command.join(' '))} timed out after ${formatDuration(timeoutMs)}`,
      );
    case 'not-started':
      return { result: 'unknown', output: `rpc error: code = Unknown desc = ${result.message}` };
    default:
      return result satisfies never;
  }
}
