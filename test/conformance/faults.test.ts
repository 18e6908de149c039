import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, test, type TestContext } from 'node:test';
import { ConfigMap, isAlreadyExists, StatusError, type Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { InjectedTestFault, TestFault } from '@kubewright/cluster';
import { createController, done, Manager } from '@kubewright/runtime';
import { describeOnEachServer } from './on-each-server.ts';
import { untilObject } from './until-object.ts';

/** Objects made in each test. */
const count = 25;

describeOnEachServer('a controller that counts, under faults', {}, (environment) => {
  let admin: Client;
  let namespace: string;
  let batch: string;
  let batches = 0;
  let stop: AbortController;
  let running: Promise<void>;

  before(async () => {
    admin = await environment().client();
    namespace = await environment().newNamespace();
  });
  // A controller of its own for each test: how long it waits after a fault does not depend on the faults before.
  beforeEach(async () => {
    batches += 1;
    batch = `batch-${batches}`;
    await admin.create(ConfigMap, { metadata: { name: `${batch}-ledger`, namespace } });
    const manager = new Manager({
      client: await environment().client(),
      metrics: { port: false },
      health: { port: false },
      namespaces: [namespace],
    });
    manager.add(
      createController(manager, {
        name: 'count',
        for: { resource: ConfigMap, labelSelector: `batch=${batch}` },
        concurrency: 4,
        async reconcile(request, { cache, client, signal }) {
          const object = cache.get(ConfigMap, request);
          if (object === undefined) return done();
          const ledger = { namespace, name: `${batch}-ledger` };
          const { data = {}, ...book } = await client.get(ConfigMap, ledger, { signal });
          const { uid, name } = object.metadata;
          if (data[uid] !== undefined) return done();
          // One write carries the sum and who is in it, on the version that was read: all of it happens, or nothing.
          const total = String(Number(data['total'] ?? '0') + 1);
          await client.update(
            ConfigMap,
            { ...book, data: { ...data, [uid]: name, total } },
            { signal },
          );
          return done();
        },
      }),
    );
    stop = new AbortController();
    running = manager.run({ signal: stop.signal });
    await manager.started;
  });
  afterEach(async () => {
    stop.abort(new Error('the test is over'));
    await running;
  });

  /** Makes the objects from one number to another, whatever happens to the server meanwhile. */
  async function make(from: number, to: number): Promise<void> {
    for (let index = from; index < to; index += 1) {
      const metadata = { name: `${batch}-${index}`, namespace, labels: { batch } };
      for (;;) {
        try {
          await admin.create(ConfigMap, { metadata });
          break;
        } catch (error) {
          if (isAlreadyExists(error)) break; // the answer to an earlier try was lost
          // Without a Status there was no answer.
          const isRefused = error instanceof StatusError && error.code < 500;
          if (isRefused) throw error;
        }
      }
    }
  }

  async function assertEachCountedOnce(): Promise<void> {
    const ledger = await untilObject(
      admin,
      ConfigMap,
      { namespace, name: `${batch}-ledger` },
      ({ data = {} }) => Number(data['total']) >= count,
    );
    const { total, ...counted } = ledger.data ?? {};
    assert.equal(total, String(count));
    const names = Array.from({ length: count }, (_, index) => `${batch}-${index}`);
    assert.deepEqual(Object.values(counted).sort(), names.sort());
  }

  function inject(t: TestContext, fault: TestFault): InjectedTestFault | undefined {
    const injected = environment().faults?.inject?.(fault);
    if (injected === undefined) t.skip(`no requests can be made to fail on ${environment().kind}`);
    return injected;
  }

  test('counts each once when its watches are cut', async (t) => {
    const cut = environment().faults?.cutWatches;
    if (cut === undefined) {
      t.skip(`watches cannot be cut on ${environment().kind}`);
      return;
    }
    await make(0, 10);
    await cut();
    await make(10, 20);
    await cut();
    await make(20, count);
    await assertEachCountedOnce();
  });

  test('counts another object of the same name when it could not see one replace the other', async (t) => {
    const faults = environment().faults;
    if (faults?.cutWatches === undefined) {
      t.skip(`watches cannot be cut on ${environment().kind}`);
      return;
    }
    await make(0, count);
    await assertEachCountedOnce();
    await faults.cutWatches();
    const first = await admin.get(ConfigMap, { namespace, name: `${batch}-0` });
    await admin.delete(ConfigMap, { namespace, name: `${batch}-0` });
    const again: Stored<ConfigMap> = await admin.create(ConfigMap, {
      metadata: { name: `${batch}-0`, namespace, labels: { batch } },
    });
    const { data = {} } = await untilObject(
      admin,
      ConfigMap,
      { namespace, name: `${batch}-ledger` },
      (ledger) => ledger.data?.[again.metadata.uid] !== undefined,
    );
    // Another object of the same name is another object.
    assert.equal(data[first.metadata.uid], `${batch}-0`);
    assert.equal(data['total'], String(count + 1));
  });

  test('counts each once when the history it would resume from is gone', async (t) => {
    const faults = environment().faults;
    if (faults?.compact === undefined || faults.cutWatches === undefined) {
      t.skip(`a history cannot be forgotten on ${environment().kind}`);
      return;
    }
    await make(0, 10);
    await faults.cutWatches();
    await make(10, 20);
    await faults.compact();
    await make(20, count);
    await assertEachCountedOnce();
  });

  test('counts each once while somebody else writes what it writes', async () => {
    const ref = { namespace, name: `${batch}-ledger` };
    await make(0, count);
    for (let round = 0; round < 50; round += 1) {
      const body = { metadata: { annotations: { round: String(round) } } };
      await admin.patch(ConfigMap, ref, { type: 'merge', body });
    }
    await assertEachCountedOnce();
    const { metadata } = await admin.get(ConfigMap, ref);
    assert.equal(metadata.annotations?.['round'], '49');
  });

  test('counts each once through conflicts', async (t) => {
    using conflicts = inject(t, {
      verb: 'update',
      resource: 'configmaps',
      namespace,
      effect: { type: 'refusal', code: 409 },
      times: 10,
    });
    if (conflicts === undefined) return;
    await make(0, count);
    await assertEachCountedOnce();
    assert.equal(conflicts.struck, 10);
  });

  test('comes back when a server with too much to do asks it to', async (t) => {
    using refusals = inject(t, {
      verb: 'update',
      resource: 'configmaps',
      namespace,
      effect: { type: 'refusal', code: 429, retryAfterSeconds: 1 },
      times: 4,
    });
    if (refusals === undefined) return;
    await make(0, count);
    await assertEachCountedOnce();
    assert.equal(refusals.struck, 4);
  });

  test('counts each once when answers to its writes are lost', async (t) => {
    using lost = inject(t, {
      verb: 'update',
      resource: 'configmaps',
      namespace,
      effect: { type: 'lost-answer' },
      times: 5,
    });
    if (lost === undefined) return;
    await make(0, count);
    await assertEachCountedOnce();
    assert.equal(lost.struck, 5);
  });

  test('counts each once when connections break before its writes arrive', async (t) => {
    using resets = inject(t, {
      verb: 'update',
      resource: 'configmaps',
      namespace,
      effect: { type: 'reset' },
      times: 5,
    });
    if (resets === undefined) return;
    await make(0, count);
    await assertEachCountedOnce();
    assert.equal(resets.struck, 5);
  });

  test('counts each once when the server is killed and comes back', async (t) => {
    const restart = environment().faults?.restartServer;
    if (restart === undefined) {
      t.skip(`the server cannot be restarted on ${environment().kind}`);
      return;
    }
    await make(0, 10);
    const restarting = restart();
    await make(10, 20);
    await restarting;
    await make(20, count);
    await assertEachCountedOnce();
  });
});
