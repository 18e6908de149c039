import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { Lease, Pod } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { Cache } from '../cache/cache.ts';
import type { Clock } from '../clock/clock.ts';
import { SystemClock } from '../clock/system-clock.ts';
import { LeaderElector } from '../election/leader-elector.ts';
import type { Leadership } from '../election/leadership.ts';
import type { EventSubject } from '../events/event-input.ts';
import { EventRecorder } from '../events/event-recorder.ts';
import { EventSink } from '../events/event-sink.ts';
import { HealthChecks } from '../health/health-check.ts';
import type { HealthCheck } from '../health/health-check.ts';
import { answerHealth } from '../health/health-endpoint.ts';
import type { Logger } from '../logging/logger.ts';
import { silentLogger } from '../logging/silent-logger.ts';
import { createInstruments } from '../metrics/create-instruments.ts';
import { electionMetrics } from '../metrics/election-metrics.ts';
import { eventMetrics } from '../metrics/event-metrics.ts';
import type { Instruments } from '../metrics/instruments.ts';
import { answerMetrics } from '../metrics/metrics-endpoint.ts';
import { observeProcess } from '../metrics/process-metrics.ts';
import { createRegistry } from '../metrics/registry.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import { ServingEndpoint } from '../serving/serving-endpoint.ts';
import { Webhooks } from '../webhook/webhooks.ts';
import type { ManagerOptions, ManagerRunOptions, ServerOptions } from './manager-options.ts';
import { ManagerRun } from './manager-run.ts';
import { handleSignals } from './process-signals.ts';
import { reportOwnProblems } from './report-own-problems.ts';
import type { Runnable } from './runnable.ts';

/** Where a manager is in its life. */
type Phase = 'new' | 'starting' | 'started' | 'stopping' | 'ended';

/**
 * Runs an operator: servers for metrics, probes and webhooks, one cache, leader election, controllers; up in order, down in reverse.
 *
 * Guarantees: nothing is started before {@link Manager.run}; when `run` has settled nothing is left running, listening or waiting,
 * except for a runnable that ignores its signals, which the rejection names. The lease is given back only when all work that needs it has ended.
 *
 * @example
 * ```ts
 * const manager = new Manager({ client: await Client.fromKubeConfig(), logger: createLogger() });
 * manager.add(createController(manager, { name: 'foo', for: Foo.resource, reconcile }));
 * await manager.run({ handleSignals: true });
 * ```
 */
export class Manager {
  readonly client: Client;
  readonly cache: Cache;
  /** Add the operator's own metrics here. */
  readonly metrics: MetricsRegistry;
  readonly instruments: Instruments;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Served before the caches fill and for as long as anything runs, by standbys too. Add yours before {@link Manager.run}. */
  readonly webhooks: Webhooks;
  readonly #options: ManagerOptions;
  readonly #healthz = new HealthChecks();
  readonly #readyz = new HealthChecks();
  readonly #metricsEndpoint: ServingEndpoint | undefined;
  readonly #healthEndpoint: ServingEndpoint | undefined;
  readonly #events: EventSink;
  readonly #elector: LeaderElector | undefined;
  readonly #countEvent: ReturnType<typeof eventMetrics>;
  // By name; in the order they were added.
  readonly #runnables = new Map<string, Runnable>();
  readonly #started = Promise.withResolvers<undefined>();
  readonly #elected = Promise.withResolvers<undefined>();
  #phase: Phase = 'new';
  #leadership: Leadership | undefined;

  /** @throws TypeError when the times of the leader election contradict each other. */
  constructor(options: ManagerOptions) {
    this.#options = options;
    this.client = options.client;
    this.logger = options.logger ?? silentLogger;
    this.clock = options.clock ?? new SystemClock();
    this.metrics = options.registry ?? createRegistry();
    this.instruments = createInstruments(this.metrics);
    this.#countEvent = eventMetrics(this.metrics);
    const { client, logger, clock, instruments } = this;
    this.cache = new Cache({
      client,
      logger,
      clock,
      instruments,
      ...(options.namespaces === undefined ? {} : { namespaces: options.namespaces }),
    });
    this.#events = new EventSink({ client, logger, clock, onOutcome: this.#countEvent });
    this.webhooks = new Webhooks(
      options.webhooks,
      {
        client,
        clock,
        logger,
        instruments,
        report: (event, subject = this.#self()) => {
          if (subject !== undefined) this.eventRecorder('webhooks').event(subject, event);
        },
      },
      this.metrics,
    );
    this.#elector = this.#newElector();
    this.#metricsEndpoint = this.#newEndpoint('metrics', 8080, options.metrics, (request) =>
      answerMetrics(this.metrics, options.metrics?.path ?? '/metrics', request),
    );
    this.#healthEndpoint = this.#newEndpoint('health', 8081, options.health, (request) =>
      answerHealth({ healthz: this.#healthz, readyz: this.#readyz }, request),
    );
    this.#healthz.add('ping', () => undefined);
    this.#readyz.add('manager', () => {
      this.#checkPhase();
    });
    this.#readyz.add('cache', () => {
      const problems = this.cache.readiness();
      if (problems.length > 0) throw new Error(problems.join('; '));
    });
    // Nobody may be waiting for them, and run() rejects with the same error.
    this.#started.promise.catch(() => undefined);
    this.#elected.promise.catch(() => undefined);
  }

  /**
   * Resolves when the servers listen, the caches are in sync and all that needs no leadership has begun; without election
   * also the controllers. Rejects when the manager ends before.
   */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Resolves when this process leads and its controllers have begun. Rejects when the manager ends before. */
  get elected(): Promise<void> {
    return this.#elected.promise;
  }

  /** Whether the work that needs leadership may go on right now; without election, whether the manager runs. */
  get isLeader(): boolean {
    return this.#elector === undefined
      ? this.#phase === 'started'
      : (this.#leadership?.isLeader ?? false);
  }

  /** Where the servers listen; a part is missing while its server does not. */
  get addresses(): {
    readonly metrics?: AddressInfo;
    readonly health?: AddressInfo;
    readonly webhooks?: AddressInfo;
  } {
    const metrics = this.#metricsEndpoint?.address;
    const health = this.#healthEndpoint?.address;
    const webhooks = this.webhooks.address;
    return {
      ...(metrics === undefined ? {} : { metrics }),
      ...(health === undefined ? {} : { health }),
      ...(webhooks === undefined ? {} : { webhooks }),
    };
  }

  /**
   * Adds something to run, a controller for example.
   *
   * @throws TypeError when the name is taken or the manager runs already.
   */
  add(runnable: Runnable): this {
    if (this.#phase !== 'new') {
      throw new TypeError(`${runnable.name} comes too late: add runnables before run()`);
    }
    if (this.#runnables.has(runnable.name)) {
      throw new TypeError(`a runnable named "${runnable.name}" was added before`);
    }
    this.#runnables.set(runnable.name, runnable);
    return this;
  }

  /** Adds a check to `/healthz`: while it fails the kubelet restarts the container. @throws TypeError when the name is taken. */
  addHealthCheck(name: string, check: HealthCheck): this {
    this.#healthz.add(name, check);
    return this;
  }

  /** Adds a check to `/readyz`: while it fails the pod gets no traffic and rollouts wait. @throws TypeError when the name is taken. */
  addReadyCheck(name: string, check: HealthCheck): this {
    this.#readyz.add(name, check);
    return this;
  }

  /** A recorder that reports in the name of this component. All recorders of a manager share one queue. */
  eventRecorder(component: string): EventRecorder {
    return new EventRecorder({
      reporter: { controller: component, instance: this.#elector?.identity ?? hostname() },
      sink: this.#events,
      client: this.client,
      clock: this.clock,
      logger: this.logger,
      onOutcome: this.#countEvent,
    });
  }

  /**
   * Runs until it is stopped by the signal (or by SIGTERM and SIGINT, with `handleSignals`), then resolves.
   *
   * @throws RunnableError when a runnable failed; it names the runnable.
   * @throws LeaseLostError when the lease was lost; the process should end, and come back as a standby.
   * @throws PortInUseError when a server cannot listen.
   * @throws ShutdownError when something did not end.
   * @throws TypeError when it ran before: a manager runs only once.
   */
  async run(options: ManagerRunOptions = {}): Promise<void> {
    if (this.#phase !== 'new') throw new TypeError('a manager runs only once');
    this.#phase = 'starting';
    const run = this.#newRun();
    const { signal } = options;
    const onAbort = (): void => {
      run.stop(signal?.reason);
    };
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    using _signals = options.handleSignals === true ? this.#handleSignals(run) : undefined;
    using _process = observeProcess(this.metrics);
    using _problems = reportOwnProblems({
      cache: this.cache,
      recorder: this.eventRecorder('cache'),
      subject: () => this.#self(),
    });
    try {
      await run.execute();
      this.#rejectWaiting(new Error('the manager was stopped'));
    } catch (error) {
      this.#rejectWaiting(error);
      throw error;
    } finally {
      this.#phase = 'ended';
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #newRun(): ManagerRun {
    const { cache, clock, logger } = this;
    if (this.webhooks.isServing) {
      this.#readyz.add('webhooks', () => {
        this.webhooks.checkReady();
      });
    }
    return new ManagerRun({
      endpoints: [this.#healthEndpoint, this.#metricsEndpoint].filter((each) => each !== undefined),
      webhooks: this.webhooks,
      events: this.#events,
      cache,
      runnables: [...this.#runnables.values()],
      elector: this.#elector,
      clock,
      logger,
      gracefulShutdownMs: this.#options.gracefulShutdownMs ?? 30_000,
      onStarted: () => {
        this.#phase = 'started';
        logger.info('started');
        this.#started.resolve(undefined);
      },
      onLeading: (leadership) => {
        this.#leadership = leadership;
        this.#announce(leadership);
        this.#elected.resolve(undefined);
      },
      onStopping: () => {
        this.#phase = 'stopping';
      },
    });
  }

  #newElector(): LeaderElector | undefined {
    const { leaderElection } = this.#options;
    if (leaderElection === undefined) return undefined;
    const setStatus = electionMetrics(this.metrics);
    setStatus(leaderElection.leaseName, false);
    return new LeaderElector({
      ...leaderElection,
      client: this.client,
      clock: this.clock,
      logger: this.logger,
      onChange: (leads) => {
        setStatus(leaderElection.leaseName, leads);
      },
    });
  }

  #newEndpoint(
    purpose: string,
    defaultPort: number,
    options: ServerOptions | undefined,
    handle: ConstructorParameters<typeof ServingEndpoint>[0]['handle'],
  ): ServingEndpoint | undefined {
    const port = options?.port ?? defaultPort;
    return port === false
      ? undefined
      : new ServingEndpoint({ purpose, port, host: options?.host, handle });
  }

  #handleSignals(run: ManagerRun): Disposable {
    return handleSignals({
      stop: (name) => {
        this.logger.info('signal received, stopping', { signal: name });
        run.stop(new Error(`${name} received`));
      },
      force: (name) => {
        this.logger.warn('second signal received, aborting work in flight', { signal: name });
        run.force(`${name} received again`);
      },
    });
  }

  #checkPhase(): void {
    switch (this.#phase) {
      case 'started':
        return;
      case 'new':
      case 'starting':
        throw new Error('starting');
      case 'stopping':
      case 'ended':
        throw new Error('shutting down');
      default:
        this.#phase satisfies never;
    }
  }

  /** The object that stands for this process. */
  #self(): EventSubject | undefined {
    const { pod, leaderElection } = this.#options;
    if (pod !== undefined) return { apiVersion: Pod.apiVersion, kind: Pod.kind, metadata: pod };
    if (leaderElection === undefined) return undefined;
    const { leaseName: name, leaseNamespace: namespace } = leaderElection;
    const { apiVersion, kind } = Lease;
    return this.#leadership?.lease ?? { apiVersion, kind, metadata: { name, namespace } };
  }

  #announce(leadership: Leadership | undefined): void {
    const lease = leadership?.lease;
    if (lease === undefined || this.#elector === undefined) return;
    this.eventRecorder('leader-election').event(lease, {
      type: 'Normal',
      reason: 'LeaderElection',
      action: 'Acquire',
      note: `${this.#elector.identity} became leader`,
    });
  }

  #rejectWaiting(error: unknown): void {
    this.#started.reject(error);
    this.#elected.reject(error);
  }
}
