import type { Pod, Stored } from '@kubewright/apimachinery';
import type { Clock } from '../clock.ts';
import type { EventRecorder } from '../events/event-recorder.ts';
import { formatDuration, type BackOffTable } from '../restart/back-off.ts';
import { isSidecar, newestEndedLife } from '../restart/restart-policy.ts';
import { RuntimeError, type ContainerRecord, type PodRuntimeState } from '../runtime/contracts.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';
import {
  containersOf,
  type ContainerKind,
  type StartFailure,
} from '../status/container-statuses.ts';
import type { ContainerStarter } from './container-starter.ts';
import type { ContainerStopper } from './container-stopper.ts';
import {
  podActions,
  type ContainerStart,
  type PodActions,
  type ProbeVerdicts,
} from './pod-actions.ts';

/** What carrying decisions out needs. */
export interface PodExecutorOptions {
  readonly clock: Clock;
  readonly runtime: ContainerRuntime;
  readonly recorder: EventRecorder;
  readonly starter: ContainerStarter;
  readonly stopper: ContainerStopper;
  /** Waits of crashed containers; shared by all pods of the node. */
  readonly crashBackOff: BackOffTable;
}

/** Does to one pod what was decided, and remembers what could not be done. */
export class PodExecutor {
  readonly #options: PodExecutorOptions;
  readonly #onSandboxReady: () => void;
  /** Why containers could not be (re)started at the last try, by name. */
  readonly #failures = new Map<string, StartFailure>();

  constructor(options: PodExecutorOptions, onSandboxReady: () => void) {
    this.#options = options;
    this.#onSandboxReady = onSandboxReady;
  }

  /** Why containers could not be (re)started at the last try, by name. */
  get failures(): ReadonlyMap<string, StartFailure> {
    return this.#failures;
  }

  /**
   * Decides and acts once.
   *
   * @returns when to look again, if something was held back: milliseconds since the epoch.
   * @throws `signal.reason` when the signal aborts between two steps.
   */
  async act(
    pod: Stored<Pod>,
    state: PodRuntimeState,
    probes: ProbeVerdicts,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { runtime } = this.#options;
    const actions = podActions(pod, state, probes);
    if (actions.killPod) {
      await this.stopAll(pod, state);
      await runtime.stopSandbox(pod.metadata.uid);
      if (!actions.createSandbox) return undefined;
    }
    for (const kill of actions.kill) {
      signal.throwIfAborted();
      await this.#options.stopper.stop(pod, kill);
    }
    const ready = actions.createSandbox ? await this.#createSandbox(pod, state) : state;
    if (ready === undefined) return undefined;
    return this.#startAll(pod, actions, ready, signal);
  }

  async #createSandbox(
    pod: Stored<Pod>,
    state: PodRuntimeState,
  ): Promise<PodRuntimeState | undefined> {
    const { runtime, recorder } = this.#options;
    const { uid, name, namespace = 'default' } = pod.metadata;
    if (state.sandbox !== undefined) {
      recorder.pod(
        pod,
        'Normal',
        'SandboxChanged',
        'Pod sandbox changed, it will be killed and re-created.',
      );
    }
    try {
      const sandbox = await runtime.runSandbox(
        { uid, name, namespace },
        { hostNetwork: pod.spec?.hostNetwork === true },
      );
      this.#onSandboxReady();
      return { ...state, sandbox };
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      recorder.pod(
        pod,
        'Warning',
        'FailedCreatePodSandBox',
        `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: ${error.message}`,
      );
      return undefined;
    }
  }

  async #startAll(
    pod: Stored<Pod>,
    actions: PodActions,
    state: PodRuntimeState,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    let retryAtMs: number | undefined;
    for (const start of actions.start) {
      signal.throwIfAborted();
      const heldUntilMs = this.#heldBack(pod, start, state);
      const result =
        heldUntilMs === undefined
          ? await this.#options.starter.start(pod, start, state, signal)
          : undefined;
      const nextMs = heldUntilMs ?? (result?.ok === false ? result.retryAtMs : undefined);
      if (nextMs !== undefined) retryAtMs = Math.min(nextMs, retryAtMs ?? nextMs);
      if (result?.ok === true) this.#failures.delete(start.container.name);
      else if (result !== undefined) this.#failures.set(start.container.name, result.failure);
      // The next init container waits for this one; a sidecar that fails does not hold up the others' restart.
      if (result?.ok !== true && start.kind === 'init' && !isSidecar(start.container)) break;
    }
    return retryAtMs;
  }

  /** When a container that ended may start again, if that is later than now; told as CrashLoopBackOff. */
  #heldBack(pod: Stored<Pod>, start: ContainerStart, state: PodRuntimeState): number | undefined {
    if (start.kind === 'ephemeral') return undefined;
    const { clock, crashBackOff, recorder } = this.#options;
    const ended = newestEndedLife(state.containers, start.container.name);
    if (ended?.state.phase !== 'exited') return undefined;
    const { name, namespace = 'default', uid } = pod.metadata;
    const key = `${uid}_${start.container.name}_${ended.definition}`;
    const now = clock.now();
    const until = crashBackOff.waitUntil(key, ended.state.finishedAtMs, now);
    if (until === undefined) {
      crashBackOff.raise(key, ended.state.finishedAtMs, now);
      return undefined;
    }
    const podName = `${name}_${namespace}(${uid})`;
    recorder.pod(
      pod,
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${start.container.name} in pod ${podName}`,
      start,
    );
    this.#failures.set(start.container.name, {
      reason: 'CrashLoopBackOff',
      message: `back-off ${formatDuration(crashBackOff.delayOf(key))} restarting failed container=${start.container.name} pod=${podName}`,
    });
    return until;
  }

  /** The app's containers first, side by side; then the sidecars, the last one first, within the same grace time. */
  async stopAll(pod: Stored<Pod>, state: PodRuntimeState): Promise<void> {
    const { clock, stopper } = this.#options;
    const running = state.containers.filter((record) => record.state.phase === 'running');
    const startedAtMs = clock.now();
    const total = graceSecondsOf(pod);
    const stop = (kind: ContainerKind, record: ContainerRecord, left: number): Promise<void> => {
      const container = containersOf(kind, pod).find((entry) => entry.name === record.name) ?? {
        name: record.name,
      };
      return stopper.stop(pod, {
        kind,
        container,
        record,
        cause: undefined,
        graceSeconds: left,
      });
    };
    const sidecars = (pod.spec?.initContainers ?? []).filter(isSidecar).reverse();
    const isSidecarRecord = (record: ContainerRecord): boolean =>
      sidecars.some((container) => container.name === record.name);
    await Promise.all(
      running
        .filter((record) => !isSidecarRecord(record))
        .reverse()
        .map((record) => stop(kindOf(pod, record), record, total)),
    );
    for (const container of sidecars) {
      const record = running.find((entry) => entry.name === container.name);
      if (record === undefined) continue;
      const spentSeconds = (clock.now() - startedAtMs) / 1000;
      await stop('init', record, Math.max(total - spentSeconds, 2));
    }
  }
}

function kindOf(pod: Pod, record: ContainerRecord): ContainerKind {
  const kinds: readonly ContainerKind[] = ['main', 'init', 'ephemeral'];
  return (
    kinds.find((kind) =>
      containersOf(kind, pod).some((container) => container.name === record.name),
    ) ?? 'main'
  );
}

function graceSecondsOf(pod: Pod): number {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  const own = pod.spec?.terminationGracePeriodSeconds ?? 30;
  if (deletionTimestamp === undefined) return own;
  // A pod deleted by force still gets a second, as on a real node.
  return Math.max(deletionGracePeriodSeconds ?? own, 1);
}
