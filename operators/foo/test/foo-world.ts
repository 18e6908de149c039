import { EventsV1Event, Pod, Role, RoleBinding } from '@kubewright/apimachinery';
import type { PolicyRule, Stored } from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import {
  CountedTransport,
  isSettled,
  startTestEnvironment,
  testEnvironmentKinds,
  untilPermitted,
} from '@kubewright/cluster';
import type { TestEnvironment } from '@kubewright/cluster';
import { deriveRole } from '@kubewright/crd';
import { Manager, silentLogger, type Logger } from '@kubewright/runtime';
import { reportReadProblems } from '@kubewright/runtime/operator';
import type { FakeClock } from '@kubewright/runtime/testing';
import { createFooController, Foo, operatorName } from '../src/index.ts';
import { podSource } from '../src/pod-source.ts';
import { WatchedTransport, type WriteHooks } from './watched-transport.ts';

/** An API server that knows Foos, and a namespace on it. */
export class FooWorld implements AsyncDisposable {
  readonly environment: TestEnvironment;
  readonly client: Client;
  readonly namespace: string;

  private constructor(environment: TestEnvironment, client: Client, namespace: string) {
    this.environment = environment;
    this.client = client;
    this.namespace = namespace;
  }

  static async start(): Promise<FooWorld> {
    // The first kind suffices: what differs between the transports is tested with the client.
    const [kind = 'in-process'] = testEnvironmentKinds();
    const environment = await startTestEnvironment({ kind });
    await environment.install(Foo.manifest());
    const client = await environment.client();
    return new FooWorld(environment, client, await environment.newNamespace());
  }

  /** The same server with a namespace of its own. */
  async inNewNamespace(): Promise<FooWorld> {
    return new FooWorld(this.environment, this.client, await this.environment.newNamespace());
  }

  /** A client of a user who may do this in the namespace, and nothing else. Again with other rules, the user may do those instead. */
  async clientWith(rules: readonly PolicyRule[]): Promise<Client> {
    await this.permit(rules);
    const { namespace } = this;
    const name = 'operator';
    await this.client.create(RoleBinding, {
      metadata: { name, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: this.#operatorUser }],
    });
    await untilPermitted(this.client, { user: this.#operatorUser, namespace, rules });
    return this.environment.client({ user: this.#operatorUser });
  }

  /** Changes what the user of {@link clientWith} may do. */
  async permit(rules: readonly PolicyRule[]): Promise<void> {
    const { namespace } = this;
    const metadata = { name: 'operator', namespace };
    const role = deriveRole({ ...metadata, rules });
    const options = { fieldManager: 'test', force: true };
    await this.client.apply(Role, { ...role, metadata }, options);
  }

  async createFoo(name: string, friend: string): Promise<Stored<Foo>> {
    const metadata = { name, namespace: this.namespace };
    return this.client.create(Foo.resource, Foo.create({ metadata, spec: { name: friend } }));
  }

  async lookFor(name: string, friend: string): Promise<void> {
    const ref = { name, namespace: this.namespace };
    const body = { spec: { name: friend } };
    await this.client.patch(Foo.resource, ref, { type: 'merge', body });
  }

  async foo(name: string): Promise<Stored<Foo>> {
    return this.client.get(Foo.resource, { name, namespace: this.namespace });
  }

  async createPod(name: string): Promise<void> {
    await this.client.create(Pod, {
      metadata: { name, namespace: this.namespace },
      spec: {
        // Nobody looks after it, so that nothing happens to it but what a test does.
        schedulerName: 'nobody',
        containers: [{ name: 'app', image: 'app' }],
      },
    });
  }

  async deletePod(name: string): Promise<void> {
    const ref = { name, namespace: this.namespace };
    await this.client.delete(Pod, ref, { gracePeriodSeconds: 0 });
  }

  /** Waits until the Foos feel so, and say it of their latest spec. */
  async untilHappy(wanted: Readonly<Record<string, boolean>>): Promise<void> {
    for (const [name, happy] of Object.entries(wanted)) {
      await until(async () => {
        const { metadata, status } = await this.foo(name);
        return status?.happy === happy && status.observedGeneration === metadata.generation;
      });
    }
  }

  /** `Foo: reason: note` of the operator's Events, with how often each was seen. */
  async events(): Promise<string[]> {
    const { items } = await this.client.list(EventsV1Event, { namespace: this.namespace });
    return items
      .filter(({ reportingController }) => reportingController === operatorName)
      .map(({ regarding, reason, note, series }) => {
        const times = series === undefined ? '' : ` (${series.count} times)`;
        return `${regarding?.name ?? ''}: ${reason ?? ''}: ${note ?? ''}${times}`;
      })
      .sort();
  }

  /** Starts the operator. */
  run(options: RunOptions = {}): RunningFooOperator {
    return new RunningFooOperator(this, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.environment[Symbol.asyncDispose]();
  }

  get #operatorUser(): string {
    return `operator-of-${this.namespace}`;
  }
}

/** How an operator is started. */
export interface RunOptions {
  /** Default: an administrator. */
  readonly as?: Client;
  /** What happens around the writes of the operator. */
  readonly writes?: WriteHooks;
  /** Stands still unless the test moves it. Default: the machine's. */
  readonly clock?: FakeClock;
  /** Default: that of the world. */
  readonly namespaces?: readonly string[];
}

/** One process of the operator. */
export class RunningFooOperator implements AsyncDisposable {
  readonly transport: WatchedTransport;
  readonly manager: Manager;
  /** What was logged as an error: why reconciles have failed. */
  readonly errors: unknown[] = [];
  readonly #stop = new AbortController();
  readonly #run: Promise<void>;
  readonly #reports: AsyncDisposable;
  readonly #counted: CountedTransport;
  readonly #world: FooWorld;
  readonly #namespaces: readonly string[];

  constructor(
    world: FooWorld,
    { as = world.client, writes, clock, namespaces = [world.namespace] }: RunOptions,
  ) {
    this.#world = world;
    this.#namespaces = namespaces;
    this.transport = new WatchedTransport(as.transport, writes);
    this.#counted = new CountedTransport(this.transport);
    const logger: Logger = {
      ...silentLogger,
      error: (_message, fields) => void this.errors.push(fields?.['error']),
      with: () => logger,
    };
    this.manager = new Manager({
      logger,
      client: new Client({ transport: this.#counted, fieldManager: operatorName }),
      namespaces,
      ...(clock === undefined ? {} : { clock }),
      metrics: { port: false },
      health: { port: false },
      // A killed process waits for nothing.
      ...(writes === undefined ? {} : { gracefulShutdownMs: 0 }),
    });
    this.manager.add(createFooController(this.manager));
    this.#reports = reportReadProblems(this.manager, Foo.resource, {
      component: operatorName,
      condition: 'Ready',
    });
    this.#run = this.manager.run({ signal: this.#stop.signal });
  }

  /** Reconciles that have ended, by how. */
  async reconciles(result?: 'success' | 'error' | 'requeue_after'): Promise<number> {
    const metric = this.manager.metrics.getSingleMetric('controller_runtime_reconcile_total');
    const { values } = (await metric?.get()) ?? { values: [] };
    return values
      .filter(({ labels }) => result === undefined || labels['result'] === result)
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** Waits until it has been told of all that there is, and has done and recorded what there was to do about it. */
  async untilSettled(): Promise<void> {
    const { cache } = this.manager;
    const observed = { manager: this.manager, transport: this.#counted };
    const followed = this.#namespaces.flatMap((namespace) => [
      { informer: cache.informer(Foo.resource), namespace },
      { informer: cache.informer(Pod, podSource), namespace },
    ]);
    await until(() => isSettled(observed, this.#world.client, followed));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the test is over'));
    await this.#run;
    await this.#reports[Symbol.asyncDispose]();
  }
}

/** Longest wait, in milliseconds: it only bounds a failure, which then names the wait and not just the test. */
const limitMs = 120_000;

/**
 * Looks again and again until it is so.
 *
 * @throws Error with what was waited for when it does not come to pass.
 */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const expired = new Error(`did not come to pass: ${String(isSo)}`);
  const signal = AbortSignal.timeout(limitMs);
  while (!(await isSo())) {
    if (signal.aborted) throw expired;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
