import type { PassThrough } from 'node:stream';
import type { LogWriter } from '../logs/log-file.ts';
import type { OutputSink } from './contracts.ts';

/** Hands what a container writes to its log and to everyone attached. */
export class OutputHub implements OutputSink {
  readonly log: LogWriter;
  /** Those attached; a slow one loses what it does not take, the container is not held up. */
  readonly #taps = new Set<{ readonly stdout: PassThrough; readonly stderr: PassThrough }>();

  constructor(log: LogWriter) {
    this.log = log;
  }

  async write(stream: 'stdout' | 'stderr', chunk: Uint8Array): Promise<void> {
    for (const tap of this.#taps) {
      if (!tap[stream].writableNeedDrain) tap[stream].write(chunk);
    }
    await this.log.write(stream, chunk);
  }

  /** Sends a copy of all that follows, until the returned function is called or the container ends. */
  tap(stdout: PassThrough, stderr: PassThrough): () => void {
    const tap = { stdout, stderr };
    this.#taps.add(tap);
    return () => this.#taps.delete(tap);
  }

  /** The container has ended. */
  async close(): Promise<void> {
    for (const { stdout, stderr } of this.#taps) {
      stdout.end();
      stderr.end();
    }
    this.#taps.clear();
    await this.log.close();
  }
}
