import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import type { AgentPod } from './agent-pod.ts';
import { AgentWorld, worldTestLimitMs } from './agent-world.ts';
import { missingPrograms } from './server-programs.ts';
import { ServerWriter } from './server-writer.ts';

const options = { skip: missingPrograms ?? false, timeout: worldTestLimitMs };

async function numbersOn(pod: AgentPod): Promise<number[]> {
  const rows = await pod.query<{ number: string }>('SELECT number FROM numbers ORDER BY 1');
  return rows.map(({ number }) => Number(number));
}

/** What all of some servers have. */
async function numbersOnAll(pods: readonly AgentPod[]): Promise<ReadonlySet<number>> {
  const found = await Promise.all(pods.map(numbersOn));
  return found.map((numbers) => new Set(numbers)).reduce((all, each) => all.intersection(each));
}

/** Waits until a standby has all that its primary has, and says what that is. */
async function untilSame(
  world: AgentWorld,
  standby: AgentPod,
  primary: AgentPod,
): Promise<number[]> {
  let rows: number[] = [];
  await world.until(async () => {
    rows = await numbersOn(primary);
    return (await numbersOn(standby)).join() === rows.join();
  });
  return rows;
}

test(
  'four primaries are killed one after the other, and no acknowledged row is lost',
  options,
  async () => {
    await using world = await AgentWorld.start({ durability: 'Synchronous' });
    const writers = world.pods.map((pod) => new ServerWriter(pod));
    const killed: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      await world.untilWhole();
      const count = (): number => writers.flatMap((writer) => writer.acknowledged).length;
      const before = count();
      await world.until(async () => count() > before + 50);
      // A machine that is busy may have let another one lead meanwhile.
      const primary = await world.untilWhole();
      await primary.kill();
      killed.push(primary.name);
      await world.untilPrimaryOtherThan(primary);
      await primary.start();
    }
    const last = await world.untilWhole();
    for (const writer of writers) await writer[Symbol.asyncDispose]();
    const found = new Set(await numbersOn(last));
    const acknowledged = writers.flatMap((writer) => writer.acknowledged);
    const lost = acknowledged.filter(({ number }) => !found.has(number));
    assert.deepEqual(lost, [], `killed: ${killed.join()}`);
    for (const pod of world.pods) if (pod !== last) await untilSame(world, pod, last);
  },
);

for (const durability of ['Synchronous', 'Asynchronous'] as const) {
  test(
    `a primary that is cut off from the API server takes no write any more when another begins, ${durability}`,
    options,
    async () => {
      await using world = await AgentWorld.start({ durability });
      // Its own commits wait for nobody: only the fence keeps it from taking them.
      const writers = world.pods.map(
        (pod) => new ServerWriter(pod, 'SET synchronous_commit = local'),
      );
      const old = await world.untilWhole();
      const [oldWriter] = writers.filter((_, index) => world.pods[index] === old);
      await world.until(async () => (oldWriter?.acknowledged.length ?? 0) > 50);
      old.reachesApi = false;
      const cutMs = performance.now();
      const heir = await world.untilPrimaryOtherThan(old);
      const heirWriter = writers[world.pods.indexOf(heir)];
      await world.until(async () => (heirWriter?.acknowledged.length ?? 0) > 50);
      // Still cut off, and its standbys are gone: it has to have stopped by itself.
      await assert.rejects(old.query('INSERT INTO numbers VALUES (-1)'));
      old.reachesApi = true;
      await world.untilWhole();
      for (const writer of writers) await writer[Symbol.asyncDispose]();
      const last = oldWriter?.acknowledged.at(-1);
      const first = heirWriter?.acknowledged[0];
      assert.ok(last !== undefined && first !== undefined);
      assert.ok(last.atMs > cutMs, 'it went on for as long as it might');
      assert.ok(last.sentMs < first.atMs, 'no write was taken by both');
      assert.ok(
        last.atMs < first.sentMs,
        `the old primary took its last write ${String(last.atMs - first.sentMs)} ms after the first of the new one`,
      );
      await untilSame(world, old, heir);
    },
  );
}

test('an old primary that went its own way is rewound', options, async () => {
  await using world = await AgentWorld.start({ durability: 'Asynchronous' });
  const old = await world.untilWhole();
  await old.query('INSERT INTO numbers SELECT generate_series(1, 100)');
  for (const pod of world.pods) await untilSame(world, pod, old);
  await old.signalSenders('SIGSTOP');
  await old.query('INSERT INTO numbers SELECT generate_series(101, 200)');
  await old.kill();
  const heir = await world.untilPrimaryOtherThan(old);
  await heir.query('INSERT INTO numbers SELECT generate_series(201, 300)');
  await old.start();
  await world.untilWhole();
  const rows = await untilSame(world, old, heir);
  assert.equal(rows.length, 200);
  assert.ok(!rows.includes(150));
  assert.deepEqual(await readdir(old.volume), ['pgdata']);
  const log = await old.log();
  assert.match(log, /entry: rewind is done/);
  assert.doesNotMatch(log, /entry: clone/);
});

for (const [how, failed] of [
  ['kill', 'recover'],
  ['stop', 'rewind'],
] as const) {
  test(
    `an old primary whose log is lost cannot be rewound after a ${how}, and is cloned anew`,
    options,
    async () => {
      await using world = await AgentWorld.start({ durability: 'Synchronous' });
      const old = await world.untilWhole();
      await old.query('INSERT INTO numbers SELECT generate_series(1, 100)');
      await old.removeLog();
      await old[how]();
      const heir = await world.untilPrimaryOtherThan(old);
      await heir.query('INSERT INTO numbers SELECT generate_series(101, 200)');
      await old.start();
      await world.untilWhole();
      const rows = await untilSame(world, old, heir);
      assert.equal(rows.length, 200);
      // What could not be used is not kept beside what can.
      assert.deepEqual(await readdir(old.volume), ['pgdata']);
      const log = await old.log();
      assert.match(log, new RegExp(`entry: ${failed} failed`));
      assert.match(log, /entry: clone is done/);
    },
  );
}

test('a replica whose volume is lost is cloned, and may take over again', options, async () => {
  await using world = await AgentWorld.start({ durability: 'Synchronous' }, 2);
  const primary = await world.untilWhole();
  await primary.query('INSERT INTO numbers SELECT generate_series(1, 100)');
  const [standby] = world.pods.filter((pod) => pod !== primary);
  assert.ok(standby);
  await standby.kill();
  await standby.loseVolume();
  await standby.start();
  // For a moment the primary still counts on the connection of the life before.
  await untilSame(world, standby, primary);
  await world.untilWhole();
  await primary.kill();
  await world.untilPrimaryOtherThan(primary);
  assert.equal((await numbersOn(standby)).length, 100);
});

for (const durability of ['Synchronous', 'Asynchronous'] as const) {
  test(
    `a clone in the making holds no commit up, and may not take over, ${durability}`,
    options,
    async () => {
      await using world = await AgentWorld.start({ durability }, 2);
      const primary = await world.untilWhole();
      const [standby] = world.pods.filter((pod) => pod !== primary);
      assert.ok(standby);
      await standby.kill();
      await standby.loseVolume();
      await standby.slowClonesDown();
      await standby.start();
      // A clone has two connections: one for the files, one for the log meanwhile.
      await world.until(async () => {
        const rows = await primary.query<{ application_name: string }>(
          'SELECT application_name FROM pg_stat_replication',
        );
        return rows.length === 2 && rows.every((row) => row.application_name === 'pg_basebackup');
      });
      await world.untilRenewed(4);
      assert.deepEqual((await world.record()).successors, []);
      // Rejects when the commit has to wait.
      await primary.query('INSERT INTO numbers SELECT generate_series(1, 100)');
      await standby.interruptSlowClone();
      assert.equal(await world.untilWhole(), primary);
      assert.equal((await untilSame(world, standby, primary)).length, 100);
      assert.match(await standby.log(), /entry: clone failed/);
    },
  );
}

test(
  'an asynchronous failover loses the newest rows alone, no more than is allowed, and says how much',
  options,
  async () => {
    const maximumLagBytes = 2 ** 20;
    await using world = await AgentWorld.start({ durability: 'Asynchronous', maximumLagBytes });
    const old = await world.untilWhole();
    const writers = world.pods.map((pod) => new ServerWriter(pod));
    const writer = writers[world.pods.indexOf(old)];
    const count = (): number => writer?.acknowledged.length ?? 0;
    await world.until(async () => count() > 100);
    const standbys = world.pods.filter((pod) => pod !== old);
    // What whoever takes over has in any case.
    const arrived = await numbersOnAll(standbys);
    // From here on commits are acknowledged that no standby gets; the agent tells of some of them.
    await old.signalSenders('SIGSTOP');
    const stopped = count();
    const { position: before = 0n } = await world.record();
    await world.until(
      async () =>
        count() > stopped + 10 && ((await world.record()).position ?? 0n) > before + 2048n,
    );
    await old.kill();
    const heir = await world.untilPrimaryOtherThan(old);
    const { lastFailover } = await world.record();
    await old.start();
    await world.untilWhole();
    for (const each of writers) await each[Symbol.asyncDispose]();

    const found = new Set(await untilSame(world, old, heir));
    const lost = (writer?.acknowledged ?? []).filter(({ number }) => !found.has(number));
    assert.ok(lost.length > 0, 'or this would show nothing');
    assert.ok(arrived.size > 0, 'or this would show nothing');
    assert.ok(lost.every(({ number }) => !arrived.has(number)));
    const kept = (writer?.acknowledged ?? []).filter(({ number }) => found.has(number));
    assert.ok(
      kept.every(({ number }) => number < (lost[0]?.number ?? 0)),
      'the newest alone are lost',
    );
    assert.equal(lastFailover?.from, old.name);
    assert.equal(lastFailover.to, heir.name);
    const { missingBytes = 0 } = lastFailover;
    assert.ok(missingBytes > 0 && missingBytes <= maximumLagBytes, String(missingBytes));
  },
);

test(
  'a standby that lacks more than is allowed does not take over: the old primary is waited for, and nothing is lost',
  options,
  async () => {
    await using world = await AgentWorld.start({
      durability: 'Asynchronous',
      maximumLagBytes: 1024,
    });
    const old = await world.untilWhole();
    await old.query('INSERT INTO numbers SELECT generate_series(1, 100)');
    for (const pod of world.pods) await untilSame(world, pod, old);
    const { position: before = 0n } = await world.record();
    await old.signalSenders('SIGSTOP');
    await old.query('INSERT INTO numbers SELECT generate_series(101, 300)');
    await world.until(async () => ((await world.record()).position ?? 0n) > before + 4096n);
    await old.kill();
    await world.untilAbandoned();
    await old.start();
    const primary = await world.untilWhole();
    assert.equal(primary, old);
    assert.equal((await numbersOn(old)).length, 300);
  },
);
