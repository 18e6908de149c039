import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ConfigMap, Event, EventsV1Event, type Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';

describeOnEachServer('Events in both of their versions', {}, (environment) => {
  let client: Client;
  let namespace: string;
  let subject: Stored<ConfigMap>;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
    subject = await client.create(ConfigMap, { metadata: { name: 'subject', namespace } });
  });

  const reference = () => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace,
    name: subject.metadata.name,
    uid: subject.metadata.uid,
  });

  test('shows an Event of the new version in the old one', async () => {
    await client.create(EventsV1Event, {
      metadata: { name: 'new', namespace },
      eventTime: '2026-01-02T03:04:05.678901Z',
      type: 'Warning',
      reason: 'Broken',
      action: 'Repair',
      note: 'it broke',
      regarding: reference(),
      reportingController: 'example.com/repairer',
      reportingInstance: 'repairer-1',
      series: { count: 3, lastObservedTime: '2026-01-02T03:05:05.000000Z' },
    });
    const old = await client.get(Event, { namespace, name: 'new' });
    assert.equal(old.message, 'it broke');
    assert.deepEqual(old.involvedObject, reference());
    assert.equal(old.reportingComponent, 'example.com/repairer');
    assert.equal(old.reportingInstance, 'repairer-1');
    assert.equal(old.eventTime, '2026-01-02T03:04:05.678901Z');
    assert.deepEqual(old.series, { count: 3, lastObservedTime: '2026-01-02T03:05:05.000000Z' });
  });

  test('shows an Event of the old version in the new one', async () => {
    await client.create(Event, {
      metadata: { name: 'old', namespace },
      type: 'Normal',
      reason: 'Done',
      message: 'it is done',
      involvedObject: reference(),
      source: { component: 'doer', host: 'here' },
      firstTimestamp: '2026-01-02T03:04:05Z',
      lastTimestamp: '2026-01-02T03:04:06Z',
      count: 2,
    });
    const event = await client.get(EventsV1Event, { namespace, name: 'old' });
    assert.equal(event.note, 'it is done');
    assert.deepEqual(event.regarding, reference());
    assert.deepEqual(event.deprecatedSource, { component: 'doer', host: 'here' });
    assert.equal(event.deprecatedCount, 2);
    assert.equal(event.deprecatedFirstTimestamp, '2026-01-02T03:04:05Z');
    assert.equal(event.deprecatedLastTimestamp, '2026-01-02T03:04:06Z');
  });

  test('refuses a new Event without what the new version demands', async () => {
    const error = await refusalOf(
      client.create(EventsV1Event, {
        metadata: { name: 'poor', namespace },
        eventTime: '2026-01-02T03:04:05.678901Z',
        type: 'Strange',
        regarding: reference(),
      }),
    );
    const fields = new Set(error.status.details?.causes?.map(({ field }) => field));
    assert.deepEqual([...fields].toSorted(), [
      'action',
      'reason',
      'reportingController',
      'reportingInstance',
      'type',
    ]);
  });

  test('selects Events by what they are about', async () => {
    const names = async (fieldSelector: string): Promise<string[]> =>
      (await client.list(Event, { namespace, fieldSelector })).items.map(
        ({ metadata }) => metadata.name,
      );
    assert.deepEqual(await names('involvedObject.name=subject,type=Warning'), ['new']);
    assert.deepEqual(await names('reason=Done'), ['old']);
    const { items } = await client.list(EventsV1Event, {
      namespace,
      fieldSelector: 'regarding.uid=' + subject.metadata.uid,
    });
    assert.equal(items.length, 2);
  });
});
