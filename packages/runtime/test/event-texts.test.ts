import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateDnsSubdomain } from '@kubewright/apimachinery';
import fc from 'fast-check';
import { deterministicEventName, uniqueEventName } from '../src/events/event-name.ts';
import { truncateBytes } from '../src/events/index.ts';

test('a text that fits stays as it is', () => {
  assert.equal(truncateBytes('grün', 5), 'grün');
});

test('a cut never exceeds the bytes, and what is left is a beginning of the text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 3, max: 64 }),
      (text, maxBytes) => {
        const cut = truncateBytes(text, maxBytes);
        assert.ok(Buffer.byteLength(cut) <= maxBytes);
        assert.ok(text === cut || text.startsWith(cut.slice(0, -1)));
      },
    ),
  );
});

test('a cut falls between characters as people see them', () => {
  const family = '👩‍👩‍👧';
  assert.equal(truncateBytes(`ab${family}cd`, 12), 'ab…');
  assert.equal(truncateBytes(`abcdefghe\u0301xyz`, 13), 'abcdefgh…');
});

test('a lone surrogate becomes the replacement character', () => {
  assert.equal(truncateBytes('a\ud800b', 100), 'a\ufffdb');
});

test('the name of an Event is a DNS subdomain, whatever the object is called', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.stringMatching(/^[a-z0-9.-]{1,300}$/),
        fc.constantFrom('system:node', 'A.B', '-', '...', `${'a'.repeat(236)}.b`),
      ),
      (name) => {
        assert.deepEqual(validateDnsSubdomain(uniqueEventName(name)), []);
        assert.deepEqual(validateDnsSubdomain(deterministicEventName(name, [name])), []);
      },
    ),
  );
});

test('a deterministic name depends on each part and on where one ends', () => {
  const names = [
    ['a', 'b'],
    ['ab', ''],
    ['', 'ab'],
    ['a', 'c'],
  ].map((parts) => deterministicEventName('x', parts));
  assert.equal(new Set(names).size, 4);
  assert.equal(deterministicEventName('x', ['a', 'b']), names[0]);
});
