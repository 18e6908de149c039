import { StatusError, type WebSocketConnection } from '@kubewright/apimachinery';
import { named } from '../api/api-caller.ts';
import { TransportError } from '../http/transport-error.ts';
import { ByteQueue } from './byte-queue.ts';
import { channelMessage, channels } from './channel.ts';
import { parseCommandExit, type CommandExit } from './command-exit.ts';
import { sendInput, type CommandInput } from './send-input.ts';

/** Size of a terminal, in characters. */
export interface TerminalSize {
  /** Characters in a line. */
  readonly width: number;
  /** Lines. */
  readonly height: number;
}

/**
 * A command that runs in a container.
 *
 * **Caveats:** a command whose output nobody reads is held back, like one at the end of a full pipe: read both
 * `stdout` and `stderr` (or leave their loops), or do not ask for them.
 */
export interface CommandSession extends AsyncDisposable {
  /** Its output, once. With a terminal also what it writes to standard error. */
  readonly stdout: AsyncIterable<Uint8Array>;
  /** What it writes to standard error, once. */
  readonly stderr: AsyncIterable<Uint8Array>;
  /**
   * How it ended. Rejects with a `StatusError` when it could not run, a `TransportError` when the connection broke, the
   * signal's reason when aborted. When attached, code 0 says only that the stream ended.
   */
  readonly exit: Promise<CommandExit>;
  /** Tells the command the size of its terminal. */
  resize(size: TerminalSize): Promise<void>;
  /** Closes the connection, whether or not the command has ended; may be repeated. */
  close(): Promise<void>;
}

/** What a session is made of. */
export interface CommandSessionOptions {
  readonly connection: WebSocketConnection;
  /** What is tried, for messages: `exec in Pod default/web`. */
  readonly attempt: string;
  readonly stdin: CommandInput | undefined;
  readonly hasTerminal: boolean;
}

/** Begins to carry input and output over an open connection. */
export function startCommandSession(options: CommandSessionOptions): CommandSession {
  const { connection, attempt, stdin, hasTerminal } = options;
  const stdout = new ByteQueue();
  const stderr = new ByteQueue();
  const ended = new AbortController();

  const receiving = receive(connection, { stdout, stderr, attempt }).finally(() => ended.abort());
  const sending =
    stdin === undefined
      ? Promise.resolve()
      : sendInput(stdin, { connection, hasTerminal, ended: ended.signal });
  const exit = settle(receiving, sending, connection, attempt);
  exit.then(
    () => {
      stdout.end();
      stderr.end();
    },
    (error: unknown) => {
      stdout.fail(error);
      stderr.fail(error);
    },
  );
  const close = async (): Promise<void> => {
    await connection.close();
    await exit.catch(() => undefined);
  };
  return {
    stdout,
    stderr,
    exit,
    resize: async ({ width, height }) => {
      const size = Buffer.from(JSON.stringify({ Width: width, Height: height }));
      await connection.send(channelMessage(channels.resize, size));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Joins both directions: input that fails ends the command's connection. */
async function settle(
  receiving: Promise<CommandExit>,
  sending: Promise<void>,
  connection: WebSocketConnection,
  attempt: string,
): Promise<CommandExit> {
  const failedInput = sending.then(
    () => undefined,
    async (error: unknown) => {
      await connection.close();
      return { error };
    },
  );
  const [received] = await Promise.allSettled([receiving]);
  if (received.status === 'fulfilled') {
    await connection.close();
    return received.value;
  }
  const input = await failedInput;
  throw named(input === undefined ? received.reason : input.error, attempt);
}

/** Takes messages apart until the command has ended. */
async function receive(
  connection: WebSocketConnection,
  { stdout, stderr, attempt }: { stdout: ByteQueue; stderr: ByteQueue; attempt: string },
): Promise<CommandExit> {
  let status = '';
  for await (const message of connection.messages) {
    const payload = message.subarray(1);
    // The server opens with an empty message, to say that the connection stands.
    if (payload.byteLength === 0) continue;
    switch (message[0]) {
      case channels.stdout:
        await stdout.push(payload);
        break;
      case channels.stderr:
        await stderr.push(payload);
        break;
      case channels.status: {
        status += Buffer.from(payload).toString('utf8');
        const exit = parseCommandExit(status, attempt);
        if (exit instanceof StatusError) throw exit;
        if (exit !== undefined) return exit;
        break;
      }
      default:
      // A channel of a later version of the protocol.
    }
  }
  throw new TransportError('the connection ended without saying how the command ended', {
    code: 'CONNECTION_LOST',
    host: '',
    maybeSent: true,
  });
}
