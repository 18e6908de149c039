import { spawn, type ChildProcess } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { expandVariables } from '../environment/expand.ts';
import type { ProcessImage } from '../images/image.ts';
import { listeningSockets } from '../network/listening-sockets.ts';
import { matchSocket, planPorts, portVariables } from '../network/port-plan.ts';
import { containerUser, type ContainerUser } from '../users/container-user.ts';
import { spawnPlan } from '../users/run-as.ts';
import {
  RuntimeError,
  type ContainerConfig,
  type ContainerExit,
  type ContainerLauncher,
  type ExecOptions,
  type LaunchContext,
  type OutputSink,
  type PortTarget,
  type RunningContainer,
  type RuntimeProcess,
} from './contracts.ts';
import { findExecutable, startFailure } from './executable.ts';
import type { MemoryGuard } from './memory-guard.ts';
import { killProcesses, listProcesses, processesOf, sendSignal } from './process-tree.ts';
import { spawnExec } from './process-exec.ts';
import type { Watchdog } from './watchdog.ts';

/** What the launcher of processes needs of its node. */
export interface ProcessLauncherOptions {
  /** The image a name stands for. */
  readonly imageOf: (name: string) => ProcessImage | undefined;
  readonly watchdog: Watchdog;
  readonly memoryGuard: MemoryGuard;
  /** A variable (`name=value`) every process of this node carries. */
  readonly mark: string;
}

/** How long output may be waited for after the last process of a container was killed, in milliseconds. */
const outputGraceMs = 2_000;

/** Runs containers as process groups of this machine. */
export class ProcessLauncher implements ContainerLauncher {
  readonly #options: ProcessLauncherOptions;
  /** Real ports promised to running containers, as `address:port`. */
  readonly #takenPorts = new Set<string>();

  constructor(options: ProcessLauncherOptions) {
    this.#options = options;
  }

  async userFor(config: ContainerConfig): Promise<ContainerUser> {
    const image = this.#imageOf(config);
    const command = commandOf(config, image);
    // What cannot be found is no matter of users: the start will say so.
    const cwd = await workingDirOf(config, image).catch(() => config.rootDir);
    const lookup = await findExecutable(command[0] ?? '', searchPathOf(config, image), cwd);
    return containerUser(config.user, image, {
      file: lookup.found ? lookup.file : cwd,
      args: command.slice(1),
      folders: [dirname(config.rootDir), cwd === config.rootDir ? dirname(cwd) : cwd],
    });
  }

  async launch(config: ContainerConfig, context: LaunchContext): Promise<RunningContainer> {
    const image = this.#imageOf(config);
    const ports = await planPorts(config.declaredPorts, context.podIp, this.#takenPorts);
    const freePorts = (): void => {
      for (const port of ports.values())
        this.#takenPorts.delete(`${context.podIp}:${String(port)}`);
    };
    try {
      return await this.#start(config, context, image, ports, freePorts);
    } catch (error) {
      freePorts();
      throw error;
    }
  }

  #imageOf(config: ContainerConfig): ProcessImage {
    const image = this.#options.imageOf(config.image);
    if (image !== undefined) return image;
    throw new RuntimeError('create', `image ${JSON.stringify(config.image)}: not found`);
  }

  async #start(
    config: ContainerConfig,
    context: LaunchContext,
    image: ProcessImage,
    ports: ReadonlyMap<number, number>,
    freePorts: () => void,
  ): Promise<RunningContainer> {
    const mark = `KUBEWRIGHT_CONTAINER=${context.id}`;
    const env = containerEnvironment(config, image, ports, context.podIp, [
      mark,
      this.#options.mark,
    ]);
    const command = commandOf(config, image);
    const [program] = command;
    if (program === undefined) throw new RuntimeError('create', 'no command specified');
    const cwd = await workingDirOf(config, image);
    const lookup = await findExecutable(program, env['PATH'] ?? '', cwd);
    if (!lookup.found) throw new RuntimeError('start', startFailure(lookup.why));
    const { file, args, options } = spawnPlan(context.user, lookup.file, command.slice(1), program);
    const child = spawn(file, args, {
      ...options,
      cwd,
      env,
      // Its own session and process group: terminal signals do not reach it, and it can be killed whole.
      detached: true,
      stdio: [config.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    const refused = await spawned(child);
    if (refused !== undefined) {
      freePorts();
      return exitedAtOnce(program, refused, context.output);
    }
    return new ProcessContainer(child, {
      config,
      env,
      cwd,
      mark,
      ports,
      context,
      stopSignal: image.stopSignal ?? 'SIGTERM',
      watchdog: this.#options.watchdog,
      memoryGuard: this.#options.memoryGuard,
      onEnd: freePorts,
    });
  }
}

/** A container's `command` replaces the image's, its `args` alone follow the image's (Kubernetes: "Define a Command"). */
function commandOf(config: ContainerConfig, image: ProcessImage): readonly string[] {
  return config.command.length > 0
    ? [...config.command, ...config.args]
    : [...image.command, ...config.args];
}

/**
 * What a container's process sees: nothing of ours but PATH, then what the runtime provides, then the
 * image's variables, then the pod's.
 */
function containerEnvironment(
  config: ContainerConfig,
  image: ProcessImage,
  ports: ReadonlyMap<number, number>,
  podIp: string,
  marks: readonly string[],
): Record<string, string> {
  const env: Record<string, string> = {
    PATH: imagePath(image),
    HOME: config.shortRoot,
    TMPDIR: join(config.shortRoot, 'tmp'),
    HOSTNAME: config.pod.name,
    KUBEWRIGHT_ROOT: config.shortRoot,
    KUBEWRIGHT_TERMINATION_LOG: config.terminationMessageFile,
    ...Object.fromEntries(portVariables(ports, podIp)),
  };
  const told = new Map([...Object.entries(env), ...config.env]);
  for (const [name, value] of Object.entries(image.env ?? {})) {
    env[name] = expandVariables(value, told);
  }
  Object.assign(env, Object.fromEntries(config.env));
  for (const mark of marks) {
    const equals = mark.indexOf('=');
    env[mark.slice(0, equals)] = mark.slice(equals + 1);
  }
  return env;
}

/** PATH unless the pod sets its own. */
function imagePath(image: ProcessImage): string {
  const ownPath = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  return [...(image.path ?? []), ownPath].join(delimiter);
}

/** Where a container's program is looked for. */
function searchPathOf(config: ContainerConfig, image: ProcessImage): string {
  return config.env.get('PATH') ?? image.env?.['PATH'] ?? imagePath(image);
}

/** The container's `workingDir` is looked for in its root folder first, then on this machine. */
async function workingDirOf(config: ContainerConfig, image: ProcessImage): Promise<string> {
  const wanted = config.workingDir ?? image.workingDir;
  if (wanted === undefined || wanted === '' || wanted === '/') return config.rootDir;
  const candidates = [
    ...(config.workingDir === undefined ? [] : [join(config.rootDir, wanted)]),
    ...(isAbsolute(wanted) ? [wanted] : []),
  ];
  for (const candidate of candidates) {
    if ((await stat(candidate).catch(() => undefined))?.isDirectory() === true) return candidate;
  }
  throw new RuntimeError(
    'start',
    startFailure(
      `chdir to cwd (${JSON.stringify(wanted)}) set in config.json failed: no such file or directory`,
    ),
  );
}

/** Resolves when the process runs (undefined), or with what the system said when it refused. */
function spawned(child: ChildProcess): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    child.once('spawn', () => {
      // Later errors are about signals that could not be sent; the exit tells what became of it.
      child.on('error', () => undefined);
      resolve(undefined);
    });
    child.once('error', resolve);
  });
}

/**
 * What execve itself refuses (another architecture, no interpreter) is not a failed start:
 * the container has started, says so in its log and ends with 1, as with runc 1.1.
 */
async function exitedAtOnce(
  program: string,
  error: NodeJS.ErrnoException,
  output: OutputSink,
): Promise<RunningContainer> {
  const words = error.code === 'ENOEXEC' ? 'exec format error' : 'no such file or directory';
  await output.write('stderr', Buffer.from(`exec ${program}: ${words}\n`));
  return {
    exited: Promise.resolve({ exitCode: 1, oomKilled: false }),
    hasEnded: true,
    signal: () => undefined,
    exec: () => Promise.reject(new RuntimeError('not-running', 'container has ended')),
    stdin: undefined,
    resolvePort: () => Promise.resolve(undefined),
  };
}

interface ProcessContainerParts {
  readonly config: ContainerConfig;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** A line only this container's processes have in their environment. */
  readonly mark: string;
  readonly ports: ReadonlyMap<number, number>;
  readonly context: LaunchContext;
  readonly stopSignal: NodeJS.Signals;
  readonly watchdog: Watchdog;
  readonly memoryGuard: MemoryGuard;
  readonly onEnd: () => void;
}

class ProcessContainer implements RunningContainer {
  readonly exited: Promise<ContainerExit>;
  readonly #child: ChildProcess;
  readonly #parts: ProcessContainerParts;
  /** Leaders of the container's process groups: the main process and the commands executed in it. */
  readonly #leaders: Set<number>;
  #oomKilled = false;

  constructor(child: ChildProcess, parts: ProcessContainerParts) {
    this.#child = child;
    this.#parts = parts;
    this.#leaders = new Set(child.pid === undefined ? [] : [child.pid]);
    for (const leader of this.#leaders) parts.watchdog.add(leader);
    this.exited = this.#run();
  }

  get stdin(): Writable | undefined {
    return this.#child.stdin ?? undefined;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (pid === undefined || this.hasEnded) return;
    // As in a real container the main process alone is asked to stop; what it leaves is killed when it ended.
    if (name === 'SIGKILL') sendSignal(-pid, name);
    else sendSignal(pid, this.#parts.stopSignal);
  }

  async exec(options: ExecOptions): Promise<RuntimeProcess> {
    if (this.hasEnded) {
      throw new RuntimeError('not-running', 'container is not running');
    }
    const { env, cwd, watchdog } = this.#parts;
    const { user } = this.#parts.context;
    return spawnExec(options, { env, cwd, user }, (leader, ended) => {
      this.#leaders.add(leader);
      watchdog.add(leader);
      void ended.finally(() => {
        this.#leaders.delete(leader);
        watchdog.drop(leader);
      });
    });
  }

  async resolvePort(port: number): Promise<PortTarget | undefined> {
    const { ports, context } = this.#parts;
    const members = processesOf(await listProcesses(), [...this.#leaders]);
    const sockets = await listeningSockets(
      members.map((info) => info.pid),
      context.podIp,
    );
    return matchSocket(port, ports, sockets, context.podIp);
  }

  async #run(): Promise<ContainerExit> {
    const { config, context, watchdog, memoryGuard, onEnd, mark } = this.#parts;
    const unguard =
      config.memoryLimitBytes === undefined
        ? undefined
        : memoryGuard.add({
            leaders: () => [...this.#leaders],
            limitBytes: config.memoryLimitBytes,
            onExceeded: () => {
              this.#oomKilled = true;
              this.signal('SIGKILL');
            },
          });
    this.#child.stdin?.on('error', () => undefined);
    const output = Promise.all([
      drain(this.#child.stdout, 'stdout', context.output),
      drain(this.#child.stderr, 'stderr', context.output),
    ]);
    const exitCode = await new Promise<number>((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(code ?? signalExitCode(signal)));
    });
    unguard?.();
    // The end of the main process is the end of the container: nothing may outlive it.
    await killProcesses([...this.#leaders], mark);
    await withinGrace(output, [this.#child.stdout, this.#child.stderr]);
    for (const leader of this.#leaders) watchdog.drop(leader);
    onEnd();
    return { exitCode, oomKilled: this.#oomKilled };
  }
}

/** 128 + n for signal n, as shells and container runtimes report it. */
function signalExitCode(signal: NodeJS.Signals | null): number {
  return signal === null ? 255 : 128 + constants.signals[signal];
}

async function drain(
  stream: Readable | null,
  name: 'stdout' | 'stderr',
  output: OutputSink,
): Promise<void> {
  if (stream === null) return;
  try {
    for await (const chunk of stream) {
      // Child streams without an encoding give Buffers.
      await output.write(name, chunk as Buffer);
    }
  } catch {
    // The pipe was cut: what was read is stored, there is no more.
  }
}

async function withinGrace(
  output: Promise<unknown>,
  streams: readonly (Readable | null)[],
): Promise<void> {
  const timer = setTimeout(() => {
    for (const stream of streams) stream?.destroy();
  }, outputGraceMs);
  try {
    await output;
  } finally {
    clearTimeout(timer);
  }
}
