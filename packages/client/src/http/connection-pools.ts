import { Pool } from 'undici';
import type { ClientCertificate } from '../credentials/credentials.ts';
import { Dialer, type TlsSettings } from './dialer.ts';

/** Bounds of the connections. */
export interface ConnectionPoolsOptions {
  /** Scheme, host and port of the API server. */
  readonly origin: string;
  readonly tls: Omit<TlsSettings, 'certificateAuthority' | 'clientCertificate'>;
  readonly proxy: URL | undefined;
  readonly maxCallConnections: number;
  readonly connectTimeoutMs: number;
  readonly keepAliveMs: number;
}

/** The connections of one TLS identity. */
export interface Connections {
  /** For calls: bounded, kept alive. */
  readonly calls: Pool;
  /** For answers that stay open: a connection each, without bound. */
  readonly streams: Pool;
  /** For WebSockets. */
  readonly dialer: Dialer;
}

/**
 * Two pools, one for calls and one for streams, so that streams cannot starve calls. When the client certificate or
 * the CA changes, or the connections are suspect, new requests get new pools; the old ones end with their last request.
 */
export class ConnectionPools {
  readonly #options: ConnectionPoolsOptions;
  #certificateAuthority: string | undefined;
  #clientCertificate: ClientCertificate | undefined;
  #active: Connections | undefined;
  /** Replaced, but with requests that may still run. */
  readonly #retired = new Set<Connections>();
  #closed = false;

  constructor(options: ConnectionPoolsOptions) {
    this.#options = options;
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The connections to use with this identity. */
  select(
    certificateAuthority: string | undefined,
    clientCertificate: ClientCertificate | undefined,
  ): Connections {
    if (
      this.#active !== undefined &&
      this.#certificateAuthority === certificateAuthority &&
      isSame(this.#clientCertificate, clientCertificate)
    ) {
      return this.#active;
    }
    if (this.#active !== undefined) this.#retire(this.#active);
    this.#certificateAuthority = certificateAuthority;
    this.#clientCertificate = clientCertificate;
    this.#active = this.#open({ ...this.#options.tls, certificateAuthority, clientCertificate });
    return this.#active;
  }

  /** These connections, or the ones in their place when they were replaced since. */
  latest(connections: Connections): Connections {
    if (this.#active === connections || this.#closed) return connections;
    return this.select(this.#certificateAuthority, this.#clientCertificate);
  }

  /** Gives the next requests new connections; those of requests under way end with these. Nothing happens if it was done since. */
  replace(connections: Connections): void {
    if (this.#active !== connections) return;
    this.#retire(connections);
    this.#active = undefined;
  }

  /** Ends all connections, also those in use; may be repeated. */
  async close(): Promise<void> {
    this.#closed = true;
    const all = this.#active === undefined ? [...this.#retired] : [this.#active, ...this.#retired];
    await Promise.all(all.map(destroy));
  }

  #open(tls: TlsSettings): Connections {
    const { origin, proxy, maxCallConnections, connectTimeoutMs, keepAliveMs } = this.#options;
    const dialer = new Dialer({ tls, proxy, connectTimeoutMs });
    const shared = { connect: dialer.dial, allowH2: false, keepAliveTimeout: keepAliveMs };
    return {
      calls: new Pool(origin, { ...shared, connections: maxCallConnections }),
      streams: new Pool(origin, shared),
      dialer,
    };
  }

  #retire(connections: Connections): void {
    this.#retired.add(connections);
    // Resolves when the last request has ended; rejects only when destroyed meanwhile, which also ends it.
    void Promise.allSettled([connections.calls.close(), connections.streams.close()]).then(() => {
      this.#retired.delete(connections);
    });
  }
}

async function destroy({ calls, streams, dialer }: Connections): Promise<void> {
  await Promise.all([calls.destroy(), streams.destroy()]);
  dialer.close();
}

function isSame(one: ClientCertificate | undefined, other: ClientCertificate | undefined): boolean {
  return one?.certificate === other?.certificate && one?.key === other?.key;
}
