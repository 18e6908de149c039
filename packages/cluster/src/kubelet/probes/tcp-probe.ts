import { connect } from 'node:net';
import type { TCPSocketAction } from '@kubewright/apimachinery';
import type { ProbeOutcome } from '../runtime/contracts.ts';
import { failed, passed, portNumber, type ProbeTarget } from './probe-target.ts';

/** Passes when a TCP connection can be opened. */
export async function tcpProbe(
  action: TCPSocketAction,
  target: ProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const port = portNumber(action.port, target.container);
  const host = action.host === undefined || action.host === '' ? target.podIp : action.host;
  const real = host === target.podIp ? await target.resolvePort(port) : undefined;
  const address = `${host}:${String(port)}`;
  return new Promise((resolve) => {
    const socket = connect({ host: real?.host ?? host, port: real?.port ?? port });
    const end = (outcome: ProbeOutcome): void => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(outcome);
    };
    const stop = (): void => end(failed('the probe was stopped'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    socket.setTimeout(timeoutMs, () => end(failed(`dial tcp ${address}: i/o timeout`)));
    socket.once('connect', () => end(passed));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ECONNREFUSED' ? 'connect: connection refused' : error.message;
      end(failed(`dial tcp ${address}: ${why}`));
    });
  });
}
