import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ConfigMap, type EventsV1Event } from '@kubewright/apimachinery';
import {
  createRegistry,
  LeaseLostError,
  Manager,
  PortInUseError,
  requestMetrics,
  RunnableError,
  ShutdownError,
} from '../src/index.ts';
import type { ManagerOptions, Runnable } from '../src/index.ts';
import { aborted } from '../src/cancellation/aborted.ts';
import { FakeClock, settle } from '../src/testing/fake-clock.ts';
import { QuietCluster } from './quiet-cluster.ts';

const anyPort = { port: 0, host: '127.0.0.1' } as const;

function newManager(options: Partial<ManagerOptions> & { cluster?: QuietCluster } = {}): Manager {
  const { cluster = new QuietCluster(), ...rest } = options;
  return new Manager({ client: cluster.client, metrics: anyPort, health: anyPort, ...rest });
}

function untilStopped(name: string, log: string[], needsLeaderElection = true): Runnable {
  return {
    name,
    needsLeaderElection,
    async start(stop) {
      log.push(`${name} up`);
      await aborted(stop);
      log.push(`${name} down`);
    },
  };
}

async function fetchText(
  address: AddressInfo | undefined,
  path: string,
): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${String(address?.port ?? 0)}${path}`, {
    headers: { connection: 'close' },
  });
  return { status: response.status, body: await response.text() };
}

test('brings everything up in order and down in reverse', async () => {
  const log: string[] = [];
  const stop = new AbortController();
  const manager = newManager();
  manager.add(untilStopped('controller', log)).add(untilStopped('webhook', log, false));
  const run = manager.run({ signal: stop.signal });
  await manager.elected;
  await settle();
  stop.abort(new Error('enough'));
  await run;
  assert.deepEqual(log, ['webhook up', 'controller up', 'controller down', 'webhook down']);
  assert.deepEqual(manager.addresses, {});
  assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
});

test('serves metrics with the names of controller-runtime and of Node', async () => {
  const stop = new AbortController();
  const manager = newManager({
    leaderElection: { leaseName: 'op', leaseNamespace: 'ns' },
  });
  manager.instruments.controller('foo').reconciled('success', 0.02);
  const queue = manager.instruments.queue('foo', {
    unfinishedWorkSeconds: () => 3,
    longestRunningSeconds: () => 2,
  });
  queue.added();
  queue.depth(4, 'low');
  const run = manager.run({ signal: stop.signal });
  await manager.started;
  const { status, body } = await fetchText(manager.addresses.metrics, '/metrics');
  assert.equal(status, 200);
  for (const line of [
    'controller_runtime_reconcile_total{controller="foo",result="success"} 1',
    'controller_runtime_reconcile_total{controller="foo",result="error"} 0',
    'controller_runtime_reconcile_time_seconds_bucket{le="0.025",controller="foo"} 1',
    'kubewright_noop_writes_total{controller="foo",verb="apply"} 0',
    'workqueue_adds_total{name="foo",controller="foo"} 1',
    'workqueue_depth{name="foo",controller="foo",priority="-100"} 4',
    'workqueue_unfinished_work_seconds{name="foo",controller="foo"} 3',
    'leader_election_master_status{name="op"}',
    'process_resident_memory_bytes ',
    'nodejs_heap_size_used_bytes ',
    'nodejs_eventloop_lag_p99_seconds ',
  ]) {
    assert.ok(body.includes(line), `${line} is missing in\n${body}`);
  }
  assert.equal((await fetchText(manager.addresses.metrics, '/')).status, 404);
  stop.abort(new Error('enough'));
  await run;
});

test('counts requests of the client that reports to its registry', async () => {
  const registry = createRegistry();
  requestMetrics(registry)({
    method: 'GET',
    verb: 'list',
    pathPattern: '/api/v1/pods',
    resource: 'pods',
    code: '200',
    durationMs: 30,
    host: 'api:6443',
  });
  const text = await registry.metrics();
  assert.match(text, /rest_client_requests_total\{code="200",method="GET",host="api:6443"\} 1/);
  assert.match(text, /rest_client_request_duration_seconds_sum\{verb="GET",host="api:6443"\} 0.03/);
});

test('is alive at once, ready when the caches are in sync, and not ready while it stops', async () => {
  const cluster = new QuietCluster();
  const gate = Promise.withResolvers<undefined>();
  let isOpen = false;
  cluster.answer = ({ path }) => {
    if (isOpen || !path.startsWith('/api/v1/configmaps')) return undefined;
    return gate.promise.then(() => {
      throw new Error('closed');
    });
  };
  const stop = new AbortController();
  const ending = Promise.withResolvers<undefined>();
  const manager = newManager({ cluster });
  manager.cache.informer(ConfigMap);
  manager.add({
    name: 'slow to end',
    start: async (stopSignal) => {
      await aborted(stopSignal);
      await ending.promise;
    },
  });
  manager.addReadyCheck('database', () => undefined);
  const run = manager.run({ signal: stop.signal });
  while (manager.addresses.metrics === undefined) await settle();
  const health = manager.addresses.health;

  assert.deepEqual(await fetchText(health, '/healthz'), { status: 200, body: 'ok' });
  const before = await fetchText(health, '/readyz');
  assert.equal(before.status, 503);
  assert.match(before.body, /^\[-\]manager failed: starting$/m);
  assert.match(before.body, /^\[-\]cache failed: configmaps: the first list is not complete$/m);
  assert.match(before.body, /^\[\+\]database ok$/m);

  isOpen = true;
  gate.resolve(undefined);
  await manager.started;
  assert.deepEqual(await fetchText(health, '/readyz'), { status: 200, body: 'ok' });
  assert.match(
    (await fetchText(health, '/readyz?verbose')).body,
    /^\[\+\]manager ok\n\[\+\]cache ok\n\[\+\]database ok\nreadyz check passed\n$/,
  );
  assert.equal((await fetchText(health, '/readyz/cache')).body, 'ok');
  assert.equal((await fetchText(health, '/readyz/nonsense')).status, 404);

  stop.abort(new Error('enough'));
  await settle();
  const after = await fetchText(health, '/readyz');
  assert.equal(after.status, 503);
  assert.match(after.body, /shutting down/);
  ending.resolve(undefined);
  await run;
});

test('is not ready without a permission, and says which', async () => {
  const cluster = new QuietCluster();
  const message =
    'configmaps is forbidden: User "op" cannot list resource "configmaps" in API group "" in the namespace "shop"';
  cluster.answer = ({ path }) =>
    path.includes('/configmaps')
      ? {
          status: 403,
          body: { kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403, message },
        }
      : undefined;
  const stop = new AbortController();
  const manager = newManager({ cluster, namespaces: ['shop'] });
  manager.cache.informer(ConfigMap);
  const run = manager.run({ signal: stop.signal });
  let ready = { status: 0, body: '' };
  while (!ready.body.includes('forbidden')) {
    await settle();
    if (manager.addresses.metrics === undefined) continue;
    ready = await fetchText(manager.addresses.health, '/readyz/cache');
  }
  assert.equal(ready.status, 503);
  assert.match(ready.body, /list configmaps in namespace "shop"/);
  stop.abort(new Error('enough'));
  await run;
});

/** A cluster that refuses to list ConfigMaps, and keeps the Events that it is sent. */
function refusingCluster(code: number, reason: string) {
  const cluster = new QuietCluster();
  const events: EventsV1Event[] = [];
  const isAllowed = { now: false };
  cluster.answer = ({ method, path, body }) => {
    if (method === 'POST' && path.includes('/events')) {
      events.push(JSON.parse(String(body)) as EventsV1Event); // the only thing that is posted there
    }
    if (isAllowed.now || !path.includes('/configmaps')) return undefined;
    return {
      status: code,
      body: { kind: 'Status', status: 'Failure', reason, code, message: 'no' },
    };
  };
  return { cluster, events, isAllowed };
}

/** Runs a manager whose cache cannot read ConfigMaps until it has told so. */
async function eventsOfProblem(
  code: number,
  reason: string,
  options: Partial<ManagerOptions>,
): Promise<readonly EventsV1Event[]> {
  const { cluster, events } = refusingCluster(code, reason);
  const stop = new AbortController();
  const manager = newManager({ cluster, namespaces: ['shop'], ...options });
  manager.cache.informer(ConfigMap);
  const run = manager.run({ signal: stop.signal });
  while (manager.cache.problems().length === 0) await settle();
  stop.abort(new Error('enough'));
  await run;
  return events;
}

test('records what it may not read on the pod it runs in', async () => {
  const pod = { namespace: 'ops', name: 'op-1', uid: 'uid-1' };
  const leaderElection = { leaseName: 'op', leaseNamespace: 'ops' };
  const [event, ...others] = await eventsOfProblem(403, 'Forbidden', { pod, leaderElection });
  assert.equal(others.length, 0);
  assert.equal(event?.metadata.namespace, 'ops');
  assert.deepEqual(event.regarding, { apiVersion: 'v1', kind: 'Pod', ...pod });
  assert.equal(event.type, 'Warning');
  assert.equal(event.reason, 'MissingPermission');
  assert.match(event.note ?? '', /^cannot list configmaps in namespace "shop": /);
});

test('records what is not there to be read, and what to do', async () => {
  const pod = { namespace: 'ops', name: 'op-1' };
  const [event] = await eventsOfProblem(404, 'NotFound', { pod });
  assert.equal(event?.reason, 'MissingResource');
  assert.match(event.note ?? '', /Install its CustomResourceDefinition/);
});

test('records on the lease when it does not know its pod, and nowhere without one', async () => {
  const leaderElection = { leaseName: 'op', leaseNamespace: 'ops' };
  const [event] = await eventsOfProblem(403, 'Forbidden', { leaderElection });
  assert.deepEqual(event?.regarding, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    namespace: 'ops',
    name: 'op',
  });
  assert.deepEqual(await eventsOfProblem(403, 'Forbidden', {}), []);
});

test('records nothing of what passes by itself', async () => {
  const pod = { namespace: 'ops', name: 'op-1' };
  assert.deepEqual(await eventsOfProblem(503, 'ServiceUnavailable', { pod }), []);
});

test('tells in its metrics what cannot be read now, and no more when it can', async () => {
  const { cluster, isAllowed } = refusingCluster(403, 'Forbidden');
  const clock = new FakeClock();
  const stop = new AbortController();
  const manager = newManager({ cluster, clock, namespaces: ['shop', 'yard'] });
  manager.cache.informer(ConfigMap);
  const run = manager.run({ signal: stop.signal });
  while (manager.cache.problems().length < 2) await settle();
  const failing =
    /kubewright_informer_failing\{resource="configmaps",version="v1",scope="namespaces=shop,yard",verb="list",kind="denied"\} 2/;
  assert.match(await manager.metrics.metrics(), failing);
  isAllowed.now = true;
  await clock.advance(60_000);
  await manager.started;
  assert.doesNotMatch(await manager.metrics.metrics(), /kubewright_informer_failing\{/);
  stop.abort(new Error('enough'));
  await run;
});

test('ends with the name and cause of a runnable that fails, after the others have ended', async () => {
  const log: string[] = [];
  const cause = new Error('boom');
  const manager = newManager();
  manager.add(untilStopped('other', log));
  manager.add({ name: 'bad', start: () => Promise.reject(cause) });
  await assert.rejects(manager.run(), (error) => {
    assert.ok(error instanceof RunnableError);
    assert.equal(error.runnable, 'bad');
    assert.equal(error.message, 'bad failed: boom');
    assert.equal(error.cause, cause);
    return true;
  });
  assert.deepEqual(log, ['other up', 'other down']);
});

test('goes on when a runnable has done its work', async () => {
  const stop = new AbortController();
  const manager = newManager();
  manager.add({ name: 'once', start: () => Promise.resolve() });
  const run = manager.run({ signal: stop.signal });
  await manager.elected;
  await settle();
  assert.equal(manager.isLeader, true);
  stop.abort(new Error('enough'));
  await run;
});

test('names a port that is in use, and leaves nothing open', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  try {
    // Safe: a TCP server that listens has such an address.
    const { port } = other.address() as AddressInfo;
    const manager = newManager({ metrics: { port, host: '127.0.0.1' } });
    await assert.rejects(manager.run(), (error) => {
      assert.ok(error instanceof PortInUseError);
      assert.match(
        error.message,
        new RegExp(`metrics server cannot listen on 127.0.0.1:${String(port)}`),
      );
      return true;
    });
    assert.deepEqual(manager.addresses, {});
  } finally {
    other.close();
  }
});

test('runs only once, and takes no runnable while it runs', async () => {
  const manager = newManager();
  await manager.run({ signal: AbortSignal.abort(new Error('at once')) });
  await assert.rejects(manager.run(), /only once/);
  assert.throws(() => manager.add(untilStopped('late', [])), /too late/);
  await assert.rejects(manager.started, /stopped/);
});

test('refuses two runnables or two checks of one name', () => {
  const manager = newManager();
  manager.add(untilStopped('twin', []));
  assert.throws(() => manager.add(untilStopped('twin', [])), /added before/);
  assert.throws(() => manager.addReadyCheck('cache', () => undefined), /added before/);
});

test('aborts the work in flight when the grace time is over', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const manager = newManager({ clock, gracefulShutdownMs: 30_000 });
  const work = Promise.withResolvers<AbortSignal>();
  manager.add({
    name: 'busy',
    start: async (_stop, signal) => {
      work.resolve(signal);
      await aborted(signal);
    },
  });
  const run = manager.run({ signal: stop.signal });
  const signal = await work.promise;
  stop.abort(new Error('enough'));
  await settle();
  await clock.advance(29_999);
  assert.equal(signal.aborted, false);
  await clock.advance(1);
  assert.equal(signal.aborted, true);
  await run;
});

test('names what does not end at all', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const manager = newManager({ clock });
  manager.add({ name: 'stone', start: () => new Promise(() => undefined) });
  const run = manager.run({ signal: stop.signal });
  const rejected = assert.rejects(run, (error) => {
    assert.ok(error instanceof ShutdownError);
    assert.deepEqual(error.running, ['stone']);
    return true;
  });
  await manager.elected;
  stop.abort(new Error('enough'));
  await settle();
  await clock.advance(30_000);
  await clock.advance(5_000);
  await rejected;
});

test('SIGTERM ends it, and a second one ends the patience with work in flight', async () => {
  const manager = newManager({ clock: new FakeClock() });
  const work = Promise.withResolvers<AbortSignal>();
  manager.add({
    name: 'busy',
    start: async (_stop, signal) => {
      work.resolve(signal);
      await aborted(signal);
    },
  });
  const before = process.listenerCount('SIGTERM');
  const run = manager.run({ handleSignals: true });
  const signal = await work.promise;
  process.emit('SIGTERM', 'SIGTERM');
  await settle();
  assert.equal(signal.aborted, false);
  process.emit('SIGTERM', 'SIGTERM');
  await run;
  assert.equal(signal.aborted, true);
  assert.equal(process.listenerCount('SIGTERM'), before);
});

/** A cluster that keeps one lease. */
function clusterWithLease(): {
  cluster: QuietCluster;
  holder: () => unknown;
  fail: (fails: boolean) => void;
} {
  const cluster = new QuietCluster();
  let lease: Record<string, unknown> | undefined;
  let version = 0;
  let fails = false;
  cluster.answer = ({ method, path, body }) => {
    if (!path.includes('/leases')) return undefined;
    if (fails) {
      return {
        status: 500,
        body: { kind: 'Status', status: 'Failure', reason: 'InternalError', code: 500 },
      };
    }
    if (method === 'GET') {
      return lease === undefined
        ? {
            status: 404,
            body: { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 },
          }
        : { status: 200, body: lease };
    }
    version += 1;
    const sent = JSON.parse(String(body)) as { metadata: object };
    lease = {
      ...sent,
      metadata: { uid: 'lease-1', ...sent.metadata, resourceVersion: String(version) },
    };
    return { status: 200, body: lease };
  };
  return {
    cluster,
    holder: () => (lease?.['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity,
    fail: (value) => {
      fails = value;
    },
  };
}

test('works only while it leads, says so in an Event, and gives the lease back last', async () => {
  const { cluster, holder } = clusterWithLease();
  const stop = new AbortController();
  const holders: unknown[] = [];
  const manager = newManager({
    cluster,
    clock: new FakeClock(),
    leaderElection: { leaseName: 'op', leaseNamespace: 'ns', identity: 'me' },
  });
  manager.add({
    name: 'controller',
    start: async (signal) => {
      holders.push(holder());
      await aborted(signal);
      holders.push(holder());
    },
  });
  const run = manager.run({ signal: stop.signal });
  await manager.elected;
  await settle();
  assert.equal(manager.isLeader, true);
  stop.abort(new Error('enough'));
  await run;
  assert.deepEqual(holders, ['me', 'me']);
  assert.equal(holder(), '');
  assert.ok(cluster.requests.includes('POST /apis/events.k8s.io/v1/namespaces/ns/events'));
  assert.equal(cluster.requests.at(-1), 'PUT /apis/coordination.k8s.io/v1/namespaces/ns/leases/op');
});

test('a lost lease aborts the work of the leader at once and ends run() with a LeaseLostError', async () => {
  const { cluster, fail } = clusterWithLease();
  const clock = new FakeClock();
  const manager = newManager({
    cluster,
    clock,
    leaderElection: { leaseName: 'op', leaseNamespace: 'ns', identity: 'me' },
  });
  const work = Promise.withResolvers<AbortSignal>();
  manager.add({
    name: 'controller',
    start: async (_stop, signal) => {
      work.resolve(signal);
      await aborted(signal);
    },
  });
  const run = manager.run();
  const rejected = assert.rejects(run, LeaseLostError);
  const signal = await work.promise;
  fail(true);
  await clock.advance(9_999);
  assert.equal(signal.aborted, false);
  await clock.advance(1);
  assert.ok(signal.reason instanceof LeaseLostError);
  await rejected;
  assert.equal(manager.isLeader, false);
});

test('a standby has its caches, its servers and what needs no leadership running', async () => {
  const { cluster } = clusterWithLease();
  const log: string[] = [];
  const clock = new FakeClock();
  const leaderElection = { leaseName: 'op', leaseNamespace: 'ns' };
  const stop = new AbortController();
  const leader = newManager({ cluster, clock, leaderElection });
  const leading = leader.run({ signal: stop.signal });
  await leader.elected;
  const standby = newManager({ cluster, clock, leaderElection });
  standby.cache.informer(ConfigMap);
  standby.add(untilStopped('controller', log)).add(untilStopped('webhook', log, false));
  const waiting = standby.run({ signal: stop.signal });
  await standby.started;
  await settle();
  assert.deepEqual(log, ['webhook up']);
  assert.deepEqual(standby.cache.list(ConfigMap), []);
  assert.equal(standby.isLeader, false);
  assert.deepEqual(await fetchText(standby.addresses.health, '/readyz'), {
    status: 200,
    body: 'ok',
  });
  stop.abort(new Error('enough'));
  await Promise.all([leading, waiting]);
  assert.equal(clock.pendingTimers, 0);
});
