import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, Writable, type Duplex } from 'node:stream';
import type { Probe } from '@kubewright/apimachinery';
import type { Clock } from '../clock.ts';
import type { PodAddresses } from '../network/pod-addresses.ts';
import { logFilesOf, LogWriter, type LogRotation } from '../logs/log-file.ts';
import { readLog, readLogTail, type LogReadOptions } from '../logs/log-reader.ts';
import {
  RuntimeError,
  type ContainerConfig,
  type ContainerExit,
  type ContainerLauncher,
  type ContainerPhase,
  type ContainerRecord,
  type ExecOptions,
  type PodIdentity,
  type PodRuntimeState,
  type PortTarget,
  type ProbeOutcome,
  type RunningContainer,
  type RuntimeProcess,
  type SandboxRecord,
} from './contracts.ts';
import { giveTo } from '../users/file-ownership.ts';
import { ownUser } from '../users/machine-users.ts';
import { OutputHub } from './output-hub.ts';
import { RecordStore } from './record-store.ts';
import type { ContainerRuntime } from './runtime.ts';

/** What a local runtime is made of. */
export interface LocalRuntimeOptions {
  readonly clock: Clock;
  /** Folder for records and logs. */
  readonly dataDir: string;
  /** Starts the containers of an image. */
  readonly launcherOf: (image: string) => ContainerLauncher;
  readonly addresses: PodAddresses;
  readonly logRotation: LogRotation;
  /** What else ends with the runtime. */
  readonly onStop?: () => Promise<void>;
}

/** Bytes of a termination message at most, as in Kubernetes. */
const maxMessageBytes = 4096;
/** Bytes and lines of log that may stand in for a termination message, as in Kubernetes. */
const maxFallbackBytes = 2048;
const maxFallbackLines = 80;
/** Lives of one container that are kept: the current one and the one before. */
const keptLives = 2;

/** Runs the containers of a node on this machine and keeps their records and logs. */
export class LocalRuntime implements ContainerRuntime {
  readonly version = 'kubewright://1.0.0';
  readonly #options: LocalRuntimeOptions;
  readonly #store: RecordStore;
  readonly #pods = new Map<string, PodRuntimeState & { readonly pod: PodIdentity }>();
  /** Configurations of containers that were created and have not ended. */
  readonly #configs = new Map<string, ContainerConfig>();
  readonly #running = new Map<string, RunningContainer>();
  /** Output of the lives that run; readers that follow listen here. */
  readonly #outputs = new Map<string, OutputHub>();
  /** Ends of lives being written down. */
  readonly #endings = new Map<string, Promise<void>>();
  /** Lives that begin: they do not run yet, and may in a moment. */
  readonly #starts = new Set<Promise<void>>();
  readonly #listeners = new Set<(podUid: string) => void>();
  /** The machine is being switched off: what ends now is not written down, the next start finds it lost. */
  #stopped = false;

  constructor(options: LocalRuntimeOptions) {
    this.#options = options;
    this.#store = new RecordStore(join(options.dataDir, 'records'));
  }

  /**
   * Reads what an earlier run left behind. Containers that ran then are gone: they are recorded as ended
   * with `Unknown` and 255, as a real runtime does after the node went down.
   */
  async start(): Promise<void> {
    const now = this.#options.clock.now();
    for (const [uid, stored] of await this.#store.load()) {
      const containers = stored.containers.map((record) =>
        record.state.phase === 'exited' ? record : { ...record, state: lostState(record, now) },
      );
      const pod = stored.sandbox?.pod ?? containers[0]?.pod;
      if (pod === undefined) continue;
      const sandbox =
        stored.sandbox === undefined ? undefined : { ...stored.sandbox, ready: false };
      this.#pods.set(uid, { pod, sandbox, containers });
    }
  }

  podState(podUid: string): PodRuntimeState {
    return this.#pods.get(podUid) ?? { sandbox: undefined, containers: [] };
  }

  pods(): readonly PodIdentity[] {
    return [...this.#pods.values()].map((entry) => entry.pod);
  }

  runSandbox(pod: PodIdentity, options: { readonly hostNetwork: boolean }): Promise<SandboxRecord> {
    const { addresses, clock } = this.#options;
    const before = this.#pods.get(pod.uid);
    if (before?.sandbox?.ready === true) return Promise.resolve(before.sandbox);
    let ip: string;
    try {
      ip = options.hostNetwork ? addresses.nodeIp : addresses.take();
    } catch (error) {
      return Promise.reject(new RuntimeError('sandbox', messageOf(error), { cause: error }));
    }
    const sandbox: SandboxRecord = {
      id: newId(),
      pod,
      ip,
      ready: true,
      attempt: before?.sandbox === undefined ? 0 : before.sandbox.attempt + 1,
      createdAtMs: clock.now(),
    };
    this.#update(pod, (state) => ({ ...state, sandbox }));
    return Promise.resolve(sandbox);
  }

  stopSandbox(podUid: string): Promise<void> {
    const entry = this.#pods.get(podUid);
    const sandbox = entry?.sandbox;
    if (entry === undefined || sandbox?.ready !== true) return Promise.resolve();
    if (sandbox.ip !== this.#options.addresses.nodeIp) this.#options.addresses.release(sandbox.ip);
    this.#update(entry.pod, (state) => ({ ...state, sandbox: { ...sandbox, ready: false } }));
    return Promise.resolve();
  }

  async createContainer(config: ContainerConfig): Promise<ContainerRecord> {
    const { user, shortfall } = await this.#options.launcherOf(config.image).userFor(config);
    const record: ContainerRecord = {
      id: newId(),
      pod: config.pod,
      name: config.name,
      restartCount: config.restartCount,
      image: config.image,
      imageId: `sha256:${createHash('sha256').update(config.image).digest('hex')}`,
      definition: config.definition,
      createdAtMs: this.#options.clock.now(),
      user,
      userShortfall: shortfall,
      state: { phase: 'created' },
    };
    await mkdir(dirname(config.terminationMessageFile), { recursive: true });
    await writeFile(config.terminationMessageFile, '');
    await giveTo(user, config.rootDir);
    this.#configs.set(record.id, config);
    const surplus: ContainerRecord[] = [];
    this.#update(config.pod, (state) => {
      const lives = state.containers.filter((entry) => entry.name === config.name);
      surplus.push(...lives.slice(keptLives - 1));
      const kept = state.containers.filter((entry) => !surplus.includes(entry));
      return { ...state, containers: [record, ...kept] };
    });
    for (const old of surplus) await this.#removeLogs(old);
    return record;
  }

  async startContainer(id: string): Promise<void> {
    if (this.#stopped) throw new RuntimeError('start', `container ${id}: the node is stopping`);
    const starting = this.#start(id);
    this.#starts.add(starting);
    try {
      await starting;
    } finally {
      this.#starts.delete(starting);
    }
  }

  async #start(id: string): Promise<void> {
    const config = this.#configs.get(id);
    if (config === undefined) throw new RuntimeError('start', `container ${id}: not found`);
    const { clock, launcherOf, logRotation } = this.#options;
    const log = new LogWriter(this.#logPath(config), logRotation, () => clock.now());
    const output = new OutputHub(log);
    await log.open();
    const podIp = this.podState(config.pod.uid).sandbox?.ip ?? this.#options.addresses.nodeIp;
    const user = this.#recordOf(id)?.user ?? ownUser();
    let container: RunningContainer;
    try {
      container = await launcherOf(config.image).launch(config, {
        id,
        podIp,
        user,
        output,
        life: config.restartCount,
      });
    } catch (error) {
      await output.close();
      const message = messageOf(error);
      this.#configs.delete(id);
      this.#setState(id, config.pod, {
        phase: 'exited',
        startedAtMs: 0,
        finishedAtMs: clock.now(),
        exitCode: 128,
        reason: 'StartError',
        message,
      });
      throw error instanceof RuntimeError
        ? error
        : new RuntimeError('start', message, { cause: error });
    }
    const startedAtMs = clock.now();
    this.#running.set(id, container);
    this.#outputs.set(id, output);
    this.#setState(id, config.pod, { phase: 'running', startedAtMs });
    const ending = container.exited.then((exit) => this.#end(id, config, startedAtMs, exit));
    this.#endings.set(
      id,
      ending.finally(() => this.#endings.delete(id)),
    );
  }

  async stopContainer(id: string, graceMs: number): Promise<void> {
    const container = this.#running.get(id);
    if (container === undefined) {
      await this.#endings.get(id);
      return;
    }
    if (graceMs > 0) {
      container.signal('SIGTERM');
      const waiting = new AbortController();
      await Promise.race([
        container.exited,
        this.#options.clock.after(graceMs, waiting.signal).catch(() => undefined),
      ]);
      waiting.abort();
    }
    container.signal('SIGKILL');
    await this.#endings.get(id);
  }

  async removePod(podUid: string): Promise<void> {
    const entry = this.#pods.get(podUid);
    if (entry === undefined) return;
    await Promise.all(entry.containers.map((record) => this.stopContainer(record.id, 0)));
    await this.stopSandbox(podUid);
    this.#pods.delete(podUid);
    for (const record of entry.containers) this.#configs.delete(record.id);
    await this.#store.remove(podUid);
    await rm(this.#podLogFolder(entry.pod), { recursive: true, force: true });
  }

  running(id: string): RunningContainer | undefined {
    return this.#running.get(id);
  }

  exec(id: string, options: ExecOptions): Promise<RuntimeProcess> {
    return this.#demand(id).exec(options);
  }

  async attach(id: string, options: { readonly stdin: boolean }): Promise<RuntimeProcess> {
    const container = this.#running.get(id);
    // Of one that has ended the log tells more than an end without a word.
    if (container === undefined || container.hasEnded) {
      throw new RuntimeError('not-running', 'container is in CONTAINER_EXITED state');
    }
    const output = this.#outputs.get(id);
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const leave = output?.tap(stdout, stderr);
    const source = container.stdin;
    const once = this.#configs.get(id)?.stdinOnce ?? false;
    const stdin =
      options.stdin && source !== undefined
        ? new Writable({
            write: (chunk: Buffer, _encoding, done) => source.write(chunk, done),
            // Others may attach later unless the pod says that its input ends with the first.
            final: (done) => (once ? source.end(done) : done()),
          })
        : undefined;
    return {
      stdin,
      stdout,
      stderr,
      exit: container.exited.then(({ exitCode }) => ({ exitCode })),
      resize: () => undefined,
      kill: () => {
        leave?.();
        stdout.end();
        stderr.end();
      },
    };
  }

  async *log(
    id: string,
    options: LogReadOptions & { readonly follow?: boolean },
  ): AsyncGenerator<Uint8Array> {
    const record = this.#recordOf(id);
    if (record === undefined) return;
    const writer = options.follow === true ? this.#outputs.get(id)?.log : undefined;
    yield* readLog(this.#logPath(record), options, writer);
  }

  async resolvePort(id: string, port: number): Promise<PortTarget | undefined> {
    return this.#running.get(id)?.resolvePort(port);
  }

  connect(id: string, port: number): Duplex | undefined {
    return this.#running.get(id)?.connect?.(port);
  }

  answerProbe(id: string, probe: Probe): ProbeOutcome | undefined {
    return this.#running.get(id)?.answerProbe?.(probe);
  }

  onChange(listener: (podUid: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#killAll();
    // What is being started now runs before it can be killed.
    await Promise.allSettled(this.#starts);
    this.#killAll();
    await Promise.all(this.#endings.values());
    await this.#store.flush();
    await this.#options.onStop?.();
  }

  #killAll(): void {
    for (const container of this.#running.values()) container.signal('SIGKILL');
  }

  async #end(
    id: string,
    config: ContainerConfig,
    startedAtMs: number,
    exit: ContainerExit,
  ): Promise<void> {
    const finishedAtMs = this.#options.clock.now();
    await this.#outputs.get(id)?.close();
    const message = await this.#lastWords(config, exit);
    this.#running.delete(id);
    this.#outputs.delete(id);
    this.#configs.delete(id);
    if (this.#stopped) return;
    this.#setState(id, config.pod, {
      phase: 'exited',
      startedAtMs,
      finishedAtMs,
      exitCode: exit.exitCode,
      reason: exit.oomKilled ? 'OOMKilled' : exit.exitCode === 0 ? 'Completed' : 'Error',
      message,
    });
  }

  async #lastWords(config: ContainerConfig, exit: ContainerExit): Promise<string> {
    const words = await readFile(config.terminationMessageFile).catch(() => Buffer.alloc(0));
    if (words.length > 0) return words.subarray(0, maxMessageBytes).toString('utf8');
    const failed = exit.exitCode !== 0 || exit.oomKilled;
    if (!config.fallbackToLogs || !failed) return '';
    return readLogTail(this.#logPath(config), maxFallbackLines, maxFallbackBytes);
  }

  #demand(id: string): RunningContainer {
    const container = this.#running.get(id);
    if (container === undefined) {
      throw new RuntimeError('not-running', 'container is not running');
    }
    return container;
  }

  #recordOf(id: string): ContainerRecord | undefined {
    for (const { containers } of this.#pods.values()) {
      const record = containers.find((entry) => entry.id === id);
      if (record !== undefined) return record;
    }
    return undefined;
  }

  #setState(id: string, pod: PodIdentity, state: ContainerPhase): void {
    this.#update(pod, (current) => ({
      ...current,
      containers: current.containers.map((record) =>
        record.id === id ? { ...record, state } : record,
      ),
    }));
  }

  #update(pod: PodIdentity, change: (state: PodRuntimeState) => PodRuntimeState): void {
    const next = { ...change(this.podState(pod.uid)), pod };
    this.#pods.set(pod.uid, next);
    this.#store.save(pod.uid, { sandbox: next.sandbox, containers: next.containers });
    for (const listener of [...this.#listeners]) listener(pod.uid);
  }

  #podLogFolder(pod: PodIdentity): string {
    return join(this.#options.dataDir, 'logs', `${pod.namespace}_${pod.name}_${pod.uid}`);
  }

  #logPath(life: { pod: PodIdentity; name: string; restartCount: number }): string {
    return join(this.#podLogFolder(life.pod), life.name, `${String(life.restartCount)}.log`);
  }

  async #removeLogs(record: ContainerRecord): Promise<void> {
    for (const file of await logFilesOf(this.#logPath(record))) await rm(file, { force: true });
  }
}

function lostState(record: ContainerRecord, nowMs: number): ContainerPhase {
  return {
    phase: 'exited',
    startedAtMs: record.state.phase === 'running' ? record.state.startedAtMs : 0,
    finishedAtMs: nowMs,
    exitCode: 255,
    reason: 'Unknown',
    message: '',
  };
}

function newId(): string {
  return randomBytes(32).toString('hex');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
