import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EventCorrelator, type Occurrence } from '../src/events/event-correlator.ts';

const occurrence = (message: string, name = 'web'): Occurrence => ({
  involvedObject: { kind: 'ReplicaSet', namespace: 'default', name, uid: name },
  type: 'Warning',
  reason: 'FailedCreate',
  message,
});

describe('repeated Events', () => {
  test('count up what was written before', () => {
    const correlator = new EventCorrelator();
    const first = correlator.correlate(occurrence('no'), 0);
    assert.equal(first.type, 'create');
    correlator.wrote(first.key, 'web.1', 1, 'then');
    assert.deepEqual(
      { ...correlator.correlate(occurrence('no'), 1000), key: '' },
      {
        type: 'count',
        key: '',
        message: 'no',
        eventName: 'web.1',
        count: 2,
        firstTimestamp: 'then',
      },
    );
  });

  test('combine ten different messages of one reason', () => {
    const correlator = new EventCorrelator();
    const messages = Array.from({ length: 11 }, (_, i) =>
      correlator.correlate(occurrence(`no ${i}`), i),
    );
    assert.deepEqual(
      messages.map((correlation) => (correlation.type === 'drop' ? '' : correlation.message)),
      [
        ...Array.from({ length: 9 }, (_, i) => `no ${i}`),
        '(combined from similar events): no 9',
        '(combined from similar events): no 10',
      ],
    );
  });

  test('are not combined when they come far apart', () => {
    const correlator = new EventCorrelator();
    for (let i = 0; i < 9; i++) correlator.correlate(occurrence(`no ${i}`), i);
    const late = correlator.correlate(occurrence('late'), 11 * 60_000);
    assert.equal(late.type === 'create' && late.message, 'late');
  });

  test('go quiet after a burst about one object, not about others', () => {
    const correlator = new EventCorrelator();
    for (let i = 0; i < 25; i++)
      assert.notEqual(correlator.correlate(occurrence('no'), 0).type, 'drop');
    assert.equal(correlator.correlate(occurrence('no'), 0).type, 'drop');
    assert.equal(correlator.correlate(occurrence('no', 'other'), 0).type, 'create');
    assert.notEqual(correlator.correlate(occurrence('no'), 5 * 60_000).type, 'drop');
  });
});
