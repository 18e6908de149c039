import { parseQuantity, type Container, type Pod, type Stored } from '@kubewright/apimachinery';
import type { Clock } from '../clock.ts';
import {
  containerEnvironment,
  ContainerConfigError,
  type EnvironmentSources,
} from '../environment/container-environment.ts';
import {
  writeContainerKubeconfig,
  type ServerAddress,
} from '../environment/container-kubeconfig.ts';
import { expandVariables } from '../environment/expand.ts';
import type { EventRecorder } from '../events/event-recorder.ts';
import type { ImagePuller } from '../images/image-puller.ts';
import { newestLife } from '../restart/restart-policy.ts';
import {
  RuntimeError,
  type ContainerConfig,
  type ContainerRecord,
  type PodRuntimeState,
} from '../runtime/contracts.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';
import type { StartFailure } from '../status/container-statuses.ts';
import { requestedUser } from '../users/requested-user.ts';
import { buildContainerRoot } from '../volumes/container-root.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import type { ContainerStopper } from './container-stopper.ts';
import { HookError, runHook } from './lifecycle-hooks.ts';
import { definitionOf, type ContainerStart } from './pod-actions.ts';
import { probeTarget } from './probe-access.ts';

/** What starting containers needs. */
export interface ContainerStarterOptions {
  readonly clock: Clock;
  readonly runtime: ContainerRuntime;
  readonly recorder: EventRecorder;
  readonly images: ImagePuller;
  readonly volumes: PodVolumes;
  readonly stopper: ContainerStopper;
  readonly environmentFor: (namespace: string, podIp: string | undefined) => EnvironmentSources;
  /** Where containers find the API server; undefined while it does not listen. */
  readonly apiServer: () => ServerAddress | undefined;
}

/** How a start went. */
export type StartResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly failure: StartFailure;
      /** The next look at the pod is due then, if not before. */
      readonly retryAtMs?: number | undefined;
    };

/** Starts one container: image, configuration, creation, start, postStart hook, telling each step as a kubelet does. */
export class ContainerStarter {
  readonly #options: ContainerStarterOptions;

  constructor(options: ContainerStarterOptions) {
    this.#options = options;
  }

  /**
   * @param runtime what was known when the look at the pod began; earlier lives are counted in it.
   * @param signal ends a postStart hook.
   */
  async start(
    pod: Stored<Pod>,
    what: ContainerStart,
    runtime: PodRuntimeState,
    signal: AbortSignal,
  ): Promise<StartResult> {
    const image = this.#options.images.ensure(pod, what.kind, what.container);
    if (!image.ok) {
      this.#tellFailure(pod, what, image.failure.reason);
      return { ok: false, failure: image.failure, retryAtMs: image.retryAtMs };
    }
    const created = await this.#create(pod, what, runtime, image.image);
    if ('failure' in created) return { ok: false, failure: created.failure };
    this.#tell(pod, what, 'Created', 'Container created');
    if (created.userShortfall !== undefined) this.#tellUser(pod, what, created);
    try {
      await this.#options.runtime.startContainer(created.id);
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      this.#tellFailure(pod, what, error.message);
      return { ok: false, failure: { reason: 'RunContainerError', message: error.message } };
    }
    this.#tell(pod, what, 'Started', 'Container started');
    return this.#afterStart(pod, what, created, signal);
  }

  async #create(
    pod: Stored<Pod>,
    what: ContainerStart,
    runtime: PodRuntimeState,
    image: string,
  ): Promise<ContainerRecord | { readonly failure: StartFailure }> {
    try {
      const config = await this.#configure(pod, what.container, runtime, image);
      return await this.#options.runtime.createContainer(config);
    } catch (error) {
      const reason =
        error instanceof ContainerConfigError
          ? 'CreateContainerConfigError'
          : error instanceof RuntimeError
            ? 'CreateContainerError'
            : undefined;
      if (reason === undefined || !(error instanceof Error)) throw error;
      this.#tellFailure(pod, what, error.message);
      return { failure: { reason, message: error.message } };
    }
  }

  async #configure(
    pod: Stored<Pod>,
    container: Container,
    runtime: PodRuntimeState,
    image: string,
  ): Promise<ContainerConfig> {
    const { volumes, environmentFor } = this.#options;
    const { uid, name, namespace = 'default' } = pod.metadata;
    const sources = environmentFor(namespace, runtime.sandbox?.ip);
    const env = await containerEnvironment(pod, container, sources);
    const user = requestedUser(pod, container, this.#options.images.uidOf(image));
    const root = await buildContainerRoot(pod, container, env, volumes);
    const newest = newestLife(runtime.containers, container.name);
    const limit = container.resources?.limits?.['memory'];
    const server = this.#options.apiServer();
    const kubeconfig =
      server === undefined
        ? undefined
        : await writeContainerKubeconfig(container, root.rootDir, server, namespace);
    const expand = (text: string): string => expandVariables(text, env);
    return {
      pod: { uid, name, namespace },
      name: container.name,
      restartCount:
        newest === undefined ? this.#reportedRestarts(pod, container) : newest.restartCount + 1,
      image,
      definition: definitionOf(container),
      command: (container.command ?? []).map(expand),
      args: (container.args ?? []).map(expand),
      // The pod's own variables win.
      user,
      env: kubeconfig === undefined ? env : new Map([['KUBECONFIG', kubeconfig], ...env]),
      workingDir: container.workingDir,
      ...root,
      fallbackToLogs: container.terminationMessagePolicy === 'FallbackToLogsOnError',
      memoryLimitBytes: limit === undefined ? undefined : Number(parseQuantity(limit).toBigInt()),
      stdin: container.stdin ?? false,
      stdinOnce: container.stdinOnce ?? false,
      tty: container.tty ?? false,
      declaredPorts: (container.ports ?? [])
        .filter((port) => (port.protocol ?? 'TCP') === 'TCP')
        .map((port) => port.containerPort),
    };
  }

  /** A container the runtime has lost goes on counting from what was reported. */
  #reportedRestarts(pod: Stored<Pod>, container: Container): number {
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
    const status = [...initContainerStatuses, ...containerStatuses].find(
      (entry) => entry.name === container.name,
    );
    if (status === undefined) return 0;
    // A life that is still reported comes before the one being made; one that is reported as lost was counted then.
    const { running, terminated } = status.state ?? {};
    return status.restartCount + (running === undefined && terminated === undefined ? 0 : 1);
  }

  async #afterStart(
    pod: Stored<Pod>,
    what: ContainerStart,
    record: ContainerRecord,
    signal: AbortSignal,
  ): Promise<StartResult> {
    const hook = what.container.lifecycle?.postStart;
    if (hook === undefined) return { ok: true };
    const { runtime, clock, recorder, stopper } = this.#options;
    try {
      await runHook(hook, probeTarget(runtime, pod, what.container, record.id), clock, signal);
      return { ok: true };
    } catch (error) {
      if (!(error instanceof HookError)) throw error;
      recorder.pod(pod, 'Warning', 'FailedPostStartHook', 'PostStartHook failed', what);
      await stopper.stop(pod, {
        ...what,
        record,
        message: 'FailedPostStartHook',
        cause: undefined,
      });
      return { ok: false, failure: { reason: 'PostStartHookError', message: error.message } };
    }
  }

  #tell(pod: Stored<Pod>, what: ContainerStart, reason: string, message: string): void {
    this.#options.recorder.pod(pod, 'Normal', reason, message, what);
  }

  /** A node would have switched the user: who reads the pod should know that this one did not. */
  #tellUser(
    pod: Stored<Pod>,
    what: ContainerStart,
    { user, userShortfall }: ContainerRecord,
  ): void {
    const message = `Container runs as user ${user.uid}: ${userShortfall ?? ''}`;
    this.#tell(pod, what, 'OtherUser', message);
  }

  #tellFailure(pod: Stored<Pod>, what: ContainerStart, message: string): void {
    this.#options.recorder.pod(pod, 'Warning', 'Failed', `Error: ${message}`, what);
  }
}
