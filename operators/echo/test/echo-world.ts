import {
  CronJob,
  EventsV1Event,
  findCondition,
  formatTime,
  isForbidden,
  Job,
  RoleBinding,
  Role,
  Pod,
  ResourceQuota,
  type KubernetesObject,
  type PolicyRule,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import {
  CountedTransport,
  CutTransport,
  isAtRest,
  isSettled,
  startTestEnvironment,
  testEnvironmentKinds,
  untilPermitted,
  type Cut,
  type EmbeddedClusterOptions,
  type TestEnvironment,
} from '@kubewright/cluster';
import { deriveRole } from '@kubewright/crd';
import { Manager, type LeaderElectionOptions } from '@kubewright/runtime';
import { reportReadProblems } from '@kubewright/runtime/operator';
import type { FakeClock } from '@kubewright/runtime/testing';
import { createEchoControllers, Echo, operatorName, ScheduledEcho } from '../src/index.ts';
import { echoWork } from '../src/work/echo-work.ts';
import { scheduledEchoWork } from '../src/work/scheduled-echo-work.ts';

const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'c' }] } };

/** Of what a quota may leave nothing: what is refused then. */
const probes = {
  'count/jobs.batch': [Job, { spec: { template } }],
  'count/cronjobs.batch': [
    CronJob,
    { spec: { schedule: '@yearly', jobTemplate: { spec: { template } } } },
  ],
  pods: [Pod, template],
} as const satisfies Record<string, readonly [Resource, object]>;

/** An API server that knows Echos and ScheduledEchos, and a namespace on it. */
export class EchoWorld implements AsyncDisposable {
  readonly environment: TestEnvironment;
  readonly client: Client;
  readonly namespace: string;

  private constructor(environment: TestEnvironment, client: Client, namespace: string) {
    this.environment = environment;
    this.client = client;
    this.namespace = namespace;
  }

  /** @param embedded - What the embedded cluster has besides an API server. Default: nothing. */
  static async start(embedded: EmbeddedClusterOptions = {}): Promise<EchoWorld> {
    // The first kind suffices: what differs between the transports is tested with the client.
    const [kind = 'in-process'] = testEnvironmentKinds();
    const environment = await startTestEnvironment({ kind, embedded });
    await environment.install(Echo.manifest(), ScheduledEcho.manifest());
    const client = await environment.client();
    return new EchoWorld(environment, client, await environment.newNamespace());
  }

  /** The same server with a namespace of its own. */
  async inNewNamespace(): Promise<EchoWorld> {
    const { environment, client } = this;
    return new EchoWorld(environment, client, await environment.newNamespace());
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
    const metadata = { name: 'operator', namespace: this.namespace };
    const role = deriveRole({ ...metadata, rules });
    await this.client.apply(Role, { ...role, metadata }, { fieldManager: 'test', force: true });
  }

  /** Makes the quota `no-room`, and waits until the server knows that it leaves nothing. */
  async leaveNoRoom(what: keyof typeof probes): Promise<void> {
    await this.#enforce('no-room', { [what]: '0' }, probes[what]);
  }

  /** Makes the quota `some-room` of all that containers take, which so must be named, and waits until the server knows it. */
  async leaveSomeRoom(): Promise<void> {
    const cpu = '1';
    const memory = '1Gi';
    const hard = {
      'requests.cpu': cpu,
      'requests.memory': memory,
      'limits.cpu': cpu,
      'limits.memory': memory,
    };
    // It does not name them.
    await this.#enforce('some-room', hard, probes.pods);
  }

  /** @param probe - What is refused once all who refuse know the quota, which is a moment after its status is there. */
  async #enforce(
    name: string,
    hard: Readonly<Record<string, string>>,
    [resource, refused]: readonly [Resource, object],
  ): Promise<void> {
    const { client, environment } = this;
    const ref = this.ref(name);
    await client.create(ResourceQuota, { metadata: ref, spec: { hard } });
    if (!environment.capabilities.controllers) {
      // By hand what the controller of quotas does.
      const used = Object.fromEntries(Object.keys(hard).map((what) => [what, '0']));
      const body = { status: { hard, used } };
      await client.patch(ResourceQuota, ref, { type: 'merge', body }, { subresource: 'status' });
    }
    await until(async () => {
      const { status } = await client.get(ResourceQuota, ref);
      return Object.keys(hard).every((what) => status?.used?.[what] === '0');
    });
    await until(() =>
      client.create(resource, { ...refused, metadata: this.ref('probe') }, { dryRun: true }).then(
        () => false,
        (error: unknown) => {
          if (isForbidden(error)) return true;
          throw error;
        },
      ),
    );
  }

  async createEcho(name: string, message = 'Hola, 世界!'): Promise<Stored<Echo>> {
    const metadata = { name, namespace: this.namespace };
    return this.client.create(Echo.resource, Echo.create({ metadata, spec: { message } }));
  }

  async createScheduledEcho(
    name: string,
    schedule = '*/1 * * * *',
    message = 'Hola, 世界!',
  ): Promise<Stored<ScheduledEcho>> {
    const { apiVersion, kind } = ScheduledEcho.resource;
    const metadata = { name, namespace: this.namespace };
    // Not checked here: what the server refuses is what is tested.
    const echo: ScheduledEcho = { apiVersion, kind, metadata, spec: { message, schedule } };
    return this.client.create(ScheduledEcho.resource, echo);
  }

  /** Changes the spec of an object. */
  async change<T extends KubernetesObject>(
    resource: Resource<T>,
    name: string,
    spec: object,
  ): Promise<void> {
    const body = { spec };
    await this.client.patch(resource, this.ref(name), { type: 'merge', body });
  }

  ref(name: string): { readonly namespace: string; readonly name: string } {
    return { namespace: this.namespace, name };
  }

  async echo(name: string): Promise<Stored<Echo>> {
    return this.client.get(Echo.resource, this.ref(name));
  }

  async scheduledEcho(name: string): Promise<Stored<ScheduledEcho>> {
    return this.client.get(ScheduledEcho.resource, this.ref(name));
  }

  async job(name: string): Promise<Stored<Job>> {
    return this.client.get(Job, this.ref(name));
  }

  async cronJob(name: string): Promise<Stored<CronJob>> {
    return this.client.get(CronJob, this.ref(name));
  }

  /** Names of all Jobs. */
  async jobs(): Promise<string[]> {
    const { items } = await this.client.list(Job, { namespace: this.namespace });
    return items.map(({ metadata }) => metadata.name).sort();
  }

  /** Waits until a condition has this reason, and speaks of the latest spec. @returns its message */
  async untilReason(
    resource: typeof Echo.resource | typeof ScheduledEcho.resource,
    name: string,
    reason: string,
    type = 'Ready',
  ): Promise<string> {
    let message = '';
    await until(async () => {
      const { metadata, status } = await this.client.get<Echo | ScheduledEcho>(
        resource,
        this.ref(name),
      );
      const condition = findCondition(status?.conditions, type);
      message = condition?.message ?? '';
      return condition?.reason === reason && status?.observedGeneration === metadata.generation;
    });
    return message;
  }

  /** Ends the Job of this name, as its controller does, or as its pod does where there is a controller. */
  async end(name: string, isSuccess: boolean): Promise<void> {
    const at = formatTime(new Date());
    if (!this.environment.capabilities.controllers) {
      const condition = (type: string) => ({
        type,
        status: 'True',
        lastTransitionTime: at,
        ...(isSuccess ? {} : { reason: 'BackoffLimitExceeded', message: 'too many failures' }),
      });
      const conditions = isSuccess
        ? [condition('SuccessCriteriaMet'), condition('Complete')]
        : [condition('FailureTarget'), condition('Failed')];
      const status = { startTime: at, conditions, ...(isSuccess ? { completionTime: at } : {}) };
      const options = { subresource: 'status' };
      await this.client.patch(Job, this.ref(name), { type: 'merge', body: { status } }, options);
      return;
    }
    if (!isSuccess) await this.change(Job, name, { backoffLimit: 0 });
    await until(async () => {
      const { items } = await this.client.list(Pod, {
        namespace: this.namespace,
        labelSelector: `job-name=${name}`,
      });
      const status = { phase: isSuccess ? 'Succeeded' : 'Failed' };
      for (const pod of items) {
        await this.client.patch(
          Pod,
          this.ref(pod.metadata.name),
          { type: 'merge', body: { status } },
          { subresource: 'status' },
        );
      }
      return items.length > 0;
    });
  }

  /** `kind/name: type reason: note` of the operator's Events, with how often each was seen. */
  async events(): Promise<string[]> {
    const { items } = await this.client.list(EventsV1Event, { namespace: this.namespace });
    return items
      .filter(({ reportingController }) => reportingController === operatorName)
      .map(({ type = '', regarding, reason = '', note = '', series }) => {
        const times = series === undefined ? '' : ` (${series.count} times)`;
        return `${regarding?.name ?? ''}: ${type} ${reason}: ${note}${times}`;
      })
      .sort();
  }

  /** Starts the operator. */
  run(options: RunOptions = {}): RunningEchoOperator {
    return new RunningEchoOperator(this, options);
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
  /** When the process is killed. Default: not at all. */
  readonly cut?: Cut;
  /** Stands still until the test lets time pass. Default: the machine's. */
  readonly clock?: FakeClock;
  /** Default: none, it works at once. */
  readonly leaderElection?: LeaderElectionOptions;
}

/** One process of the operator. */
export class RunningEchoOperator implements AsyncDisposable {
  readonly transport: CutTransport;
  readonly manager: Manager;
  readonly #stop = new AbortController();
  readonly #run: Promise<void>;
  readonly #reports: readonly AsyncDisposable[];
  readonly #world: EchoWorld;
  readonly #counted: CountedTransport;
  readonly #clock: FakeClock | undefined;
  #isKilled = false;

  constructor(world: EchoWorld, { as = world.client, cut, clock, leaderElection }: RunOptions) {
    this.#world = world;
    this.#clock = clock;
    this.transport = new CutTransport(as.transport, cut);
    this.#counted = new CountedTransport(this.transport);
    this.manager = new Manager({
      client: new Client({ transport: this.#counted, fieldManager: operatorName }),
      namespaces: [world.namespace],
      metrics: { port: false },
      health: { port: false },
      ...(clock === undefined ? {} : { clock }),
      ...(leaderElection === undefined ? {} : { leaderElection }),
      // A killed process waits for nothing.
      ...(cut === undefined ? {} : { gracefulShutdownMs: 0 }),
    });
    for (const controller of createEchoControllers(this.manager)) this.manager.add(controller);
    this.#reports = [Echo.resource, ScheduledEcho.resource].map((resource) =>
      reportReadProblems<Echo | ScheduledEcho>(this.manager, resource, {
        component: operatorName,
        condition: 'Ready',
      }),
    );
    const run = this.manager.run({ signal: this.#stop.signal });
    void this.transport.gone.then(() => {
      this.#isKilled = true;
    });
    this.#run = run.catch((error: unknown) => {
      // A process that was killed does not get to say that it lost its lease.
      if (!this.#isKilled) throw error;
    });
  }

  /** Of the series of a metric the sum of those that have these labels. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const { values } = (await this.manager.metrics.getSingleMetric(name)?.get()) ?? { values: [] };
    return values
      .filter((value) =>
        Object.entries(labels).every(([label, wanted]) => value.labels[label] === wanted),
      )
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** Whether it has nothing to do before it hears of something or time passes; one that was killed never has. */
  async isAtRest(): Promise<boolean> {
    return this.#isKilled || isAtRest({ manager: this.manager, transport: this.#counted });
  }

  /** Whether it was killed by its cut. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** Whether it has been told of all that there is, and has done what there was to do about it. */
  async isSettled(): Promise<boolean> {
    const { cache } = this.manager;
    const { namespace, client } = this.#world;
    const observed = { manager: this.manager, transport: this.#counted };
    return isSettled(observed, client, [
      { informer: cache.informer(Echo.resource), namespace },
      { informer: cache.informer(ScheduledEcho.resource), namespace },
      // With the transforms of the operator: informers of its own would be others.
      { informer: cache.informer(Job, { transform: echoWork.childTransform }), namespace },
      {
        informer: cache.informer(CronJob, { transform: scheduledEchoWork.childTransform }),
        namespace,
      },
    ]);
  }

  /** Waits until it is settled. By a clock that was given time passes meanwhile: a watch that has ended begins again after a pause. */
  async untilSettled(): Promise<void> {
    await this.passUntil(() => this.isSettled());
  }

  /** Lets time pass by the clock that was given until it is so, but only while it is at rest: nothing that it does takes time. */
  async passUntil(isSo: () => boolean | Promise<boolean>): Promise<void> {
    await until(isSo, async () => {
      if (await this.isAtRest()) await this.#clock?.advance(250);
      else await pause();
    });
  }

  /** Lets so much time pass. */
  async pass(durationMs: number): Promise<void> {
    const since = this.manager.clock.now();
    await this.passUntil(() => this.manager.clock.now() - since >= durationMs);
  }

  /** What goes to the server while a minute goes by. */
  async requestsOfAMinute(): Promise<string[]> {
    const { reads, writes } = this.transport;
    const [readsBefore, writesBefore] = [reads.length, writes.length];
    await this.pass(60_000);
    await until(() => this.isAtRest());
    return [...reads.slice(readsBefore), ...writes.slice(writesBefore)].filter(
      // The lists of informers come with time, however good the objects are.
      (request) => !request.includes('resourceVersionMatch='),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the test is over'));
    await this.#run;
    for (const reports of this.#reports) await reports[Symbol.asyncDispose]();
  }
}

/** Longest wait, in milliseconds: it only bounds a failure, which then names the wait and not just the test. */
const limitMs = 120_000;

/**
 * Looks again and again until it is so.
 *
 * @param meanwhile - What happens between two looks. Default: a pause.
 * @throws Error with what was waited for when it does not come to pass.
 */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  meanwhile: () => Promise<void> = pause,
): Promise<void> {
  const expired = new Error(`did not come to pass: ${String(isSo)}`);
  const signal = AbortSignal.timeout(limitMs);
  while (!(await isSo())) {
    if (signal.aborted) throw expired;
    await meanwhile();
  }
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}
