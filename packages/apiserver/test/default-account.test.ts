import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiServer } from '../src/index.ts';
import { call, FakeClock, textAt } from './server-fixture.ts';

const PODS = '/api/v1/namespaces/default/pods';
const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
const pod = (spec: object = {}): object => ({
  metadata: { name: 'early' },
  spec: { containers: [{ name: 'main', image: 'a' }], ...spec },
});

test('a pod of a namespace that was just made waits for its default account', async () => {
  const clock = new FakeClock();
  await using server = new ApiServer({ clock });
  const transport = server.transport();
  const early = call(transport, 'POST', PODS, pod());
  await FakeClock.settle();
  await call(transport, 'POST', ACCOUNTS, { metadata: { name: 'other' } });
  await call(transport, 'POST', ACCOUNTS, { metadata: { name: 'default' } });
  const answer = await early;
  assert.equal(answer.status, 201);
  assert.equal(textAt(answer.body, 'spec.serviceAccountName'), 'default');
  assert.equal(clock.pending, 0);
});

test('a pod is refused when the default account does not come', async () => {
  const clock = new FakeClock();
  await using server = new ApiServer({ clock });
  const early = call(server.transport(), 'POST', PODS, pod());
  while (clock.pending === 0) await FakeClock.settle();
  clock.advance(900);
  const answer = await early;
  assert.equal(answer.status, 403);
  assert.equal(
    textAt(answer.body, 'message'),
    'pods "early" is forbidden: error looking up service account default/default: serviceaccount "default" not found',
  );
});

test('no other account is waited for', async () => {
  await using server = new ApiServer({ clock: new FakeClock() });
  const spec = { serviceAccountName: 'robot' };
  const { status } = await call(server.transport(), 'POST', PODS, pod(spec));
  assert.equal(status, 403);
});
