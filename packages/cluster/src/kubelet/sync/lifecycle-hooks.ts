import type { LifecycleHandler } from '@kubewright/apimachinery';
import type { Clock } from '../clock.ts';
import { runCommand } from '../probes/exec-probe.ts';
import { fetchUrl, urlOf } from '../probes/http-probe.ts';
import type { ProbeTarget } from '../probes/probe-target.ts';

/** A lifecycle hook that did not succeed; the message is what statuses show. */
export class HookError extends Error {
  override readonly name = 'HookError';
  readonly code = 'HOOK_FAILED';
}

/** An HTTP hook gives up after this time, in milliseconds. */
const httpTimeoutMs = 30_000;

/**
 * Runs a postStart or preStop hook to its end.
 *
 * @throws HookError when it fails; whatever the signal was aborted with when it is stopped.
 */
export async function runHook(
  handler: LifecycleHandler,
  target: ProbeTarget,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  if (handler.exec !== undefined) {
    await execHook(handler.exec.command ?? [], target, clock, signal);
  } else if (handler.httpGet !== undefined) {
    const url = await urlOf(handler.httpGet, target);
    const answer = await fetchUrl(url, handler.httpGet, target, httpTimeoutMs, signal);
    signal.throwIfAborted();
    if (answer.kind === 'failed') {
      throw new HookError(
        `${hookName('HTTP', `(${url.pathname})`, target)} failed - error: ${answer.why}`,
      );
    }
  } else if (handler.sleep !== undefined) {
    await clock.after(handler.sleep.seconds * 1000, signal);
  } else if (handler.tcpSocket === undefined) {
    throw new HookError('invalid handler: no handler type is set');
  }
}

async function execHook(
  command: readonly string[],
  target: ProbeTarget,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const result = await runCommand(command, target, clock, undefined, signal);
  signal.throwIfAborted();
  const name = hookName('Exec', `([${command.join(' ')}])`, target);
  if (result.kind === 'not-started') {
    throw new HookError(
      `${name} failed - error: rpc error: code = Unknown desc = ${result.message}, message: ""`,
    );
  }
  if (result.kind === 'ended' && result.exitCode !== 0) {
    throw new HookError(
      `${name} failed - error: command '${command.join(' ')}' exited with ${String(result.exitCode)}: , message: ${JSON.stringify(result.output)}`,
    );
  }
}

function hookName(type: string, what: string, target: ProbeTarget): string {
  const { metadata } = target.pod;
  const pod = `${metadata.name ?? ''}_${metadata.namespace ?? ''}(${metadata.uid ?? ''})`;
  return `${type} lifecycle hook ${what} for Container "${target.container.name}" in Pod "${pod}"`;
}
