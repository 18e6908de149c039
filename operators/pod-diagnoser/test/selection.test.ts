import assert from 'node:assert/strict';
import { test } from 'node:test';
import { responsibleFor, shadowOf } from '../src/index.ts';
import { diagnoserOf, podOf } from './pods.ts';

const web = { spec: { targetLabels: { app: 'web' } } };

test('a pod belongs to a diagnoser all of whose labels it carries', () => {
  const pod = podOf({ metadata: { labels: { app: 'web', tier: 'front' } } });
  const nameOf = (targetLabels: Record<string, string>): string | undefined =>
    responsibleFor(pod, [diagnoserOf('d', { spec: { targetLabels } })])?.metadata.name;
  assert.equal(nameOf({ app: 'web' }), 'd');
  assert.equal(nameOf({ app: 'web', tier: 'front' }), 'd');
  assert.equal(nameOf({ app: 'web', tier: 'back' }), undefined);
  assert.equal(nameOf({ app: 'web', team: 'a' }), undefined);
  assert.equal(nameOf({}), 'd');
});

test('a diagnoser without labels takes every pod of its own namespace, and of no other', () => {
  const diagnoser = diagnoserOf('d');
  assert.equal(responsibleFor(podOf({ metadata: { labels: {} } }), [diagnoser]), diagnoser);
  assert.equal(responsibleFor(podOf({ metadata: { namespace: 'other' } }), [diagnoser]), undefined);
});

test('a disabled diagnoser, or one that is being deleted, takes none', () => {
  const disabled = diagnoserOf('d', { spec: { enableAnnotations: false } });
  const deleted = diagnoserOf('d', { metadata: { deletionTimestamp: '2026-01-31T12:00:00Z' } });
  assert.equal(responsibleFor(podOf(), [disabled, deleted]), undefined);
});

test('of several the oldest is responsible, of equally old ones the first by name, in any order of the list', () => {
  const older = diagnoserOf('z', { metadata: { creationTimestamp: '2026-01-31T09:00:00Z' } });
  const [first, second] = [diagnoserOf('a'), diagnoserOf('b')];
  assert.equal(responsibleFor(podOf(), [first, second, older]), older);
  assert.equal(responsibleFor(podOf(), [second, first]), first);
  assert.equal(responsibleFor(podOf(), [first, second]), first);
});

test('a diagnoser is shadowed by an earlier one that asks for no more labels', () => {
  const everything = diagnoserOf('a');
  const specific = diagnoserOf('b', web);
  assert.equal(shadowOf(specific, [everything, specific]), everything);
  assert.equal(shadowOf(everything, [everything, specific]), undefined);
});

test('a diagnoser is not shadowed by one that is more specific, disabled or elsewhere', () => {
  const everything = diagnoserOf('b');
  assert.equal(shadowOf(everything, [diagnoserOf('a', web), everything]), undefined);
  const disabled = diagnoserOf('a', { spec: { enableAnnotations: false } });
  const elsewhere = diagnoserOf('a', { metadata: { namespace: 'other' } });
  assert.equal(shadowOf(everything, [disabled, elsewhere, everything]), undefined);
});
