import type { Duplex } from 'node:stream';
import { SpdyConnection } from '../spdy/spdy-connection.ts';
import type { SpdyStream } from '../spdy/spdy-stream.ts';
import type { NodeBackend, PodTarget } from '../node-backend.ts';
import { joinStreams } from './join-streams.ts';
import { openPort } from './open-port.ts';

/** How long a client has to open the second stream of a pair, in milliseconds; as in the kubelet. */
const PAIR_TIMEOUT_MS = 30_000;

/** One forwarded connection: a stream for its bytes and one for what goes wrong. */
interface Pair {
  readonly port: number;
  data?: SpdyStream;
  error?: SpdyStream;
  readonly timer: NodeJS.Timeout;
}

/** What {@link serveSpdyForward} takes. */
export interface SpdyForward {
  readonly socket: Duplex;
  readonly target: PodTarget;
  readonly backend: NodeBackend;
  /** Aborted when the server closes. */
  readonly signal: AbortSignal;
}

/** Matches the streams of one client into pairs and forwards each. */
class ForwardPairs {
  readonly #forward: SpdyForward;
  readonly #pairs = new Map<string, Pair>();
  readonly #running = new Set<Promise<void>>();

  constructor(forward: SpdyForward) {
    this.#forward = forward;
  }

  add(stream: SpdyStream): void {
    const type = stream.headers.get('streamtype');
    const port = Number(stream.headers.get('port'));
    const isPort = Number.isInteger(port) && port > 0 && port <= 65_535;
    if ((type !== 'data' && type !== 'error') || !isPort) {
      stream.destroy();
      return;
    }
    // Old clients name no request: their streams come in turn, the error stream first.
    const requestId =
      stream.headers.get('requestid') ?? String(type === 'error' ? stream.id : stream.id - 2);
    const pair = this.#pairs.get(requestId) ?? this.#open(requestId, port);
    if (pair[type] !== undefined || pair.port !== port) {
      stream.destroy();
      return;
    }
    pair[type] = stream;
    const { data, error } = pair;
    if (data === undefined || error === undefined) return;
    this.#drop(requestId);
    const work = this.#run(port, data, error).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  /** Gives up pairs that wait for their second stream, and waits for the others to end. */
  async close(): Promise<void> {
    for (const requestId of [...this.#pairs.keys()]) this.#drop(requestId);
    await Promise.all(this.#running);
  }

  #open(requestId: string, port: number): Pair {
    const timer = setTimeout(() => {
      const pair = this.#pairs.get(requestId);
      this.#drop(requestId);
      pair?.error?.end('timed out waiting for streams');
      pair?.data?.destroy();
    }, PAIR_TIMEOUT_MS);
    timer.unref();
    const pair: Pair = { port, timer };
    this.#pairs.set(requestId, pair);
    return pair;
  }

  #drop(requestId: string): void {
    const pair = this.#pairs.get(requestId);
    if (pair === undefined) return;
    clearTimeout(pair.timer);
    this.#pairs.delete(requestId);
  }

  async #run(port: number, data: SpdyStream, error: SpdyStream): Promise<void> {
    const { backend, target, signal } = this.#forward;
    // Clients send nothing here; reading lets its end be seen.
    error.resume();
    const opened = await openPort(backend, target, port, signal);
    if (opened.state === 'refused') {
      error.end(opened.message);
      data.end();
      // What the client still sends on a connection that does not exist goes nowhere.
      data.resume();
      return;
    }
    await joinStreams(data, opened.stream);
    error.end();
  }
}

/** Serves port-forward over SPDY/3.1 until the client ends the connection. Never rejects. */
export async function serveSpdyForward(forward: SpdyForward): Promise<void> {
  const { socket, signal } = forward;
  const pairs = new ForwardPairs(forward);
  const connection = new SpdyConnection(socket, { onStream: (stream) => pairs.add(stream) });
  const abort = () => socket.destroy();
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  await connection.run();
  signal.removeEventListener('abort', abort);
  socket.destroy();
  await pairs.close();
}
