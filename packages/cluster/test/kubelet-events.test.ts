import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventCorrelator, type EventInput } from '../src/events/event-correlator.ts';

function about(message: string, type: EventInput['type'] = 'Warning'): EventInput {
  return {
    involvedObject: { kind: 'Pod', name: 'a', uid: 'u' },
    type,
    reason: 'Unhealthy',
    message,
  };
}

test('counts the same event up instead of writing it again', () => {
  const correlator = new EventCorrelator();
  const first = correlator.decide(about('x'), 1000);
  assert.ok(first.kind === 'create');
  correlator.stored(first.key, 'a.1');
  const second = correlator.decide(about('x'), 2000);
  assert.ok(second.kind === 'repeat');
  assert.deepEqual(
    [second.name, second.count, second.firstMs, second.lastMs],
    ['a.1', 2, 1000, 2000],
  );
});

test('writes an event anew when the stored one is gone, and keeps counting', () => {
  const correlator = new EventCorrelator();
  const first = correlator.decide(about('x'), 0);
  assert.ok(first.kind === 'create');
  correlator.stored(first.key, 'a.1');
  correlator.lost(first.key);
  const second = correlator.decide(about('x'), 1);
  assert.ok(second.kind === 'create');
  assert.equal(second.count, 2);
});

test('holds back the 26th event of a type; five minutes later the count has gone on', () => {
  const correlator = new EventCorrelator();
  const kinds = Array.from({ length: 30 }, () => correlator.decide(about('x'), 0).kind);
  assert.equal(kinds.filter((kind) => kind !== 'drop').length, 25);
  assert.notEqual(correlator.decide(about('y', 'Normal'), 0).kind, 'drop');
  const later = correlator.decide(about('x'), 300_000);
  assert.ok(later.kind !== 'drop');
  assert.equal(later.count, 31);
});

test('combines the tenth different message of a reason and all that follow', () => {
  const correlator = new EventCorrelator();
  const messages = Array.from({ length: 12 }, (_, index) => {
    const decision = correlator.decide(about(`message ${String(index)}`), index);
    return decision.kind === 'drop' ? '' : decision.event.message;
  });
  assert.equal(messages[8], 'message 8');
  assert.equal(messages[9], '(combined from similar events): message 9');
  assert.equal(messages[11], '(combined from similar events): message 11');
});

test('counts up one combined event, which tells the latest message', () => {
  const correlator = new EventCorrelator();
  const decisions = Array.from({ length: 12 }, (_, index) => {
    const decision = correlator.decide(about(`message ${String(index)}`), index);
    if (decision.kind === 'create') correlator.stored(decision.key, `a.${String(index)}`);
    return decision;
  });
  const last = decisions.at(-1);
  assert.ok(last?.kind === 'repeat');
  assert.deepEqual(
    [last.name, last.count, last.firstMs, last.event.message],
    ['a.9', 3, 9, '(combined from similar events): message 11'],
  );
});
