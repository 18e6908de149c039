/**
 * What queues, controllers and informers report while they work. They know these interfaces only;
 * the metrics registry implements them, and {@link noInstruments} ignores everything.
 *
 * Guarantees towards the implementer: calls are synchronous and frequent, so they must be cheap and must not throw.
 * Durations are seconds, as in the metrics that they become.
 */
export interface Instruments {
  /**
   * Called once for each work queue. Becomes the `workqueue_*` series with the label `name`.
   *
   * @param gauges values that are only worth computing when somebody reads the metrics
   */
  queue(name: string, gauges: QueueGauges): QueueInstruments;
  /** Called once for each controller. Becomes the `controller_runtime_*` series with the label `controller`. */
  controller(name: string): ControllerInstruments;
  /** Called once for each informer: one kind, one choice of namespaces and selectors. */
  informer(identity: InformerIdentity, gauges: InformerGauges): InformerInstruments;
}

/** Priority of a key in a work queue; `low` is for the initial list and for resyncs. */
export type QueuePriority = 'normal' | 'low';

/** Values of a work queue that are read when metrics are collected. */
export interface QueueGauges {
  /** Time spent so far on keys whose work has not ended, summed (`workqueue_unfinished_work_seconds`). */
  unfinishedWorkSeconds(): number;
  /** Age of the longest work that has not ended; 0 when none runs (`workqueue_longest_running_processor_seconds`). */
  longestRunningSeconds(): number;
}

/** What one work queue reports. */
export interface QueueInstruments {
  /** The number of keys ready to be handed out changed (`workqueue_depth`, by priority). */
  depth(depth: number, priority: QueuePriority): void;
  /** A key entered the queue; a repeated add of a waiting key is not counted (`workqueue_adds_total`). */
  added(): void;
  /** A key was put off, by a delay or by the rate limit (`workqueue_retries_total`). */
  retried(): void;
  /** A key was handed out after waiting this long (`workqueue_queue_duration_seconds`). */
  waited(seconds: number): void;
  /** The work on a key ended after this long (`workqueue_work_duration_seconds`). */
  worked(seconds: number): void;
}

/** How a reconcile ended: the label `result` of `controller_runtime_reconcile_total`. */
export type ReconcileOutcome = 'success' | 'error' | 'requeue' | 'requeue_after';

/** What was not done: the label `verb` of `kubewright_noop_writes_total`. */
export type NoopVerb = 'update' | 'patch' | 'apply';

/** What one controller reports. */
export interface ControllerInstruments {
  /** Once, at the start: the number of workers (`controller_runtime_max_concurrent_reconciles`). */
  maxConcurrent(workers: number): void;
  /** The number of workers that are busy changed (`controller_runtime_active_workers`). */
  activeWorkers(workers: number): void;
  /** A reconcile ended (`controller_runtime_reconcile_total`, `controller_runtime_reconcile_time_seconds`). */
  reconciled(outcome: ReconcileOutcome, seconds: number): void;
  /** A reconcile failed, whether it will be retried or not (`controller_runtime_reconcile_errors_total`). */
  failed(): void;
  /** A reconcile failed for good (`controller_runtime_terminal_reconcile_errors_total`). */
  failedForGood(): void;
  /** A reconcile was aborted by its own time limit (`controller_runtime_reconcile_timeouts_total`). */
  timedOut(): void;
  /** A write was not sent because it would have changed nothing (`kubewright_noop_writes_total`). */
  noopWrite(verb: NoopVerb): void;
}

/** Which informer reports. */
export interface InformerIdentity {
  /** API group; the empty string for the core group. */
  readonly group: string;
  /** Version within the group, such as `v1`. */
  readonly version: string;
  /** Such as `Pod`. */
  readonly kind: string;
  /** `pods` or `deployments.apps`. */
  readonly resource: string;
  /** Namespaces and selectors in one line, empty for everything: `namespaces=a,b labels=app=web`. */
  readonly scope: string;
}

/** Values of an informer that are read when metrics are collected. */
export interface InformerGauges {
  /** Objects in the cache. */
  objects(): number;
  /** True when the initial list is complete. */
  synced(): boolean;
  /** Seconds since the API server was last heard, by an event, a bookmark or a list; undefined before the first time. */
  secondsSinceHeard(): number | undefined;
  /** Written objects whose change the watch has not delivered yet. */
  pendingWrites(): number;
  /** What keeps namespaces of the informer from being read right now; `kind` as in {@link InformerInstruments.failed}. */
  failures(): readonly { readonly verb: 'list' | 'watch'; readonly kind: string }[];
}

/** What one informer reports. */
export interface InformerInstruments {
  /** A list was asked for. */
  listStarted(): void;
  /** A list was read to its end: items, and the seconds from the request to the last item. */
  listed(items: number, seconds: number): void;
  /** A watch was asked for. */
  watchStarted(): void;
  /** A change or a bookmark arrived. */
  event(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'): void;
  /** A list or a watch ended with an error; the informer goes on. `kind` is a short constant such as `expired` or `denied`. */
  failed(verb: 'list' | 'watch', kind: string): void;
  /** An event handler or a transform threw; the informer goes on. */
  handlerFailed(): void;
}

/** Ignores every report. */
export const noInstruments: Instruments = Object.freeze({
  queue: () => noQueueInstruments,
  controller: () => noControllerInstruments,
  informer: () => noInformerInstruments,
});

const ignore = (): void => undefined;

const noQueueInstruments: QueueInstruments = Object.freeze({
  depth: ignore,
  added: ignore,
  retried: ignore,
  waited: ignore,
  worked: ignore,
});

const noControllerInstruments: ControllerInstruments = Object.freeze({
  maxConcurrent: ignore,
  activeWorkers: ignore,
  reconciled: ignore,
  failed: ignore,
  failedForGood: ignore,
  timedOut: ignore,
  noopWrite: ignore,
});

const noInformerInstruments: InformerInstruments = Object.freeze({
  listStarted: ignore,
  listed: ignore,
  watchStarted: ignore,
  event: ignore,
  failed: ignore,
  handlerFailed: ignore,
});
