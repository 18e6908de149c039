import type { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { NodeBackend, NodeProcess } from '../node-backend.ts';
import type { CommandRequest } from './command-request.ts';
import { exitStatus, failureStatus, type CommandStatus } from './command-status.ts';
import { TerminalSizes } from './terminal-sizes.ts';

/** The client's ends of the streams of a command, whatever protocol they go over. */
export interface CommandChannels {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  readonly resize: Readable | undefined;
}

/** What {@link runCommand} takes. */
export interface CommandRun {
  readonly backend: NodeBackend;
  readonly request: CommandRequest;
  readonly channels: CommandChannels;
  /** See {@link exitStatus}. */
  readonly wording: 'with-command' | 'code-only';
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** Reads to the end and throws away, so that a client is not held up by input that nobody takes. */
async function discard(source: Readable): Promise<void> {
  try {
    source.resume();
    await finished(source, { writable: false });
  } catch {
    // The client has gone: that is an end as well.
  }
}

async function feedInput(stdin: Readable, process: NodeProcess): Promise<void> {
  const target = process.stdin;
  if (target !== undefined) {
    // A process may close its input, or end, before it has read everything.
    target.on('error', () => undefined);
    // What comes after the process has stopped reading must still be taken from the client.
    for await (const piece of stdin.iterator({ destroyOnReturn: false })) {
      if (target.destroyed || target.writableEnded) break;
      if (!target.write(piece)) await drained(target);
    }
    target.end();
  }
  await discard(stdin);
}

function drained(target: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close', 'error', 'finish']) target.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error', 'finish']) target.on(event, done);
    if (target.destroyed) done();
  });
}

async function copyOutput(
  source: Readable | undefined,
  target: Writable | undefined,
): Promise<void> {
  if (target === undefined) {
    if (source !== undefined) await discard(source);
    return;
  }
  if (source === undefined) {
    target.end();
    return;
  }
  await pipeline(source, target);
}

async function followSizes(resize: Readable, process: NodeProcess): Promise<void> {
  const sizes = new TerminalSizes();
  for await (const piece of resize) {
    // Channels carry bytes.
    for (const size of sizes.push(piece as Buffer)) process.resize(size);
  }
}

/**
 * Runs a command, or attaches to a container, and joins its streams to the client's until it has ended and its output
 * is delivered.
 *
 * @returns how it ended; undefined when the client went first
 */
export async function runCommand(run: CommandRun): Promise<CommandStatus | undefined> {
  const { backend, request, channels, signal } = run;
  const { target, command, stdin, stdout, stderr, tty } = request;
  const options = { stdin, stdout, stderr, tty, signal };
  let process: NodeProcess;
  try {
    process =
      request.subresource === 'exec'
        ? await backend.exec(target, { ...options, command })
        : await backend.attach(target, options);
  } catch (error) {
    return signal.aborted ? undefined : failureStatus(error, request, run.wording);
  }
  const kill = () => process.kill();
  if (signal.aborted) kill();
  else signal.addEventListener('abort', kill, { once: true });
  // These last as long as the client likes; the end of the command ends them.
  const inputs = [
    ...(channels.stdin === undefined ? [] : [feedInput(channels.stdin, process)]),
    ...(channels.resize === undefined ? [] : [followSizes(channels.resize, process)]),
  ];
  for (const input of inputs) input.catch(() => undefined);
  try {
    const [{ exitCode }] = await Promise.all([
      process.exit,
      copyOutput(process.stdout, channels.stdout),
      copyOutput(process.stderr, channels.stderr),
    ]);
    return signal.aborted ? undefined : exitStatus(exitCode, request, run.wording);
  } catch (error) {
    // The client cannot take the output any more, or the node lost the process.
    kill();
    return signal.aborted ? undefined : failureStatus(error, request, run.wording);
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
