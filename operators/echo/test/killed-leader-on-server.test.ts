import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findCondition, Lease, parseTime } from '@kubewright/apimachinery';
import type { Cut } from '@kubewright/cluster';
import { FakeClock } from '@kubewright/runtime/testing';
import { EchoWorld, until, type RunningEchoOperator } from './echo-world.ts';

const seconds = 1_000;
/** As the operator is deployed. */
const times = {
  leaseDurationMs: 15 * seconds,
  renewDeadlineMs: 10 * seconds,
  retryPeriodMs: 2 * seconds,
};
/** Between two tries to get the lease: by chance more than twice the period, as in client-go. */
const longestRetryMs = 2.2 * times.retryPeriodMs;
/** The writes of the work itself; the lease is renewed whenever it is time. */
const work = /\/(jobs|cronjobs|echos|scheduledechos|events)(\/|$)/;

/** A schedule whose time does not come in a test, so that each Job is an Echo's. */
const farAway = '@yearly';

/** Two replicas on one clock, which a test moves. */
class TwoReplicas {
  readonly world: EchoWorld;
  readonly clock = new FakeClock();
  readonly #running = new Set<RunningEchoOperator>();

  constructor(world: EchoWorld) {
    this.world = world;
  }

  run(identity: string, cut?: Cut): RunningEchoOperator {
    const { clock, world } = this;
    const leaderElection = {
      ...times,
      leaseName: 'echoperator',
      leaseNamespace: world.namespace,
      identity,
    };
    const operator = world.run({
      clock,
      leaderElection,
      ...(cut && { cut: { ...cut, among: work } }),
    });
    this.#running.add(operator);
    return operator;
  }

  /** Stops a process, or clears up after one that was killed; what it waits for meanwhile takes time as well. */
  async end(operator: RunningEchoOperator): Promise<void> {
    let hasEnded = false;
    const ending = operator[Symbol.asyncDispose]().finally(() => {
      hasEnded = true;
    });
    await this.until(() => hasEnded);
    await ending;
    this.#running.delete(operator);
  }

  /** Who holds the lease; empty for nobody. */
  async leader(): Promise<string> {
    const { items } = await this.world.client.list(Lease, { namespace: this.world.namespace });
    return items[0]?.spec?.holderIdentity ?? '';
  }

  /** Lets time pass until it is so, but only while all are at rest: nothing that a replica does takes time. */
  async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    await until(isSo, async () => {
      const areAtRest = await Promise.all([...this.#running].map((each) => each.isAtRest()));
      if (areAtRest.every(Boolean)) await this.clock.advance(50);
      else await new Promise((resolve) => setTimeout(resolve, 2));
    });
  }

  /** Whether both objects are put into practice, and it is told. */
  async isDone(): Promise<boolean> {
    const echo = await this.world.echo('a');
    const scheduled = await this.world.scheduledEcho('b');
    const isReady = [echo, scheduled].every(
      ({ status }) => findCondition(status?.conditions, 'Ready')?.status === 'True',
    );
    return isReady && (await this.world.events()).length === 2;
  }
}

describe('an operator of two replicas whose leader is killed', { timeout: 900_000 }, () => {
  let shared: EchoWorld;
  before(async () => {
    shared = await EchoWorld.start();
  });
  after(() => shared[Symbol.asyncDispose]());

  for (const when of ['before', 'after'] as const) {
    test(`${when} any of its writes makes nothing twice and loses nothing`, async () => {
      let isKilled = true;
      let write = 0;
      while (isKilled) {
        write += 1;
        const where = `killed ${when} write ${write}`;
        const replicas = new TwoReplicas(await shared.inNewNamespace());
        const { world } = replicas;
        const leader = replicas.run('first', { write, when });
        await replicas.until(async () => (await replicas.leader()) === 'first');
        const standby = replicas.run('second');
        await world.createEcho('a');
        await world.createScheduledEcho('b', farAway);
        // That all is done may be seen before the one that did it is killed for its last write.
        await replicas.until(
          async () => leader.isKilled || ((await replicas.isDone()) && (await leader.isSettled())),
        );
        isKilled = leader.isKilled;
        await replicas.end(leader);
        await replicas.until(() => replicas.isDone());
        assert.deepEqual(await world.jobs(), ['a'], where);
        const { status } = await world.echo('a');
        assert.equal(status?.jobUid, (await world.job('a')).metadata.uid, where);
        // Nothing holds it any more, so that whoever deletes it does not wait.
        await replicas.until(async () => (await world.job('a')).metadata.finalizers === undefined);
        const name = (kind: string, of: string): string => `${kind} ${world.namespace}/${of}`;
        assert.deepEqual(
          await world.events(),
          [
            `a: Normal JobCreated: ${name('Job', 'a')} says the message`,
            `b: Normal CronJobCreated: ${name('CronJob', 'b')} says the message on schedule`,
          ],
          where,
        );
        await replicas.end(standby);
      }
      assert.ok(write > 7, 'the leader was not killed in the middle of its work');
    });
  }

  test('is led again when the lease has run out, and works at once', async () => {
    const replicas = new TwoReplicas(await shared.inNewNamespace());
    const { world, clock } = replicas;
    const leader = replicas.run('first', { write: 1, when: 'before' });
    await replicas.until(async () => (await replicas.leader()) === 'first');
    const standby = replicas.run('second');
    // It has seen the lease being renewed.
    const since = clock.now();
    await replicas.until(() => clock.now() - since > times.leaseDurationMs);
    await world.createEcho('a');
    await leader.transport.gone;
    const killedAt = clock.now();
    await replicas.until(async () => (await replicas.leader()) === 'second');
    const { spec } = await world.client.get(Lease, world.ref('echoperator'));
    const gapMs = (parseTime(spec?.acquireTime)?.getTime() ?? Infinity) - killedAt;
    // The lease runs out, and is asked for again and again. A second for requests.
    const { leaseDurationMs } = times;
    assert.ok(gapMs <= leaseDurationMs + longestRetryMs + seconds, `a gap of ${gapMs} ms`);
    // Without any further time on its clock.
    await until(async () => (await world.jobs()).length === 1);
    assert.equal(await standby.metric('leader_election_master_status'), 1);
    await replicas.end(leader);
    await replicas.end(standby);
  });

  test('that is stopped in good order is led again at once', async () => {
    const replicas = new TwoReplicas(await shared.inNewNamespace());
    const { world, clock } = replicas;
    const leader = replicas.run('first');
    await replicas.until(async () => (await replicas.leader()) === 'first');
    const standby = replicas.run('second');
    await world.createEcho('a');
    await replicas.end(leader);
    const endedAt = clock.now();
    await replicas.until(async () => (await replicas.leader()) === 'second');
    const { spec } = await world.client.get(Lease, world.ref('echoperator'));
    const gapMs = (parseTime(spec?.acquireTime)?.getTime() ?? Infinity) - endedAt;
    assert.ok(gapMs <= longestRetryMs + seconds, `a gap of ${gapMs} ms`);
    await until(async () => (await world.jobs()).length === 1);
    await replicas.end(standby);
  });

  test('has one worker at a time: the standby writes nothing but what the election needs', async () => {
    const replicas = new TwoReplicas(await shared.inNewNamespace());
    const { world } = replicas;
    const leader = replicas.run('first');
    await replicas.until(async () => (await replicas.leader()) === 'first');
    const standby = replicas.run('second');
    await world.createEcho('a');
    await world.createScheduledEcho('b', farAway);
    await replicas.until(() => replicas.isDone());
    assert.deepEqual(
      standby.transport.writes.filter((each) => work.test(each)),
      [],
    );
    assert.ok(leader.transport.writes.some((each) => work.test(each)));
    await replicas.end(standby);
    await replicas.end(leader);
  });

  test('follows each of many objects, though it is killed again and again', async () => {
    const replicas = new TwoReplicas(await shared.inNewNamespace());
    const { world } = replicas;
    const names = Array.from({ length: 30 }, (_, index) => `echo-${index}`);
    for (const name of names) await world.createEcho(name);
    for (const [index, write] of [7, 3, 11, 5].entries()) {
      const operator = replicas.run(`operator-${index}`, { write, when: 'after' });
      const finished = replicas.until(async () => (await world.jobs()).length === names.length);
      await Promise.race([operator.transport.gone, finished]);
      await replicas.end(operator);
    }
    const last = replicas.run('last');
    await replicas.until(async () => (await world.jobs()).length === names.length);
    assert.deepEqual(await world.jobs(), names.toSorted());
    await replicas.end(last);
  });
});
