import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { endpointAddressRule } from '../src/registry/validation/address-rules.ts';

describe('the address of an endpoint', () => {
  const messages = (serviceRange: string, value: string): string[] =>
    endpointAddressRule(serviceRange)('ip', value).map(({ message }) => message);

  test('is no loopback address where Services have none', () => {
    const range = '10.96.0.0/16';
    assert.deepEqual(messages(range, '10.1.2.3'), []);
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      assert.match(messages(range, address).join(), /may not be in the loopback range/);
    }
  });

  test('may be one where Services have such addresses, and nothing else that leads nowhere', () => {
    const range = '127.20.0.0/16';
    for (const address of ['127.0.0.1', '::1', '10.1.2.3']) {
      assert.deepEqual(messages(range, address), []);
    }
    for (const address of ['0.0.0.0', '169.254.0.1', '224.0.0.1', 'x']) {
      assert.equal(messages(range, address).length, 1, address);
    }
  });
});
