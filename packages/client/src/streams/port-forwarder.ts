import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Where to listen. */
export interface PortForwarderOptions {
  /** Local port, 0 for any that is free. Default 0. */
  readonly localPort?: number | undefined;
  /** Local address. Default `127.0.0.1`: only this machine. */
  readonly localHost?: string | undefined;
  /**
   * Told when a connection could not be forwarded or broke; the others go on. Must not throw. Default: nothing.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A local port whose connections reach a port of a pod, each by a connection of its own. */
export class PortForwarder implements AsyncDisposable {
  readonly #connect: (signal: AbortSignal) => Promise<Duplex>;
  readonly #options: PortForwarderOptions;
  readonly #server: Server;
  readonly #closing = new AbortController();
  /** Local connections, with the work of forwarding each. */
  readonly #forwarding = new Map<Socket, Promise<void>>();

  /** @param connect - Opens a connection to the pod's port. */
  constructor(
    connect: (signal: AbortSignal) => Promise<Duplex>,
    options: PortForwarderOptions = {},
  ) {
    this.#connect = connect;
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  }

  /** The local port; 0 before {@link listen}. */
  get localPort(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /**
   * Begins to listen.
   *
   * @throws Error of `node:net`, such as `EADDRINUSE`.
   */
  async listen(): Promise<this> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#server.once('error', reject);
    const { localPort = 0, localHost = '127.0.0.1' } = this.#options;
    this.#server.listen(localPort, localHost, () => resolve(undefined));
    await promise;
    this.#server.off('error', reject);
    this.#server.on('error', (error) => this.#options.onError?.(error));
    this.#server.on('connection', (socket) => {
      const work = this.#forward(socket).finally(() => this.#forwarding.delete(socket));
      this.#forwarding.set(socket, work);
    });
    return this;
  }

  /** Stops listening and ends all connections; may be repeated. */
  async close(): Promise<void> {
    this.#closing.abort();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#server.close(() => resolve(undefined));
    for (const socket of this.#forwarding.keys()) socket.destroy();
    await Promise.all([promise, ...this.#forwarding.values()]);
  }

  /** The same as {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Joins a local connection with one to the pod. Never rejects. */
  async #forward(local: Socket): Promise<void> {
    // It only means that the local side has left.
    local.on('error', () => undefined);
    let remote: Duplex;
    try {
      remote = await this.#connect(this.#closing.signal);
    } catch (error) {
      local.destroy();
      this.#report(error);
      return;
    }
    await this.#join(local, remote);
  }

  /** Carries bytes both ways until both connections have closed. */
  async #join(local: Socket, remote: Duplex): Promise<void> {
    const closed = Promise.all([closeOf(local), closeOf(remote)]);
    remote.once('error', (error) => {
      this.#report(error);
      local.destroy();
    });
    local.once('close', () => remote.destroy());
    remote.once('close', () => {
      // What the pod has sent still goes out; what comes in has nowhere to go.
      local.unpipe(remote);
      local.resume();
      local.destroySoon();
    });
    local.pipe(remote);
    remote.pipe(local);
    // It may have left while the pod was being connected to.
    if (local.destroyed) remote.destroy();
    await closed;
  }

  #report(error: unknown): void {
    if (!this.#closing.signal.aborted) this.#options.onError?.(error);
  }
}

async function closeOf(stream: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  if (stream.closed) resolve(undefined);
  else stream.once('close', () => resolve(undefined));
  await promise;
}
