import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatIpAddress, isMappedIpv4, parseIpAddress } from '../../src/schema/ip-address.ts';

const canonical = (text: string): string => formatIpAddress(parseIpAddress(text) ?? []);

describe('the canonical text of an address', () => {
  it('writes the longest run of zeros as two colons, the first of the longest', () => {
    assert.equal(canonical('2001:DB8:0:0:0:0:0:1'), '2001:db8::1');
    assert.equal(canonical('1:0:0:2:0:0:0:3'), '1:0:0:2::3');
    assert.equal(canonical('1:0:0:2:3:0:0:4'), '1::2:3:0:0:4');
    assert.equal(canonical('0:0:0:0:0:0:0:0'), '::');
    assert.equal(canonical('1:0:0:0:0:0:0:0'), '1::');
  });

  it('writes out a single zero', () => {
    assert.equal(canonical('1:0:2:3:4:5:6:7'), '1:0:2:3:4:5:6:7');
  });

  it('has no leading zeros, and mapped addresses as what they are', () => {
    assert.equal(canonical('010.001.2.3'), '10.1.2.3');
    assert.equal(canonical('::ffff:1.2.3.4'), '1.2.3.4');
  });

  it('is read as the same address', () => {
    const bytes = fc.oneof(
      fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
      fc.array(fc.oneof(fc.constant(0), fc.nat(255)), { minLength: 16, maxLength: 16 }),
    );
    fc.assert(
      fc.property(bytes, (address) => {
        fc.pre(!isMappedIpv4(address));
        assert.deepEqual(parseIpAddress(formatIpAddress(address)), address);
      }),
    );
  });
});
