import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { afterEach, describe, test } from 'node:test';
import headless from '@xterm/headless';
import { LiveView, type Terminal } from '../src/progress/live-view.ts';

const open: { close(): void }[] = [];

/** A terminal in memory, and a view on it. */
class Screen extends EventEmitter {
  readonly #terminal: headless.Terminal;
  readonly view: LiveView;

  constructor(columns: number, rows = 24) {
    super();
    this.#terminal = new headless.Terminal({
      cols: columns,
      rows,
      allowProposedApi: true,
      convertEol: true,
      scrollback: 1000,
    });
    // Safe: it has what a view asks a terminal for.
    this.view = new LiveView(this as unknown as Terminal);
    open.push(this.view);
  }

  get columns(): number {
    return this.#terminal.cols;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  write(text: string): boolean {
    this.#terminal.write(text);
    return true;
  }

  async resize(columns: number, rows = this.rows): Promise<void> {
    await this.#written();
    this.#terminal.resize(columns, rows);
    this.emit('resize');
  }

  /** Everything written so far, also what has scrolled away; lines that the terminal wrapped are whole. */
  async text(): Promise<readonly string[]> {
    await this.#written();
    const { active } = this.#terminal.buffer;
    const lines: string[] = [];
    for (let row = 0; row < active.length; row += 1) {
      const line = active.getLine(row);
      const text = line?.translateToString(true) ?? '';
      if (line?.isWrapped === true) lines.push(`${lines.pop() ?? ''}${text}`);
      else lines.push(text);
    }
    while (lines.at(-1) === '') lines.pop();
    // The time that a step takes, and the frame of its mark.
    return lines.map((line) => line.replace(/ ?\d+\.\ds$/, '').replace(/^[⠀-⣿]/, '>'));
  }

  /** Rows on which something stands now. */
  async rowsUsed(): Promise<number> {
    await this.#written();
    const { active } = this.#terminal.buffer;
    return active.baseY + active.cursorY;
  }

  #written(): Promise<void> {
    return new Promise((resolve) => this.#terminal.write('', resolve));
  }
}

afterEach(() => {
  for (const view of open.splice(0)) view.close();
});

const picture = [
  'NAME                           READY   STATUS',
  'fragile-app-75dccc65f7-lq7hg   1/1     Running',
];

describe('the live view', () => {
  test('shows the steps that are done, the one that runs, and the cluster', async () => {
    const screen = new Screen(100);
    screen.view.begin('Starting');
    screen.view.show(['export KUBECONFIG=/tmp/kubeconfig']);
    screen.view.begin('Installing');
    screen.view.detail('Deployment web');
    screen.view.picture(picture);
    screen.view.show([]);
    assert.deepEqual(await screen.text(), [
      '✔ Starting',
      '    export KUBECONFIG=/tmp/kubeconfig',
      '> Installing Deployment web',
      '',
      ...picture.map((line) => `  ${line}`),
    ]);
  });

  test('keeps what is done, however much follows on a low terminal', async () => {
    const screen = new Screen(80, 5);
    for (let step = 1; step <= 8; step += 1) {
      screen.view.begin(`Step ${step}`);
      screen.view.picture([...picture, ...picture, ...picture]);
      screen.view.show([`shown by ${step}`]);
    }
    screen.view.end('failed');
    screen.view.close();
    const steps = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((step) => [
      `${step === 8 ? '✘' : '✔'} Step ${step}`,
      `    shown by ${step}`,
    ]);
    assert.deepEqual(await screen.text(), steps);
  });

  test('cuts on a narrow terminal what is drawn anew, and keeps whole what stays', async () => {
    const screen = new Screen(24);
    const path = 'export KUBECONFIG=/a/rather/long/path/to/a/kubeconfig';
    screen.view.begin('Deploying an app that crashes');
    screen.view.detail('Deployment web');
    screen.view.picture(picture);
    screen.view.show([path]);
    const before = await screen.text();
    assert.ok(
      before.every((line) => line.length <= 23),
      before.join('\n'),
    );
    assert.match(before[0] ?? '', /^> Deploying an ap…/);
    screen.view.close();
    screen.view.end('done');
    assert.deepEqual(await screen.text(), []);

    const other = new Screen(24);
    other.view.begin('Deploying an app that crashes');
    other.view.show([path]);
    other.view.end('done');
    assert.deepEqual(await other.text(), ['✔ Deploying an app that crashes', `    ${path}`]);
  });

  test('leaves nothing over when the terminal gets narrower, and wider again', async () => {
    const screen = new Screen(100);
    screen.view.begin('Starting');
    screen.view.begin('Deploying an app that crashes after more than five requests');
    screen.view.detail('Deployment fragile-app');
    screen.view.picture(picture);
    screen.view.show([]);
    for (const columns of [60, 30, 12, 45, 100]) await screen.resize(columns);
    assert.deepEqual(await screen.text(), [
      '✔ Starting',
      '> Deploying an app that crashes after more than five requests Deployment fragile-app',
      '',
      ...picture.map((line) => `  ${line}`),
    ]);
    screen.view.close();
    assert.deepEqual(await screen.text(), ['✔ Starting']);
  });

  test('gives the terminal back below what is done, listening to nothing', async () => {
    const screen = new Screen(80);
    screen.view.begin('Starting');
    screen.view.picture(picture);
    screen.view.end('done');
    screen.view.close();
    screen.view.close();
    assert.equal(await screen.rowsUsed(), 1);
    assert.equal(screen.listenerCount('resize'), 0);
  });

  test('lets nothing through that would move the cursor', async () => {
    const screen = new Screen(80);
    screen.view.begin('Starting');
    screen.view.show(['\u001B[2Jgone?']);
    screen.view.end('done');
    assert.deepEqual(await screen.text(), ['✔ Starting', '    \uFFFD[2Jgone?']);
  });
});
