import {
  deepEqual,
  isConflict,
  isNotFound,
  type Pod,
  type PodStatus,
  type Stored,
} from '@kubewright/apimachinery';
import type { KubeletApi } from '../api/kubelet-api.ts';
import type { Clock } from '../clock.ts';
import { isKubeletCondition } from './pod-conditions.ts';

/** Pause before a status that could not be written is tried again, in milliseconds. As the kubelet's sync of statuses. */
const retryMs = 10_000;

/**
 * Keeps the API server's status of one pod at the newest one, in the background.
 *
 * Guarantees: statuses arrive in order; one that was overtaken while another was being written is skipped;
 * a status that could not be written is tried until it is, or the pod is gone.
 */
export class StatusWriter {
  readonly #api: KubeletApi;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  /** The pod as the server last told it. */
  #pod: Stored<Pod>;
  /** What is to be there. */
  #wanted: PodStatus;
  #version = 0;
  #writtenVersion = 0;
  #writing: Promise<void> | undefined;
  #deleting = false;
  /** The server has no such pod any more. */
  #gone = false;

  constructor(api: KubeletApi, clock: Clock, pod: Stored<Pod>) {
    this.#api = api;
    this.#clock = clock;
    this.#pod = pod;
    this.#wanted = pod.status ?? {};
  }

  /** The newest status, written or not. */
  get current(): PodStatus {
    return this.#wanted;
  }

  /** The pod as the watch told it. Conditions that others wrote are taken over. */
  observe(pod: Stored<Pod>): void {
    this.#pod = pod;
    const foreign = (pod.status?.conditions ?? []).filter(
      (condition) => !isKubeletCondition(condition),
    );
    const own = (this.#wanted.conditions ?? []).filter(isKubeletCondition);
    if (own.length === 0 && foreign.length === 0) return;
    this.#wanted = { ...this.#wanted, conditions: [...own, ...foreign] };
  }

  /** Replaces the status. */
  set(status: PodStatus): void {
    if (this.#gone || deepEqual(status, this.#wanted)) return;
    this.#wanted = status;
    this.#version += 1;
    this.#writing ??= this.#drain();
  }

  /** Writes the last status, then removes the pod: everything of it has ended. */
  delete(): void {
    if (this.#gone || this.#deleting) return;
    this.#deleting = true;
    this.#writing ??= this.#drain();
  }

  /** Resolves when the newest status is written, or given up because of {@link stop}. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Gives up what could not be written yet; may be repeated. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }

  async #drain(): Promise<void> {
    while (!this.#gone && (this.#writtenVersion < this.#version || this.#deleting)) {
      const version = this.#version;
      try {
        if (this.#writtenVersion < version) {
          this.#pod = await this.#api.patchPodStatus(
            this.#pod,
            this.#pod.status ?? {},
            this.#wanted,
          );
          this.#writtenVersion = version;
        } else {
          await this.#api.deletePod(this.#pod);
          this.#deleting = false;
        }
      } catch (error) {
        // Another pod has the name now, or none.
        if (isNotFound(error) || isConflict(error)) this.#gone = true;
        else if (this.#stop.signal.aborted) break;
        else await this.#clock.after(retryMs, this.#stop.signal).catch(() => undefined);
      }
    }
    this.#writing = undefined;
  }
}
