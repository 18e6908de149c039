/** A tunnel to open through a proxy. */
export interface TunnelRequest {
  /** URL of the proxy, with user name and password where it wants them. */
  readonly proxy: URL;
  /** Whom the proxy is to connect to; an IPv6 address with or without its brackets. */
  readonly hostname: string;
  readonly port: string;
  /** Ends the handshake with the proxy; its reason is an Error. */
  readonly signal: AbortSignal;
}

/** Host and port of the one to connect to, an IPv6 address in brackets. */
export function targetOfTunnel({ hostname, port }: TunnelRequest): string {
  return `${hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname}:${port}`;
}
