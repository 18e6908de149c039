import { styleText } from 'node:util';
import { sanitizeText } from '@kubewright/apimachinery';
import { createLogUpdate } from 'log-update';
import type { Progress, StepState } from './progress.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;

interface Step {
  readonly title: string;
  readonly startMs: number;
  readonly lines: string[];
  state: StepState;
  detail: string;
  endMs: number | undefined;
}

/** Progress as a picture that is drawn anew in place: the steps, and below them the cluster as it is now. */
export class LiveView implements Progress {
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #timer: NodeJS.Timeout;
  readonly #steps: Step[] = [];
  #picture: readonly string[] = [];
  #frame = 0;
  #isClosed = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#update = createLogUpdate(stream, { showCursor: true });
    this.#timer = setInterval(() => this.#draw(), frameMs);
    this.#timer.unref();
  }

  begin(title: string): void {
    this.end('done');
    this.#steps.push({
      title,
      startMs: Date.now(),
      lines: [],
      state: 'running',
      detail: '',
      endMs: undefined,
    });
    this.#draw();
  }

  detail(text: string): void {
    const step = this.#steps.at(-1);
    if (step !== undefined) step.detail = text;
  }

  show(lines: readonly string[]): void {
    this.#steps.at(-1)?.lines.push(...lines);
    this.#draw();
  }

  picture(lines: readonly string[]): void {
    this.#picture = lines;
  }

  end(outcome: 'done' | 'failed'): void {
    const step = this.#steps.at(-1);
    if (step?.state !== 'running') return;
    step.state = outcome;
    step.endMs = Date.now();
    this.#draw();
  }

  close(): void {
    if (this.#isClosed) return;
    clearInterval(this.#timer);
    this.#draw();
    this.#isClosed = true;
    this.#update.done();
  }

  #draw(): void {
    if (this.#isClosed) return;
    this.#frame = (this.#frame + 1) % frames.length;
    const lines = this.#steps.flatMap((step) => [
      this.#headOf(step),
      ...step.lines.map((line) => `    ${sanitizeText(line)}`),
    ]);
    if (this.#picture.length > 0) {
      lines.push('', ...this.#picture.map((line) => styleText('dim', `  ${sanitizeText(line)}`)));
    }
    this.#update(lines.join('\n'));
  }

  #headOf(step: Step): string {
    const seconds = `${(((step.endMs ?? Date.now()) - step.startMs) / 1000).toFixed(1)}s`;
    const detail = step.detail === '' ? '' : ` ${styleText('dim', sanitizeText(step.detail))}`;
    return `${this.#markOf(step.state)} ${sanitizeText(step.title)}${detail} ${styleText('dim', seconds)}`;
  }

  #markOf(state: StepState): string {
    switch (state) {
      case 'running':
        return styleText('cyan', frames[this.#frame] ?? '');
      case 'done':
        return styleText('green', '✔');
      case 'failed':
        return styleText('red', '✘');
      case 'waiting':
        return ' ';
      default:
        return state satisfies never;
    }
  }
}
