import {
  DaemonSet,
  EventsV1Event,
  isNotFound,
  Job,
  ownerReference,
  Pod,
  Role,
  RoleBinding,
} from '@kubewright/apimachinery';
import type { ContainerStatus, OwnerReference, PolicyRule, Stored } from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import {
  CountedTransport,
  CutTransport,
  isSettled,
  startTestEnvironment,
  testEnvironmentKinds,
  untilPermitted,
} from '@kubewright/cluster';
import type { Cut, TestEnvironment } from '@kubewright/cluster';
import { deriveRole } from '@kubewright/crd';
import { Manager } from '@kubewright/runtime';
import { reportReadProblems } from '@kubewright/runtime/operator';
import type { FakeClock } from '@kubewright/runtime/testing';
import { createPodDiagnoserController, operatorName, PodDiagnoser } from '../src/index.ts';
import type { PodDiagnoserSpec } from '../src/index.ts';
import { podSource } from '../src/reconcile/crashed-pods.ts';

/** An API server that knows PodDiagnosers, and a namespace on it. */
export class OperatorUnderTest implements AsyncDisposable {
  readonly environment: TestEnvironment;
  readonly client: Client;
  readonly namespace: string;

  private constructor(environment: TestEnvironment, client: Client, namespace: string) {
    this.environment = environment;
    this.client = client;
    this.namespace = namespace;
  }

  static async start(): Promise<OperatorUnderTest> {
    // The first kind suffices: what differs between the transports is tested with the client.
    const [kind = 'in-process'] = testEnvironmentKinds();
    const environment = await startTestEnvironment({ kind });
    await environment.install(PodDiagnoser.manifest());
    const client = await environment.client();
    return new OperatorUnderTest(environment, client, await environment.newNamespace());
  }

  /** Makes a further namespace the one that is worked in. */
  async inNewNamespace(): Promise<OperatorUnderTest> {
    const namespace = await this.environment.newNamespace();
    return new OperatorUnderTest(this.environment, this.client, namespace);
  }

  /** A client of a user who may do this in the namespace, and nothing else. */
  async clientWith(rules: readonly PolicyRule[]): Promise<Client> {
    const { namespace } = this;
    const name = 'operator';
    await this.client.create(Role, deriveRole({ name, namespace, rules }));
    await this.client.create(RoleBinding, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
    });
    await untilPermitted(this.client, { user: name, namespace, rules });
    return this.environment.client({ user: name });
  }

  async createDiagnoser(name: string, spec: Partial<PodDiagnoserSpec> = {}): Promise<void> {
    await this.client.create(PodDiagnoser.resource, {
      apiVersion: PodDiagnoser.resource.apiVersion,
      kind: PodDiagnoser.resource.kind,
      metadata: { name, namespace: this.namespace },
      spec: { enableAnnotations: true, remediationAction: '', ...spec },
    });
  }

  /**
   * A controller that replaces pods, as an owner for them. It is there, so that no garbage collector takes them, and
   * makes none of its own, because its node selector fits no node.
   */
  async replacingOwner(): Promise<OwnerReference> {
    const labels = { owner: 'the-daemon-set' };
    const daemonSet = await this.client.create(DaemonSet, {
      metadata: { name: labels.owner, namespace: this.namespace },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            nodeSelector: { 'example.com/nowhere': 'true' },
            containers: [{ name: 'app', image: 'app' }],
          },
        },
      },
    });
    return ownerReference(daemonSet);
  }

  /** A Job as an owner of pods; it says that another controller than the cluster's works for it, so nobody does. */
  async job(): Promise<OwnerReference> {
    const job = await this.client.create(Job, {
      metadata: { name: 'the-job', namespace: this.namespace },
      spec: {
        managedBy: 'example.com/nobody',
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'app' }] },
        },
      },
    });
    return ownerReference(job);
  }

  async createPod(
    name: string,
    options: {
      readonly labels?: Record<string, string>;
      readonly owner?: OwnerReference;
      readonly statuses?: ContainerStatus[];
    } = {},
  ): Promise<Stored<Pod>> {
    const { labels = { app: 'web' }, owner, statuses } = options;
    const pod = await this.client.create(Pod, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: this.namespace,
        // A controller lets go of what its selector does not match.
        labels: owner === undefined ? labels : { ...labels, owner: owner.name },
        ...(owner === undefined ? {} : { ownerReferences: [owner] }),
      },
      spec: {
        // On no node: a kubelet would write another status than the test.
        schedulerName: 'nobody',
        containers: (statuses ?? [{ name: 'app' }]).map((status) => ({
          name: status.name,
          image: 'app',
        })),
      },
    });
    return statuses === undefined ? pod : this.setStatuses(name, statuses);
  }

  async setStatuses(name: string, containerStatuses: ContainerStatus[]): Promise<Stored<Pod>> {
    return this.client.patch(
      Pod,
      { name, namespace: this.namespace },
      { type: 'merge', body: { status: { phase: 'Running', containerStatuses } } },
      { subresource: 'status' },
    );
  }

  /** Sets the statuses of a pod, which is made when it is not there. */
  async setStatusesOrCreate(name: string, statuses: ContainerStatus[]): Promise<void> {
    try {
      await this.setStatuses(name, statuses);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await this.createPod(name, { statuses });
    }
  }

  async pod(name: string): Promise<Stored<Pod>> {
    return this.client.get(Pod, { name, namespace: this.namespace });
  }

  async pods(): Promise<string[]> {
    const { items } = await this.client.list(Pod, { namespace: this.namespace });
    // A pod that nobody runs is gone at once, or stays with its deletion noted.
    return items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name);
  }

  async diagnoser(name: string): Promise<Stored<PodDiagnoser>> {
    return this.client.get(PodDiagnoser.resource, { name, namespace: this.namespace });
  }

  /** `reason: note` of the Events, without those of the cluster itself. */
  async events(): Promise<string[]> {
    const { items } = await this.client.list(EventsV1Event, { namespace: this.namespace });
    return items
      .filter(({ reportingController }) => reportingController === 'pod-diagnoser')
      .map(({ reason, note }) => `${reason ?? ''}: ${note ?? ''}`)
      .sort();
  }

  /** Starts the operator. */
  run(options: RunOptions = {}): RunningOperator {
    return new RunningOperator(this, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.environment[Symbol.asyncDispose]();
  }
}

/** How the operator is started. */
export interface RunOptions {
  /** The write at which it is gone. Default: none. */
  readonly cut?: Cut;
  /** Default: an administrator. */
  readonly as?: Client;
  /** Stands still unless the test moves it. Default: the machine's. */
  readonly clock?: FakeClock;
}

/** One process of the operator. */
export class RunningOperator implements AsyncDisposable {
  readonly transport: CutTransport;
  readonly #stop = new AbortController();
  readonly #run: Promise<void>;
  readonly #reports: AsyncDisposable;
  readonly manager: Manager;
  readonly #world: OperatorUnderTest;
  readonly #counted: CountedTransport;

  constructor(world: OperatorUnderTest, { cut, as = world.client, clock }: RunOptions) {
    this.#world = world;
    this.transport = new CutTransport(as.transport, cut);
    this.#counted = new CountedTransport(this.transport);
    this.manager = new Manager({
      client: new Client({ transport: this.#counted, fieldManager: 'pod-diagnoser' }),
      namespaces: [world.namespace],
      ...(clock === undefined ? {} : { clock }),
      metrics: { port: false },
      health: { port: false },
      // A killed process waits for nothing.
      ...(cut === undefined ? {} : { gracefulShutdownMs: 0 }),
    });
    this.manager.add(createPodDiagnoserController(this.manager));
    this.#reports = reportReadProblems(this.manager, PodDiagnoser.resource, {
      component: operatorName,
    });
    this.#run = this.manager.run({ signal: this.#stop.signal });
  }

  /** Reconciles that have ended. */
  async reconciles(): Promise<number> {
    const metric = this.manager.metrics.getSingleMetric('controller_runtime_reconcile_total');
    const { values } = (await metric?.get()) ?? { values: [] };
    return values.reduce((sum, { value }) => sum + value, 0);
  }

  /** Waits until it has been told of all that there is, and has done and recorded what there was to do about it. */
  async untilSettled(): Promise<void> {
    const { cache } = this.manager;
    const { client, namespace } = this.#world;
    const observed = { manager: this.manager, transport: this.#counted };
    const followed = [
      { informer: cache.informer(PodDiagnoser.resource), namespace },
      { informer: cache.informer(Pod, podSource), namespace },
    ];
    await until(() => isSettled(observed, client, followed));
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
