import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Where something really listens. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Listens on one address and passes each connection on to a target that is chosen for it. */
export class TcpForwarder {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * Listens at once.
   *
   * @param choose finds the target of a new connection; undefined refuses it.
   * @throws Error with the system's `code` (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`) when the address cannot be had.
   */
  static async listen(
    address: Target,
    choose: () => Promise<Target | undefined>,
  ): Promise<TcpForwarder> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const forwarder = new TcpForwarder(server);
    server.on('connection', (socket) => {
      void forwarder.#forward(socket, choose);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...address, exclusive: true }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', () => undefined); // a connection that failed while it was accepted
    return forwarder;
  }

  /** Where it listens. */
  get address(): Target {
    // A listening TCP server has an address with a port.
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  /** Cuts all connections, as a broken network would; new ones are welcome. */
  disconnectAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends all connections and frees the address; may be repeated. */
  async close(): Promise<void> {
    this.disconnectAll();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Never rejects: a connection that cannot be passed on is ended. */
  async #forward(client: Socket, choose: () => Promise<Target | undefined>): Promise<void> {
    this.#track(client);
    const target = await choose().catch(() => undefined);
    if (target === undefined || client.destroyed) {
      client.destroy();
      return;
    }
    const upstream = connect({ ...target, allowHalfOpen: true });
    this.#track(upstream);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
    client.pipe(upstream);
    upstream.pipe(client);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined); // `close` follows and ends the other side
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
