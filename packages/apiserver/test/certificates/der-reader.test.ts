import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DerError, derValues, identifierText } from '../../src/registry/certificates/der-reader.ts';

describe('values in DER', () => {
  it('are read one after another, with short and long lengths', () => {
    const long = Buffer.alloc(200, 7);
    const bytes = Buffer.concat([Buffer.from([2, 1, 9, 0x04, 0x81, 200]), long]);
    const [number, text] = derValues(bytes);
    assert.deepEqual([number?.tag, [...(number?.content ?? [])]], [2, [9]]);
    assert.deepEqual([...(number?.whole ?? [])], [2, 1, 9]);
    assert.deepEqual([text?.tag, text?.content.length, text?.whole.length], [4, 200, 203]);
  });

  it('are read or refused, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          const values = derValues(Buffer.from(bytes));
          const whole = Buffer.concat(values.map((value) => value.whole));
          assert.deepEqual([...whole], [...bytes]);
        } catch (error) {
          assert.ok(error instanceof DerError);
        }
      }),
    );
  });

  it('are refused when they are cut off or say no length', () => {
    for (const bytes of [[2], [2, 2, 1], [4, 0x80, 1], [4, 0x84, 0, 0, 0, 1, 1], [4, 0x82, 1]]) {
      assert.throws(() => derValues(Buffer.from(bytes)), DerError);
    }
  });

  it('name object identifiers by numbers', () => {
    const sha256WithRsa = Buffer.from([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]);
    assert.equal(identifierText(sha256WithRsa), '1.2.840.113549.1.1.11');
  });
});
