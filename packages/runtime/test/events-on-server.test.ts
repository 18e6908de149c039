import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  ConfigMap,
  Event as CoreEvent,
  EventsV1Event,
  Lease,
  Namespace,
} from '@kubewright/apimachinery';
import type { Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { startTestEnvironment, testEnvironmentKinds } from '@kubewright/cluster';
import type { TestEnvironment } from '@kubewright/cluster';
import {
  EventRecorder,
  EventSink,
  LeaderElector,
  silentLogger,
  SystemClock,
} from '../src/index.ts';

let environment: TestEnvironment;
let client: Client;

before(async () => {
  const [kind = 'in-process'] = testEnvironmentKinds();
  environment = await startTestEnvironment({ kind });
  client = await environment.client();
});

after(async () => {
  await environment[Symbol.asyncDispose]();
});

async function newSubject(): Promise<Stored<ConfigMap>> {
  const namespace = await environment.newNamespace();
  return client.create(ConfigMap, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'subject', namespace },
  });
}

function newRecorder(): { recorder: EventRecorder; flush: () => Promise<void> } {
  const clock = new SystemClock();
  const outcomes: string[] = [];
  const sink = new EventSink({ client, clock, onOutcome: (outcome) => outcomes.push(outcome) });
  const stop = new AbortController();
  const ended = sink.start(stop.signal);
  const recorder = new EventRecorder({
    reporter: { controller: 'example.com/shop-operator', instance: 'host_1' },
    sink,
    client,
    clock,
    logger: silentLogger,
  });
  return {
    recorder,
    flush: async () => {
      stop.abort(new Error('flush'));
      await ended;
      assert.deepEqual(
        outcomes.filter((outcome) => outcome !== 'created' && outcome !== 'series'),
        [],
      );
    },
  };
}

test('the server takes an Event, its series, and shows both in core/v1', async () => {
  const subject = await newSubject();
  const { namespace } = subject.metadata;
  const input = { type: 'Warning', reason: 'Broken', action: 'Repair', note: 'it broke' } as const;
  const first = newRecorder();
  first.recorder.event(subject, { ...input, fieldPath: 'data{key}' });
  while ((await client.list(EventsV1Event, { namespace })).items.length === 0);
  first.recorder.event(subject, { ...input, fieldPath: 'data{key}' });
  first.recorder.event(subject, { ...input, fieldPath: 'data{key}' });
  await first.flush();

  const { items } = await client.list(CoreEvent, { namespace });
  assert.equal(items.length, 1);
  const [event] = items;
  assert.equal(event?.series?.count, 3);
  assert.deepEqual(
    {
      type: event.type,
      reason: event.reason,
      action: event.action,
      message: event.message,
      reportingComponent: event.reportingComponent,
      reportingInstance: event.reportingInstance,
      kind: event.involvedObject.kind,
      name: event.involvedObject.name,
      uid: event.involvedObject.uid,
      fieldPath: event.involvedObject.fieldPath,
    },
    {
      type: 'Warning',
      reason: 'Broken',
      action: 'Repair',
      message: 'it broke',
      reportingComponent: 'example.com/shop-operator',
      reportingInstance: 'host_1',
      kind: 'ConfigMap',
      name: 'subject',
      uid: subject.metadata.uid,
      fieldPath: 'data{key}',
    },
  );
});

test('the server takes the longest texts that are sent', async () => {
  const subject = await newSubject();
  const { recorder, flush } = newRecorder();
  recorder.event(subject, {
    type: 'Normal',
    reason: 'R'.repeat(500),
    action: 'Ä'.repeat(500),
    note: '漢'.repeat(5000),
  });
  await flush();
  const { items } = await client.list(EventsV1Event, { namespace: subject.metadata.namespace });
  assert.equal(Buffer.byteLength(items[0]?.note ?? ''), 1023);
});

test('the server takes an Event about a cluster-scoped object', async () => {
  const subject = await newSubject();
  const namespace = await client.get(Namespace, { name: subject.metadata.namespace ?? '' });
  const { recorder } = newRecorder();
  const fact = { type: 'Normal', reason: 'Seen', note: 'x', idempotencyKey: 'once' } as const;
  assert.equal(await recorder.ensure(namespace, fact), 'created');
  assert.equal(await recorder.ensure(namespace, fact), 'exists');
});

test('a lease on the server goes from one to the other, with its transitions counted', async () => {
  const namespace = await environment.newNamespace();
  const options = { client, leaseName: 'op', leaseNamespace: namespace } as const;
  const signal = new AbortController().signal;
  const read = async (): Promise<Stored<Lease>> => client.get(Lease, { name: 'op', namespace });
  const first = await new LeaderElector({ ...options, identity: 'a' }).acquire(signal);
  assert.equal((await read()).spec?.holderIdentity, 'a');
  await first.release();
  const released = await read();
  assert.equal(released.spec?.holderIdentity, '');
  assert.equal(released.spec.leaseDurationSeconds, 1);
  const second = await new LeaderElector({ ...options, identity: 'b' }).acquire(signal);
  const taken = await read();
  assert.equal(taken.spec?.holderIdentity, 'b');
  assert.equal(taken.spec.leaseTransitions, 1);
  assert.equal(taken.spec.leaseDurationSeconds, 15);
  assert.match(taken.spec.acquireTime ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  await second.release();
});
