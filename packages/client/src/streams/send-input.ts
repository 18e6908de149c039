import { Readable } from 'node:stream';
import type { WebSocketConnection } from '@kubewright/apimachinery';
import { abortable } from '../abort/abortable.ts';
import { TransportError } from '../http/transport-error.ts';
import { channelMessage, channels } from './channel.ts';

// The server puts each message through a pipe; larger ones only cost memory.
const maxMessageBytes = 32 * 1024;
const endOfTransmission = Uint8Array.of(0x04);

/** Input of a command. A Node stream is read, but left to its owner to destroy. */
export type CommandInput = AsyncIterable<Uint8Array | string>;

/** Where input goes. */
export interface InputTarget {
  readonly connection: WebSocketConnection;
  readonly hasTerminal: boolean;
  /** Aborts when the command has ended: the rest of the input is not wanted. */
  readonly ended: AbortSignal;
}

/**
 * Sends all input, then says that there is no more. Resolves early when the command ends before its input.
 *
 * @throws What the input throws; TransportError when the connection breaks, or cannot carry the end of the input.
 */
export async function sendInput(input: CommandInput, target: InputTarget): Promise<void> {
  const { connection, ended } = target;
  // The iterator of a stream destroys it when it is left, which must not happen to `process.stdin`.
  const iterator =
    input instanceof Readable
      ? (input.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array | string>)
      : input[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await abortable(iterator.next(), ended);
      if (next.done === true) break;
      const bytes = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
      for (let start = 0; start < bytes.byteLength; start += maxMessageBytes) {
        const piece = bytes.subarray(start, start + maxMessageBytes);
        await connection.send(channelMessage(channels.stdin, piece));
      }
    }
    await endInput(target);
  } catch (error) {
    if (!ended.aborted) throw error;
    // Not awaited: an iterator that waits for a keystroke would hold up the end of a command that has ended.
    iterator.return?.().catch(() => undefined);
  }
}

async function endInput({ connection, hasTerminal }: InputTarget): Promise<void> {
  if (connection.protocol.startsWith('v5.')) {
    await connection.send(Uint8Array.of(channels.close, channels.stdin));
  } else if (hasTerminal) {
    await connection.send(channelMessage(channels.stdin, endOfTransmission));
  } else {
    throw new TransportError(
      `the server speaks ${connection.protocol} only, which cannot say that the input has ended: ` +
        'the command would wait for ever (Kubernetes 1.30 or newer is needed)',
      { code: 'PROTOCOL_ERROR', host: '', maybeSent: true },
    );
  }
}
