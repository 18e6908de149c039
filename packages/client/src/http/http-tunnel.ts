import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { asError } from '@kubewright/apimachinery';
import { targetOfTunnel, type TunnelRequest } from './tunnel-request.ts';

function basicAuthorization(url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return {};
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` };
}

/**
 * Asks an HTTP proxy for a tunnel (`CONNECT`, RFC 9110 9.3.6).
 *
 * @throws Error when the proxy cannot be reached or refuses.
 */
export async function openHttpTunnel(tunnel: TunnelRequest): Promise<Socket> {
  const { proxy, signal } = tunnel;
  const target = targetOfTunnel(tunnel);
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
  const onAbort = (): void => {
    request.destroy(asError(signal.reason));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  request.once('connect', (response: IncomingMessage, socket: Socket, head: Buffer) => {
    if (response.statusCode !== 200) {
      socket.destroy();
      const advice =
        response.statusCode === 407 ? '; put user and password into the proxy URL' : '';
      reject(new Error(`refused the tunnel with HTTP ${response.statusCode ?? 0}${advice}`));
      return;
    }
    if (head.length > 0) socket.unshift(head);
    resolve(socket);
  });
  request.once('response', (response: IncomingMessage) => {
    response.destroy();
    reject(new Error(`answered HTTP ${response.statusCode ?? 0} instead of opening a tunnel`));
  });
  request.once('error', reject);
  request.end();
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
