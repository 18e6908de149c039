import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** An HTTP or HTTPS server on a free port of this machine. */
export class LocalServer implements AsyncDisposable {
  readonly server: Server;
  readonly url: string;
  readonly port: number;
  /** The requests that arrived, in order. */
  readonly requests: IncomingMessage[] = [];
  /** Connections that were made. */
  connections = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, scheme: string) {
    this.server = server;
    // A listening TCP server has such an address.
    this.port = (server.address() as AddressInfo).port;
    this.url = `${scheme}://127.0.0.1:${this.port}`;
    server.on('request', (request) => this.requests.push(request));
    server.on('connection', (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async listen(
    listener: RequestListener,
    tls?: ServerOptions,
    port = 0,
  ): Promise<LocalServer> {
    const server =
      tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new LocalServer(server, tls === undefined ? 'http' : 'https');
  }

  /** Open connections. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Cuts all connections, as a server that dies does. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Resolves when no connection is open. */
  async untilIdle(): Promise<void> {
    for (const socket of this.#sockets) await once(socket, 'close');
    if (this.#sockets.size > 0) await this.untilIdle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    if (this.server.listening) await once(this.server, 'close');
  }
}
