import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConfigMap,
  CronJob,
  EventsV1Event,
  findCondition,
  isNotFound,
  Job,
  Lease,
  PersistentVolumeClaim,
  Pod,
  Role,
  RoleBinding,
  Service,
  ServiceAccount,
  StatefulSet,
  type Condition,
  type KubernetesObject,
  type PolicyRule,
  type Resource,
  type Stored,
  type Transport,
} from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import {
  CountedTransport,
  isAtRest,
  isSettled,
  startTestEnvironment,
  testEnvironmentKinds,
  untilPermitted,
  type ObservedManager,
  type TestEnvironment,
} from '@kubewright/cluster';
import { deriveRole } from '@kubewright/crd';
import { Manager } from '@kubewright/runtime';
import type { FakeClock } from '@kubewright/runtime/testing';
import { DatabaseCluster, type DatabaseClusterSpec } from '../src/api/database-cluster.ts';
import { leaseAnnotations } from '../src/api/labels.ts';
import { managedObjects } from '../src/apply/object-applier.ts';
import { createDatabaseClusterController } from '../src/database-cluster-controller.ts';
import { managedSelector, type ObjectOptions } from '../src/objects/cluster-context.ts';
import { watchedNamespaceRules } from '../src/permissions.ts';

/** Settings of the operator where no pod really runs. */
const objects: ObjectOptions = {
  postgresImage: 'postgres',
  agentImage: 'database-cluster:test',
  agentCommand: [],
  userId: 999,
  imagePullPolicy: 'IfNotPresent',
  leaseDurationSeconds: 15,
  retryPeriodSeconds: 2,
  podUpdateStrategy: 'OnDelete',
};

/** What the operator follows besides the clusters themselves. */
const managed: readonly Resource[] = [
  ...[ConfigMap, CronJob, Job, Lease, PersistentVolumeClaim, Pod],
  ...[Role, RoleBinding, Service, ServiceAccount, StatefulSet],
];

/** A request that was sent. */
export interface SentRequest {
  readonly method: string;
  readonly path: string;
}

/** An API server with its controllers and no node: the test plays pods and agents. */
export class OperatorWorld implements AsyncDisposable {
  readonly environment: TestEnvironment;
  readonly client: Client;
  readonly namespace: string;

  private constructor(environment: TestEnvironment, client: Client, namespace: string) {
    this.environment = environment;
    this.client = client;
    this.namespace = namespace;
  }

  static async start(): Promise<OperatorWorld> {
    const [kind = 'in-process'] = testEnvironmentKinds();
    const environment = await startTestEnvironment({ kind, embedded: { hasControllers: true } });
    const client = await environment.client();
    const manifest = DatabaseCluster.manifest();
    await environment.install({
      ...manifest,
      spec: { ...manifest.spec, conversion: { strategy: 'None' } },
    });
    return new OperatorWorld(environment, client, await environment.newNamespace());
  }

  async inNewNamespace(): Promise<OperatorWorld> {
    return new OperatorWorld(this.environment, this.client, await this.environment.newNamespace());
  }

  async create(
    name: string,
    spec: Partial<DatabaseClusterSpec> = {},
    annotations = {},
  ): Promise<void> {
    await this.client.create(DatabaseCluster.resource, {
      apiVersion: DatabaseCluster.resource.apiVersion,
      kind: DatabaseCluster.resource.kind,
      metadata: { name, namespace: this.namespace, annotations },
      spec: { replicas: 1, version: '15', storage: { size: '1Gi' }, ...spec },
    });
  }

  async change(name: string, body: object): Promise<void> {
    const ref = { namespace: this.namespace, name };
    await this.client.patch(DatabaseCluster.resource, ref, { type: 'merge', body });
  }

  async database(name: string): Promise<Stored<DatabaseCluster>> {
    return this.client.get(DatabaseCluster.resource, { namespace: this.namespace, name });
  }

  async condition(name: string, type: string): Promise<Condition | undefined> {
    return findCondition((await this.database(name)).status?.conditions, type);
  }

  async find<T extends KubernetesObject>(
    resource: Resource<T>,
    name: string,
  ): Promise<Stored<T> | undefined> {
    try {
      return await this.client.get(resource, { namespace: this.namespace, name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async statefulSet(name: string): Promise<Stored<StatefulSet>> {
    return this.client.get(StatefulSet, { namespace: this.namespace, name });
  }

  /** Waits until the controller of StatefulSets counts so many pods as ready, and nothing else is under way with them. */
  async untilCounted(name: string, replicas: number): Promise<void> {
    await until(() => this.isCounted(name, replicas));
  }

  /** Whether the controller of StatefulSets counts so many pods of the present one as ready, and has none to make or take. */
  async isCounted(name: string, replicas: number): Promise<boolean> {
    const { metadata, status } = await this.statefulSet(name);
    return (
      status?.observedGeneration === metadata.generation &&
      status?.replicas === replicas &&
      status.readyReplicas === replicas
    );
  }

  /** Plays the agents: pods run and are ready, the first one leads. */
  async playReady(name: string, pods: readonly string[] = [`${name}-0`]): Promise<void> {
    for (const pod of pods) await this.playPod(pod, true);
    const ref = { namespace: this.namespace, name: `${name}-primary` };
    await until(async () => (await this.find(Lease, ref.name)) !== undefined);
    await this.client.patch(Lease, ref, {
      type: 'merge',
      body: {
        metadata: {
          annotations: {
            [leaseAnnotations.primary]: pods[0],
            [leaseAnnotations.address]: '10.0.0.9',
            [leaseAnnotations.systemIdentifier]: '7',
            [leaseAnnotations.successors]: JSON.stringify(pods.slice(1, 2)),
          },
        },
        spec: { holderIdentity: `${pods[0] ?? ''}_x`, leaseDurationSeconds: 15 },
      },
    });
  }

  /** Plays one pod, as soon as there is one: what was there may be taken away, and made anew, at any moment. */
  async playPod(name: string, isReady: boolean, waiting?: string): Promise<void> {
    const ref = { namespace: this.namespace, name };
    const container = (containerName: string) => ({
      name: containerName,
      image: 'x',
      imageID: 'x',
      ready: isReady,
      restartCount: 0,
      state:
        waiting === undefined
          ? { running: {} }
          : { waiting: { reason: waiting, message: 'no luck' } },
    });
    const body = {
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
        initContainerStatuses: [container('agent')],
        containerStatuses: [container('postgres')],
      },
    };
    await until(async () => {
      try {
        await this.client.patch(Pod, ref, { type: 'merge', body }, { subresource: 'status' });
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    });
  }

  /** `type reason: note` of the operator's Events. */
  async events(): Promise<string[]> {
    const { items } = await this.client.list(EventsV1Event, { namespace: this.namespace });
    return items
      .filter(({ reportingController }) => reportingController === 'database-cluster')
      .map(({ type, reason, note }) => `${type ?? ''} ${reason ?? ''}: ${note ?? ''}`)
      .sort();
  }

  /** A client of a user who may do what the operator's role permits, without some of it. */
  async operatorClient(without: (rule: PolicyRule) => boolean = () => false): Promise<Client> {
    const name = 'operator';
    const { namespace } = this;
    const rules = watchedNamespaceRules().filter((rule) => !without(rule));
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

  /** Starts a process of the operator, by a clock of its own if one is given. */
  run(
    client: Client = this.client,
    clock?: FakeClock,
    settings: Partial<ObjectOptions> = {},
  ): OperatorRun {
    return new OperatorRun(this, client.transport, clock, { ...objects, ...settings });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // No operator is left that would let clusters go, and a definition goes with its last object.
    const { resource } = DatabaseCluster;
    const { items } = await this.client.list(resource);
    for (const { metadata } of items) {
      const { namespace, name } = metadata;
      const body = { metadata: { finalizers: null } };
      await this.client
        .patch(resource, { namespace, name }, { type: 'merge', body })
        .catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
    }
    await this.environment[Symbol.asyncDispose]();
  }
}

/** One process of the operator. */
export class OperatorRun implements AsyncDisposable {
  readonly manager: Manager;
  readonly requests: SentRequest[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #world: OperatorWorld;
  readonly #counted: CountedTransport;
  readonly #clock: FakeClock | undefined;

  constructor(
    world: OperatorWorld,
    inner: Transport,
    clock: FakeClock | undefined,
    settings: ObjectOptions,
  ) {
    this.#world = world;
    this.#clock = clock;
    this.#counted = new CountedTransport({
      request: (request) => {
        this.requests.push({ method: request.method, path: request.path });
        return inner.request(request);
      },
      webSocket: (request) => inner.webSocket(request),
      // The inner one belongs to the test.
      close: () => Promise.resolve(),
    });
    this.manager = new Manager({
      client: new Client({ transport: this.#counted, fieldManager: 'database-cluster' }),
      namespaces: [world.namespace],
      metrics: { port: 0, host: '127.0.0.1' },
      health: { port: false },
      ...(clock === undefined ? {} : { clock }),
    });
    this.manager.add(
      createDatabaseClusterController(this.manager, {
        objects: settings,
      }),
    );
    this.#running = this.manager.run({ signal: this.#stop.signal });
  }

  /** Writes of objects, without Events. */
  get writes(): readonly SentRequest[] {
    return this.requests.filter(
      ({ method, path }) => method !== 'GET' && !path.includes('/events.k8s.io/'),
    );
  }

  /**
   * Waits until it has been told of all that there is, and has done what there was to do about it. By a clock that was given time
   * passes meanwhile: a watch that has ended begins again after a pause.
   */
  async untilSettled(): Promise<void> {
    const { cache } = this.manager;
    const { client, namespace } = this.#world;
    const followed = [
      { informer: cache.informer(DatabaseCluster.resource), namespace },
      ...managed.map((resource) => ({
        informer: managedObjects(cache, resource),
        namespace,
        labelSelector: managedSelector,
      })),
    ];
    await this.passUntil(() => isSettled(this.#observed, client, followed));
  }

  /** Lets time pass by the clock that was given, but only while it is at rest: nothing that it does takes time. */
  async pass(durationMs: number): Promise<void> {
    const until = this.manager.clock.now() + durationMs;
    await this.passUntil(() => Promise.resolve(this.manager.clock.now() >= until));
  }

  /** Lets time pass until it is so. */
  async passUntil(isSo: () => Promise<boolean>): Promise<void> {
    await until(isSo, async () => {
      if (await isAtRest(this.#observed)) await this.#clock?.advance(500);
      else await sleep(1);
    });
  }

  /**
   * Requests of one minute by the clock that was given, which begins when it has settled: the ends of old watches and the beginnings of
   * new ones aside.
   */
  async requestsOfAMinute(): Promise<readonly SentRequest[]> {
    await this.untilSettled();
    const before = this.requests.length;
    await this.pass(60_000);
    await until(() => isAtRest(this.#observed));
    return this.requests.slice(before).filter(({ path }) => !path.includes('watch='));
  }

  /** Reconciles that have ended. */
  async reconciles(): Promise<number> {
    const metric = this.manager.metrics.getSingleMetric('controller_runtime_reconcile_total');
    const { values } = (await metric?.get()) ?? { values: [] };
    return values.reduce((sum, { value }) => sum + value, 0);
  }

  /** The lines of a metric as Prometheus scrapes them, without comments. */
  async metric(name: string): Promise<string[]> {
    const { metrics } = this.manager.addresses;
    const response = await fetch(`http://127.0.0.1:${String(metrics?.port)}/metrics`);
    const text = await response.text();
    return text.split('\n').filter((line) => line.startsWith(`${name}{`));
  }

  get #observed(): ObservedManager {
    return { manager: this.manager, transport: this.#counted };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the test is over'));
    await this.#running;
  }
}

/**
 * Longest wait, in milliseconds: it only bounds a failure, which then names the wait and not just the test. Beyond what a real garbage
 * collector takes that looks for new kinds every half minute, on a busy machine.
 */
const limitMs = 180_000;

/**
 * Looks again and again until it is so.
 *
 * @param meanwhile - What happens between two looks. Default: a pause.
 * @throws Error with what was waited for when it does not come to pass.
 */
export async function until(
  isSo: () => Promise<boolean>,
  meanwhile: () => Promise<void> = () => sleep(20),
): Promise<void> {
  const expired = new Error(`did not come to pass: ${String(isSo)}`);
  const signal = AbortSignal.timeout(limitMs);
  while (!(await isSo())) {
    if (signal.aborted) throw expired;
    await meanwhile();
  }
}
