import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { TransportError } from './transport-error.ts';

/** A tunnel to open. */
export interface TunnelRequest {
  /** `http:` or `https:` URL of the proxy, with user name and password where it wants them. */
  readonly proxy: URL;
  /** Whom the proxy is to connect to. */
  readonly hostname: string;
  readonly port: string;
  /** Bound of the whole handshake with the proxy, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

function basicAuthorization(url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return {};
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` };
}

/**
 * Asks an HTTP proxy for a tunnel (`CONNECT`, RFC 9110 9.3.6).
 *
 * @throws TransportError `PROXY_FAILED` when the proxy cannot be reached or refuses.
 */
export async function openTunnel(tunnel: TunnelRequest): Promise<Socket> {
  const { proxy, hostname, port, timeoutMs, signal } = tunnel;
  const target = `${hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname}:${port}`;
  const failed = (text: string, cause?: unknown): TransportError =>
    new TransportError(`${target}: proxy ${proxy.host}: ${text}`, {
      code: 'PROXY_FAILED',
      host: target,
      maybeSent: false,
      cause,
    });
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const send = proxy.protocol === 'https:' ? requestHttps : requestHttp;
  const request = send({
    protocol: proxy.protocol,
    hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: target,
    headers: { host: target, ...basicAuthorization(proxy) },
    agent: false,
  });
  const timer = setTimeout(() => request.destroy(failed('no answer in time')), timeoutMs);
  const onAbort = (): void => {
    request.destroy(failed('the transport is closed'));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  request.once('connect', (response: IncomingMessage, socket: Socket, head: Buffer) => {
    if (response.statusCode !== 200) {
      socket.destroy();
      const advice =
        response.statusCode === 407 ? '; put user and password into the proxy URL' : '';
      reject(failed(`refused the tunnel with HTTP ${response.statusCode ?? 0}${advice}`));
      return;
    }
    if (head.length > 0) socket.unshift(head);
    resolve(socket);
  });
  request.once('response', (response: IncomingMessage) => {
    response.destroy();
    reject(failed(`answered HTTP ${response.statusCode ?? 0} instead of opening a tunnel`));
  });
  request.once('error', (error) => {
    reject(error instanceof TransportError ? error : failed(error.message, error));
  });
  request.end();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
