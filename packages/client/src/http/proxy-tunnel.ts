import type { Socket } from 'node:net';
import { asError } from '@kubewright/apimachinery';
import { openHttpTunnel } from './http-tunnel.ts';
import { isSocks } from './proxy-choice.ts';
import { openSocksTunnel } from './socks-tunnel.ts';
import { TransportError } from './transport-error.ts';
import { targetOfTunnel, type TunnelRequest } from './tunnel-request.ts';

/** A tunnel to open in time. */
export interface BoundedTunnelRequest extends TunnelRequest {
  /** Bound of the whole handshake with the proxy, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Asks a proxy for a connection to somebody else.
 *
 * @throws TransportError `PROXY_FAILED` when the proxy cannot be reached or refuses.
 */
export async function openTunnel(tunnel: BoundedTunnelRequest): Promise<Socket> {
  const { proxy, timeoutMs, signal } = tunnel;
  const target = targetOfTunnel(tunnel);
  const failed = (text: string, cause?: unknown): TransportError =>
    new TransportError(`${target}: proxy ${proxy.host}: ${text}`, {
      code: 'PROXY_FAILED',
      host: target,
      maybeSent: false,
      cause,
    });
  signal.throwIfAborted();
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(failed('no answer in time')), timeoutMs);
  const onAbort = (): void => end.abort(failed('the transport is closed'));
  signal.addEventListener('abort', onAbort, { once: true });
  const open = isSocks(proxy) ? openSocksTunnel : openHttpTunnel;
  try {
    return await open({ ...tunnel, signal: end.signal });
  } catch (error) {
    throw error instanceof TransportError ? error : failed(asError(error).message, error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
