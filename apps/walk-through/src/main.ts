#!/usr/bin/env node
import { EmbeddedCluster } from '@kubewright/cluster';
import { CommanderError } from 'commander';
import { repositoryImages } from './images.ts';
import { readOptions, type WalkThroughOptions } from './options.ts';
import { LiveView } from './progress/live-view.ts';
import { PlainLines } from './progress/plain-lines.ts';
import type { Progress } from './progress/progress.ts';
import { walkThrough } from './walk-through.ts';

/** Exit codes: the diagnosis was right, it was not or something failed, wrong usage, ended by Ctrl-C. */
const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

async function main(): Promise<number> {
  let options: WalkThroughOptions;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    throw error;
  }
  // A dumb terminal cannot draw over what is there.
  const hasLiveView = process.stdout.isTTY && process.env['TERM'] !== 'dumb' && !options.isPlain;
  const progress: Progress = hasLiveView
    ? new LiveView(process.stdout)
    : new PlainLines((line) => process.stdout.write(`${line}\n`));
  const interrupt = new AbortController();
  const onSignal = (): void => {
    if (interrupt.signal.aborted) {
      progress.close();
      process.stderr.write(
        'Ended at once: containers end with this process, its temporary folder goes at the next start.\n',
      );
      process.exit(exitCodes.interrupted);
    }
    interrupt.abort(new Error('interrupted'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  try {
    return await run(options, progress, interrupt.signal);
  } catch (error) {
    progress.end('failed');
    progress.close();
    // Whatever fails then fails because of it; not all that waits rejects with the reason of its signal.
    if (interrupt.signal.aborted) {
      process.stderr.write('Stopped; nothing is left behind.\n');
      return exitCodes.interrupted;
    }
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodes.failed;
  } finally {
    progress.close();
  }
}

async function run(
  options: WalkThroughOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<number> {
  progress.begin('Starting the embedded cluster');
  await using cluster = await EmbeddedCluster.start({
    images: repositoryImages(),
    port: options.port,
    signal,
  });
  progress.detail(cluster.url);
  // A part of the cluster that fails ends the waiting at once.
  const broken = cluster.ended.then(() => Promise.withResolvers<never>().promise);
  const missing = options.isEmpty
    ? []
    : await Promise.race([walkThrough(cluster, progress, signal), broken]);
  progress.end(missing.length === 0 ? 'done' : 'failed');
  for (const problem of missing) process.stderr.write(`wrong: ${problem}\n`);
  if (options.isOnce) return missing.length === 0 ? exitCodes.ok : exitCodes.failed;
  progress.begin('Ready for your own kubectl');
  progress.show([`export KUBECONFIG=${cluster.kubeconfigPath}`]);
  progress.begin('The cluster stays up until Ctrl-C');
  await Promise.race([untilAborted(signal), broken]);
  progress.begin('Stopping');
  await cluster.stop();
  progress.end('done');
  return missing.length === 0 ? exitCodes.ok : exitCodes.failed;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

process.exitCode = await main();
