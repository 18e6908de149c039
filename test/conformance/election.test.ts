import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { ConfigMap, isConflict, isNotFound, Lease, type Stored } from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import {
  LeaderElector,
  LeaseLostError,
  Manager,
  type ElectionTimes,
  type Leadership,
} from '@kubewright/runtime';
import { LeaseTime } from './lease-time.ts';
import { describeOnEachServer } from './on-each-server.ts';
import { untilObject } from './until-object.ts';

/** A lease that expires soon by a clock that a test moves, for what happens when nobody gives it back. */
const short: ElectionTimes = { leaseDurationMs: 2000, renewDeadlineMs: 1500, retryPeriodMs: 200 };
/** A lease that no test sees expire: what happens with it happens for another reason. */
const long: ElectionTimes = {
  leaseDurationMs: 600_000,
  renewDeadlineMs: 500_000,
  retryPeriodMs: 100,
};

describeOnEachServer('leader election', {}, (environment) => {
  const over = new AbortController();
  const signal = over.signal;
  let admin: Client;
  let namespace: string;
  let leaseName: string;
  let tests = 0;

  before(async () => {
    admin = await environment().client();
    namespace = await environment().newNamespace();
  });
  beforeEach(() => {
    tests += 1;
    leaseName = `lease-${tests}`;
  });
  after(() => {
    over.abort(new Error('the suite is over'));
  });

  const readLease = (): Promise<Stored<Lease>> => admin.get(Lease, { namespace, name: leaseName });
  const untilLease = (isWanted: (lease: Stored<Lease>) => boolean): Promise<Stored<Lease>> =>
    untilObject(admin, Lease, { namespace, name: leaseName }, isWanted);
  const candidate = (client: Client, identity: string, times: ElectionTimes): LeaderElector =>
    new LeaderElector({ client, identity, leaseName, leaseNamespace: namespace, ...times });
  /** One whose lease expires in a time that the test lets pass. */
  const mortal = (client: Client, identity: string, time: LeaseTime): LeaderElector =>
    new LeaderElector({
      client: time.clientOf(client),
      clock: time.clock,
      identity,
      leaseName,
      leaseNamespace: namespace,
      ...short,
    });
  const untilLost = async ({ signal: lost }: Leadership): Promise<LeaseLostError> => {
    if (!lost.aborted) await once(lost, 'abort');
    assert.ok(lost.reason instanceof LeaseLostError);
    return lost.reason;
  };

  /** Adds lines to one object for as long as this leadership lasts, each under the transition it was written in. */
  async function keepLedger(client: Client, leadership: Leadership, writer: string): Promise<void> {
    const transition = leadership.lease?.spec?.leaseTransitions ?? 0;
    const name = `${leaseName}-ledger`;
    while (leadership.isLeader) {
      try {
        const { data = {}, ...ledger } = await client.get(
          ConfigMap,
          { namespace, name },
          { signal: leadership.signal },
        );
        const line = String(Object.keys(data).length).padStart(4, '0');
        await client.update(
          ConfigMap,
          { ...ledger, data: { ...data, [line]: `${transition} ${writer}` } },
          { signal: leadership.signal },
        );
      } catch (error) {
        // Somebody else wrote in between: the assertions find out who, and under which transition.
        if (leadership.signal.aborted || !isConflict(error)) return;
      }
    }
  }
  const openLedger = (): Promise<Stored<ConfigMap>> =>
    admin.create(ConfigMap, { metadata: { name: `${leaseName}-ledger`, namespace } });
  const untilWrittenBy = (writer: string): Promise<Stored<ConfigMap>> =>
    untilObject(admin, ConfigMap, { namespace, name: `${leaseName}-ledger` }, ({ data = {} }) =>
      Object.values(data).some((line) => line.endsWith(` ${writer}`)),
    );
  /** The writers in their order, each once for a run of lines. */
  const turnsOf = ({ data = {} }: ConfigMap): string[] =>
    Object.keys(data)
      .sort()
      .map((line) => data[line] ?? '')
      .filter((line, index, lines) => line !== lines[index - 1]);

  test('makes one of many candidates the leader, and only that one', async () => {
    const clients = await Promise.all(
      Array.from({ length: 5 }, async () => environment().client()),
    );
    const won: string[] = [];
    const first = Promise.withResolvers<Leadership>();
    const stop = new AbortController();
    const waiting = clients.map(async (client, index) => {
      const leadership = await candidate(client, `c${index}`, long).acquire(stop.signal);
      won.push(`c${index}`);
      first.resolve(leadership);
    });
    const leadership = await first.promise;
    // Three renewals are three rounds in which each of the others looked, too.
    for (let round = 0; round < 3; round += 1) {
      const { spec } = await readLease();
      await untilLease((lease) => lease.spec?.renewTime !== spec?.renewTime);
    }
    const { spec } = await readLease();
    assert.deepEqual(won, [spec?.holderIdentity]);
    assert.equal(spec?.leaseTransitions, 0);
    stop.abort(new Error('enough'));
    await Promise.allSettled(waiting);
    await leadership.release();
  });

  test('hands over at once when the leader gives the lease back', async () => {
    const leader = await candidate(await environment().client(), 'first', long).acquire(signal);
    const next = candidate(await environment().client(), 'second', long).acquire(signal);
    await leader.release();
    assert.equal(leader.isLeader, false);
    await using follower = await next;
    const { spec } = await readLease();
    assert.equal(spec?.holderIdentity, 'second');
    assert.equal(spec.leaseTransitions, 1);
    assert.equal(follower.isLeader, true);
  });

  test('lets another take over from a leader that died, only after its lease has expired', async () => {
    await openLedger();
    const time = new LeaseTime();
    const doomed = await environment().client();
    const first = await mortal(doomed, 'first', time).acquire(signal);
    const survivor = await environment().client();
    const next = mortal(survivor, 'second', time).acquire(signal);
    const writing = keepLedger(doomed, first, 'first');
    await untilWrittenBy('first');
    let hadEnded = false;
    void untilLost(first).then(() => (hadEnded = true));
    await doomed.close();
    const second = await time.passUntil(next);
    assert.ok(hadEnded, 'the first leader must have stopped before the second began');
    const rewriting = keepLedger(survivor, second, 'second');
    const ledger = await untilWrittenBy('second');
    assert.deepEqual(turnsOf(ledger), ['0 first', '1 second']);
    const { spec } = await readLease();
    assert.deepEqual([spec?.holderIdentity, spec?.leaseTransitions], ['second', 1]);
    await second.release();
    await Promise.all([writing, rewriting]);
  });

  test('stops the work of a leader that cannot renew although it could still write', async () => {
    await openLedger();
    const time = new LeaseTime();
    const renewing = await environment().client();
    const working = await environment().client();
    const first = await mortal(renewing, 'first', time).acquire(signal);
    const next = mortal(working, 'second', time).acquire(signal);
    const writing = keepLedger(working, first, 'first');
    await untilWrittenBy('first');
    await renewing.close();
    const loss = await time.passUntil(untilLost(first));
    assert.equal(loss.loss.type, 'deadline');
    await writing;
    const second = await time.passUntil(next);
    const rewriting = keepLedger(working, second, 'second');
    assert.deepEqual(turnsOf(await untilWrittenBy('second')), ['0 first', '1 second']);
    await second.release();
    await rewriting;
  });

  test('keeps the leader when others change the lease under its renewals', async () => {
    await using leader = await candidate(await environment().client(), 'first', long).acquire(
      signal,
    );
    for (let round = 1; round <= 5; round += 1) {
      const body = { metadata: { labels: { round: String(round) } } };
      const touched = await admin.patch(
        Lease,
        { namespace, name: leaseName },
        { type: 'merge', body },
      );
      const renewed = await untilLease(({ spec }) => spec?.renewTime !== touched.spec?.renewTime);
      assert.equal(renewed.metadata.labels?.['round'], String(round));
    }
    const { spec } = await readLease();
    assert.deepEqual([spec?.holderIdentity, spec?.leaseTransitions], ['first', 0]);
    assert.equal(leader.isLeader, true);
  });

  test('keeps the leader when the lease is deleted under it, although another waits', async () => {
    await using leader = await candidate(await environment().client(), 'first', long).acquire(
      signal,
    );
    const stop = new AbortController();
    const { transport } = await environment().client();
    const answered = Promise.withResolvers<undefined>();
    const client = new Client({
      transport: {
        request: async (request) => {
          const response = await transport.request(request);
          if (request.path.includes('/leases/')) answered.resolve(undefined);
          return response;
        },
        webSocket: (request) => transport.webSocket(request),
        close: () => transport.close(),
      },
    });
    const waiting = candidate(client, 'second', long).acquire(stop.signal);
    // Who has not seen the lease takes it when it is gone.
    await answered.promise;
    const { metadata } = await readLease();
    await admin.delete(Lease, { namespace, name: leaseName });
    const remade = await untilLease((lease) => lease.metadata.uid !== metadata.uid);
    assert.equal(remade.spec?.holderIdentity, 'first');
    await untilLease((lease) => lease.spec?.renewTime !== remade.spec?.renewTime);
    assert.equal(leader.isLeader, true);
    stop.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
  });

  test('ends a leadership whose lease somebody else has written into', async () => {
    const leader = await candidate(await environment().client(), 'first', long).acquire(signal);
    await admin.patch(
      Lease,
      { namespace, name: leaseName },
      { type: 'merge', body: { spec: { holderIdentity: 'usurper' } } },
    );
    const { loss } = await untilLost(leader);
    assert.deepEqual(loss, { type: 'taken', holder: 'usurper' });
    await leader.release();
    assert.equal((await readLease()).spec?.holderIdentity, 'usurper');
  });

  /** A manager whose only work is to write its name, and how it ended. */
  function startManager(
    client: Client,
    identity: string,
    times: ElectionTimes,
    stop: AbortSignal,
  ): { readonly manager: Manager; readonly ended: Promise<unknown> } {
    const manager = new Manager({
      client,
      metrics: { port: false },
      health: { port: false },
      leaderElection: { leaseName, leaseNamespace: namespace, identity, ...times },
    });
    manager.add({
      name: 'sign',
      start: async (_stop, work) => {
        const name = `${leaseName}-signed-by-${identity}`;
        await client.create(ConfigMap, { metadata: { name, namespace } }, { signal: work });
      },
    });
    const ended = manager.run({ signal: stop }).catch((error: unknown) => error);
    return { manager, ended };
  }
  const hasSigned = async (identity: string): Promise<boolean> => {
    try {
      await admin.get(ConfigMap, { namespace, name: `${leaseName}-signed-by-${identity}` });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  };

  test('moves the work of a manager to its standby when it stops', async () => {
    const [stopFirst, stopSecond] = [new AbortController(), new AbortController()];
    const clients = [await environment().client(), await environment().client()] as const;
    const first = startManager(clients[0], 'first', long, stopFirst.signal);
    await first.manager.elected;
    const second = startManager(clients[1], 'second', long, stopSecond.signal);
    await second.manager.started;
    assert.equal(second.manager.isLeader, false);
    assert.equal(await hasSigned('second'), false);
    stopFirst.abort(new Error('rolled out'));
    assert.equal(await first.ended, undefined);
    await second.manager.elected;
    await untilObject(
      admin,
      ConfigMap,
      { namespace, name: `${leaseName}-signed-by-second` },
      () => true,
    );
    stopSecond.abort(new Error('enough'));
    assert.equal(await second.ended, undefined);
    assert.equal((await readLease()).spec?.holderIdentity ?? '', '');
  });

  test('ends a manager that has lost its lease with an error that says so', async () => {
    const stop = new AbortController();
    const { manager, ended } = startManager(
      await environment().client(),
      'first',
      long,
      stop.signal,
    );
    await manager.elected;
    await admin.patch(
      Lease,
      { namespace, name: leaseName },
      { type: 'merge', body: { spec: { holderIdentity: 'usurper' } } },
    );
    assert.ok((await ended) instanceof LeaseLostError);
    assert.equal(manager.isLeader, false);
  });
});
