import { Duplex } from 'node:stream';
import { asError, type WebSocketConnection } from '@kubewright/apimachinery';
import { named } from '../api/api-caller.ts';
import { channelMessage } from './channel.ts';
import { PortForwardError } from './port-forward-error.ts';

// Of one port: data is channel 0, what went wrong is channel 1.
const dataChannel = 0;
const errorChannel = 1;
/** The first message of each channel is the port number, in two bytes. */
const portNumberBytes = 2;

/** What a {@link PortStream} is made of. */
export interface PortStreamOptions {
  readonly connection: WebSocketConnection;
  readonly port: number;
  /** What is tried, for messages: `forward port 80 of Pod default/web`. */
  readonly attempt: string;
  /** How long the peer may still answer after our end, without sending anything, in milliseconds. */
  readonly lingerMs: number;
}

/** A connection to a port of a pod, over a WebSocket of its own. */
export class PortStream extends Duplex {
  readonly #connection: WebSocketConnection;
  readonly #options: PortStreamOptions;
  readonly #unopened = new Set<number>([dataChannel, errorChannel]);
  /** Set while the reader has enough; called when it wants more. */
  #wantMore: (() => void) | undefined;
  #linger: NodeJS.Timeout | undefined;
  #isReceiving = false;

  constructor(options: PortStreamOptions) {
    super({ allowHalfOpen: true });
    this.#connection = options.connection;
    this.#options = options;
  }

  override _read(): void {
    this.#wantMore?.();
    if (this.#isReceiving) return;
    this.#isReceiving = true;
    // Never rejects: what goes wrong destroys the stream.
    void this.#receive();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#connection.send(channelMessage(dataChannel, chunk)).then(
      () => done(),
      (error: unknown) => done(asError(named(error, this.#options.attempt))),
    );
  }

  override _final(done: (error?: Error) => void): void {
    // The protocol has no word for "I have sent everything": the peer may answer for a while, then it is over.
    this.#startLinger();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#linger);
    this.#wantMore?.();
    const finish = (): void => done(error);
    this.#connection.close().then(finish, finish);
  }

  async #receive(): Promise<void> {
    try {
      for await (const message of this.#connection.messages) {
        if (this.#linger !== undefined) this.#startLinger();
        const payload = this.#withoutPortNumber(message[0], message.subarray(1));
        if (payload.byteLength === 0) continue;
        if (message[0] === errorChannel) {
          const text = Buffer.from(payload).toString('utf8');
          const { attempt, port } = this.#options;
          throw new PortForwardError(`${attempt}: ${text}`, port);
        }
        if (message[0] === dataChannel) await this.#pushAndWait(payload);
        if (this.destroyed) return;
      }
      this.push(null);
      // The connection is gone in both directions.
      if (!this.writableEnded) this.end();
    } catch (error) {
      this.destroy(asError(named(error, this.#options.attempt)));
    }
  }

  #withoutPortNumber(channel: number | undefined, payload: Uint8Array): Uint8Array {
    return channel !== undefined && this.#unopened.delete(channel)
      ? payload.subarray(portNumberBytes)
      : payload;
  }

  async #pushAndWait(payload: Uint8Array): Promise<void> {
    if (this.push(payload)) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#wantMore = () => resolve(undefined);
    await promise;
    this.#wantMore = undefined;
  }

  #startLinger(): void {
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => {
      // Ends the loop over the messages, and with it the reading side.
      this.#connection.close().catch(() => undefined);
    }, this.#options.lingerMs);
  }
}
