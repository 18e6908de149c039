import type { Container, Pod } from '@kubewright/apimachinery';
import {
  hasFailed,
  isSidecar,
  newestLife,
  restartPolicyOf,
  retriesInit,
  shouldRun,
} from '../restart/restart-policy.ts';
import type { ContainerRecord, PodRuntimeState } from '../runtime/contracts.ts';
import { containersOf, type ContainerKind } from '../status/container-statuses.ts';
import { hasInitialized } from '../status/pod-status.ts';

/** A container to start. */
export interface ContainerStart {
  readonly kind: ContainerKind;
  readonly container: Container;
}

/** A container to stop. */
export interface ContainerKill {
  readonly kind: ContainerKind;
  readonly container: Container;
  readonly record: ContainerRecord;
  /** Text of the Killing event. */
  readonly message: string;
  /** Which probe asks for it; it may bring its own grace time. */
  readonly cause: 'liveness' | 'startup' | 'definition';
}

/** What one look at a pod leads to. Done in this order: kill, sandbox, start. */
export interface PodActions {
  /** Stop everything that runs, then the sandbox. */
  readonly killPod: boolean;
  /** The pod has no usable sandbox and needs one. */
  readonly createSandbox: boolean;
  readonly kill: readonly ContainerKill[];
  readonly start: readonly ContainerStart[];
}

/** What the probes demand for a life of a container. */
export interface ProbeVerdicts {
  /** A liveness or startup probe has failed often enough. */
  failed(containerId: string): 'liveness' | 'startup' | undefined;
  /** The startup probe has passed, or there is none. */
  hasStarted(container: Container, containerId: string): boolean;
}

const nothing: PodActions = { killPod: false, createSandbox: false, kill: [], start: [] };

/**
 * Decides what to do with a pod that is to run, from its spec and what the runtime knows.
 *
 * Init containers run one after the other and must succeed; a sidecar among them must have started before
 * the next begins and is kept running from then on; the main containers follow, side by side.
 */
export function podActions(pod: Pod, runtime: PodRuntimeState, probes: ProbeVerdicts): PodActions {
  if (runtime.sandbox?.ready !== true) return withNewSandbox(pod, runtime);
  const ephemeral = containersOf('ephemeral', pod)
    .filter((container) => {
      const life = newestLife(runtime.containers, container.name);
      return life === undefined || life.state.phase === 'created';
    })
    .map((container): ContainerStart => ({ kind: 'ephemeral', container }));
  const init = initActions(pod, runtime, probes);
  if (init.killPod) return { ...nothing, killPod: true };
  const main = init.done ? mainActions(pod, runtime, probes) : undefined;
  if (main?.finished === true) return { ...nothing, killPod: true };
  return {
    ...nothing,
    kill: [...init.kill, ...(main?.kill ?? [])],
    start: [...ephemeral, ...init.start, ...(main?.start ?? [])],
  };
}

/** A pod whose sandbox is new or was lost begins from the front; what runs elsewhere is stopped first. */
function withNewSandbox(pod: Pod, runtime: PodRuntimeState): PodActions {
  const killPod = runtime.containers.some((record) => record.state.phase === 'running');
  const main = containersOf('main', pod).filter((container) => {
    const life = newestLife(runtime.containers, container.name);
    if (life?.state.phase === 'running') return true;
    return shouldRun(pod, container, life);
  });
  // A pod whose work is done needs no new sandbox.
  if (main.length === 0) return { ...nothing, killPod };
  const first = containersOf('init', pod)[0];
  const start: ContainerStart[] =
    first === undefined
      ? main.map((container) => ({ kind: 'main', container }))
      : [{ kind: 'init', container: first }];
  return { killPod, createSandbox: true, kill: [], start };
}

interface InitActions {
  readonly killPod: boolean;
  /** The main containers may run. */
  readonly done: boolean;
  readonly kill: readonly ContainerKill[];
  readonly start: readonly ContainerStart[];
}

function initActions(pod: Pod, runtime: PodRuntimeState, probes: ProbeVerdicts): InitActions {
  const containers = containersOf('init', pod);
  const initialized = hasInitialized(pod, runtime);
  const kill: ContainerKill[] = [];
  const start: ContainerStart[] = [];
  const blocked = (): InitActions => ({ killPod: false, done: initialized, kill, start });
  for (const [index, container] of containers.entries()) {
    const life = newestLife(runtime.containers, container.name);
    // A later one has begun in this sandbox: this one has been passed.
    const passed =
      initialized || containers.slice(index + 1).some((later) => isCurrent(runtime, later.name));
    const begin = (): void => {
      start.push({ kind: 'init', container });
    };
    if (isSidecar(container)) {
      if (life?.state.phase !== 'running') {
        begin();
        if (!passed) return blocked();
        continue;
      }
      const cause = probes.failed(life.id);
      if (cause !== undefined) {
        const message = `Init container ${container.name} failed ${cause} probe`;
        kill.push({ kind: 'init', container, record: life, message, cause });
        begin();
        if (!passed) return blocked();
        continue;
      }
      if (!passed && !probes.hasStarted(container, life.id)) return blocked();
      continue;
    }
    if (passed) continue;
    if (life === undefined || life.state.phase === 'created' || !isCurrentLife(runtime, life)) {
      begin();
      return blocked();
    }
    if (life.state.phase === 'running') return blocked();
    if (!hasFailed(life)) continue;
    if (!retriesInit(pod, container, life.state.exitCode)) {
      // A life killed for its memory that ended with 0 neither counts as done nor as failed.
      return { ...blocked(), killPod: life.state.exitCode !== 0 };
    }
    begin();
    return blocked();
  }
  return { killPod: false, done: true, kill, start };
}

/** The newest life of this name began in the present sandbox. */
function isCurrent(runtime: PodRuntimeState, name: string): boolean {
  const life = newestLife(runtime.containers, name);
  return life !== undefined && isCurrentLife(runtime, life);
}

function isCurrentLife(runtime: PodRuntimeState, life: ContainerRecord): boolean {
  return life.createdAtMs >= (runtime.sandbox?.createdAtMs ?? 0);
}

interface MainActions {
  /** Nothing runs and nothing will run again. */
  readonly finished: boolean;
  readonly kill: readonly ContainerKill[];
  readonly start: readonly ContainerStart[];
}

function mainActions(pod: Pod, runtime: PodRuntimeState, probes: ProbeVerdicts): MainActions {
  const kill: ContainerKill[] = [];
  const start: ContainerStart[] = [];
  let kept = 0;
  for (const container of containersOf('main', pod)) {
    const life = newestLife(runtime.containers, container.name);
    if (life?.state.phase !== 'running') {
      if (shouldRun(pod, container, life)) start.push({ kind: 'main', container });
      continue;
    }
    const cause =
      life.definition === definitionOf(container) ? probes.failed(life.id) : 'definition';
    if (cause === undefined) {
      kept += 1;
      continue;
    }
    const restarts = cause === 'definition' || restartPolicyOf(pod, container) !== 'Never';
    const what = cause === 'definition' ? 'definition changed' : `failed ${cause} probe`;
    const message = `Container ${container.name} ${what}${restarts ? ', will be restarted' : ''}`;
    kill.push({ kind: 'main', container, record: life, message, cause });
    if (restarts) start.push({ kind: 'main', container });
  }
  return { finished: kept + kill.length + start.length === 0, kill, start };
}

/** The part of a container's spec whose change restarts it. */
export function definitionOf(container: Container): string {
  return JSON.stringify([container.name, container.image ?? '']);
}
