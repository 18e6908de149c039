import type { Transport, TransportRequest } from '@kubewright/apimachinery';
import type { Clock } from '../src/index.ts';

/** An answer, its body parsed. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Parsed; undefined when it is no JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any JSON: its shape is what the tests assert
  readonly body: any;
}

/** Further parts of a request. */
export interface CallOptions {
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** What stands at a path such as `metadata.labels.team` or `items.0`; undefined when there is nothing. */
export function at(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    // An own member of an object or array.
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return found;
}

/** As {@link at}, for a text; empty when there is none. */
export function textAt(value: unknown, path: string): string {
  const found = at(value, path);
  return typeof found === 'string' ? found : '';
}

/** Sends one request and reads the whole answer. */
export async function call(
  transport: Transport,
  method: TransportRequest['method'],
  path: string,
  body?: unknown,
  options: CallOptions = {},
): Promise<Answer> {
  const response = await transport.request({
    method,
    path,
    headers: {
      'user-agent': 'tester/1',
      ...(body === undefined ? {} : { 'content-type': options.contentType ?? 'application/json' }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  return { status: response.status, headers: response.headers, text, body: parsed };
}

export const MERGE = 'application/merge-patch+json';
export const APPLY = 'application/apply-patch+yaml';
export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

/** One event of a watch. */
export interface WatchLine {
  readonly type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  readonly object: any;
}

/** An open watch, read event by event. */
export class OpenWatch implements AsyncDisposable {
  readonly #bytes: AsyncIterator<Uint8Array>;
  readonly #abort: AbortController;
  #text = '';

  private constructor(bytes: AsyncIterator<Uint8Array>, abort: AbortController) {
    this.#bytes = bytes;
    this.#abort = abort;
  }

  static async open(
    transport: Transport,
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<OpenWatch> {
    const abort = new AbortController();
    const response = await transport.request({
      method: 'GET',
      path,
      headers,
      longLived: true,
      signal: abort.signal,
    });
    return new OpenWatch(response.body[Symbol.asyncIterator](), abort);
  }

  /** The next event; undefined when the watch has ended. */
  async next(): Promise<WatchLine | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        // What a watch sends is events.
        return JSON.parse(line) as WatchLine;
      }
      const chunk = await this.#bytes.next();
      if (chunk.done === true) return undefined;
      this.#text += Buffer.from(chunk.value).toString('utf8');
    }
  }

  /** The next `count` events as `TYPE name`. */
  async summaries(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) {
      const line = await this.next();
      if (line === undefined) break;
      lines.push(`${line.type} ${textAt(line.object, 'metadata.name')}`.trim());
    }
    return lines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort(new Error('the test is over'));
    await this.#bytes.return?.().catch(() => undefined);
  }
}

interface Scheduled {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Time that passes when the test says so. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #scheduled = new Set<Scheduled>();

  constructor(start = '2026-01-01T00:00:00Z') {
    this.#nowMs = Date.parse(start);
  }

  now(): number {
    return this.#nowMs;
  }

  /** How many callbacks wait. */
  get pending(): number {
    return this.#scheduled.size;
  }

  schedule(delayMs: number, callback: () => void): Disposable {
    const entry = { atMs: this.#nowMs + delayMs, callback };
    this.#scheduled.add(entry);
    return { [Symbol.dispose]: () => void this.#scheduled.delete(entry) };
  }

  /** Lets time pass and calls back what is due, in order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#scheduled]
        .filter((entry) => entry.atMs <= untilMs)
        .sort((left, right) => left.atMs - right.atMs)[0];
      if (due === undefined) break;
      this.#scheduled.delete(due);
      this.#nowMs = due.atMs;
      due.callback();
    }
    this.#nowMs = untilMs;
  }

  /** Lets pending promises run. */
  static async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}
