import type { BackOffSettings } from './restart/back-off.ts';

/** What a user may tune; every time is in milliseconds. */
export interface KubeletSettings {
  /** Wait before a crashed container starts again. Default 10,000 doubling to 300,000, forgotten after 600,000 as in Kubernetes. */
  readonly crashLoopBackOff?: Partial<BackOffSettings>;
  /** Wait before an image is asked for again. Default 10,000 doubling to 300,000, forgotten after 600,000 as in Kubernetes. */
  readonly imagePullBackOff?: Partial<BackOffSettings>;
  /**
   * A pod in which nothing happens is looked at again after this time, up to half of it longer.
   * Default 5,000 (Kubernetes: 60,000): states that wait for the next look, such as
   * `terminated` turning into `CrashLoopBackOff`, show sooner.
   */
  readonly syncPeriodMs?: number;
  /** Pause between two renewals of the node's Lease. Default 10,000, as in Kubernetes. */
  readonly leaseRenewPeriodMs?: number;
  /** Pause between two reports of an unchanged Node status. Default 300,000, as in Kubernetes. */
  readonly nodeStatusReportPeriodMs?: number;
  /** Pods this node takes. Default 110, as in Kubernetes. */
  readonly maxPods?: number;
  /** Pause between two looks at the memory of containers that have a limit. Default 250. */
  readonly memorySamplePeriodMs?: number;
  /** A log file is rotated when it would grow beyond this. Default 10 MiB, as in Kubernetes. */
  readonly logMaxBytes?: number;
  /** Log files kept for one life of a container. Default 5, at least 2, as in Kubernetes. */
  readonly logMaxFiles?: number;
  /** Content of ConfigMap, Secret and token volumes is renewed at the first sync after this time. Default 60,000. */
  readonly volumeRefreshMs?: number;
}

/** {@link KubeletSettings} with every default filled in. */
export interface FilledKubeletSettings {
  readonly crashLoopBackOff: BackOffSettings;
  readonly imagePullBackOff: BackOffSettings;
  readonly syncPeriodMs: number;
  readonly leaseRenewPeriodMs: number;
  readonly nodeStatusReportPeriodMs: number;
  readonly maxPods: number;
  readonly memorySamplePeriodMs: number;
  readonly logMaxBytes: number;
  readonly logMaxFiles: number;
  readonly volumeRefreshMs: number;
}

const restartDefaults: BackOffSettings = { initialMs: 10_000, maxMs: 300_000, resetMs: 600_000 };

/**
 * Fills the defaults in.
 *
 * @throws RangeError when a time or a size is not a positive number.
 */
export function fillKubeletSettings(settings: KubeletSettings = {}): FilledKubeletSettings {
  const filled: FilledKubeletSettings = {
    crashLoopBackOff: { ...restartDefaults, ...settings.crashLoopBackOff },
    imagePullBackOff: { ...restartDefaults, ...settings.imagePullBackOff },
    syncPeriodMs: settings.syncPeriodMs ?? 5_000,
    leaseRenewPeriodMs: settings.leaseRenewPeriodMs ?? 10_000,
    nodeStatusReportPeriodMs: settings.nodeStatusReportPeriodMs ?? 300_000,
    maxPods: settings.maxPods ?? 110,
    memorySamplePeriodMs: settings.memorySamplePeriodMs ?? 250,
    logMaxBytes: settings.logMaxBytes ?? 10 * 1024 * 1024,
    logMaxFiles: Math.max(settings.logMaxFiles ?? 5, 2),
    volumeRefreshMs: settings.volumeRefreshMs ?? 60_000,
  };
  for (const [name, value] of Object.entries(filled)) {
    if (typeof value === 'number' && !(value > 0)) {
      throw new RangeError(`kubelet setting ${name} must be positive, got ${String(value)}`);
    }
  }
  return filled;
}
