/** What kind of container crashed: one of the app, an init container, or a sidecar (an init container that restarts). */
export type ContainerType = 'app' | 'init' | 'sidecar';

/** One crash of one container: it ended, and was or will be restarted. */
export interface Crash {
  /** Uid of the pod, which no later pod of the same name has. */
  readonly podUid: string;
  /** Name of the container. */
  readonly container: string;
  readonly containerType: ContainerType;
  /** How often the container was restarted; tells the crashes of one container apart. */
  readonly restartCount: number;
  /** Such as `Error`, `Completed` or `OOMKilled`. */
  readonly reason: string;
  /** What the process ended with; 128 plus the number for one ended by a signal. */
  readonly exitCode: number;
  /** When it ended; undefined when the kubelet does not know. */
  readonly finishedAt: Date | undefined;
  /** When what came after it began or was tried: stands in for a missing `finishedAt`. */
  readonly succeededAt: Date | undefined;
}

/** Tells a crash from every other crash in the cluster: uid, container and restart count. */
export function crashKey(crash: Pick<Crash, 'podUid' | 'container' | 'restartCount'>): string {
  // A container name is a DNS label, so that the slash separates.
  return `${crash.podUid}/${crash.container}/${String(crash.restartCount)}`;
}

/** `<Reason> (Exit Code: <N>)`. */
export function restartReason(crash: Pick<Crash, 'reason' | 'exitCode'>): string {
  return `${crash.reason} (Exit Code: ${String(crash.exitCode)})`;
}
