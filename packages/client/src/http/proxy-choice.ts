import { BlockList, isIP } from 'node:net';
import { isLoopback } from './loopback.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment asks for (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, also in lower case), as curl and
 * Go programs read it. This machine is never reached through a proxy.
 *
 * @throws TypeError when the variable holds no usable URL.
 */
export function proxyFromEnvironment(server: URL, env: Environment): URL | undefined {
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = variable(env, name);
  if (value === undefined || isLoopback(server.hostname)) return undefined;
  if (isExcluded(server, variable(env, 'NO_PROXY') ?? '')) return undefined;
  return parseProxy(value, name);
}

/** Whether a proxy speaks SOCKS5; others speak HTTP. */
export function isSocks({ protocol }: URL): boolean {
  return protocol === 'socks5:' || protocol === 'socks5h:';
}

/**
 * Reads a proxy URL; without a scheme it is `http:`.
 *
 * @param origin - Where the text comes from, for the message.
 * @throws TypeError when it is no URL of an HTTP or SOCKS5 proxy.
 */
export function parseProxy(text: string, origin: string): URL {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(withScheme)) throw new TypeError(`${origin} holds no URL`);
  const url = new URL(withScheme);
  if (url.protocol !== 'http:' && url.protocol !== 'https:' && !isSocks(url)) {
    throw new TypeError(
      `${origin} names a proxy of type ${url.protocol.slice(0, -1)}; only http, https and socks5 proxies are supported`,
    );
  }
  if (url.hostname === '') throw new TypeError(`${origin} names no proxy`);
  return url;
}

function variable(env: Environment, name: string): string | undefined {
  return env[name] || env[name.toLowerCase()] || undefined;
}

function isExcluded(server: URL, list: string): boolean {
  const hostname = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || matches(entry, hostname, port));
}

function matches(entry: string, hostname: string, port: string): boolean {
  if (entry.includes('/')) return isInSubnet(hostname, entry);
  const [, host = entry, entryPort] = /^(.*?):(\d+)$/.exec(isIP(entry) === 6 ? '' : entry) ?? [];
  if (entryPort !== undefined && entryPort !== port) return false;
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0 || isIP(hostname) !== 0) return bare === hostname;
  // `example.com` covers the name and what is below it, `.example.com` and `*.example.com` only what is below.
  if (bare.startsWith('*.')) return hostname.endsWith(bare.slice(1));
  return bare.startsWith('.')
    ? hostname.endsWith(bare)
    : hostname === bare || hostname.endsWith(`.${bare}`);
}

function isInSubnet(hostname: string, subnet: string): boolean {
  const [network = '', prefix = ''] = subnet.split('/');
  const version = isIP(network);
  const bits = /^\d+$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (version === 0 || isIP(hostname) !== version || !(bits <= (version === 4 ? 32 : 128))) {
    return false;
  }
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const block = new BlockList();
  block.addSubnet(network, bits, family);
  return block.check(hostname, family);
}
