import type { WebSocketConnection } from '@kubewright/apimachinery';
import { ByteQueue } from '../src/streams/byte-queue.ts';

/** One end of a WebSocket; the test plays the server at the other. */
export class ScriptedWebSocket implements WebSocketConnection {
  readonly protocol: string;
  readonly #incoming = new ByteQueue();
  /** What the client has sent. */
  readonly sent: Uint8Array[] = [];
  readonly messages: AsyncIterable<Uint8Array> = this.#incoming;
  readonly #onSend: ((message: Uint8Array) => void) | undefined;
  closed = 0;

  constructor(protocol: string, onSend?: (message: Uint8Array) => void) {
    this.protocol = protocol;
    this.#onSend = onSend;
  }

  async send(message: Uint8Array): Promise<void> {
    this.sent.push(message);
    this.#onSend?.(message);
  }

  async close(): Promise<void> {
    this.closed++;
    this.#incoming.end();
  }

  /** Sends a message to the client; resolves when there is room for more. */
  async serve(channel: number, payload: string | Uint8Array = ''): Promise<void> {
    await this.#incoming.push(Buffer.concat([Buffer.of(channel), Buffer.from(payload)]));
  }

  /** Ends the connection from the server's side. */
  end(): void {
    this.#incoming.end();
  }

  /** Breaks the connection. */
  break(error: Error): void {
    this.#incoming.fail(error);
  }
}
