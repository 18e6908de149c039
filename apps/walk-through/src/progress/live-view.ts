import { stripVTControlCharacters, styleText } from 'node:util';
import { sanitizeText } from '@kubewright/apimachinery';
import { createLogUpdate } from 'log-update';
import { columnsOf, fitColumns } from './fit-columns.ts';
import type { Progress } from './progress.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;

/** What the view needs of a terminal. */
export type Terminal = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows' | 'on' | 'off'> & {
  readonly isTTY?: boolean;
};

interface Step {
  readonly title: string;
  readonly startMs: number;
  readonly lines: string[];
  detail: string;
}

/**
 * Progress in a terminal: what is done stays as lines of text, below it the running step and the cluster are drawn anew in place.
 * What is drawn anew fits the terminal, however narrow or low, and is gone at the end.
 */
export class LiveView implements Progress {
  readonly #terminal: Terminal;
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #timer: NodeJS.Timeout;
  #step: Step | undefined;
  #picture: readonly string[] = [];
  /** The lines that can be drawn over, as they are on the terminal. */
  #drawn: readonly string[] = [];
  #frame = 0;
  #isClosed = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    // Safe: it asks a stream for no more than a Terminal has.
    this.#update = createLogUpdate(terminal as NodeJS.WriteStream, { showCursor: true });
    this.#timer = setInterval(() => this.#draw(), frameMs);
    this.#timer.unref();
    terminal.on('resize', this.#onResize);
  }

  begin(title: string): void {
    this.end('done');
    this.#step = { title, startMs: Date.now(), lines: [], detail: '' };
    this.#draw();
  }

  detail(text: string): void {
    if (this.#step !== undefined) this.#step.detail = text;
  }

  show(lines: readonly string[]): void {
    this.#step?.lines.push(...lines);
    this.#draw();
  }

  picture(lines: readonly string[]): void {
    this.#picture = lines;
  }

  end(outcome: 'done' | 'failed'): void {
    const step = this.#step;
    if (step === undefined || this.#isClosed) return;
    this.#step = undefined;
    const mark = outcome === 'done' ? styleText('green', '✔') : styleText('red', '✘');
    this.#erase();
    // Not cut, and not broken either: the terminal wraps it, so that it can be copied as it is.
    const lines = [`${mark} ${headOf(step)}`, ...step.lines.map(indented)];
    this.#terminal.write(`${lines.join('\n')}\n`);
    this.#draw();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#terminal.off('resize', this.#onResize);
    this.#erase();
  }

  #draw(): void {
    if (this.#isClosed) return;
    this.#frame = (this.#frame + 1) % frames.length;
    const { columns, rows } = this.#terminal;
    const lines: string[] = [];
    if (this.#step !== undefined) {
      const mark = styleText('cyan', frames[this.#frame] ?? '');
      lines.push(`${mark} ${headOf(this.#step, columns - 3)}`);
      lines.push(...this.#step.lines.map((line) => fitColumns(indented(line), columns - 1)));
    }
    if (this.#picture.length > 0) {
      const picture = this.#picture.map((line) =>
        fitColumns(`  ${sanitizeText(line)}`, columns - 1),
      );
      lines.push('', ...picture.map((line) => styleText('dim', line)));
    }
    // The last row is the cursor's.
    this.#drawn = lines.slice(0, rows - 1);
    this.#update(this.#drawn.join('\n'));
  }

  #erase(): void {
    this.#update.clear();
    this.#drawn = [];
  }

  /** The terminal has wrapped anew what is on it, so that the lines take more rows than were drawn. */
  readonly #onResize = (): void => {
    const { columns } = this.#terminal;
    const rowsOf = (line: string): number =>
      Math.max(1, Math.ceil(columnsOf(stripVTControlCharacters(line)) / columns));
    const rows = this.#drawn.reduce((sum, line) => sum + rowsOf(line), 0);
    if (rows > 0) this.#terminal.write(`\u001B[${rows}A\u001B[G\u001B[J`);
    // Without erasing: that has just been done.
    this.#update.done();
    this.#draw();
  };
}

/** Title, what is known of it, and how long it takes; within so many columns the time stays whole, and the title as far as it can. */
function headOf({ title, detail, startMs }: Step, columns = Infinity): string {
  const time = `${((Date.now() - startMs) / 1000).toFixed(1)}s`;
  const room = columns - time.length - 1;
  const fittingTitle = fitColumns(sanitizeText(title), room);
  const fittingDetail = fitColumns(sanitizeText(detail), room - columnsOf(fittingTitle) - 1);
  return [fittingTitle, styleText('dim', fittingDetail), styleText('dim', time)]
    .filter((part) => stripVTControlCharacters(part) !== '')
    .join(' ');
}

function indented(line: string): string {
  return `    ${sanitizeText(line)}`;
}
