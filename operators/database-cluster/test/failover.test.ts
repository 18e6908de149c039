import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FailoverModel, type Happening } from './failover-model.ts';

const pod = fc.nat(2);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 12, arbitrary: pod.map((index) => ({ type: 'round' as const, pod: index })) },
  { weight: 1, arbitrary: pod.map((index) => ({ type: 'lostAnswer' as const, pod: index })) },
  { weight: 6, arbitrary: fc.constant({ type: 'commit' as const }) },
  {
    weight: 5,
    arbitrary: fc.integer({ min: 1, max: 6 }).map((steps) => ({ type: 'time' as const, steps })),
  },
  { weight: 3, arbitrary: pod.map((index) => ({ type: 'stream' as const, pod: index })) },
  { weight: 2, arbitrary: pod.map((index) => ({ type: 'reload' as const, pod: index })) },
  { weight: 1, arbitrary: pod.map((index) => ({ type: 'killServer' as const, pod: index })) },
  { weight: 1, arbitrary: pod.map((index) => ({ type: 'killPod' as const, pod: index })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(pod, fc.boolean())
      .map(([index, reaches]) => ({ type: 'api' as const, pod: index, reaches })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(pod, fc.boolean())
      .map(([index, isUp]) => ({ type: 'link' as const, pod: index, isUp })),
  },
);

/** All agents work, the log streams, clients write. */
function calm(model: FailoverModel, rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    for (const index of [0, 1, 2]) {
      model.happen({ type: 'round', pod: index });
      model.happen({ type: 'reload', pod: index });
      for (let piece = 0; piece < 20; piece += 1) model.happen({ type: 'stream', pod: index });
    }
    model.happen({ type: 'commit' });
    model.happen({ type: 'time', steps: 1 });
  }
}

/** Agents look now and then, clients write, little of the log gets through: where what is hasty shows. */
const hurry = fc.oneof(
  { weight: 6, arbitrary: pod.map((index): Happening => ({ type: 'round', pod: index })) },
  { weight: 3, arbitrary: fc.constant<Happening>({ type: 'commit' }) },
  { weight: 1, arbitrary: pod.map((index): Happening => ({ type: 'stream', pod: index })) },
);

/** A standby falls behind and comes back; then whoever leads is gone, and the others go on. */
const story = fc
  .tuple(pod, fc.array(hurry, { maxLength: 12 }), fc.array(hurry, { maxLength: 20 }), pod)
  .map(([straggler, apart, together, victim]): Happening[] => [
    { type: 'link', pod: straggler, isUp: false },
    ...apart,
    { type: 'link', pod: straggler, isUp: true },
    ...together,
    { type: 'api', pod: victim, reaches: false },
    { type: 'killServer', pod: victim },
    ...[0, 1, 2, 3].flatMap((): Happening[] => [
      { type: 'time', steps: 4 },
      ...[0, 1, 2].map((index): Happening => ({ type: 'round', pod: index })),
      { type: 'commit' },
    ]),
    { type: 'api', pod: victim, reaches: true },
  ]);

test('whatever fails, one pod at most takes writes, and it has every acknowledged commit', () => {
  let failovers = 0;
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.array(happening, { maxLength: 60 }), story), { minLength: 4 }),
      (parts) => {
        const model = new FailoverModel();
        calm(model, 12);
        for (const each of parts.flat()) model.happen(each);
        failovers += model.primaries.length - 1;
      },
    ),
    { numRuns: 1500 },
  );
  // The property says nothing unless failovers happened.
  assert.ok(failovers > 100, String(failovers));
});

test('asynchronous: one pod at most takes writes, and a failover loses no more than is allowed', () => {
  let [failovers, lost] = [0, 0];
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.array(happening, { maxLength: 60 }), story), { minLength: 4 }),
      (parts) => {
        const model = new FailoverModel('Asynchronous');
        calm(model, 12);
        for (const each of parts.flat()) model.happen(each);
        failovers += model.primaries.length - 1;
        lost += model.lost;
      },
    ),
    { numRuns: 1500 },
  );
  // The property says nothing unless failovers happened, and lost something.
  assert.ok(failovers > 100, String(failovers));
  assert.ok(lost > 10, String(lost));
});

test('a cluster that is left in peace takes writes again, with a standby in sync', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 300 }), (happenings) => {
      const model = new FailoverModel();
      calm(model, 12);
      for (const each of happenings) model.happen(each);
      for (const index of [0, 1, 2]) {
        model.happen({ type: 'api', pod: index, reaches: true });
        model.happen({ type: 'link', pod: index, isUp: true });
      }
      const before = model.acknowledged.size;
      calm(model, 60);
      assert.ok(model.acknowledged.size > before + 10);
    }),
    { numRuns: 300 },
  );
});

test('the standby in sync takes over from a primary that is gone for good', () => {
  const model = new FailoverModel();
  calm(model, 20);
  assert.deepEqual(model.primaries, ['db-0']);
  const acknowledged = model.acknowledged.size;
  model.happen({ type: 'api', pod: 0, reaches: false });
  model.happen({ type: 'killServer', pod: 0 });
  calm(model, 30);
  assert.equal(model.primaries.length, 2);
  assert.ok(model.acknowledged.size > acknowledged + 10);
});

test('a primary that cannot renew stops before another begins', () => {
  const model = new FailoverModel();
  calm(model, 20);
  model.happen({ type: 'api', pod: 0, reaches: false });
  calm(model, 30);
  assert.equal(model.primaries.length, 2);
});
