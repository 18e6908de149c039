import type { Duplex, Readable, Writable } from 'node:stream';
import type { Probe } from '@kubewright/apimachinery';
import type { ContainerUser } from '../users/container-user.ts';
import type { RequestedUser } from '../users/requested-user.ts';

/** The pod a sandbox or a container belongs to. */
export interface PodIdentity {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** The user a container runs as, as its status tells. */
export interface RuntimeUser {
  readonly uid: number;
  readonly gid: number;
  readonly supplementalGroups: readonly number[];
}

/** Where a container is in its one life. */
export type ContainerPhase =
  | { readonly phase: 'created' }
  | { readonly phase: 'running'; readonly startedAtMs: number }
  | {
      readonly phase: 'exited';
      /** 0 when it never ran. */
      readonly startedAtMs: number;
      readonly finishedAtMs: number;
      readonly exitCode: number;
      /** `Completed`, `Error`, `OOMKilled`, `StartError` or `Unknown`. */
      readonly reason: string;
      /** The termination message; empty when there is none. */
      readonly message: string;
    };

/** One life of a container; never changed in place. */
export interface ContainerRecord {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly pod: PodIdentity;
  readonly name: string;
  /** How many lives came before this one in the pod. */
  readonly restartCount: number;
  /** Full name of the image. */
  readonly image: string;
  readonly imageId: string;
  /** What the pod's spec said of the container when it was created; another text means the definition changed. */
  readonly definition: string;
  readonly createdAtMs: number;
  readonly user: RuntimeUser;
  /** Why the user is not the one the pod asks for; undefined when it is. */
  readonly userShortfall?: string | undefined;
  readonly state: ContainerPhase;
}

/** The place the containers of one pod share. */
export interface SandboxRecord {
  readonly id: string;
  readonly pod: PodIdentity;
  /** Address of the pod. */
  readonly ip: string;
  readonly ready: boolean;
  /** How many sandboxes the pod had before this one. */
  readonly attempt: number;
  readonly createdAtMs: number;
}

/** All a runtime knows of a pod, as of one moment. */
export interface PodRuntimeState {
  readonly sandbox: SandboxRecord | undefined;
  /** Lives of its containers, newest first; at most two of each container. */
  readonly containers: readonly ContainerRecord[];
}

/** What to run. */
export interface ContainerConfig {
  readonly pod: PodIdentity;
  readonly name: string;
  readonly restartCount: number;
  /** Full name of the image. */
  readonly image: string;
  readonly definition: string;
  /** Replaces the image's command when not empty. */
  readonly command: readonly string[];
  /** Appended to the command; alone they follow the image's. */
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly user: RequestedUser;
  readonly workingDir: string | undefined;
  /** Folder in which the container sees its volumes. */
  readonly rootDir: string;
  /** A short path of the same folder. */
  readonly shortRoot: string;
  /** File the container may leave its last words in. */
  readonly terminationMessageFile: string;
  /** Take the end of the log as the message when the file is empty and the container failed. */
  readonly fallbackToLogs: boolean;
  /** Bytes of memory the process tree may hold; undefined for no limit. */
  readonly memoryLimitBytes: number | undefined;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  /** Container ports the pod declares for this container. */
  readonly declaredPorts: readonly number[];
}

/** How a life ended. */
export interface ContainerExit {
  /** 128 + n for signal n. */
  readonly exitCode: number;
  readonly oomKilled: boolean;
}

/** How to run one command in a container. */
export interface ExecOptions {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A command that runs in a container, or the container's own streams. */
export interface RuntimeProcess {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process has ended and its output was handed over. */
  readonly exit: Promise<{ readonly exitCode: number }>;
  /** Tells the terminal its new size; nothing happens without a terminal. */
  resize(size: { readonly width: number; readonly height: number }): void;
  kill(): void;
}

/** What a probe found. */
export interface ProbeOutcome {
  readonly result: 'success' | 'failure' | 'unknown' | 'warning';
  /** The text for the Event; empty on success. */
  readonly output: string;
}

/** Where a port of a pod can really be reached. */
export interface PortTarget {
  readonly host: string;
  readonly port: number;
}

/** Receives what a container writes. */
export interface OutputSink {
  write(stream: 'stdout' | 'stderr', chunk: Uint8Array): Promise<void>;
}

/** A container that runs (or is played). */
export interface RunningContainer {
  /** Resolves once, when the main process has ended, its descendants are gone and its output is written. */
  readonly exited: Promise<ContainerExit>;
  /** The main process has ended; what it left may still be cleared away, and {@link exited} be open. */
  readonly hasEnded: boolean;
  /** Asks the main process to stop (`SIGTERM`, or what its image says instead), or kills it and all its descendants. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  /** @throws RuntimeError when the command cannot be started. */
  exec(options: ExecOptions): Promise<RuntimeProcess>;
  /** Standard input of the main process while it has one. */
  readonly stdin: Writable | undefined;
  /** Where a declared port is served; undefined when nothing listens for it yet. */
  resolvePort(port: number): Promise<PortTarget | undefined>;
  /** A connection to a declared port; undefined when it has to be dialled by {@link resolvePort}. */
  connect?(port: number): Duplex | undefined;
  /** A played container answers its probes itself; undefined when the probe is to be made. */
  answerProbe?(probe: Probe): ProbeOutcome | undefined;
}

/** Starts containers of one kind of image. */
export interface ContainerLauncher {
  /** Decides whom a container will run as, and why not as somebody else. */
  userFor(config: ContainerConfig): Promise<ContainerUser>;
  /**
   * Starts a container.
   *
   * @throws RuntimeError with code `start` when the program cannot be started.
   */
  launch(config: ContainerConfig, context: LaunchContext): Promise<RunningContainer>;
}

/** What a launcher is given besides the container's own configuration. */
export interface LaunchContext {
  readonly id: string;
  readonly podIp: string;
  readonly user: RuntimeUser;
  readonly output: OutputSink;
  /** Which life of the container this is, from 0. */
  readonly life: number;
}

/** What went wrong inside the runtime. */
export type RuntimeErrorCode = 'create' | 'start' | 'exec' | 'not-running' | 'sandbox';

/** The runtime could not do what it was asked; the message is what Events and statuses show. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
