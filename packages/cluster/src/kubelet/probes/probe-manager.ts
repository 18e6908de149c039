import type {
  Container,
  ContainerStatus,
  Pod,
  PodStatus,
  Probe,
  Stored,
} from '@kubewright/apimachinery';
import type { Clock } from '../clock.ts';
import type { EventRecorder } from '../events/event-recorder.ts';
import { isSidecar } from '../restart/restart-policy.ts';
import type { ProbeOutcome } from '../runtime/contracts.ts';
import { containersOf, type ContainerKind } from '../status/container-statuses.ts';
import type { ProbeFindings } from '../status/readiness.ts';
import type { ProbeVerdicts } from '../sync/pod-actions.ts';
import {
  countAnswer,
  emptyStreak,
  initialVerdict,
  probeNumbers,
  type ProbeKind,
  type ProbeStreak,
  type ProbeVerdict,
} from './probe-state.ts';

/** What the probes of one pod need of the kubelet. */
export interface ProbeManagerOptions {
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  /** The pod as it is now. */
  readonly pod: () => Stored<Pod>;
  /** The status as last reported: probes look at what was told, not at what will be. */
  readonly status: () => PodStatus;
  /** Asks the container of this id. */
  readonly ask: (
    probe: Probe,
    container: Container,
    containerId: string,
    signal: AbortSignal,
  ) => Promise<ProbeOutcome>;
  /** A verdict has changed: the pod must be looked at. */
  readonly onVerdict: (kind: ProbeKind) => void;
}

const kinds = ['startup', 'liveness', 'readiness'] as const;

/** Runs the probes of one pod and keeps what they found. */
export class ProbeManager implements ProbeVerdicts {
  readonly #options: ProbeManagerOptions;
  /** One worker for each probe of each container, by `container/kind`. */
  readonly #workers = new Map<string, ProbeWorker>();
  /** The loops of the workers. */
  readonly #loops: Promise<void>[] = [];
  readonly #stop = new AbortController();

  constructor(options: ProbeManagerOptions) {
    this.#options = options;
  }

  /** Begins probing; containers that do not run yet are waited for. May be repeated. */
  start(): void {
    const pod = this.#options.pod();
    for (const kind of ['init', 'main'] as const) {
      for (const container of containersOf(kind, pod)) {
        if (kind === 'init' && !isSidecar(container)) continue;
        for (const probeKind of kinds) this.#startWorker(kind, container, probeKind);
      }
    }
  }

  /** Ends liveness and startup probes: a pod that is stopping is not restarted. */
  stopKilling(): void {
    for (const worker of this.#workers.values()) {
      if (worker.probeKind !== 'readiness') worker.stop();
    }
  }

  /** Ends all probes. May be repeated. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const worker of this.#workers.values()) worker.stop();
    await Promise.all(this.#loops);
  }

  /** What the probes say of a container's newest life. A readiness not settled yet is asked for at once. */
  findings(name: string, containerId: string | undefined): ProbeFindings {
    const startup = this.#workers.get(`${name}/startup`);
    const readiness = this.#workers.get(`${name}/readiness`);
    const ready =
      readiness === undefined ? undefined : readiness.verdictOn(containerId) === 'success';
    if (ready === false) readiness?.askSoon();
    return {
      started: startup === undefined ? undefined : startup.verdictOn(containerId) === 'success',
      ready,
    };
  }

  failed(containerId: string): 'liveness' | 'startup' | undefined {
    for (const worker of this.#workers.values()) {
      if (worker.probeKind === 'readiness') continue;
      if (worker.verdictOn(containerId) === 'failure') return worker.probeKind;
    }
    return undefined;
  }

  hasStarted(container: Container, containerId: string): boolean {
    const worker = this.#workers.get(`${container.name}/startup`);
    return worker === undefined || worker.verdictOn(containerId) === 'success';
  }

  #startWorker(kind: ContainerKind, container: Container, probeKind: ProbeKind): void {
    const probe = container[`${probeKind}Probe`];
    const key = `${container.name}/${probeKind}`;
    if (probe === undefined || this.#workers.has(key) || this.#stop.signal.aborted) return;
    const worker = new ProbeWorker(this.#options, kind, container, probeKind, probe);
    this.#workers.set(key, worker);
    this.#loops.push(worker.run());
  }
}

const probeWord: Readonly<Record<ProbeKind, string>> = {
  startup: 'Startup',
  liveness: 'Liveness',
  readiness: 'Readiness',
};

/** Runs one probe of one container through all its lives. */
class ProbeWorker {
  readonly probeKind: ProbeKind;
  readonly #options: ProbeManagerOptions;
  readonly #kind: ContainerKind;
  readonly #container: Container;
  readonly #probe: Probe;
  readonly #stop = new AbortController();
  /** The life the streak and the verdict are about. */
  #containerId: string | undefined;
  #streak: ProbeStreak = emptyStreak;
  #verdict: ProbeVerdict;
  /** A kill was asked for: this life is not probed any more. */
  #onHold = false;
  /** Ends the wait for the next turn. */
  #wake: (() => void) | undefined;
  #askSoon = false;

  constructor(
    options: ProbeManagerOptions,
    kind: ContainerKind,
    container: Container,
    probeKind: ProbeKind,
    probe: Probe,
  ) {
    this.#options = options;
    this.#kind = kind;
    this.#container = container;
    this.probeKind = probeKind;
    this.#probe = probe;
    this.#verdict = initialVerdict(probeKind);
  }

  /** What is settled about a life; the initial verdict for one that was not looked at yet. */
  verdictOn(containerId: string | undefined): ProbeVerdict {
    return containerId !== undefined && containerId === this.#containerId
      ? this.#verdict
      : initialVerdict(this.probeKind);
  }

  /** Takes the next turn now instead of when the period is over. */
  askSoon(): void {
    this.#askSoon = true;
    this.#wake?.();
  }

  stop(): void {
    this.#stop.abort();
  }

  async run(): Promise<void> {
    const { periodMs } = probeNumbers(this.#probe);
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#turn();
      await this.#rest(periodMs, signal);
    }
  }

  async #rest(periodMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#askSoon) {
      const timer = new AbortController();
      const woken = Promise.withResolvers<undefined>();
      this.#wake = () => woken.resolve(undefined);
      const either = AbortSignal.any([signal, timer.signal]);
      await Promise.race([
        this.#options.clock.after(periodMs, either).catch(() => undefined),
        woken.promise,
      ]);
      timer.abort();
      this.#wake = undefined;
    }
    this.#askSoon = false;
  }

  async #turn(): Promise<void> {
    const status = this.#statusNow();
    const containerId = status?.containerID?.replace(/^kubewright:\/\//, '');
    if (status === undefined || containerId === undefined) return;
    if (containerId !== this.#containerId) {
      this.#containerId = containerId;
      this.#streak = emptyStreak;
      this.#verdict = initialVerdict(this.probeKind);
      this.#onHold = false;
    }
    const startedAt = status.state?.running?.startedAt;
    if (startedAt === undefined || this.#onHold) return;
    const ageMs = this.#options.clock.now() - Date.parse(startedAt);
    if (ageMs < probeNumbers(this.#probe).initialDelayMs) return;
    // A startup probe is done once it has passed; the others wait for it.
    if ((this.probeKind === 'startup') === (status.started === true)) return;
    const outcome = await this.#options.ask(
      this.#probe,
      this.#container,
      containerId,
      this.#stop.signal,
    );
    if (this.#stop.signal.aborted || containerId !== this.#containerId) return;
    this.#tell(outcome);
    const { streak, verdict } = countAnswer(
      this.#streak,
      outcome.result,
      probeNumbers(this.#probe),
    );
    this.#streak = streak;
    if (verdict === undefined) return;
    const changed = verdict !== this.#verdict;
    this.#verdict = verdict;
    if (verdict === 'failure' && this.probeKind !== 'readiness') {
      this.#onHold = true;
      this.#streak = emptyStreak;
    }
    if (changed) this.#options.onVerdict(this.probeKind);
  }

  #statusNow(): ContainerStatus | undefined {
    const status = this.#options.status();
    const list = this.#kind === 'init' ? status.initContainerStatuses : status.containerStatuses;
    return list?.find((entry) => entry.name === this.#container.name);
  }

  #tell(outcome: ProbeOutcome): void {
    if (outcome.result === 'success') return;
    const pod = this.#options.pod();
    const word = probeWord[this.probeKind];
    const container = { kind: this.#kind, container: this.#container };
    const { recorder } = this.#options;
    switch (outcome.result) {
      case 'failure':
        recorder.pod(
          pod,
          'Warning',
          'Unhealthy',
          `${word} probe failed: ${outcome.output}`,
          container,
        );
        return;
      case 'unknown':
        recorder.pod(
          pod,
          'Warning',
          'Unhealthy',
          `${word} probe errored and resulted in unknown state: ${outcome.output}`,
          container,
        );
        return;
      case 'warning':
        recorder.pod(
          pod,
          'Warning',
          'ProbeWarning',
          `${word} probe warning: ${outcome.output}`,
          container,
        );
        return;
      default:
        outcome.result satisfies never;
    }
  }
}
