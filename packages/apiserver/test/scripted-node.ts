import { PassThrough, type Duplex } from 'node:stream';
import type {
  ContainerTarget,
  ExecOptions,
  LogOptions,
  NodeBackend,
  NodeProcess,
  PodTarget,
  ProcessOptions,
  TerminalSize,
} from '../src/streams/node-backend.ts';

/** The inside of a process: what a script reads and writes. */
export interface ProcessInside {
  readonly command: readonly string[];
  readonly options: ProcessOptions;
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  /** Sizes of the terminal, as they come. */
  readonly sizes: TerminalSize[];
  /** Resolves when the client has gone. */
  readonly killed: Promise<void>;
}

/** Plays a process; what it returns is the exit code. Output is ended for it. */
export type Script = (inside: ProcessInside) => Promise<number>;

/** A node whose containers are played by the test. */
export class ScriptedNode implements NodeBackend {
  /** By the first word of the command; `attach` for attach. */
  readonly scripts = new Map<string, Script>();
  /** By port. Throws to refuse. */
  readonly ports = new Map<number, () => Promise<Duplex>>();
  log: (target: ContainerTarget, options: LogOptions) => Promise<AsyncIterable<Uint8Array>> = () =>
    Promise.reject(new Error('no log here'));
  readonly execs: { readonly target: ContainerTarget; readonly options: ExecOptions }[] = [];
  /** Processes that have not ended. */
  running = 0;

  logs(target: ContainerTarget, options: LogOptions): Promise<AsyncIterable<Uint8Array>> {
    return this.log(target, options);
  }

  async exec(target: ContainerTarget, options: ExecOptions): Promise<NodeProcess> {
    this.execs.push({ target, options });
    const [name = ''] = options.command;
    const script = this.scripts.get(name);
    if (script === undefined)
      throw new Error(`exec: "${name}": executable file not found in $PATH`);
    return this.#play(script, options.command, options);
  }

  async attach(_target: ContainerTarget, options: ProcessOptions): Promise<NodeProcess> {
    const script = this.scripts.get('attach');
    if (script === undefined) throw new Error('nothing to attach to');
    return this.#play(script, [], options);
  }

  async portForward(_target: PodTarget, port: number): Promise<Duplex> {
    const open = this.ports.get(port);
    if (open === undefined) throw new Error(`connect to port ${port}: connection refused`);
    return open();
  }

  #play(script: Script, command: readonly string[], options: ProcessOptions): NodeProcess {
    const { promise: killed, resolve: kill } = Promise.withResolvers<undefined>();
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const sizes: TerminalSize[] = [];
    this.running += 1;
    const inside = { command, options, stdin, stdout, stderr, sizes, killed };
    const exit = script(inside).then((exitCode) => {
      this.running -= 1;
      stdout.end();
      stderr.end();
      stdin.destroy();
      return { exitCode };
    });
    return {
      stdin: options.stdin ? stdin : undefined,
      stdout: options.stdout ? stdout : undefined,
      stderr: options.stderr ? stderr : undefined,
      exit,
      resize: (size) => sizes.push(size),
      kill: () => kill(undefined),
    };
  }
}

/** Copies input to output until its end. */
export const cat: Script = async ({ stdin, stdout, killed }) => {
  const ended = (async () => {
    for await (const piece of stdin) {
      if (!stdout.write(piece)) await new Promise((resolve) => stdout.once('drain', resolve));
    }
    return 0;
  })();
  // Killed while it waits for a reader that has gone, it is left to the garbage collector.
  return Promise.race([ended.catch(() => 1), killed.then(() => 137)]);
};
