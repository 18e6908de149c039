/** A reconcile took longer than its controller allows. Its signal aborts with this, and a retry follows. */
export class ReconcileTimeoutError extends Error {
  override readonly name = 'ReconcileTimeoutError';
  readonly code = 'RECONCILE_TIMEOUT';

  constructor(timeoutMs: number) {
    super(`the reconcile took longer than ${timeoutMs} ms`);
  }
}

/** Reconciles went on although they were aborted. What they wait for does not heed the signal of the context. */
export class StuckReconcileError extends Error {
  override readonly name = 'StuckReconcileError';
  readonly code = 'RECONCILE_STUCK';
  /** Keys of the objects. */
  readonly keys: readonly string[];

  constructor(controller: string, keys: readonly string[]) {
    super(`controller ${controller}: reconciles ignore their signal: ${keys.join(', ')}`);
    this.keys = keys;
  }
}
