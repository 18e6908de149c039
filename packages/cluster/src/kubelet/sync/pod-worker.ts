import {
  deepEqual,
  type Pod,
  type PodCondition,
  type PodStatus,
  type Stored,
} from '@kubewright/apimachinery';
import type { ImagePuller } from '../images/image-puller.ts';
import { ProbeManager } from '../probes/probe-manager.ts';
import { askProbe } from '../probes/prober.ts';
import { newestLife } from '../restart/restart-policy.ts';
import type { PodRuntimeState } from '../runtime/contracts.ts';
import type { ContainerKind } from '../status/container-statuses.ts';
import { isKubeletCondition } from '../status/pod-conditions.ts';
import { podStatus, type ComputedPodStatus } from '../status/pod-status.ts';
import type { StatusWriter } from '../status/status-writer.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import { isAbort } from './abort.ts';
import { PodExecutor, type PodExecutorOptions } from './pod-executor.ts';
import { probeTarget } from './probe-access.ts';
import { VolumeMounter } from './volume-mounter.ts';

/** What a worker shares with the others of its node. */
export interface PodWorkerOptions extends PodExecutorOptions {
  readonly images: ImagePuller;
  readonly volumes: PodVolumes;
  readonly hostIp: string;
  readonly syncPeriodMs: number;
  readonly volumeRefreshMs: number;
  /** From 0 to 1; spreads the looks at many pods. */
  readonly random: () => number;
}

/**
 * Where a pod is on this node.
 * `living`: its containers are to run. `ending`: everything is being stopped. `ended`: nothing runs or will run.
 */
type Stage = 'living' | 'ending' | 'ended';

/**
 * Takes one pod from its binding to its removal, one step at a time.
 *
 * Guarantees: never two looks at a pod at once; whatever happens meanwhile leads to one more look; a deletion
 * ends the look under way.
 */
export class PodWorker {
  readonly #options: PodWorkerOptions;
  readonly #writer: StatusWriter;
  readonly #probes: ProbeManager;
  readonly #mounter: VolumeMounter;
  readonly #executor: PodExecutor;
  #pod: Stored<Pod>;
  #stage: Stage;
  /** The API server has no such pod any more. */
  #vanished = false;
  /** Counts what happened; a look that began before the last of it is followed by another. */
  #changes = 0;
  #wake: (() => void) | undefined;
  /** The look under way. */
  #look = new AbortController();
  readonly #stop = new AbortController();
  #deadlineTold = false;
  /** Nothing is left of the pod on this node. */
  #removed = false;

  constructor(options: PodWorkerOptions, pod: Stored<Pod>, writer: StatusWriter) {
    this.#options = options;
    this.#pod = pod;
    this.#writer = writer;
    // A pod that was over before this kubelet saw it, or was rejected, is not started.
    this.#stage = isOver(writer.current) ? 'ended' : 'living';
    this.#mounter = new VolumeMounter(options);
    this.#executor = new PodExecutor(options, () => this.#tellSandboxReady());
    this.#probes = new ProbeManager({
      clock: options.clock,
      recorder: options.recorder,
      pod: () => this.#pod,
      status: () => this.#writer.current,
      ask: async (probe, container, containerId, signal) =>
        options.runtime.answerProbe(containerId, probe) ??
        askProbe(
          probe,
          probeTarget(options.runtime, this.#pod, container, containerId),
          options.clock,
          signal,
        ),
      onVerdict: () => this.poke(),
    });
  }

  /** The pod as last seen. */
  get pod(): Stored<Pod> {
    return this.#pod;
  }

  /** The newest status, reported or about to be. */
  get status(): PodStatus {
    return this.#writer.current;
  }

  /** Nothing of it runs or will run. */
  get hasEnded(): boolean {
    return this.#stage === 'ended';
  }

  /** The pod changed. */
  update(pod: Stored<Pod>): void {
    const before = this.#pod;
    this.#pod = pod;
    this.#writer.observe(pod);
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.#beginEnd();
      const grace = pod.metadata.deletionGracePeriodSeconds ?? 0;
      if (grace < (before.metadata.deletionGracePeriodSeconds ?? grace)) this.#hurry(grace);
    }
    if (
      pod.metadata.generation !== before.metadata.generation ||
      pod.metadata.deletionTimestamp !== before.metadata.deletionTimestamp ||
      !deepEqual(foreignConditions(pod), foreignConditions(before))
    ) {
      this.poke();
    }
  }

  /** The pod is gone from the API server: what still runs is stopped, then everything is removed. */
  vanish(pod: Stored<Pod>): void {
    this.#pod = pod;
    this.#vanished = true;
    this.#beginEnd();
    this.#hurry(
      pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30,
    );
    this.poke();
  }

  /** Asks for one more look. */
  poke(): void {
    this.#changes += 1;
    this.#wake?.();
  }

  /** Works until the pod is removed, or until {@link stop}. */
  async run(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) {
        const changes = this.#changes;
        const dueAtMs = await this.#tryStep();
        if (this.#removed) return;
        if (this.#changes === changes && this.#stage !== 'ending') await this.#rest(dueAtMs);
      }
    } finally {
      await this.#probes.stop();
      await this.#writer.stop();
    }
  }

  /** Stops working without touching the containers; may be repeated. */
  stop(): void {
    this.#stop.abort();
    this.#look.abort(new DOMException('the kubelet stops', 'AbortError'));
    this.poke();
  }

  /** A failure nobody foresaw is told like a failed sync of a real node, and what failed is tried again. */
  async #tryStep(): Promise<number | undefined> {
    const { clock, recorder, syncPeriodMs } = this.#options;
    try {
      return await this.#step();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      recorder.pod(this.#pod, 'Warning', 'FailedSync', `error syncing pod: ${message}`);
      await clock.after(syncPeriodMs, this.#stop.signal).catch(() => undefined);
      return clock.now();
    }
  }

  /** Milliseconds since the epoch of the next look; undefined to wait until something happens. */
  async #step(): Promise<number | undefined> {
    switch (this.#stage) {
      case 'living':
        return this.#live();
      case 'ending':
        await this.#end();
        this.#stage = 'ended';
        this.poke();
        return undefined;
      case 'ended':
        if (this.#vanished) await this.#remove();
        else if (this.#pod.metadata.deletionTimestamp !== undefined) this.#writer.delete();
        return undefined;
      default:
        return this.#stage satisfies never;
    }
  }

  async #live(): Promise<number | undefined> {
    const { clock, runtime, syncPeriodMs, random } = this.#options;
    this.#look = new AbortController();
    const state = runtime.podState(this.#pod.metadata.uid);
    const computed = this.#report(state, false);
    if (computed.isFinal) {
      this.#stage = 'ending';
      return undefined;
    }
    this.#probes.start();
    const dueAtMs = clock.now() + syncPeriodMs * (1 + random() / 2);
    try {
      await this.#mounter.mount(this.#pod, this.#look.signal);
      const retryAtMs = await this.#executor.act(this.#pod, state, this.#probes, this.#look.signal);
      return Math.min(dueAtMs, retryAtMs ?? dueAtMs, this.#deadlineAtMs() ?? dueAtMs);
    } catch (error) {
      if (isAbort(error, this.#look.signal)) return undefined;
      throw error;
    }
  }

  /** Computes the status and has it written. */
  #report(state: PodRuntimeState, isOverNow: boolean): ComputedPodStatus {
    const { clock, hostIp } = this.#options;
    const verdict = this.#deadlineVerdict();
    const computed = podStatus({
      pod: this.#pod,
      runtime: state,
      previous: this.#writer.current,
      failures: this.#executor.failures,
      findings: (name, kind) => this.#findings(state, name, kind),
      isOver: isOverNow,
      verdict,
      hostIp,
      nowMs: clock.now(),
    });
    this.#writer.set(computed.status);
    return computed;
  }

  #findings(
    state: PodRuntimeState,
    name: string,
    kind: ContainerKind,
  ): ReturnType<ProbeManager['findings']> {
    if (kind === 'ephemeral') return { started: undefined, ready: undefined };
    const life = newestLife(state.containers, name);
    return this.#probes.findings(name, life?.state.phase === 'running' ? life.id : undefined);
  }

  /** That the sandbox is ready is told at once, before its containers have started. */
  #tellSandboxReady(): void {
    const current = this.#writer.current;
    const now = new Date(this.#options.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    const conditions = (current.conditions ?? []).map((condition) =>
      condition.type === 'PodReadyToStartContainers' && condition.status !== 'True'
        ? { ...condition, status: 'True', lastTransitionTime: now }
        : condition,
    );
    this.#writer.set({ ...current, conditions });
  }

  /** Stops everything, reports the last state. */
  async #end(): Promise<void> {
    const { runtime } = this.#options;
    const { uid } = this.#pod.metadata;
    this.#probes.stopKilling();
    if (!this.#vanished) this.#report(runtime.podState(uid), false);
    await this.#executor.stopAll(this.#pod, runtime.podState(uid));
    await this.#probes.stop();
    await runtime.stopSandbox(uid);
    if (!this.#vanished) this.#report(runtime.podState(uid), true);
  }

  /** A stop under way has less time than it was given. */
  #hurry(graceSeconds: number): void {
    const { runtime } = this.#options;
    for (const record of runtime.podState(this.#pod.metadata.uid).containers) {
      // The stop under way waits for the same end.
      if (record.state.phase === 'running' && this.#stage === 'ending') {
        void runtime.stopContainer(record.id, Math.max(graceSeconds, 1) * 1000);
      }
    }
  }

  #beginEnd(): void {
    if (this.#stage !== 'living') return;
    this.#stage = 'ending';
    this.#look.abort(new DOMException('the pod is being deleted', 'AbortError'));
    this.poke();
  }

  #deadlineAtMs(): number | undefined {
    const seconds = this.#pod.spec?.activeDeadlineSeconds;
    const startTime = this.#writer.current.startTime;
    if (seconds === undefined || startTime === undefined) return undefined;
    return Date.parse(startTime) + seconds * 1000;
  }

  #deadlineVerdict(): { reason: string; message: string } | undefined {
    const atMs = this.#deadlineAtMs();
    if (atMs === undefined || this.#options.clock.now() < atMs) return undefined;
    const reason = 'DeadlineExceeded';
    const message = 'Pod was active on the node longer than the specified deadline';
    if (!this.#deadlineTold) this.#options.recorder.pod(this.#pod, 'Normal', reason, message);
    this.#deadlineTold = true;
    return { reason, message };
  }

  async #remove(): Promise<void> {
    const { runtime, volumes, crashBackOff, images } = this.#options;
    const { uid } = this.#pod.metadata;
    await runtime.removePod(uid);
    await volumes.tearDown(uid);
    crashBackOff.forget(uid);
    images.forget(uid);
    this.#removed = true;
  }

  async #rest(dueAtMs: number | undefined): Promise<void> {
    const woken = Promise.withResolvers<undefined>();
    this.#wake = () => woken.resolve(undefined);
    const timer = new AbortController();
    const { clock } = this.#options;
    const due =
      dueAtMs === undefined
        ? woken.promise
        : clock.after(dueAtMs - clock.now(), timer.signal).catch(() => undefined);
    await Promise.race([due, woken.promise]);
    timer.abort();
    this.#wake = undefined;
  }
}

/** What others say of the pod, such as readiness gates; the kubelet's own words coming back are no news. */
function foreignConditions(pod: Stored<Pod>): readonly PodCondition[] {
  return (pod.status?.conditions ?? []).filter((condition) => !isKubeletCondition(condition));
}

function isOver(status: PodStatus | undefined): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
