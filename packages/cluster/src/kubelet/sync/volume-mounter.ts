import type { Pod, Stored } from '@kubewright/apimachinery';
import type { Clock } from '../clock.ts';
import type { EventRecorder } from '../events/event-recorder.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';

/** What mounting the volumes of one pod needs. */
export interface VolumeMounterOptions {
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly volumes: PodVolumes;
  readonly volumeRefreshMs: number;
}

/** First pause between two tries, doubled up to the longest; in milliseconds, as on a real node. */
const firstRetryMs = 500;
const longestRetryMs = 122_000;

/** Mounts the volumes of one pod, trying until they are all there, and renews their content from time to time. */
export class VolumeMounter {
  readonly #options: VolumeMounterOptions;
  #mountedAtMs: number | undefined;

  constructor(options: VolumeMounterOptions) {
    this.#options = options;
  }

  /**
   * Resolves when all volumes are there; each try that fails is told as FailedMount.
   * Content that cannot be renewed later stays as it is until it can.
   *
   * @throws `signal.reason` when the signal aborts first.
   */
  async mount(pod: Stored<Pod>, signal: AbortSignal): Promise<void> {
    const { clock, recorder, volumes, volumeRefreshMs } = this.#options;
    const firstTime = this.#mountedAtMs === undefined;
    if (!firstTime && clock.now() - (this.#mountedAtMs ?? 0) < volumeRefreshMs) return;
    for (let pauseMs = firstRetryMs; ; pauseMs = Math.min(pauseMs * 2, longestRetryMs)) {
      signal.throwIfAborted();
      const faults = await volumes.setUp(pod);
      for (const { volume, message } of faults) {
        recorder.pod(
          pod,
          'Warning',
          'FailedMount',
          `MountVolume.SetUp failed for volume "${volume}" : ${message}`,
        );
      }
      if (faults.length === 0 || !firstTime) {
        this.#mountedAtMs = clock.now();
        return;
      }
      await clock.after(pauseMs, signal);
    }
  }
}
