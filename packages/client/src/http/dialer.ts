import type { Socket } from 'node:net';
import { asError } from '@kubewright/apimachinery';
import { buildConnector } from 'undici';
import type { ClientCertificate } from '../credentials/credentials.ts';
import { toConnectError } from './connection-failure.ts';
import { openTunnel } from './proxy-tunnel.ts';
import { TransportError } from './transport-error.ts';

/** Whom to trust, and as whom to connect. */
export interface TlsSettings {
  /** PEM certificates that may sign the server's; undefined means Node's own list. */
  readonly certificateAuthority?: string | undefined;
  /** Name in the server's certificate, where it differs from the host of the URL. */
  readonly serverName?: string | undefined;
  /** Accept any server certificate. */
  readonly insecureSkipTlsVerify?: boolean | undefined;
  readonly clientCertificate?: ClientCertificate | undefined;
}

/** What a {@link Dialer} needs to know. */
export interface DialerOptions {
  readonly tls: TlsSettings;
  readonly proxy?: URL | undefined;
  readonly connectTimeoutMs: number;
}

/**
 * Opens the sockets of one TLS identity, through the proxy where there is one.
 * The HTTP pools and the WebSockets share it, so that both connect in the same way.
 */
export class Dialer {
  // undici's connector returns its socket, though its type does not say so. The callback would come too late for one
  // that never connects.
  readonly #connect: (...parameters: Parameters<buildConnector.connector>) => unknown;
  readonly #options: DialerOptions;
  /** Every socket that is open or being opened. */
  readonly #sockets = new Set<Socket>();
  readonly #closing = new AbortController();

  constructor(options: DialerOptions) {
    this.#options = options;
    const { certificateAuthority, serverName, insecureSkipTlsVerify, clientCertificate } =
      options.tls;
    this.#connect = buildConnector({
      allowH2: false,
      timeout: options.connectTimeoutMs,
      rejectUnauthorized: insecureSkipTlsVerify !== true,
      ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(clientCertificate === undefined
        ? {}
        : { cert: clientCertificate.certificate, key: clientCertificate.key }),
    });
  }

  /** Opens a socket, ready for HTTP. The signature is undici's. */
  readonly dial: buildConnector.connector = (destination, callback) => {
    const { proxy } = this.#options;
    const host = destination.host ?? `${destination.hostname}:${destination.port}`;
    const done: buildConnector.Callback = (...outcome) => {
      if (outcome[0] === null) callback(null, outcome[1]);
      else callback(toConnectError(outcome[0], host), null);
    };
    if (proxy === undefined) {
      this.#start(destination, done);
      return;
    }
    openTunnel({
      proxy,
      hostname: destination.hostname,
      port: destination.port || (destination.protocol === 'https:' ? '443' : '80'),
      timeoutMs: this.#options.connectTimeoutMs,
      signal: this.#closing.signal,
    }).then(
      (tunnel) => {
        if (this.#closing.signal.aborted) {
          tunnel.destroy();
          done(closedError(host), null);
          return;
        }
        this.#track(tunnel);
        if (destination.protocol === 'https:') {
          this.#start({ ...destination, httpSocket: tunnel }, done);
        } else {
          done(null, tunnel);
        }
      },
      (error: unknown) => done(asError(error), null),
    );
  };

  #start(destination: buildConnector.Options, callback: buildConnector.Callback): void {
    try {
      const socket = this.#connect(destination, callback);
      if (isSocket(socket)) this.#track(socket);
    } catch (error) {
      // A certificate or key that is none is refused here, before anything is opened.
      callback(asError(error), null);
    }
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** Destroys every socket, also those still connecting; may be repeated. */
  close(): void {
    this.#closing.abort();
    for (const socket of this.#sockets) socket.destroy();
  }
}

function closedError(host: string): TransportError {
  return new TransportError(`${host}: the transport is closed`, {
    code: 'CLOSED',
    host,
    maybeSent: false,
  });
}

function isSocket(value: unknown): value is Socket {
  return typeof value === 'object' && value !== null && 'destroy' in value && 'once' in value;
}
