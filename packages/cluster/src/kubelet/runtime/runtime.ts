import type { Duplex } from 'node:stream';
import type { Probe } from '@kubewright/apimachinery';
import type { LogReadOptions } from '../logs/log-reader.ts';
import type {
  ContainerConfig,
  ContainerRecord,
  ExecOptions,
  PodIdentity,
  PodRuntimeState,
  PortTarget,
  ProbeOutcome,
  RunningContainer,
  RuntimeProcess,
  SandboxRecord,
} from './contracts.ts';

/**
 * What the kubelet asks of whatever runs its containers.
 *
 * Guarantees: records never change in place, so a state once read stays what it was; every change of a
 * pod's records is told to the listeners after it can be read.
 */
export interface ContainerRuntime {
  /** Name and version as the Node's status shows them, such as `kubewright://1.0.0`. */
  readonly version: string;
  /** All that is known of a pod, now. */
  podState(podUid: string): PodRuntimeState;
  /** The pods of which anything is known. */
  pods(): readonly PodIdentity[];
  /** Makes the place the containers of a pod share. */
  runSandbox(pod: PodIdentity, options: { readonly hostNetwork: boolean }): Promise<SandboxRecord>;
  /** Ends it; the containers must have ended. No error when there is none. */
  stopSandbox(podUid: string): Promise<void>;
  /** Makes a container that does not run yet. */
  createContainer(config: ContainerConfig): Promise<ContainerRecord>;
  /**
   * Starts it.
   *
   * @throws RuntimeError with code `start`; the record then says `exited` with reason StartError and code 128.
   */
  startContainer(id: string): Promise<void>;
  /** Asks it to stop, kills it after the grace time; resolves when it has ended. No error when it is not running. */
  stopContainer(id: string, graceMs: number): Promise<void>;
  /** Forgets the pod, its records and its logs. */
  removePod(podUid: string): Promise<void>;
  /** The running container of a record; undefined when it does not run. */
  running(id: string): RunningContainer | undefined;
  /** Runs a command in a container. @throws RuntimeError when it does not run or the command cannot start. */
  exec(id: string, options: ExecOptions): Promise<RuntimeProcess>;
  /** Joins the streams of a running container. @throws RuntimeError when it does not run. */
  attach(id: string, options: { readonly stdin: boolean }): Promise<RuntimeProcess>;
  /** The log of one life; with `follow` until the life has ended. */
  log(
    id: string,
    options: LogReadOptions & { readonly follow?: boolean },
  ): AsyncIterable<Uint8Array>;
  /** Where a port of a container is really served; undefined when nobody listens. */
  resolvePort(id: string, port: number): Promise<PortTarget | undefined>;
  /** A connection to a container that cannot be dialled; undefined when it can. */
  connect(id: string, port: number): Duplex | undefined;
  /** The answer of a played container to a probe; undefined when it has to be asked over its port. */
  answerProbe(id: string, probe: Probe): ProbeOutcome | undefined;
  /** Calls back with the pod's uid on each change, until the returned function is called. */
  onChange(listener: (podUid: string) => void): () => void;
  /** Kills everything and ends; may be repeated. */
  stop(): Promise<void>;
}
