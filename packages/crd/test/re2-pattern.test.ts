import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toRe2Pattern } from '../src/schema/re2-pattern.ts';

describe('a pattern for an API server', () => {
  for (const [expression, pattern] of [
    [/^[a-z]+$/, '^[a-z]+$'],
    [/a\/b/, 'a/b'],
    [/a/i, '(?i)a'],
    [/^a.b$/ims, '(?ims)^a.b$'],
    [/[\u00e0-\u{1f600}]/u, '[\\x{00e0}-\\x{1f600}]'],
    [/\0/, '\\x00'],
    [/(?<year>\d{4})/, '(?<year>\\d{4})'],
    [/a{2,1000}/, 'a{2,1000}'],
    [/[[a-z]]/, '[\\[a-z]]'],
    [/[^a\]]/, '[^a\\]]'],
    [/[(?=]/, '[(?=]'],
    [/\(?=/, '\\(?='],
    [/\p{L}\P{Lu}/u, '\\p{L}\\P{Lu}'],
    [/[\w\-.]\\d/g, '[\\w\\-.]\\\\d'],
  ] as const) {
    test(`${String(expression)} is ${pattern}`, () => {
      assert.equal(toRe2Pattern(expression, 'spec'), pattern);
    });
  }

  for (const [expression, what] of [
    [/(?=a)/, 'a look-ahead'],
    [/a(?!b)/, 'a look-ahead'],
    [/[a](?=b)/, 'a look-ahead'],
    [/(?<=a)b/, 'a look-behind'],
    [/(?<!a)b/, 'a look-behind'],
    [/(a)\1/, 'a back-reference'],
    [/(?<n>a)\k<n>/, 'a back-reference'],
    [/a{1001}/, 'a repetition over 1000'],
    [/a{1,2000}/, 'a repetition over 1000'],
    [/[^]/, 'an empty character class'],
    [/a/v, 'the flag v'],
    [/a/y, 'the flag y'],
    [/\p{Script=Greek}/u, 'the property \\p{Script=Greek}'],
    [/\cA/, 'a control escape'],
  ] as const) {
    test(`${String(expression)} is refused for ${what}`, () => {
      assert.throws(
        () => toRe2Pattern(expression, 'spec.a'),
        (error: Error) => {
          assert.ok(
            error.message.startsWith(`spec.a: the pattern ${String(expression)} has ${what}`),
          );
          return true;
        },
      );
    });
  }
});
