import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { SpdyConnection } from '../spdy/spdy-connection.ts';
import type { SpdyStream } from '../spdy/spdy-stream.ts';
import type { NodeBackend } from '../node-backend.ts';
import type { CommandProtocol } from './command-protocol.ts';
import type { CommandRequest } from './command-request.ts';
import { runCommand } from './run-command.ts';

/** How long a client has to open all its streams, in milliseconds; as in the kubelet. */
const STREAMS_TIMEOUT_MS = 30_000;

type StreamType = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize';

/** What {@link serveSpdyCommand} takes. */
export interface SpdyCommand {
  readonly socket: Duplex;
  readonly protocol: CommandProtocol;
  readonly request: CommandRequest;
  readonly backend: NodeBackend;
  /** Aborted when the server closes. */
  readonly signal: AbortSignal;
}

function expectedStreams({ request, protocol }: SpdyCommand): readonly StreamType[] {
  return [
    'error',
    ...(request.stdin ? (['stdin'] as const) : []),
    ...(request.stdout ? (['stdout'] as const) : []),
    ...(request.stderr ? (['stderr'] as const) : []),
    ...(request.tty && protocol.hasResize ? (['resize'] as const) : []),
  ];
}

/** Gathers the streams that a client opens one by one. */
class StreamCollector {
  readonly #expected: ReadonlySet<string>;
  readonly #streams = new Map<string, SpdyStream>();
  readonly #complete = Promise.withResolvers<ReadonlyMap<string, SpdyStream>>();

  constructor(expected: readonly StreamType[]) {
    this.#expected = new Set(expected);
    // Whoever waits sees it; nobody may be waiting yet.
    this.#complete.promise.catch(() => undefined);
  }

  add(stream: SpdyStream): void {
    const type = stream.headers.get('streamtype') ?? '';
    if (!this.#expected.has(type) || this.#streams.has(type)) {
      stream.destroy();
      return;
    }
    this.#streams.set(type, stream);
    if (this.#streams.size === this.#expected.size) this.#complete.resolve(this.#streams);
  }

  /** All streams. Rejects when they do not come in time, or the client goes. */
  async wait(signal: AbortSignal): Promise<ReadonlyMap<string, SpdyStream>> {
    const fail = () => this.#complete.reject(new Error('the streams of the command did not come'));
    const timer = setTimeout(fail, STREAMS_TIMEOUT_MS);
    timer.unref();
    if (signal.aborted) fail();
    signal.addEventListener('abort', fail, { once: true });
    try {
      return await this.#complete.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', fail);
    }
  }
}

/** Ends a stream and waits until its last byte is with the client, or the client has gone. */
async function finish(stream: SpdyStream | undefined): Promise<void> {
  if (stream === undefined) return;
  stream.end();
  try {
    await finished(stream, { readable: false });
  } catch {
    // Broken off by the client.
  }
}

/** Serves exec or attach over SPDY/3.1 until the command has ended or the client has gone. Never rejects. */
export async function serveSpdyCommand(command: SpdyCommand): Promise<void> {
  const { socket, protocol, request, backend } = command;
  const collector = new StreamCollector(expectedStreams(command));
  const connection = new SpdyConnection(socket, { onStream: (stream) => collector.add(stream) });
  const gone = new AbortController();
  const signal = AbortSignal.any([command.signal, gone.signal]);
  const reading = connection.run().then(() => gone.abort(new Error('the client has gone')));
  try {
    const streams = await collector.wait(signal);
    const channels = {
      stdin: streams.get('stdin'),
      stdout: streams.get('stdout'),
      stderr: streams.get('stderr'),
      resize: streams.get('resize'),
    };
    const wording = 'with-command';
    const status = await runCommand({ backend, request, channels, wording, signal });
    const error = streams.get('error');
    if (status !== undefined && error !== undefined) {
      const text = protocol.statusAsJson
        ? JSON.stringify(status)
        : status.status === 'Success'
          ? ''
          : (status.message ?? '');
      if (text !== '') error.write(text);
      await Promise.all([error, channels.stdout, channels.stderr].map(finish));
    }
  } catch {
    // The client never opened its streams, or has gone: the connection ends either way.
  } finally {
    if (signal.aborted) socket.destroy();
    await connection.end();
    socket.destroy();
    await reading;
  }
}
