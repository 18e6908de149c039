import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Stored } from '@kubewright/apimachinery';
import type { Echo } from '../src/index.ts';
import { RetryBudget } from '../src/reconcile/retry-budget.ts';
import { storedEcho } from './stored-echo.ts';

describe('a budget of three retries', () => {
  const failTimes = (budget: RetryBudget, object: Stored<Echo>, times: number): string[] =>
    Array.from({ length: times }, () => budget.failed(object));

  test('has the first failure and two more retried, the fourth given up, and says so once', () => {
    assert.deepEqual(failTimes(new RetryBudget(3), storedEcho(), 6), [
      ...['retry', 'retry', 'retry'],
      ...['give up', 'still given up', 'still given up'],
    ]);
  });

  test('counts each object by itself', () => {
    const budget = new RetryBudget(3);
    failTimes(budget, storedEcho(), 4);
    assert.equal(budget.failed(storedEcho({ name: 'b' })), 'retry');
  });

  for (const [what, other] of [
    ['that asks for something else', storedEcho({ generation: 2 })],
    ['that is another one of the name', storedEcho({ uid: 'uid-2' })],
  ] as const) {
    test(`begins anew for an object ${what}`, () => {
      const budget = new RetryBudget(3);
      failTimes(budget, storedEcho(), 4);
      assert.equal(budget.isFailing(other), false);
      assert.deepEqual(failTimes(budget, other, 4), ['retry', 'retry', 'retry', 'give up']);
    });
  }

  test('begins anew after a success', () => {
    const budget = new RetryBudget(3);
    failTimes(budget, storedEcho(), 4);
    budget.forget('default/a');
    assert.equal(budget.isFailing(storedEcho()), false);
    assert.equal(budget.failed(storedEcho()), 'retry');
  });

  test('knows which objects fail', () => {
    const budget = new RetryBudget(3);
    assert.equal(budget.isFailing(storedEcho()), false);
    budget.failed(storedEcho());
    assert.equal(budget.isFailing(storedEcho()), true);
    assert.equal(budget.isFailing(storedEcho({ name: 'b' })), false);
  });

  test('of no retries gives up at once', () => {
    assert.equal(new RetryBudget(0).failed(storedEcho()), 'give up');
  });
});
