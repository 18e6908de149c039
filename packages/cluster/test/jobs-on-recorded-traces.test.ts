import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CronJob,
  formatTime,
  isNotFound,
  Event,
  Job,
  Pod,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { startTestEnvironment, type TestEnvironment } from '../src/index.ts';
import { readTrace, type TraceLine } from './recorded-trace.ts';

/** Longest wait for what must happen, in milliseconds; it only bounds a failure. */
const limitMs = 120_000;
const componentsOfJobs = ['job-controller', 'cronjob-controller'];
const generatedLabels = /(controller-uid|job-name)$/;

/** A status, or an Event, without what differs from run to run. */
function normal(text: string, names: ReadonlyMap<string, string>): string {
  let plain = text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'a time');
  // Names are made of shorter ones.
  const longestFirst = [...names].toSorted(([left], [right]) => right.length - left.length);
  for (const [name, plainName] of longestFirst) plain = plain.replaceAll(name, plainName);
  return plain.replaceAll(/"resourceVersion":"\d+"/g, '"resourceVersion":"a version"');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

/** Watches one kind, and keeps what it was like at each moment. */
class History<T extends KubernetesObject> implements AsyncDisposable {
  readonly states: Stored<T>[] = [];
  readonly #stop = new AbortController();
  readonly #run: Promise<void>;
  #wake = Promise.withResolvers<undefined>();

  constructor(client: Client, resource: Resource<T>, namespace: string) {
    this.#run = this.#watch(client, resource, namespace);
    this.#run.catch(() => undefined); // told by stop
  }

  async #watch(client: Client, resource: Resource<T>, namespace: string): Promise<void> {
    const { signal } = this.#stop;
    for await (const event of client.watch(resource, { namespace, signal })) {
      if (event.type === 'BOOKMARK') continue;
      this.states.push(event.object);
      this.#wake.resolve(undefined);
      this.#wake = Promise.withResolvers<undefined>();
    }
  }

  /** Waits for a state, from a position on. @returns its position */
  async until(
    isWanted: (object: Stored<T>) => boolean,
    from: number,
    what: string,
  ): Promise<number> {
    const expired = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => expired.resolve(undefined), limitMs);
    try {
      for (;;) {
        const { promise } = this.#wake;
        const position = this.states.findIndex((state, index) => index >= from && isWanted(state));
        if (position >= 0) return position;
        const isInTime = await Promise.race([promise.then(() => true), expired.promise]);
        if (isInTime === true) continue;
        const seen = this.states.slice(from).map(({ metadata: _, ...rest }) => rest);
        throw new Error(`did not come to pass: ${what}; seen: ${JSON.stringify(seen)}`);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('enough'));
    await this.#run.catch(() => undefined);
  }
}

/** Plays a recording on the embedded controllers: what a kubelet and a user did is done again, what controllers did is compared. */
class Replay implements AsyncDisposable {
  readonly #client: Client;
  readonly #namespace: string;
  readonly #trace: readonly TraceLine[];
  readonly #recordedNames = new Map<string, string>();
  readonly #ownNames = new Map<string, string>();
  readonly #histories: {
    readonly Job: History<Job>;
    readonly CronJob: History<CronJob>;
    readonly Pod: History<Pod>;
    readonly Event: History<Event>;
  };
  /** Position of the last state that was found, by kind and name. */
  readonly #found = new Map<string, number>();
  /** Uids of our own objects by those of the recording. */
  readonly #own = new Map<string, Stored<KubernetesObject>>();
  #due = 0;
  /** Half an hour ago: whenever this runs, the next time of such a schedule is far away. */
  readonly #firstMinute = (new Date().getUTCMinutes() + 30) % 60;

  constructor(client: Client, namespace: string, scenario: string) {
    this.#client = client;
    this.#namespace = namespace;
    this.#trace = readTrace(scenario);
    this.#recordedNames.set(this.#trace[0]?.object.metadata.namespace ?? '', 'a namespace');
    this.#ownNames.set(namespace, 'a namespace');
    this.#histories = {
      Job: new History(client, Job, namespace),
      CronJob: new History(client, CronJob, namespace),
      Pod: new History(client, Pod, namespace),
      Event: new History(client, Event, namespace),
    };
  }

  async run(): Promise<void> {
    // What a watch of Pods saw may stand before what the watch of their Jobs saw earlier.
    const lines = this.#trace.filter(({ kind }) => ['CronJob', 'Job', 'Pod'].includes(kind));
    const rank = ({ kind, event }: TraceLine): number =>
      event === 'ADDED' ? ['CronJob', 'Job', 'Pod'].indexOf(kind) - 3 : 0;
    const first = lines.slice(0, 3).toSorted((a, b) => rank(a) - rank(b));
    for (const line of [...first, ...lines.slice(3)]) await this.#play(line);
    await this.#compareEvents();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const history of Object.values(this.#histories)) await history[Symbol.asyncDispose]();
  }

  async #play({ kind, event, object }: TraceLine): Promise<void> {
    const isNew = event === 'ADDED';
    if (kind === 'Pod') {
      if (isNew) await this.#expectPod(object);
      else await this.#playKubelet(event, object);
      return;
    }
    const isOwned = (object.metadata.ownerReferences ?? []).length > 0;
    if (isNew && isOwned) await this.#expectJob(object);
    else if (isNew) await this.#create(kind, object);
    else if (event === 'MODIFIED') await this.#expectStatus(kind as 'Job' | 'CronJob', object);
  }

  /** Does what the user did. */
  async #create(kind: string, { metadata, ...object }: Stored<KubernetesObject>): Promise<void> {
    const { name, labels } = metadata;
    if (kind === 'CronJob') {
      const { spec } = object as CronJob;
      // Due when the test says so.
      const wanted = { ...spec, schedule: '0 0 1 1 *' };
      const made = await this.#client.create(CronJob, {
        metadata: { name, namespace: this.#namespace },
        spec: wanted,
      });
      this.#match({ ...object, metadata }, made, 'a CronJob');
      return;
    }
    // Recorded with what the server makes of it.
    const { selector: _, template, ...spec } = (object as Job).spec ?? { template: {} };
    const own = Object.entries(template.metadata?.labels ?? {}).filter(
      ([key]) => !generatedLabels.test(key),
    );
    const made = await this.#client.create(Job, {
      metadata: { name, namespace: this.#namespace, ...(labels && { labels }) },
      spec: {
        ...spec,
        // Over when the recording says so.
        ...(spec.activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds: 3600 }),
        template: { ...template, metadata: { labels: Object.fromEntries(own) } },
      },
    });
    this.#match({ ...object, metadata }, made, 'a Job');
  }

  /** A CronJob has made a Job: lets the time for it come. */
  async #expectJob(recorded: Stored<Job>): Promise<void> {
    const reference = {
      name: recorded.metadata.ownerReferences?.[0]?.name ?? '',
      namespace: this.#namespace,
    };
    // Another minute each time, or the Job would have the name of the one before.
    const schedule = `${String((this.#firstMinute + this.#due) % 60)} * * * *`;
    this.#due += 1;
    const body = { spec: { schedule } };
    await this.#client.patch(CronJob, reference, { type: 'merge', body });
    const lastScheduleTime = formatTime(new Date(Date.now() - 3_600_000));
    await this.#client.patch(
      CronJob,
      reference,
      { type: 'merge', body: { status: { lastScheduleTime } } },
      { subresource: 'status' },
    );
    await this.#expectNew('Job', recorded, `Job ${String(this.#due)}`);
  }

  async #expectPod(recorded: Stored<Pod>): Promise<void> {
    await this.#expectNew('Pod', recorded, `a pod (${recorded.metadata.generateName ?? ''})`);
    const { name } = this.#ownOf(recorded).metadata;
    const { nodeName = 'kubewright-node' } = recorded.spec ?? {};
    const metadata = { name, namespace: this.#namespace };
    await this.#client.raw({
      method: 'POST',
      path: `/api/v1/namespaces/${this.#namespace}/pods/${name}/binding`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metadata, target: { kind: 'Node', name: nodeName } }),
    });
  }

  /** Waits for an object that a controller makes, of the same owner and index. */
  async #expectNew(
    kind: 'Job' | 'Pod',
    recorded: Stored<KubernetesObject>,
    what: string,
  ): Promise<void> {
    const owner = recorded.metadata.ownerReferences?.[0]?.uid ?? '';
    const ownOwner = this.#own.get(owner)?.metadata.uid;
    const index = recorded.metadata.annotations?.['batch.kubernetes.io/job-completion-index'];
    const taken = new Set([...this.#own.values()].map(({ metadata }) => metadata.uid));
    const history: History<KubernetesObject> = this.#histories[kind]; // read only
    const position = await history.until(
      ({ metadata }) =>
        metadata.ownerReferences?.[0]?.uid === ownOwner &&
        metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === index &&
        !taken.has(metadata.uid),
      0,
      `${what} is made`,
    );
    const made = history.states[position];
    assert.ok(made);
    this.#match(recorded, made, `${kind} #${String(this.#own.size)}`);
    const annotations = ({ metadata }: Stored<KubernetesObject>) =>
      normal(JSON.stringify(sorted(metadata.annotations ?? {})), new Map());
    assert.equal(annotations(made), annotations(recorded));
    assert.deepEqual(made.metadata.finalizers, recorded.metadata.finalizers);
  }

  async #playKubelet(event: TraceLine['event'], recorded: Stored<Pod>): Promise<void> {
    const { name } = this.#ownOf(recorded).metadata;
    const reference = { name, namespace: this.#namespace };
    try {
      if (event === 'DELETED') {
        await this.#client.delete(Pod, reference, { gracePeriodSeconds: 0 });
        return;
      }
      const { phase, conditions, containerStatuses } = recorded.status ?? {};
      await this.#client.patch(
        Pod,
        reference,
        {
          type: 'merge',
          body: { status: this.#shifted({ phase, conditions, containerStatuses }) },
        },
        { subresource: 'status' },
      );
    } catch (error) {
      // A Pod of a Job that was deleted goes as fast as it can.
      if (!isNotFound(error)) throw error;
    }
  }

  /**
   * The times of a recording, moved so that a pod that ended just now ended some seconds ago: a back-off of ten takes more than
   * two, as whole seconds are rounded down. A state that comes before its end must be seen on a busy machine too.
   */
  #shifted(status: object): unknown {
    const secondsAgo = formatTime(new Date(Date.now() - 7_000));
    const text = JSON.stringify(status);
    return JSON.parse(text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, secondsAgo));
  }

  async #expectStatus(kind: 'Job' | 'CronJob', recorded: Stored<KubernetesObject>): Promise<void> {
    const own = this.#ownOf(recorded).metadata.uid;
    const statusOf = (object: KubernetesObject): unknown => (object as Job).status;
    const wanted = this.#text(statusOf(recorded), this.#recordedNames);
    if (wanted.includes('"DeadlineExceeded"')) await this.#endTime(this.#ownOf(recorded));
    const history: History<KubernetesObject> = this.#histories[kind]; // read only
    const position = await history.until(
      (object) =>
        object.metadata.uid === own && this.#text(statusOf(object), this.#ownNames) === wanted,
      this.#found.get(own) ?? 0,
      wanted,
    );
    this.#found.set(own, position);
  }

  /** The time of a Job is over; may be repeated. */
  async #endTime({ metadata: { name } }: Stored<KubernetesObject>): Promise<void> {
    const body = { spec: { activeDeadlineSeconds: 1 } };
    await this.#client.patch(Job, { name, namespace: this.#namespace }, { type: 'merge', body });
  }

  async #compareEvents(): Promise<void> {
    const isMeant = ({ source }: Event): boolean =>
      componentsOfJobs.includes(source?.component ?? '');
    const text = (event: Event, names: ReadonlyMap<string, string>): string =>
      normal(`${event.type} ${event.reason}: ${event.message}`, names);
    const recorded = this.#trace
      .filter(({ kind }) => kind === 'Event')
      .map(({ object }) => object as unknown as Event) // the recorder says so
      .filter(isMeant);
    const own = this.#histories.Event;
    for (const event of recorded) {
      const wanted = text(event, this.#recordedNames);
      await own.until(
        (other) => isMeant(other) && text(other, this.#ownNames) === wanted,
        0,
        wanted,
      );
    }
    assert.deepEqual(
      own.states
        .filter(isMeant)
        .map((event) => text(event, this.#ownNames))
        .toSorted(),
      recorded.map((event) => text(event, this.#recordedNames)).toSorted(),
    );
  }

  #text(value: unknown, names: ReadonlyMap<string, string>): string {
    return normal(JSON.stringify(sorted(value ?? {})), names);
  }

  #match(recorded: Stored<KubernetesObject>, made: Stored<KubernetesObject>, what: string): void {
    this.#own.set(recorded.metadata.uid, made);
    for (const [names, { metadata }] of [
      [this.#recordedNames, recorded],
      [this.#ownNames, made],
    ] as const) {
      names.set(metadata.uid, `the uid of ${what}`);
      names.set(metadata.name, `the name of ${what}`);
    }
  }

  #ownOf(recorded: Stored<KubernetesObject>): Stored<KubernetesObject> {
    const own = this.#own.get(recorded.metadata.uid);
    assert.ok(own, `${recorded.metadata.name} was not made`);
    return own;
  }
}

describe('what the real Job and CronJob controllers wrote', () => {
  let environment: TestEnvironment;
  before(async () => {
    environment = await startTestEnvironment({ embedded: { hasControllers: true } });
  });
  after(() => environment[Symbol.asyncDispose]());

  for (const scenario of [
    'ok-job-completed',
    'ok-job-suspended',
    'oom-job',
    'job-indexed',
    'deadline-job',
    'cronjob-fails',
  ]) {
    test(`${scenario}: each status comes to pass in its order, and the same is told`, async () => {
      const client = await environment.client();
      const namespace = await environment.newNamespace();
      await using replay = new Replay(client, namespace, scenario);
      await replay.run();
    });
  }
});
