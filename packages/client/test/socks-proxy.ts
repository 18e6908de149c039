import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** How a proxy behaves. */
export interface SocksProxyOptions {
  /** `user:password`; default: whoever comes is let in. */
  readonly login?: string;
  /** The reply to a request; 0 connects. Default 0. */
  readonly reply?: number;
}

/** A SOCKS5 proxy that connects to one port of this machine, whatever it is asked for. It answers byte by byte. */
export class SocksProxy implements AsyncDisposable {
  /** Type and bytes of the addresses asked for, each with its port. */
  readonly asked: string[] = [];
  readonly #server = createServer();
  readonly #sockets = new Set<Socket>();
  readonly #options: SocksProxyOptions;
  readonly #port: number;

  private constructor(port: number, options: SocksProxyOptions) {
    this.#port = port;
    this.#options = options;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => this.#sockets.delete(socket));
      this.#serve(socket).catch(() => socket.destroy());
    });
  }

  static async to(port: number, options: SocksProxyOptions = {}): Promise<SocksProxy> {
    const proxy = new SocksProxy(port, options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): URL {
    // A listening TCP server has such an address.
    return new URL(`socks5://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  async #serve(socket: Socket): Promise<void> {
    const { login, reply = 0 } = this.#options;
    const [, count = 0] = await take(socket, 2);
    const method = login === undefined ? 0 : 2;
    const isOffered = (await take(socket, count)).includes(method);
    await this.#answer(socket, [5, isOffered ? method : 255]);
    if (!isOffered) {
      socket.end();
      return;
    }
    if (login !== undefined) {
      await take(socket, 1);
      const given = [await this.#counted(socket), await this.#counted(socket)].join(':');
      await this.#answer(socket, [1, given === login ? 0 : 1]);
      if (given !== login) return;
    }
    const [, , , type = 0] = await take(socket, 4);
    const address =
      type === 3 ? await this.#counted(socket) : await hex(socket, type === 1 ? 4 : 16);
    this.asked.push(`${type} ${address} ${await hex(socket, 2)}`);
    const bound = { 0: [1, 0, 0, 0, 0], 1: [3, 1, 120], 2: [4, ...Array<number>(16).fill(0)] };
    // Whatever the type of the address it says it connects from.
    const kind = (this.asked.length % 3) as 0 | 1 | 2;
    await this.#answer(socket, [5, reply, 0, ...bound[kind], 0, 0]);
    if (reply !== 0) return;
    const upstream = connect(this.#port, '127.0.0.1', () => upstream.pipe(socket).pipe(upstream));
    upstream.on('error', () => socket.destroy());
  }

  async #counted(socket: Socket): Promise<string> {
    const [length = 0] = await take(socket, 1);
    return (await take(socket, length)).toString();
  }

  async #answer(socket: Socket, bytes: readonly number[]): Promise<void> {
    socket.setNoDelay(true);
    for (const byte of bytes) {
      await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await once(this.#server, 'close');
  }
}

async function hex(socket: Socket, length: number): Promise<string> {
  return (await take(socket, length)).toString('hex');
}

async function take(socket: Socket, length: number): Promise<Buffer> {
  let taken = Buffer.alloc(0);
  while (taken.length < length) {
    const piece = socket.read() as Buffer | null; // without an encoding it gives Buffers
    if (piece !== null) taken = Buffer.concat([taken, piece]);
    else if (socket.readableEnded || socket.destroyed) throw new Error('the client has left');
    else await once(socket, 'readable');
  }
  if (taken.length > length) socket.unshift(taken.subarray(length));
  return taken.subarray(0, length);
}
