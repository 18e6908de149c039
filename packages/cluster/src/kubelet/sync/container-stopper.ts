import type { Container, Pod, Stored } from '@kubewright/apimachinery';
import type { Clock } from '../clock.ts';
import type { EventRecorder } from '../events/event-recorder.ts';
import type { ContainerRecord } from '../runtime/contracts.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';
import type { ContainerKind } from '../status/container-statuses.ts';
import { HookError, runHook } from './lifecycle-hooks.ts';
import { probeTarget } from './probe-access.ts';

/** A container to stop, and why. */
export interface ContainerStop {
  readonly kind: ContainerKind;
  readonly container: Container;
  readonly record: ContainerRecord;
  /** Text of the Killing event. Default: `Stopping container <name>`. */
  readonly message?: string | undefined;
  /** The probe that asks for it may bring its own grace time. */
  readonly cause: 'liveness' | 'startup' | 'definition' | undefined;
  /** Seconds it may take, whatever pod and probe say. */
  readonly graceSeconds?: number | undefined;
}

/** What stopping containers needs. */
export interface ContainerStopperOptions {
  readonly clock: Clock;
  readonly runtime: ContainerRuntime;
  readonly recorder: EventRecorder;
}

/** A container has at least this long after its preStop hook used the grace time up, in milliseconds. As in Kubernetes. */
const minimumGraceMs = 2_000;

/** Stops containers: preStop hook, SIGTERM, and SIGKILL when the grace time is over. */
export class ContainerStopper {
  readonly #options: ContainerStopperOptions;

  constructor(options: ContainerStopperOptions) {
    this.#options = options;
  }

  /** Resolves when the container has ended. */
  async stop(pod: Stored<Pod>, what: ContainerStop): Promise<void> {
    const { clock, runtime, recorder } = this.#options;
    const { container, record } = what;
    let graceMs = graceSecondsOf(pod, what) * 1000;
    recorder.pod(
      pod,
      'Normal',
      'Killing',
      what.message ?? `Stopping container ${container.name}`,
      what,
    );
    const hook = container.lifecycle?.preStop;
    if (hook !== undefined && graceMs > 0 && runtime.running(record.id) !== undefined) {
      const startedAtMs = clock.now();
      await this.#preStop(pod, what, graceMs);
      graceMs = Math.max(graceMs - (clock.now() - startedAtMs), minimumGraceMs);
    }
    await runtime.stopContainer(record.id, graceMs);
  }

  async #preStop(pod: Stored<Pod>, what: ContainerStop, graceMs: number): Promise<void> {
    const hook = what.container.lifecycle?.preStop;
    if (hook === undefined) return;
    const { clock, runtime, recorder } = this.#options;
    const timer = new AbortController();
    const over = new AbortController();
    const timeout = clock.after(graceMs, timer.signal).then(
      () => over.abort(new HookError('preStop hook took longer than the grace period')),
      () => undefined,
    );
    const target = probeTarget(runtime, pod, what.container, what.record.id);
    // The container may end while its hook runs: nothing is left to wait for.
    const exited = runtime.running(what.record.id)?.exited;
    try {
      const hookDone = runHook(hook, target, clock, over.signal);
      await (exited === undefined ? hookDone : Promise.race([hookDone, exited]));
      hookDone.catch(() => undefined);
    } catch (error) {
      if (!(error instanceof HookError)) throw error;
      if (over.signal.aborted) return;
      recorder.pod(pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', what);
    } finally {
      timer.abort();
      over.abort();
      await timeout;
    }
  }
}

/** How long a container may take to stop: an order, the probe's, the deletion's, the pod's (default 30 s). */
function graceSecondsOf(pod: Stored<Pod>, what: ContainerStop): number {
  if (what.graceSeconds !== undefined) return what.graceSeconds;
  if (pod.metadata.deletionTimestamp !== undefined) {
    return pod.metadata.deletionGracePeriodSeconds ?? 0;
  }
  const { livenessProbe, startupProbe } = what.container;
  const probe =
    what.cause === 'liveness' ? livenessProbe : what.cause === 'startup' ? startupProbe : undefined;
  return probe?.terminationGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
}
