import { sanitizeText } from '@kubewright/apimachinery';
import type { Progress } from './progress.ts';

/** Progress as lines that can be piped, logged and compared: each with the seconds since the start. */
export class PlainLines implements Progress {
  readonly #write: (line: string) => void;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  #title: string | undefined;
  #lastDetail: string | undefined;
  /** The lines of the last picture; only lines that are not among them are written. */
  #pictured: ReadonlySet<string> = new Set();

  constructor(write: (line: string) => void, nowMs: () => number = Date.now) {
    this.#write = write;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
  }

  begin(title: string): void {
    this.end('done');
    this.#title = title;
    this.#lastDetail = undefined;
    this.#line(title);
  }

  detail(text: string): void {
    if (text === this.#lastDetail) return;
    this.#lastDetail = text;
    this.#line(`  ${text}`);
  }

  show(lines: readonly string[]): void {
    for (const line of lines) this.#write(`        ${sanitizeText(line)}`);
  }

  picture(lines: readonly string[]): void {
    // Columns that got wider are no news.
    const textOf = (line: string): string => line.replaceAll(/ +/g, ' ');
    const fresh = lines.filter((line) => !this.#pictured.has(textOf(line)));
    this.#pictured = new Set(lines.map(textOf));
    this.show(fresh);
  }

  end(outcome: 'done' | 'failed'): void {
    if (this.#title !== undefined && outcome === 'failed') this.#line(`FAILED: ${this.#title}`);
    this.#title = undefined;
  }

  close(): void {
    this.#title = undefined;
  }

  #line(text: string): void {
    const seconds = ((this.#nowMs() - this.#startMs) / 1000).toFixed(1).padStart(6);
    this.#write(`${seconds}s ${sanitizeText(text)}`);
  }
}
