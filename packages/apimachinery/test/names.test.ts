import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  generateName,
  validateDns1035Label,
  validateDnsLabel,
  validateDnsSubdomain,
  validateLabelKey,
  validateLabelValue,
} from '../src/index.ts';

describe('names', () => {
  for (const [check, good] of [
    [validateDnsLabel, ['a', '9', 'a-b', 'a'.repeat(63)]],
    [validateDnsSubdomain, ['a', 'a.b', '1.2.3', 'a'.repeat(253)]],
    [validateDns1035Label, ['a', 'a9', 'a-9']],
    [validateLabelKey, ['a', 'A_b.c', 'example.com/A', 'a'.repeat(63), `${'b'.repeat(253)}/x`]],
    [validateLabelValue, ['', 'A', '1', 'a_b.c-d', 'x'.repeat(63)]],
  ] as const) {
    test(`${check.name} accepts what an API server accepts`, () => {
      assert.deepEqual(
        good.flatMap((name) => check(name)),
        [],
      );
    });
  }

  for (const [check, bad] of [
    [validateDnsLabel, ['', 'A', 'a.b', '-a', 'a-', 'é', 'a\n']],
    [validateDnsSubdomain, ['', 'A', 'a..b', '.a', 'a.', 'a_b', 'a\n']],
    [validateDns1035Label, ['', '9a', 'A', 'a-']],
    [validateLabelKey, ['', '/a', 'a/', 'a/b/c', '-a', 'A_/b', 'é', 'a\n']],
    [validateLabelValue, ['-', 'a-', 'é', ' ', 'a\n']],
  ] as const) {
    test(`${check.name} refuses what an API server refuses`, () => {
      for (const name of bad) assert.notDeepEqual(check(name), [], JSON.stringify(name));
    });
  }

  test('say it in the words of an API server', () => {
    assert.deepEqual(validateDnsSubdomain('A_b'), [
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ]);
    assert.deepEqual(validateDnsLabel('A.b'), [
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ]);
    assert.deepEqual(validateLabelKey('/a'), ['prefix part must be non-empty']);
    assert.deepEqual(validateLabelKey('b'.repeat(64)), ['name part must be no more than 63 bytes']);
    assert.deepEqual(validateLabelKey(`${'b'.repeat(254)}/x`), [
      'prefix part must be no more than 253 bytes',
    ]);
    assert.deepEqual(validateDnsSubdomain('a'.repeat(254)), [
      'must be no more than 253 characters',
    ]);
    assert.deepEqual(validateLabelValue('-'), [
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ]);
  });

  test('count bytes, not characters', () => {
    assert.match(
      validateLabelValue(`a${'é'.repeat(31)}a`).join(),
      /^must be no more than 63 bytes/,
    );
  });

  test('answer at once for a name of a megabyte', () => {
    const long = `${'a-'.repeat(500_000)}!`;
    assert.equal(validateDnsSubdomain(long).length, 2);
    assert.equal(validateLabelKey(long).length, 2);
  });

  test('generated from a base have five more characters, and 63 at most', () => {
    assert.match(generateName('web-'), /^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    assert.equal(generateName('a'.repeat(100)).length, 63);
    assert.equal(
      generateName('x-', () => 0),
      'x-bbbbb',
    );
    assert.equal(
      generateName('x-', () => 0.999999),
      'x-99999',
    );
  });
});
