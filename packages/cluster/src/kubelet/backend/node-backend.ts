import type { Duplex, Readable, Writable } from 'node:stream';
import {
  StatusError,
  type ContainerStatus,
  type PodStatus,
  type Status,
} from '@kubewright/apimachinery';
import type { PortMap } from '../network/port-map.ts';
import type { ContainerRecord, RuntimeProcess } from '../runtime/contracts.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';

/** The container a request is about. */
export interface ContainerTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
}

/** What part of a log is wanted. */
export interface NodeLogOptions {
  readonly follow?: boolean | undefined;
  readonly previous?: boolean | undefined;
  readonly tailLines?: number | undefined;
  readonly sinceSeconds?: number | undefined;
  /** RFC 3339. */
  readonly sinceTime?: string | undefined;
  readonly timestamps?: boolean | undefined;
  readonly limitBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a command is run in a container, or its streams are joined. */
export interface NodeExecOptions {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A process of a container with its streams. */
export interface NodeProcess {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exit: Promise<{ readonly exitCode: number }>;
  resize(size: { readonly width: number; readonly height: number }): void;
  kill(): void;
}

/** What an API server asks of the node a pod is on. */
export interface NodeBackend {
  logs(target: ContainerTarget, options: NodeLogOptions): Promise<AsyncIterable<Uint8Array>>;
  exec(target: ContainerTarget, options: NodeExecOptions): Promise<NodeProcess>;
  attach(target: ContainerTarget, options: Omit<NodeExecOptions, 'command'>): Promise<NodeProcess>;
  portForward(target: Omit<ContainerTarget, 'container'>, port: number): Promise<Duplex>;
}

/** What answering needs. */
export interface KubeletBackendOptions {
  readonly runtime: ContainerRuntime;
  readonly ports: PortMap;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The status a pod was last reported with. Default: unknown; the records decide alone. */
  readonly statusOf?: ((podUid: string) => PodStatus | undefined) | undefined;
}

/** Answers for logs, exec, attach and port-forward from the node's runtime, with a kubelet's texts when it cannot. */
export class KubeletBackend implements NodeBackend {
  readonly #options: KubeletBackendOptions;

  constructor(options: KubeletBackendOptions) {
    this.#options = options;
  }

  async logs(target: ContainerTarget, options: NodeLogOptions): Promise<AsyncIterable<Uint8Array>> {
    const record = this.#logged(target, options.previous ?? false);
    const sinceMs =
      options.sinceTime === undefined
        ? options.sinceSeconds === undefined
          ? undefined
          : this.#options.now() - options.sinceSeconds * 1000
        : Date.parse(options.sinceTime);
    return this.#options.runtime.log(record.id, {
      follow: options.follow ?? false,
      tailLines: options.tailLines,
      timestamps: options.timestamps,
      limitBytes: options.limitBytes,
      sinceMs,
      signal: options.signal,
    });
  }

  async exec(target: ContainerTarget, options: NodeExecOptions): Promise<NodeProcess> {
    // What the runtime refuses is told with the attempt, as a failure of the kubelet itself.
    return asNodeProcess(await this.#options.runtime.exec(this.#running(target).id, options));
  }

  async attach(
    target: ContainerTarget,
    options: Omit<NodeExecOptions, 'command'>,
  ): Promise<NodeProcess> {
    const record = this.#running(target);
    return asNodeProcess(await this.#options.runtime.attach(record.id, options));
  }

  portForward(target: Omit<ContainerTarget, 'container'>, port: number): Promise<Duplex> {
    const { sandbox } = this.#options.runtime.podState(target.uid);
    if (sandbox?.ready !== true) {
      return Promise.reject(
        notFound(
          `pods ${JSON.stringify(target.pod)} not found: the pod has no network on this node`,
        ),
      );
    }
    return this.#options.ports.connect(target.uid, port);
  }

  /** The life whose log is meant: what the reported status calls the current or the previous one. */
  #logged(target: ContainerTarget, previous: boolean): ContainerRecord {
    const [newest, before] = this.#lives(target);
    const status = this.#reported(target);
    const pod = JSON.stringify(target.pod);
    const container = JSON.stringify(target.container);
    if (previous) {
      // While a container is held back, the life that has just ended is reported as the last one.
      const isHeldBack = newest?.state.phase === 'exited' && status?.state?.waiting !== undefined;
      const record = isHeldBack ? newest : before;
      if (record !== undefined) return record;
      throw badRequest(`previous terminated container ${container} in pod ${pod} not found`);
    }
    const record = newest?.state.phase === 'created' ? before : newest;
    if (record !== undefined) return record;
    const reason = status?.state?.waiting?.reason ?? 'ContainerCreating';
    const pulling = reason === 'ErrImagePull' || reason === 'ImagePullBackOff';
    const why = pulling ? 'trying and failing to pull image' : reason;
    throw badRequest(`container ${container} in pod ${pod} is waiting to start: ${why}`);
  }

  #reported(target: ContainerTarget): ContainerStatus | undefined {
    const status = this.#options.statusOf?.(target.uid);
    return [
      ...(status?.containerStatuses ?? []),
      ...(status?.initContainerStatuses ?? []),
      ...(status?.ephemeralContainerStatuses ?? []),
    ].find((entry) => entry.name === target.container);
  }

  #running(target: ContainerTarget): ContainerRecord {
    const [newest] = this.#lives(target);
    if (newest?.state.phase === 'running') return newest;
    throw internalError(
      `unable to upgrade connection: container not found (${JSON.stringify(target.container)})`,
    );
  }

  #lives(target: ContainerTarget): readonly ContainerRecord[] {
    return this.#options.runtime
      .podState(target.uid)
      .containers.filter((record) => record.name === target.container);
  }
}

function asNodeProcess(execution: RuntimeProcess): NodeProcess {
  return execution;
}

function badRequest(message: string): StatusError {
  return failure(400, 'BadRequest', message);
}

function notFound(message: string): StatusError {
  return failure(404, 'NotFound', message);
}

function internalError(message: string): StatusError {
  return failure(500, 'InternalError', message);
}

function failure(code: number, reason: string, message: string): StatusError {
  const status: Status = {
    apiVersion: 'v1',
    kind: 'Status',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  };
  return new StatusError(status);
}
