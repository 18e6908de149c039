import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withoutRedundant } from '../src/admission/redundant-tolerations.ts';

const exists = (key: string, more: object = {}) => ({ key, operator: 'Exists', ...more });
const equal = (key: string, value: string, more: object = {}) => ({
  key,
  operator: 'Equal',
  value,
  ...more,
});

describe('tolerations', () => {
  test('of the same stay once, where the first was', () => {
    const [one, two] = [exists('one'), exists('two')];
    assert.deepEqual(withoutRedundant([one, two, { ...one }]), [one, two]);
  });

  test('that cover each other: the first stays', () => {
    const [plain, valued] = [exists('key'), exists('key', { value: '' })];
    assert.deepEqual(withoutRedundant([plain, valued]), [plain]);
    assert.deepEqual(withoutRedundant([valued, plain]), [valued]);
  });

  test('of every value cover those of one, before and after them', () => {
    const wide = exists('key');
    assert.deepEqual(withoutRedundant([equal('key', 'a'), wide, equal('key', 'b')]), [wide]);
  });

  test('of every key and effect cover all', () => {
    const wide = { operator: 'Exists' };
    const all = [exists('one', { effect: 'NoSchedule' }), equal('two', 'b'), wide];
    assert.deepEqual(withoutRedundant(all), [wide]);
  });

  test('of other keys, values or effects stay', () => {
    const all = [
      equal('key', 'a'),
      equal('key', 'b'),
      equal('other', 'a'),
      exists('key', { effect: 'NoExecute' }),
      exists('key', { effect: 'NoSchedule' }),
    ];
    assert.deepEqual(withoutRedundant(all), all);
  });

  test('of a longer time cover those of a shorter one, and none covers one without an end', () => {
    const lasting = (tolerationSeconds?: number) =>
      exists('key', {
        effect: 'NoExecute',
        ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
      });
    assert.deepEqual(withoutRedundant([lasting(5), lasting(10)]), [lasting(10)]);
    assert.deepEqual(withoutRedundant([lasting(10), lasting()]), [lasting()]);
  });
});
