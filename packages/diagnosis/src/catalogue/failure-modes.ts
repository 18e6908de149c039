/** Short names of the failure modes, by their numbers; each has a page in `docs/failure-modes`. */
export const failureModes = {
  1: 'container-out-of-memory',
  2: 'child-process-out-of-memory',
  3: 'init-container-out-of-memory',
  4: 'node-out-of-memory',
  5: 'application-error',
  6: 'exit-code-2',
  7: 'command-not-executable',
  8: 'command-not-found',
  9: 'exec-format-error',
  10: 'start-error',
  11: 'aborted',
  12: 'killed-by-nobody-known',
  13: 'fatal-signal',
  14: 'terminated',
  15: 'liveness-probe',
  16: 'startup-probe',
  17: 'readiness-probe',
  18: 'readiness-gate',
  19: 'unexpected-completion',
  20: 'image-not-found',
  21: 'image-pull-unauthorized',
  22: 'image-pull-rate-limited',
  23: 'registry-unreachable',
  24: 'image-pull-broken',
  25: 'image-pull-back-off',
  26: 'image-not-usable',
  27: 'missing-config-object',
  28: 'missing-config-key',
  29: 'run-as-non-root',
  30: 'config-sync-transient',
  31: 'volume-path-missing',
  32: 'create-container-error',
  33: 'run-container-error',
  34: 'lifecycle-hook',
  35: 'volume-mount',
  36: 'volume-attach',
  37: 'sandbox-creation',
  38: 'unschedulable-resources',
  39: 'unschedulable-placement',
  40: 'unschedulable-taint',
  41: 'unschedulable-volume',
  42: 'scheduling-gate-or-claim',
  43: 'evicted-by-node-pressure',
  44: 'evicted-by-own-limit',
  45: 'evicted-at-admission',
  46: 'preempted',
  47: 'disrupted',
  48: 'node-lost',
  49: 'node-shutdown',
  50: 'node-restart',
  51: 'container-status-unknown',
  52: 'rejected-by-the-kubelet',
  53: 'terminating',
  54: 'deadline-exceeded',
  55: 'pods-cannot-be-created',
  56: 'sidecar',
  57: 'ephemeral-container',
  58: 'bad-rollout',
  59: 'bad-node',
  60: 'shared-dependency',
  61: 'managed-elsewhere',
} as const satisfies Readonly<Record<number, string>>;

/** Number of a failure mode. */
export type FailureMode = keyof typeof failureModes;

const pages = 'https://github.com/kubewright/kubewright/blob/main/docs/failure-modes';

/** Name of the file with the page of a mode: `15-liveness-probe.md`. */
export function pageNameOf(mode: number): string {
  const names: Readonly<Record<number, string | undefined>> = failureModes;
  const name = names[mode];
  // A mode beyond the table has no page of its own.
  return name === undefined ? 'README.md' : `${String(mode).padStart(2, '0')}-${name}.md`;
}

/** Address of the page about a mode: what it looks like, why it happens, what to do. */
export function pageOf(mode: number): string {
  return `${pages}/${pageNameOf(mode)}`;
}
