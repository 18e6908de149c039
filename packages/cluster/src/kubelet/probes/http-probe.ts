import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HTTPGetAction } from '@kubewright/apimachinery';
import type { ProbeOutcome } from '../runtime/contracts.ts';
import { failed, passed, portNumber, type ProbeTarget } from './probe-target.ts';

/** Redirects followed on the same host, as in Kubernetes. */
const maxRedirects = 10;
/** Bytes of an answer's body that are read. */
const maxBodyBytes = 10 * 1024;

/**
 * Asks over HTTP(S): any status from 200 to 399 is well, certificates are not checked,
 * a redirect to another host is well with a warning.
 */
export async function httpProbe(
  action: HTTPGetAction,
  target: ProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const url = await urlOf(action, target);
  const answer = await fetchUrl(url, action, target, timeoutMs, signal);
  if (answer.kind === 'failed') return failed(answer.why);
  if (answer.kind === 'left-host') {
    return {
      result: 'warning',
      output: `Probe terminated redirects, Response body: ${answer.body}`,
    };
  }
  const { status } = answer;
  if (status >= 200 && status < 400) return passed;
  return failed(`HTTP probe failed with statuscode: ${String(status)}`);
}

/** What a request to a container came to. */
export type HttpAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'left-host'; readonly body: string }
  | { readonly kind: 'failed'; readonly why: string };

/** The URL a probe or a hook names, with the port as declared. */
export async function urlOf(action: HTTPGetAction, target: ProbeTarget): Promise<URL> {
  const scheme = (action.scheme ?? 'HTTP').toLowerCase();
  const host = action.host === undefined || action.host === '' ? target.podIp : action.host;
  const path = action.path ?? '/';
  const port = portNumber(action.port, target.container);
  const bracketed = host.includes(':') ? `[${host}]` : host;
  return new URL(
    path.startsWith('/') ? path : `/${path}`,
    `${scheme}://${bracketed}:${String(port)}`,
  );
}

/** Sends the GET, following redirects on the same host. */
export async function fetchUrl(
  url: URL,
  action: HTTPGetAction,
  target: ProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([deadline, signal]);
  let next = url;
  try {
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      const { response, body } = await get(next, action, target, either);
      const status = response.statusCode ?? 0;
      const location = response.headers.location;
      const redirected = [301, 302, 303, 307, 308].includes(status) && location !== undefined;
      if (!redirected) return { kind: 'answered', status, body };
      const to = new URL(location, next);
      if (to.hostname !== url.hostname) return { kind: 'left-host', body };
      next = to;
    }
    return { kind: 'failed', why: `Get "${next.href}": stopped after 10 redirects` };
  } catch (error) {
    const why = deadline.aborted
      ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      : dialText(error, next);
    return { kind: 'failed', why: `Get "${next.href}": ${why}` };
  }
}

async function get(
  url: URL,
  action: HTTPGetAction,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<{ response: IncomingMessage; body: string }> {
  const declared = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const own = url.hostname === target.podIp;
  const real = own ? await target.resolvePort(declared) : undefined;
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.36', accept: '*/*' };
  for (const { name, value } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  headers['host'] ??= url.host;
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      {
        host: real?.host ?? url.hostname.replace(/^\[|\]$/g, ''),
        port: real?.port ?? declared,
        path: `${url.pathname}${url.search}`,
        method: 'GET',
        headers,
        signal,
        agent: false,
        rejectUnauthorized: false,
      },
      (response) => {
        readBody(response).then((body) => resolve({ response, body }), reject);
      },
    );
    request.once('error', reject);
    request.end();
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    // A response without an encoding gives Buffers.
    const part = chunk as Buffer;
    parts.push(part);
    size += part.length;
    if (size >= maxBodyBytes) break;
  }
  return Buffer.concat(parts).subarray(0, maxBodyBytes).toString('utf8');
}

/** What went wrong below HTTP, in the words of Go's net package, which Events of real nodes carry. */
export function dialText(error: unknown, url: URL): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const address = `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`;
    case 'ECONNRESET':
      return `read tcp ${address}: read: connection reset by peer`;
    case 'EHOSTUNREACH':
      return `dial tcp ${address}: connect: no route to host`;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${url.hostname}: no such host`;
    case 'HPE_INVALID_CONSTANT':
      return 'net/http: HTTP/1.x transport connection broken: malformed HTTP response';
    default:
      return message === 'socket hang up' ? 'EOF' : message;
  }
}
