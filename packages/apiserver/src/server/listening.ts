import type { TlsListener } from '../contracts.ts';
import type { Listening } from '../faults/fault-injector.ts';

/** Where the server can be reached over TLS, and by what to know it. */
export interface ListenAddress {
  /** Such as `https://127.0.0.1:6443`. */
  readonly url: string;
  /** IP address. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
  /** PEM of the authority that signed its certificate, and signs those of clients. */
  readonly caCertificate: string;
}

/** Where to listen. */
export interface ListenOptions {
  /** 0 takes one that is free. Default 0. */
  readonly port?: number | undefined;
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined;
}

/** The server's port: remembers it, so that the server can go away and come back in the same place. */
export class ServerPort implements Listening {
  readonly #listener: TlsListener;
  /** Where it listens, or did before it was suspended. */
  #address: ListenAddress | undefined;

  constructor(listener: TlsListener) {
    this.#listener = listener;
  }

  /** @throws TypeError before the first `listen` */
  get address(): ListenAddress {
    if (this.#address === undefined) throw new TypeError('the server does not listen');
    return this.#address;
  }

  /**
   * @throws ListenError when the port cannot be had
   * @throws TypeError when the server listens already
   */
  async listen({ port = 0, host = '127.0.0.1' }: ListenOptions): Promise<ListenAddress> {
    const { url, port: taken } = await this.#listener.listen({ host, port });
    const caCertificate = await this.#listener.caCertificate();
    this.#address = { url, host, port: taken, caCertificate };
    return this.#address;
  }

  async suspend(): Promise<void> {
    await this.#listener.stop();
  }

  async resume(): Promise<void> {
    const address = this.#address;
    if (address === undefined) return;
    await this.#listener.listen({ host: address.host, port: address.port });
  }

  /** Stops for good. */
  async close(): Promise<void> {
    this.#address = undefined;
    await this.#listener.stop();
  }
}
