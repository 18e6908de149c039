const PROTOCOL_PREFIX = 'base64url.bearer.authorization.k8s.io.';

/** The token of an `Authorization: Bearer …` header; undefined for other schemes and for none. */
function fromAuthorization(header: string): string | undefined {
  const [scheme = '', token = ''] = header.trim().split(' ');
  return scheme.toLowerCase() === 'bearer' && token !== '' ? token : undefined;
}

/** Browsers cannot set headers on a WebSocket: they send the token among the sub-protocols. */
function fromProtocols(header: string): string | undefined {
  const protocol = header
    .split(',')
    .map((name) => name.trim())
    .find((name) => name.startsWith(PROTOCOL_PREFIX));
  if (protocol === undefined) return undefined;
  const token = Buffer.from(protocol.slice(PROTOCOL_PREFIX.length), 'base64url').toString();
  return token === '' ? undefined : token;
}

/** The bearer token that a request carries. Header names are in lower case. */
export function bearerTokenOf(headers: Readonly<Record<string, string>>): string | undefined {
  return (
    fromAuthorization(headers['authorization'] ?? '') ??
    fromProtocols(headers['sec-websocket-protocol'] ?? '')
  );
}
