import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isNotFound, Job, type Resource, type Stored } from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { CutTransport } from '@kubewright/cluster';
import { createLogger, Manager, type Cache, type Result } from '@kubewright/runtime';
import { echoperatorMetrics } from '../src/echoperator-metrics.ts';
import { Echo, operatorName, watchedNamespaceRules } from '../src/index.ts';
import { EchoReconciler } from '../src/reconcile/echo-reconciler.ts';
import { echoWork } from '../src/work/echo-work.ts';
import { EchoWorld, until } from './echo-world.ts';

const finalizer = 'mmontes.io/recording';
const background = { propagationPolicy: 'Background' } as const;

/** One reconcile of `a` by an operator that sees just this, whatever there is on the server. */
async function reconcileSeeing(
  world: EchoWorld,
  { echo, job }: { readonly echo?: Stored<Echo>; readonly job?: Stored<Job> },
): Promise<{ readonly result: Result; readonly writes: readonly string[] }> {
  const transport = new CutTransport(world.client.transport);
  const client = new Client({ transport, fieldManager: operatorName });
  const manager = new Manager({ client, metrics: { port: false }, health: { port: false } });
  const reconciler = new EchoReconciler({
    work: echoWork,
    manager,
    recorder: manager.eventRecorder(operatorName),
    metrics: echoperatorMetrics(manager.metrics),
  });
  // Safe: a reconcile reads one Echo and one Job, each by its name.
  const cache = {
    get: (resource: Resource) => (resource === Job ? job : echo),
  } as unknown as Cache;
  const result = await reconciler.reconcile(world.ref('a'), {
    client,
    cache,
    logger: createLogger({ level: 'silent' }),
    signal: new AbortController().signal,
  });
  return { result, writes: transport.writes };
}

describe('the Job of an Echo', { timeout: 900_000 }, () => {
  let shared: EchoWorld;
  before(async () => {
    shared = await EchoWorld.start();
  });
  after(() => shared[Symbol.asyncDispose]());

  /** A Job whose maker was killed before it could record it. */
  async function withUnrecordedJob(): Promise<EchoWorld> {
    const world = await shared.inNewNamespace();
    const operator = world.run({ cut: { write: 1, when: 'after', among: /\/jobs$/ } });
    await world.createEcho('a');
    await operator.transport.gone;
    await operator[Symbol.asyncDispose]();
    assert.deepEqual((await world.job('a')).metadata.finalizers, [finalizer]);
    assert.equal((await world.echo('a')).status?.jobUid, undefined);
    return world;
  }
  const untilNoJobs = (world: EchoWorld): Promise<void> =>
    until(async () => (await world.jobs()).length === 0);

  test('bears no finalizer once its uid is recorded', async () => {
    const world = await shared.inNewNamespace();
    await using _operator = world.run();
    await world.createEcho('a');
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
    await until(async () => (await world.job('a')).metadata.finalizers === undefined);
  });

  test('is recorded by the next operator when its maker was killed', async () => {
    const world = await withUnrecordedJob();
    const { uid } = (await world.job('a')).metadata;
    await using _operator = world.run();
    await until(async () => (await world.job('a')).metadata.finalizers === undefined);
    assert.equal((await world.echo('a')).status?.jobUid, uid);
  });

  test('is not made twice when it was deleted before anybody could record it', async () => {
    const world = await withUnrecordedJob();
    const { uid } = (await world.job('a')).metadata;
    await world.client.delete(Job, world.ref('a'), background);
    await using operator = world.run();
    await world.untilReason(Echo.resource, 'a', 'JobGone');
    assert.equal((await world.echo('a')).status?.jobUid, uid);
    await untilNoJobs(world);
    await operator.untilSettled();
    assert.ok(!operator.transport.writes.some((write) => /^POST .*\/jobs$/.test(write)));
  });

  test('goes with its Echo, recorded or not, also when nobody worked meanwhile', async () => {
    const world = await withUnrecordedJob();
    await world.client.delete(Echo.resource, world.ref('a'));
    // By hand what the garbage collector does where there is one.
    await world.client.delete(Job, world.ref('a'), background);
    await using _operator = world.run();
    await untilNoJobs(world);
  });

  test('is let go when its Echo goes under the eyes of the operator', async () => {
    const world = await withUnrecordedJob();
    // Its status cannot be written, so it is never recorded.
    const as = await world.clientWith(
      watchedNamespaceRules().filter(
        ({ resources }) => resources?.includes('echos/status') !== true,
      ),
    );
    await using operator = world.run({ as });
    await until(async () => (await operator.metric('controller_runtime_reconcile_total')) > 0);
    assert.deepEqual((await world.job('a')).metadata.finalizers, [finalizer]);
    await world.client.delete(Echo.resource, world.ref('a'));
    try {
      await world.client.delete(Job, world.ref('a'), background);
    } catch (error) {
      // The garbage collector was faster.
      if (!isNotFound(error)) throw error;
    }
    await untilNoJobs(world);
  });

  test('keeps the finalizers of others', async () => {
    const world = await withUnrecordedJob();
    const finalizers = ['example.com/first', finalizer, 'example.com/last'];
    await world.client.patch(Job, world.ref('a'), {
      type: 'merge',
      body: { metadata: { finalizers } },
    });
    await using _operator = world.run();
    await until(
      async () => (await world.job('a')).metadata.finalizers?.includes(finalizer) === false,
    );
    assert.deepEqual((await world.job('a')).metadata.finalizers, [
      'example.com/first',
      'example.com/last',
    ]);
  });

  test('that nobody owns any more is let go too', async () => {
    const world = await withUnrecordedJob();
    await world.client.patch(Job, world.ref('a'), {
      type: 'merge',
      body: { metadata: { ownerReferences: null } },
    });
    await using _operator = world.run();
    await world.untilReason(Echo.resource, 'a', 'NameTaken');
    await until(async () => (await world.job('a')).metadata.finalizers === undefined);
    await world.client.delete(Job, world.ref('a'), background);
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
  });

  test('is not made by an operator whose cache has not heard that it was', async () => {
    const world = await shared.inNewNamespace();
    const echo = await world.createEcho('a');
    const jobUid = 'made-and-gone';
    await world.client.patch(
      Echo.resource,
      world.ref('a'),
      { type: 'merge', body: { status: { jobUid } } },
      { subresource: 'status' },
    );
    const { result, writes } = await reconcileSeeing(world, { echo });
    assert.deepEqual(result, { type: 'requeue' });
    assert.deepEqual(writes, []);
  });

  test('is held on by an operator whose cache has not heard of the Echo', async () => {
    const world = await withUnrecordedJob();
    const { result, writes } = await reconcileSeeing(world, { job: await world.job('a') });
    assert.deepEqual(result, { type: 'done' });
    assert.deepEqual(writes, []);
  });

  test('is let go when its Echo is on its way out', async () => {
    const world = await withUnrecordedJob();
    const setFinalizers = async (finalizers: readonly string[] | null): Promise<void> => {
      const body = { metadata: { finalizers } };
      await world.client.patch(Echo.resource, world.ref('a'), { type: 'merge', body });
    };
    await setFinalizers(['example.com/lingers']);
    await using goes = new AsyncDisposableStack();
    // Its definition waits for it.
    goes.defer(() => setFinalizers(null));
    await world.client.delete(Echo.resource, world.ref('a'));
    await using operator = world.run();
    await until(async () => (await world.job('a')).metadata.finalizers === undefined);
    assert.equal((await world.echo('a')).status?.jobUid, undefined);
    await operator.untilSettled();
    // It may try it again when it hears of the Job that the server's controller has just written a status of.
    const { namespace } = world;
    const release = `PATCH /apis/batch/v1/namespaces/${namespace}/jobs/a`;
    assert.deepEqual([...new Set(operator.transport.writes)], [release]);
  });
});
