import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  formatTime,
  Job,
  Pod,
  ServiceAccount,
  type JobSpec,
  type JobStatus,
  type Stored,
} from '@kubewright/apimachinery';
import { createJobController } from '../src/controllers/job/job-controller.ts';
import { createOrphanPodController } from '../src/controllers/job/orphan-pod-controller.ts';
import { EmbeddedCluster, type Cut } from '../src/index.ts';
import { ControllerProcess, type AddControllers } from './controller-process.ts';

/** Longest wait, in milliseconds: it only bounds a failure. */
const limitMs = 120_000;

const addControllers: AddControllers = (manager, events) => {
  manager.add(createJobController(manager, events)).add(createOrphanPodController(manager));
};

describe('a Job whose controller is killed', () => {
  let cluster: EmbeddedCluster;
  let jobs = 0;

  before(async () => {
    cluster = await EmbeddedCluster.start({ hasControllers: false, hasNode: false });
    // Pods cannot be made without; its controller is not there.
    const metadata = { name: 'default', namespace: 'default' };
    await cluster.client.create(ServiceAccount, { metadata });
  });
  after(() => cluster.stop());

  /** Ends each pod as soon as it is made: those with these ordinals fail, all others succeed. */
  async function playNode(name: string, failing: readonly number[], signal: AbortSignal) {
    let ordinal = 0;
    const finishedAt = formatTime(new Date(Date.now() - 3_600_000));
    for await (const { type, object } of cluster.client.watch(Pod, {
      namespace: 'default',
      labelSelector: `job-name=${name}`,
      signal,
    })) {
      if (type !== 'ADDED') continue;
      const phase = failing.includes(ordinal) ? 'Failed' : 'Succeeded';
      ordinal += 1;
      const exitCode = phase === 'Failed' ? 1 : 0;
      const containerStatuses = [
        { name: 'app', image: 'app', imageID: '', ready: false, restartCount: 0 },
      ].map((status) => ({ ...status, state: { terminated: { exitCode, finishedAt } } }));
      await cluster.client.patch(
        Pod,
        { namespace: 'default', name: object.metadata.name },
        { type: 'merge', body: { status: { phase, containerStatuses } } },
        { subresource: 'status' },
      );
    }
  }

  /** @throws Error with the state that was seen last when it does not come to an end. */
  async function untilFinished(name: string): Promise<Stored<Job>> {
    const fieldSelector = `metadata.name=${name}`;
    const signal = AbortSignal.timeout(limitMs);
    const options = { namespace: 'default', fieldSelector, signal };
    let last: JobStatus | undefined;
    try {
      for await (const event of cluster.client.watch(Job, options)) {
        if (event.type === 'BOOKMARK') continue;
        last = event.object.status;
        const { conditions = [] } = last ?? {};
        if (conditions.some(({ type }) => type === 'Complete' || type === 'Failed')) {
          return event.object;
        }
      }
    } catch (cause) {
      if (!signal.aborted) throw cause;
    }
    throw new Error(`${name} does not end; last seen: ${JSON.stringify(last)}`);
  }

  /** Runs a Job; says how often its controller wrote before it was killed, and how the Job ended. */
  async function runJob(spec: Partial<JobSpec>, failing: readonly number[], cut: Cut) {
    jobs += 1;
    const name = `job-${String(jobs)}`;
    const over = new AbortController();
    const node = playNode(name, failing, over.signal);
    try {
      const killed = new ControllerProcess(cluster.client.transport, cut, addControllers);
      await cluster.client.create(Job, {
        metadata: { name, namespace: 'default' },
        spec: {
          template: {
            spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'app' }] },
          },
          ...spec,
        },
      });
      const finished = untilFinished(name);
      const isKilled = await Promise.race([
        killed.transport.gone.then(() => true),
        finished.then(() => false),
      ]);
      await killed[Symbol.asyncDispose]();
      await using _heir = isKilled
        ? new ControllerProcess(cluster.client.transport, undefined, addControllers)
        : undefined;
      const job = await finished;
      const { items } = await cluster.client.list(Pod, {
        namespace: 'default',
        labelSelector: `job-name=${name}`,
      });
      return { isKilled, job, pods: items };
    } finally {
      over.abort(new Error('the test is over'));
      await node.catch(() => undefined);
    }
  }

  const cases: readonly (readonly [string, Partial<JobSpec>, readonly number[], object])[] = [
    [
      'counts each pod once, successes and failures',
      { completions: 3, parallelism: 2 },
      [0],
      { succeeded: 3, failed: 1 },
    ],
    [
      'counts each index once',
      { completionMode: 'Indexed', completions: 3, parallelism: 3, backoffLimitPerIndex: 1 },
      [1],
      { succeeded: 3, failed: 1, completedIndexes: '0-2', failedIndexes: '' },
    ],
    [
      'counts the failures of a Job that fails',
      { completions: 2, parallelism: 1, backoffLimit: 1 },
      [0, 1],
      { failed: 2 },
    ],
  ];

  for (const when of ['before', 'after'] as const) {
    for (const [title, spec, failing, expected] of cases) {
      test(`${title}, wherever it is killed ${when} a write`, async () => {
        let isKilled = true;
        let write = 0;
        while (isKilled) {
          write += 1;
          const end = await runJob(spec, failing, { write, when });
          isKilled = end.isKilled;
          const { succeeded, failed, completedIndexes, failedIndexes } = end.job.status ?? {};
          const counted = { succeeded, failed, completedIndexes, failedIndexes };
          const wanted = { succeeded: undefined, completedIndexes: undefined, ...expected };
          assert.deepEqual(
            counted,
            { failedIndexes: undefined, ...wanted },
            `killed ${when} write ${String(write)}`,
          );
          const held = end.pods.filter(({ metadata }) => (metadata.finalizers ?? []).length > 0);
          assert.deepEqual(held, [], `a pod is still held, killed ${when} write ${String(write)}`);
          const total = (succeeded ?? 0) + (failed ?? 0);
          assert.equal(end.pods.length, total, `killed ${when} write ${String(write)}`);
        }
        assert.ok(write > 5, 'the controller was not killed in the middle of its work');
      });
    }
  }
});
