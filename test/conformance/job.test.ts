import assert from 'node:assert/strict';
import { before, beforeEach, describe, test } from 'node:test';
import {
  EventsV1Event,
  formatTime,
  Job,
  Pod,
  type JobSpec,
  type JobStatus,
  type PodStatus,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilCollectorKnows, untilControllersKnow } from './controllers-know.ts';
import { describeOnEachServer } from './on-each-server.ts';
import { PlayedNode, setPodReady, setPodStatus } from './played-node.ts';
import { untilGone, untilObject, untilState } from './until-object.ts';

const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
const indexKey = 'batch.kubernetes.io/job-completion-index';

type Pods = readonly Stored<Pod>[];

const isDeleted = ({ metadata }: Stored<Pod>): boolean => metadata.deletionTimestamp !== undefined;
const hasEnded = ({ status }: Stored<Pod>): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed';
const isActive = (pod: Stored<Pod>): boolean => !isDeleted(pod) && !hasEnded(pod);
const indexOf = ({ metadata }: Stored<Pod>): string | undefined => metadata.annotations?.[indexKey];
const byIndex = (pods: Pods): Pods =>
  pods.toSorted((a, b) => Number(indexOf(a)) - Number(indexOf(b)));
const conditionsOf = (status: JobStatus | undefined): string[] =>
  (status?.conditions ?? []).map(
    ({ type, status: holds, reason = '' }) => `${type}=${holds} ${reason}`,
  );
const isFinished = ({ status }: Stored<Job>): boolean =>
  conditionsOf(status).some((text) => /^(Complete|Failed)=True/.test(text));

/** How a pod ended a minute ago: a Job does not wait after failures as old as that. */
function ended(exitCode: number, ago = 60): PodStatus {
  const finishedAt = formatTime(new Date(Date.now() - ago * 1000));
  return {
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: finishedAt }],
    containerStatuses: [
      {
        name: 'app',
        image: 'app:1',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: {
          terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt },
        },
      },
    ],
  };
}

describeOnEachServer('Jobs', { controllers: true }, (environment) => {
  let client: Client;
  let namespace: string;
  let name: string;
  let jobs = 0;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });
  beforeEach(() => {
    jobs += 1;
    name = `job-${jobs}`;
  });

  const template = (restartPolicy = 'Never'): JobSpec['template'] => ({
    metadata: { labels: { app: name } },
    spec: {
      // No node takes them: pods stay as they are, and the test says how they end.
      nodeSelector: { 'example.com/nowhere': 'true' },
      restartPolicy,
      containers: [{ name: 'app', image: 'app:1' }],
    },
  });
  /** Pods that name their node: one that is held up on none is declared to have failed, after a while. */
  const templateOn = (node: PlayedNode): JobSpec['template'] => ({
    metadata: { labels: { app: name } },
    spec: {
      nodeName: node.name,
      restartPolicy: 'Never',
      containers: [{ name: 'app', image: 'app:1' }],
    },
  });
  const start = (spec: Partial<JobSpec> = {}): Promise<Stored<Job>> =>
    client.create(Job, { metadata: { name, namespace }, spec: { template: template(), ...spec } });
  const change = async (spec: object): Promise<void> => {
    await client.patch(Job, { namespace, name }, { type: 'merge', body: { spec } });
  };
  const untilJob = (isWanted: (job: Stored<Job>) => boolean): Promise<Stored<Job>> =>
    untilObject(client, Job, { namespace, name }, isWanted);
  const untilPods = (isWanted: (pods: Pods) => boolean): Promise<Pods> =>
    untilState(client, Pod, { namespace, labelSelector: `app=${name}` }, isWanted);
  const untilActive = async (count: number): Promise<Pods> => {
    const pods = await untilPods((found) => found.filter(isActive).length === count);
    return pods.filter(isActive);
  };
  const end = async (pods: Pods, exitCode: number): Promise<void> => {
    await Promise.all(pods.map((pod) => setPodStatus(client, pod, ended(exitCode))));
  };
  /** Fails the pods of the Job until it has made no more. */
  const failAll = async (times: number): Promise<void> => {
    for (let failed = 0; failed < times; failed += 1) await end(await untilActive(1), 1);
  };
  const untilEvents = async (...reasons: string[]): Promise<string[]> => {
    const isOfJob = (event: Stored<EventsV1Event>): boolean =>
      event.regarding?.kind === 'Job' && event.regarding.name === name;
    const events = await untilState(client, EventsV1Event, { namespace }, (found) =>
      reasons.every((reason) => found.some((event) => isOfJob(event) && event.reason === reason)),
    );
    return events
      .filter(isOfJob)
      .filter(({ reason = '' }) => reasons.includes(reason))
      .map(({ type = '', reason = '', note = '' }) => `${type} ${reason}: ${note}`);
  };

  describe('without indexes', () => {
    test('make a pod that is owned, labelled and held until it is counted', async () => {
      const { metadata } = await start();
      const [pod] = await untilActive(1);
      assert.ok(pod);
      assert.ok(pod.metadata.name.startsWith(`${name}-`));
      assert.deepEqual(pod.metadata.finalizers, [trackingFinalizer]);
      assert.deepEqual(pod.metadata.labels, {
        app: name,
        'batch.kubernetes.io/controller-uid': metadata.uid,
        'batch.kubernetes.io/job-name': name,
        'controller-uid': metadata.uid,
        'job-name': name,
      });
      const [owner] = pod.metadata.ownerReferences ?? [];
      assert.deepEqual([owner?.kind, owner?.uid, owner?.controller], ['Job', metadata.uid, true]);
      const { status } = await untilJob((job) => job.status?.active === 1);
      assert.equal(typeof status?.startTime, 'string');
      assert.deepEqual(
        [status?.ready, status?.terminating, status?.uncountedTerminatedPods],
        [0, 0, {}],
      );
    });

    test('tell how many pods are ready', async () => {
      await start({ parallelism: 2, completions: 2 });
      const [first] = await untilActive(2);
      assert.ok(first);
      await setPodReady(client, first);
      const { status } = await untilJob((job) => job.status?.ready === 1);
      assert.equal(status?.active, 2);
    });

    test('are complete when a pod succeeded, let it go, and say so', async () => {
      await start();
      await end(await untilActive(1), 0);
      const { status } = await untilJob(isFinished);
      assert.deepEqual(conditionsOf(status), [
        'SuccessCriteriaMet=True CompletionsReached',
        'Complete=True CompletionsReached',
      ]);
      assert.equal(status?.conditions?.[1]?.message, 'Reached expected number of succeeded pods');
      assert.equal(status.completionTime, status.conditions[1].lastTransitionTime);
      assert.deepEqual(
        [status.succeeded, status.active, status.failed, status.uncountedTerminatedPods],
        [1, undefined, undefined, {}],
      );
      const [pod] = await untilPods((found) => found.length === 1);
      assert.deepEqual(pod?.metadata.finalizers ?? [], []);
      assert.deepEqual(await untilEvents('SuccessfulCreate', 'Completed'), [
        `Normal SuccessfulCreate: Created pod: ${pod?.metadata.name}`,
        'Normal Completed: Job completed',
      ]);
    });

    test('run no more pods at a time than wanted, and as many in all as wanted', async () => {
      await start({ completions: 3, parallelism: 2 });
      const first = await untilActive(2);
      await end(first, 0);
      const last = await untilActive(1);
      await untilJob((job) => job.status?.succeeded === 2 && job.status.active === 1);
      await end(last, 0);
      const { status } = await untilJob(isFinished);
      assert.equal(status?.succeeded, 3);
      assert.equal((await untilPods(() => true)).length, 3);
    });

    test('with no number of completions make no more pods once one succeeded', async () => {
      await start({ parallelism: 2 });
      const [first, second] = await untilActive(2);
      assert.ok(first && second);
      await end([first], 0);
      await untilJob((job) => job.status?.active === 1 && job.status.succeeded === 1);
      await end([second], 1);
      const { status } = await untilJob(isFinished);
      assert.deepEqual([status?.succeeded, status?.failed], [1, 1]);
      assert.match(conditionsOf(status).join(), /Complete=True CompletionsReached/);
    });

    test('replace a failed pod, until there were too many', async () => {
      await start({ backoffLimit: 2 });
      await failAll(3);
      const { status } = await untilJob(isFinished);
      assert.deepEqual(conditionsOf(status), [
        'FailureTarget=True BackoffLimitExceeded',
        'Failed=True BackoffLimitExceeded',
      ]);
      assert.equal(status?.failed, 3);
      assert.equal(status.completionTime, undefined);
      assert.equal((await untilPods(() => true)).length, 3);
      assert.deepEqual(await untilEvents('BackoffLimitExceeded'), [
        'Warning BackoffLimitExceeded: Job has reached the specified backoff limit',
      ]);
    });

    test('stop the other pods when they fail, and count them as failed', async () => {
      await start({ parallelism: 2, completions: 2, backoffLimit: 0 });
      const [first] = await untilActive(2);
      assert.ok(first);
      await end([first], 1);
      const { status } = await untilJob(isFinished);
      assert.equal(status?.failed, 2);
      await untilPods((found) => found.filter(isActive).length === 0);
    });

    test('wait ten seconds after a first failure', async () => {
      await start();
      const [first] = await untilActive(1);
      assert.ok(first);
      const failedAt = Date.now();
      await setPodStatus(client, first, ended(1, 0));
      const [second] = await untilActive(1);
      const waitedMs = Date.parse(second?.metadata.creationTimestamp ?? '') - failedAt;
      // Times of the API are whole seconds.
      assert.ok(waitedMs > 8_000, `replaced after ${String(waitedMs)} ms`);
    });

    test('count the restarts of containers where those restart by themselves', async () => {
      await start({ backoffLimit: 2, template: template('OnFailure') });
      const [pod] = await untilActive(1);
      assert.ok(pod);
      const restarts = { name: 'app', image: 'app:1', imageID: '', ready: false, restartCount: 2 };
      await setPodStatus(client, pod, { phase: 'Running', containerStatuses: [restarts] });
      const { status } = await untilJob(isFinished);
      assert.match(conditionsOf(status).join(), /Failed=True BackoffLimitExceeded/);
    });

    test('fail when their time is over, and delete what runs', async () => {
      await start({ activeDeadlineSeconds: 1 });
      const { status } = await untilJob(isFinished);
      assert.deepEqual(conditionsOf(status), [
        'FailureTarget=True DeadlineExceeded',
        'Failed=True DeadlineExceeded',
      ]);
      assert.equal(status?.failed, 1);
      await untilPods((found) => found.length === 0);
      assert.deepEqual(await untilEvents('DeadlineExceeded'), [
        'Warning DeadlineExceeded: Job was active longer than specified deadline',
      ]);
    });

    test('count a pod that was deleted as failed', async () => {
      await start();
      const [pod] = await untilActive(1);
      assert.ok(pod);
      await client.delete(Pod, { namespace, name: pod.metadata.name }, { gracePeriodSeconds: 0 });
      const { status } = await untilJob((job) => job.status?.failed === 1);
      assert.deepEqual(status?.uncountedTerminatedPods, {});
      await untilPods((found) => found.every(({ metadata }) => metadata.uid !== pod.metadata.uid));
    });

    test('give up surplus pods without counting them when less is to run at a time', async () => {
      await start({ parallelism: 3, completions: 3 });
      await untilActive(3);
      await change({ parallelism: 1 });
      await untilActive(1);
      const { status } = await untilJob((job) => job.status?.active === 1);
      assert.deepEqual([status?.failed, status?.uncountedTerminatedPods], [undefined, {}]);
    });
  });

  describe('with indexes', () => {
    const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 } as const;

    test('give each pod its index in name, host name, labels and environment', async () => {
      await start(indexed);
      const pods = byIndex(await untilActive(3));
      assert.deepEqual(pods.map(indexOf), ['0', '1', '2']);
      for (const [index, { metadata, spec }] of pods.entries()) {
        assert.ok(metadata.name.startsWith(`${name}-${String(index)}-`));
        assert.equal(metadata.labels?.[indexKey], String(index));
        assert.equal(spec?.hostname, `${name}-${String(index)}`);
        const fieldPath = `metadata.labels['${indexKey}']`;
        assert.deepEqual(spec.containers[0]?.env, [
          {
            name: 'JOB_COMPLETION_INDEX',
            valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } },
          },
        ]);
      }
    });

    test('tell which indexes have succeeded, and are complete with the last', async () => {
      await start(indexed);
      const [zero, one, two] = byIndex(await untilActive(3));
      assert.ok(zero && one && two);
      await end([zero, two], 0);
      const { status } = await untilJob((job) => job.status?.succeeded === 2);
      assert.equal(status?.completedIndexes, '0,2');
      await end([one], 0);
      const done = await untilJob(isFinished);
      assert.equal(done.status?.completedIndexes, '0-2');
    });

    test('make a failed index anew', async () => {
      await start(indexed);
      const [, one] = byIndex(await untilActive(3));
      assert.ok(one);
      await end([one], 1);
      const pods = await untilPods((found) => found.filter(isActive).length === 3);
      assert.deepEqual(pods.map(indexOf).toSorted(), ['0', '1', '1', '2']);
      const { status } = await untilJob((job) => job.status?.failed === 1);
      assert.equal(status?.failedIndexes, undefined);
    });

    test('fail an index after its own limit, and the Job with it at the end', async () => {
      await start({ ...indexed, backoffLimitPerIndex: 1 });
      const [zero, one, two] = byIndex(await untilActive(3));
      assert.ok(zero && one && two);
      assert.equal(one.metadata.annotations?.['batch.kubernetes.io/job-index-failure-count'], '0');
      await end([zero, two], 0);
      await end([one], 1);
      const pods = await untilPods(
        (found) => found.filter((pod) => indexOf(pod) === '1' && isActive(pod)).length === 1,
      );
      const again = pods.filter((pod) => indexOf(pod) === '1' && isActive(pod));
      assert.equal(
        again[0]?.metadata.annotations?.['batch.kubernetes.io/job-index-failure-count'],
        '1',
      );
      await end(again, 1);
      const { status } = await untilJob(isFinished);
      assert.deepEqual(conditionsOf(status), [
        'FailureTarget=True FailedIndexes',
        'Failed=True FailedIndexes',
      ]);
      assert.deepEqual(
        [status?.failedIndexes, status?.completedIndexes, status?.failed, status?.succeeded],
        ['1', '0,2', 2, 2],
      );
    });

    test('end at once when more indexes failed than may', async () => {
      await start({ ...indexed, backoffLimitPerIndex: 0, maxFailedIndexes: 0 });
      const [zero] = byIndex(await untilActive(3));
      assert.ok(zero);
      await end([zero], 1);
      const { status } = await untilJob(isFinished);
      assert.match(conditionsOf(status).join(), /Failed=True MaxFailedIndexesExceeded/);
      assert.equal(status?.failedIndexes, '0');
    });

    test('have succeeded when the indexes that matter have, and stop the others', async () => {
      await start({ ...indexed, successPolicy: { rules: [{ succeededIndexes: '0' }] } });
      const [zero] = byIndex(await untilActive(3));
      assert.ok(zero);
      await end([zero], 0);
      const { status } = await untilJob(isFinished);
      assert.deepEqual(conditionsOf(status), [
        'SuccessCriteriaMet=True SuccessPolicy',
        'Complete=True SuccessPolicy',
      ]);
      assert.equal(status?.conditions?.[0]?.message, 'Matched rules at index 0');
      assert.deepEqual([status.succeeded, status.failed], [1, undefined]);
      await untilPods((found) => found.filter(isActive).length === 0);
    });

    test('grow and shrink', async () => {
      await start(indexed);
      await untilActive(3);
      await change({ completions: 5, parallelism: 5 });
      await untilActive(5);
      await change({ completions: 2, parallelism: 2 });
      const pods = await untilActive(2);
      assert.deepEqual(byIndex(pods).map(indexOf), ['0', '1']);
    });
  });

  describe('with a policy for failures', () => {
    const onExitCode = (action: string, code: number) => ({
      podFailurePolicy: {
        rules: [{ action, onExitCodes: { operator: 'In' as const, values: [code] } }],
      },
    });

    test('fail at once where retrying cannot help, and say why', async () => {
      await start(onExitCode('FailJob', 42));
      const [pod] = await untilActive(1);
      assert.ok(pod);
      await end([pod], 42);
      const { status } = await untilJob(isFinished);
      assert.deepEqual(conditionsOf(status), [
        'FailureTarget=True PodFailurePolicy',
        'Failed=True PodFailurePolicy',
      ]);
      assert.equal(
        status?.conditions?.[1]?.message,
        `Container app for pod ${namespace}/${pod.metadata.name} failed with exit code 42 matching FailJob rule at index 0`,
      );
    });

    test('do not count what is to be ignored', async () => {
      await start({ backoffLimit: 0, ...onExitCode('Ignore', 42) });
      const [pod] = await untilActive(1);
      assert.ok(pod);
      await end([pod], 42);
      await untilPods((found) => found.filter(isActive).length === 1 && found.length === 2);
      const { status } = await untilJob((job) => job.status?.active === 1);
      assert.equal(status?.failed, undefined);
    });

    test('match conditions of pods as well', async () => {
      await start({
        podFailurePolicy: {
          rules: [{ action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget' }] }],
        },
      });
      const [pod] = await untilActive(1);
      assert.ok(pod);
      await setPodStatus(client, pod, {
        ...ended(137),
        conditions: [{ type: 'DisruptionTarget', status: 'True' }],
      });
      const { status } = await untilJob(isFinished);
      assert.equal(
        status?.conditions?.[1]?.message,
        `Pod ${namespace}/${pod.metadata.name} has condition DisruptionTarget matching FailJob rule at index 0`,
      );
    });

    test('give up an index', async () => {
      await start({
        completionMode: 'Indexed',
        completions: 2,
        parallelism: 2,
        backoffLimitPerIndex: 5,
        ...onExitCode('FailIndex', 42),
      });
      const [zero, one] = byIndex(await untilActive(2));
      assert.ok(zero && one);
      await end([zero], 42);
      await untilJob((job) => job.status?.failedIndexes === '0');
      await end([one], 0);
      const { status } = await untilJob(isFinished);
      assert.match(conditionsOf(status).join(), /Failed=True FailedIndexes/);
    });
  });

  test('replace a pod only when it has failed, where told so', async () => {
    await using node = await PlayedNode.start(client, `${namespace}-${name}`);
    await start({ podReplacementPolicy: 'Failed', template: templateOn(node) });
    const [pod] = await untilActive(1);
    assert.ok(pod);
    await client.delete(Pod, { namespace, name: pod.metadata.name });
    const { status } = await untilJob((job) => job.status?.terminating === 1);
    assert.deepEqual([status?.active, status?.failed], [undefined, undefined]);
    await end([pod], 143);
    await untilActive(1);
    await untilJob((job) => job.status?.failed === 1 && job.status.terminating === 0);
  });

  describe('at rest', () => {
    test('run no pods, and say so', async () => {
      await start({ suspend: true });
      const { status } = await untilJob((job) => (job.status?.conditions ?? []).length > 0);
      assert.deepEqual(conditionsOf(status), ['Suspended=True JobSuspended']);
      assert.equal(status?.startTime, undefined);
      assert.equal((await untilPods(() => true)).length, 0);
      assert.deepEqual(await untilEvents('Suspended'), ['Normal Suspended: Job suspended']);
    });

    test('go on when resumed, and rest again without counting what ran', async () => {
      await using node = await PlayedNode.start(client, `${namespace}-${name}`);
      const { metadata, spec = { containers: [] } } = templateOn(node);
      await start({
        suspend: true,
        template: { metadata, spec: { ...spec, terminationGracePeriodSeconds: 0 } },
      });
      await untilJob((job) => conditionsOf(job.status).includes('Suspended=True JobSuspended'));
      await change({ suspend: false });
      await untilActive(1);
      const running = await untilJob((job) => job.status?.active === 1);
      assert.deepEqual(conditionsOf(running.status), ['Suspended=False JobResumed']);
      assert.equal(typeof running.status?.startTime, 'string');
      await change({ suspend: true });
      const { status } = await untilJob(
        (job) =>
          conditionsOf(job.status).includes('Suspended=True JobSuspended') &&
          job.status?.terminating === 0,
      );
      assert.deepEqual(
        [status?.active, status?.failed, status?.startTime],
        [undefined, undefined, undefined],
      );
      await untilPods((found) => found.length === 0);
      assert.deepEqual(await untilEvents('Resumed'), ['Normal Resumed: Job resumed']);
    });
  });

  test('go some time after they ended, with their pods, where told so', async () => {
    await start({ ttlSecondsAfterFinished: 1 });
    await end(await untilActive(1), 0);
    await untilGone(client, Job, { namespace, name });
    await untilPods((found) => found.length === 0);
  });

  test('adopt a pod that matches, and release one that no longer does', async () => {
    const labels = { app: name };
    const orphan = await client.create(Pod, {
      metadata: { name: `${name}-orphan`, namespace, labels },
      spec: template().spec,
    });
    await untilControllersKnow(client, orphan);
    const job = await start({ manualSelector: true, selector: { matchLabels: labels } });
    const reference = { namespace, name: orphan.metadata.name };
    const adopted = await untilObject(
      client,
      Pod,
      reference,
      ({ metadata }) => (metadata.ownerReferences ?? []).length === 1,
    );
    assert.equal(adopted.metadata.ownerReferences?.[0]?.uid, job.metadata.uid);
    assert.deepEqual(adopted.metadata.finalizers, [trackingFinalizer]);
    await client.patch(Pod, reference, {
      type: 'merge',
      body: { metadata: { labels: { app: `${name}-free` } } },
    });
    const released = await untilObject(
      client,
      Pod,
      reference,
      ({ metadata }) => (metadata.ownerReferences ?? []).length === 0,
    );
    assert.deepEqual(released.metadata.finalizers ?? [], []);
    await untilActive(1);
  });

  test('leave alone what another controller runs', async () => {
    await start({ managedBy: 'example.com/nobody' });
    const sentinel = `${name}-sentinel`;
    await client.create(Job, {
      metadata: { name: sentinel, namespace },
      spec: { suspend: true, template: template() },
    });
    // The later one was looked at, so the earlier one was, too.
    await untilObject(client, Job, { namespace, name: sentinel }, ({ status }) =>
      conditionsOf(status).includes('Suspended=True JobSuspended'),
    );
    const { status } = await client.get(Job, { namespace, name });
    assert.deepEqual(status ?? {}, {});
  });

  test('take their pods along when they are deleted, though those are not counted', async () => {
    await start();
    await untilActive(1);
    await client.delete(Job, { namespace, name }, { propagationPolicy: 'Background' });
    await untilGone(client, Job, { namespace, name });
    await untilPods((found) => found.length === 0);
  });

  test('leave their pods behind when told so, free of owner and finalizer', async () => {
    await start();
    const [made] = await untilActive(1);
    const { spec = { containers: [] } } = template();
    await untilCollectorKnows(client, Pod, namespace, { metadata: {}, spec });
    await client.delete(Job, { namespace, name }, { propagationPolicy: 'Orphan' });
    const [pod] = await untilPods((found) =>
      found.every(
        ({ metadata }) =>
          (metadata.ownerReferences ?? []).length + (metadata.finalizers ?? []).length === 0,
      ),
    );
    assert.equal(pod?.metadata.uid, made?.metadata.uid);
    assert.equal(pod?.metadata.deletionTimestamp, undefined);
  });

  test('let go of a pod that carries their finalizer for no reason', async () => {
    await client.create(Pod, {
      metadata: { name, namespace, labels: { app: name }, finalizers: [trackingFinalizer] },
      spec: template().spec,
    });
    await untilPods((found) =>
      found.every(({ metadata }) => (metadata.finalizers ?? []).length === 0),
    );
  });
});
