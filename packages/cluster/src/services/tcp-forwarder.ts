import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Where something really listens. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Listens on one address and passes each connection on to a target that is chosen for it. */
export class TcpForwarder {
  readonly #server: Server;
  /** Where it listens, or listened before it refused. */
  readonly address: Target;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, choose: () => Promise<Target | undefined>) {
    this.#server = server;
    // A listening TCP server has an address with a port.
    const { address, port } = server.address() as AddressInfo;
    this.address = { host: address, port };
    server.on('error', () => undefined); // a connection that failed while it was accepted
    server.on('connection', (socket) => {
      void this.#forward(socket, choose);
    });
  }

  /**
   * Listens at once.
   *
   * @param choose finds the target of a new connection; undefined ends it.
   * @throws Error with the system's `code` (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`) when the address cannot be had.
   */
  static async listen(
    address: Target,
    choose: () => Promise<Target | undefined>,
  ): Promise<TcpForwarder> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    await listening(server, address);
    return new TcpForwarder(server, choose);
  }

  /** Refuses new connections from now on, as an address where nobody listens; those that are open go on. */
  refuse(): void {
    if (this.#server.listening) this.#server.close();
  }

  /**
   * Takes new connections again.
   *
   * @throws Error as {@link listen} when somebody else has the address by now.
   */
  async accept(): Promise<void> {
    if (!this.#server.listening) await listening(this.#server, this.address);
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

async function listening(server: Server, address: Target): Promise<void> {
  // Rejects when it emits an error first.
  const listens = once(server, 'listening');
  server.listen({ ...address, exclusive: true });
  await listens;
}
