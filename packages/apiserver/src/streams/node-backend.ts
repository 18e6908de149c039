import type { Duplex, Readable, Writable } from 'node:stream';

/** A pod on a node. */
export interface PodTarget {
  /** Namespace of the pod. */
  readonly namespace: string;
  /** Name of the pod. */
  readonly pod: string;
  /** Uid of the pod. */
  readonly uid: string;
}

/** A container of a pod on a node. */
export interface ContainerTarget extends PodTarget {
  /** Name of the container. */
  readonly container: string;
}

/** Which part of a log is wanted, and how. */
export interface LogOptions {
  /** Goes on as the container writes, until it ends or `signal` aborts. */
  readonly follow: boolean;
  /** The log of the container before its last restart. */
  readonly previous: boolean;
  /** Only this many lines from the end. Default: all. At least 0. */
  readonly tailLines?: number | undefined;
  /** Only lines of the last seconds. At least 1; never together with `sinceTime`. */
  readonly sinceSeconds?: number | undefined;
  /** Only lines from this time on, RFC 3339. */
  readonly sinceTime?: string | undefined;
  /** Puts the time, RFC 3339 with nanoseconds, before each line. */
  readonly timestamps: boolean;
  /** Ends after this many bytes, also within a line. At least 1. */
  readonly limitBytes?: number | undefined;
  /** Aborted when nobody reads any more. */
  readonly signal: AbortSignal;
}

/** Which streams of a process are wanted. */
export interface ProcessOptions {
  /** The client sends input. */
  readonly stdin: boolean;
  /** The client wants what is written to standard output. */
  readonly stdout: boolean;
  /** Never together with `tty`: a terminal has one output. */
  readonly stderr: boolean;
  /** The process gets a terminal. */
  readonly tty: boolean;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** A command to run in a container. */
export interface ExecOptions extends ProcessOptions {
  /** Program and arguments; no shell is put before them. */
  readonly command: readonly string[];
}

/** Size of a terminal, in characters. */
export interface TerminalSize {
  /** Characters in a line. */
  readonly width: number;
  /** Lines. */
  readonly height: number;
}

/** A process in a container, as exec and attach see it. */
export interface NodeProcess {
  /** Undefined when not asked for. Ending it ends the process's input. */
  readonly stdin: Writable | undefined;
  /** Undefined when not asked for. Ends when the process has closed its output. */
  readonly stdout: Readable | undefined;
  /** Undefined when not asked for. */
  readonly stderr: Readable | undefined;
  /** Resolves when the process has ended; 128 plus the number for one ended by a signal. */
  readonly exit: Promise<{ readonly exitCode: number }>;
  /** Tells the process of another size of its terminal; ignored without one. */
  resize(size: TerminalSize): void;
  /** The client has gone: ends a command that exec started; lets go of a container that attach watches. May be repeated. */
  kill(): void;
}

/**
 * A node's side of logs, exec, attach and port-forward: what a kubelet and its container runtime do. Refusals are
 * thrown as `StatusError`, worded like the kubelet's own.
 */
export interface NodeBackend {
  /** The log's bytes; leaving the loop early lets go of it. */
  logs(target: ContainerTarget, options: LogOptions): Promise<AsyncIterable<Uint8Array>>;
  /** Starts a command in a container that runs. */
  exec(target: ContainerTarget, options: ExecOptions): Promise<NodeProcess>;
  /** Joins the main process of a container that runs. */
  attach(target: ContainerTarget, options: ProcessOptions): Promise<NodeProcess>;
  /** A connection to a port of the pod. Rejects with the text that the client shall see when nobody listens there. */
  portForward(target: PodTarget, port: number): Promise<Duplex>;
}
