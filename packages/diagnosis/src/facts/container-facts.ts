import type { ContainerLog, ContainerType } from '../model/index.ts';
import type { Field } from './field.ts';
import { Life } from './life.ts';
import type { ObservedEvent } from './observed-event.ts';
import { lastLines, lifeOfLog } from './observed-log.ts';
import type { PodFacts } from './pod-facts.ts';
import { Probe, type ProbeKind } from './probe.ts';
import { listed } from './related-objects.ts';

/** What a container does; `unknown` when the status does not say (old, cut, or of a pod that no kubelet has seen). */
export type ContainerState = 'waiting' | 'running' | 'terminated' | 'unknown';

/** By what stands in `state`; a status that is cut wrongly may hold several. */
const states = ['running', 'terminated', 'waiting'] as const;

/** Why a container is waiting, when nothing is wrong with it. */
const patientReasons: readonly (string | undefined)[] = [
  undefined,
  'ContainerCreating',
  'PodInitializing',
];

/** Kubelet and status lag this much, in milliseconds. */
const lagMs = 3000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A container of a pod: spec and status side by side, and what follows from them. */
export class ContainerFacts {
  readonly pod: PodFacts;
  readonly name: string;
  readonly type: ContainerType;
  readonly spec: Field;
  readonly status: Field;
  readonly state: ContainerState;
  readonly waitingReason: Field;
  readonly waitingMessage: Field;
  readonly restartCount: Field;

  /**
   * The life that ended last, while it says something about now: a container that has run for longer than it did before
   * has none.
   */
  readonly ended: Life | undefined;
  #events: readonly ObservedEvent[] | undefined;

  constructor(pod: PodFacts, name: string, type: ContainerType, spec: Field, status: Field) {
    this.pod = pod;
    this.name = name;
    this.type = type;
    this.spec = spec;
    this.status = status;
    const state = status.at('state');
    this.state = states.find((name) => state.has(name)) ?? 'unknown';
    const waiting = state.at('waiting');
    this.waitingReason = waiting.at('reason');
    this.waitingMessage = waiting.at('message');
    this.restartCount = status.at('restartCount');
    const place = this.state === 'terminated' ? state : status.at('lastState');
    const life = place.has('terminated') ? new Life(place.at('terminated')) : undefined;
    this.ended = life !== undefined && !this.#hasOutlived(life) ? life : undefined;
  }

  get restarts(): number {
    return this.restartCount.number ?? 0;
  }

  /** When the life that runs began. */
  get runningSince(): Field {
    return this.status.at('state', 'running', 'startedAt');
  }

  /** How long the life that runs has lasted, in milliseconds; undefined when it is not known or nothing runs. */
  get uptimeMs(): number | undefined {
    const since = this.runningSince.timeMs;
    return since === undefined ? undefined : Math.max(0, this.pod.nowMs - since);
  }

  get isReady(): boolean {
    return this.status.at('ready').flag === true;
  }

  /** Whether it is restarted when it ends with this code; containers may have a policy of their own, and exceptions. */
  restartsAfter(code: number | undefined): boolean {
    if (this.spec.at('restartPolicyRules').items.some((rule) => restarts(rule, code))) return true;
    const own = this.type === 'sidecar' ? 'Always' : this.spec.at('restartPolicy').text;
    const policy = own ?? this.pod.restartPolicy;
    if (policy === 'Never') return false;
    return policy === 'OnFailure' || this.type === 'init' ? code !== 0 : true;
  }

  /** Whether it does its work: it runs and is ready, or is an init container that has done it. */
  get isServing(): boolean {
    if (this.state === 'running') return this.isReady || this.type === 'ephemeral';
    return this.state === 'terminated' && this.ended?.succeeded === true && !this.restartsAfter(0);
  }

  /** Whether it waits for a reason that is a fault, and not just for its turn. */
  get isStuckWaiting(): boolean {
    return this.state === 'waiting' && !patientReasons.includes(this.waitingReason.text);
  }

  /** Whether an Event says that the kubelet stops its first life for a probe, and that life still has its grace. */
  isStoppedBy({ reason, message, lastMs }: ObservedEvent): boolean {
    if (this.state !== 'running' || this.restarts > 0 || reason.text !== 'Killing') return false;
    return (
      message.matches(/failed \w+ probe/i) !== false &&
      (lastMs === undefined || lastMs >= (this.runningSince.timeMs ?? 0))
    );
  }

  /** Whether something may be wrong with it, so that the rules for containers are asked. */
  get isSuspect(): boolean {
    if (this.isStuckWaiting) return true;
    if (this.type === 'ephemeral') return this.ended?.neverBegan === true;
    // The kubelet calls a container waiting until its hook has returned.
    if (this.state === 'waiting' && this.spec.at('lifecycle', 'postStart').isPresent) return true;
    // Sidecars are stopped when the work of the pod is done.
    if (this.type === 'sidecar' && this.state === 'terminated' && this.pod.isDone) return false;
    if (this.state === 'running' && !this.isReady && this.type !== 'init') return true;
    if (this.events.some((event) => this.isStoppedBy(event))) return true;
    // An init container that has done its work ended well, and so did one that is not run again.
    const { ended } = this;
    if (ended === undefined || (this.state === 'terminated' && this.isServing)) return false;
    return !this.#isRestartedOnPurpose(ended);
  }

  probe(kind: ProbeKind): Probe | undefined {
    const field = this.spec.at(kind);
    return field.isPresent ? new Probe(field) : undefined;
  }

  /** How long it has between SIGTERM and SIGKILL, in milliseconds. */
  get graceMs(): number {
    return (this.pod.view.at('spec', 'terminationGracePeriodSeconds').number ?? 30) * 1000;
  }

  /** The memory limit that holds for it: its own, or that of the whole pod. */
  get memoryLimit(): Field {
    const ofPod = this.pod.view.at('spec', 'resources', 'limits', 'memory');
    const own = this.spec.at('resources', 'limits', 'memory');
    return ofPod.isPresent && !own.isPresent ? ofPod : own;
  }

  /**
   * Whether it runs for longer than a life that ended, so that this life is over and done with.
   *
   * After one restart it must have lived longer than before (at least a minute, at most the ten minutes after which the
   * kubelet forgets its back-off). After more it must have lived twice as long, ten minutes to six hours, since what
   * comes back comes back. Where the present is an estimate, only a program that a probe has found ready is believed to
   * have run on until then; and of one that ran for long and ended well it is believed that its node or a person stopped
   * it, whenever that was.
   */
  #hasOutlived(life: Life): boolean {
    if (this.state !== 'running') return false;
    const since = this.runningSince.timeMs;
    if (since === undefined) return this.restarts <= 1;
    const isOnce = this.restarts <= 1;
    const { nowMs, earliestMs } = this.pod;
    const isProven = this.isReady && this.spec.has('readinessProbe');
    const uptimeMs = (isProven ? nowMs : earliestMs) - since;
    const before = life.lengthMs ?? 0;
    const wasStopped = life.succeeded && before > (isOnce ? 10 * minuteMs : 6 * hourMs);
    if (wasStopped && this.isReady && earliestMs < nowMs) return true;
    return isOnce
      ? uptimeMs > clamp(before, minuteMs, 10 * minuteMs)
      : uptimeMs > clamp(2 * before, 10 * minuteMs, 6 * hourMs);
  }

  /** Whether the kubelet ended that life because the pod was changed: its resources, or its image. */
  #isRestartedOnPurpose({ finishedAt }: Life): boolean {
    if (!this.isServing) return false;
    const endedMs = finishedAt.timeMs;
    return this.events.some(
      ({ reason, message, lastMs }) =>
        reason.text === 'Killing' &&
        message.matches(/resize requires restart|definition changed/i) !== false &&
        (lastMs === undefined || endedMs === undefined || lastMs >= endedMs - this.graceMs - lagMs),
    );
  }

  #logLines(life: ContainerLog['life']): readonly Field[] {
    const { pod, name } = this;
    const log = listed(pod.observation.logs).find(
      (candidate) => lifeOfLog(candidate, pod, name) === life,
    );
    return log === undefined ? [] : lastLines(log);
  }

  /** Events that are about it: that name it, or name no container. Newest first. */
  get events(): readonly ObservedEvent[] {
    return (this.#events ??= this.pod.events.filter(({ container }) => {
      return container === undefined || container === this.name;
    }));
  }

  /**
   * What the life that ended last left to say: its message, then the last lines of its log, if that was seen. Empty
   * where the program never ran.
   */
  get lastWords(): readonly Field[] {
    const { ended } = this;
    if (ended === undefined || ended.neverBegan) return [];
    return [ended.message, ...this.#logLines(this.state === 'terminated' ? 'current' : 'previous')];
  }

  /** Messages of the Events of these reasons that are about it, newest first. */
  messagesOf(...reasons: readonly string[]): readonly Field[] {
    return this.events
      .filter((event) => reasons.includes(event.reason.text ?? ''))
      .map((event) => event.message);
  }
}

/** Whether a restart rule (`restartPolicyRules`, from Kubernetes 1.34 on) is about this code; the first that is restarts. */
function restarts(rule: Field, code: number | undefined): boolean {
  const codes = rule.at('exitCodes');
  const isListed = codes.at('values').items.some(({ number }) => number === code);
  return (
    code !== undefined &&
    (rule.at('action').text ?? '').startsWith('Restart') &&
    codes.at('operator').text === (isListed ? 'In' : 'NotIn')
  );
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
