import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pemBlocks } from '../../src/registry/certificates/pem-block.ts';

const block = (type: string, body: string, end = type): string =>
  `-----BEGIN ${type}-----\n${body}\n-----END ${end}-----\n`;

describe('the blocks of a PEM text', () => {
  it('are read in their order, whatever stands around them', () => {
    const text = `before\n${block('A', 'AQI=')}between\n${block('B B', 'AwQ\nF')}after`;
    assert.deepEqual(
      pemBlocks(text).map(({ type, bytes }) => [type, [...bytes]]),
      [
        ['A', [1, 2]],
        ['B B', [3, 4, 5]],
      ],
    );
  });

  it('tell whether they have headers, which are no data', () => {
    const [plain, headed] = pemBlocks(`${block('A', 'AQ==')}${block('A', 'Key: value\n\nAQ==')}`);
    assert.equal(plain?.hasHeaders, false);
    assert.ok(headed);
    assert.equal(headed.hasHeaders, true);
    assert.deepEqual([...headed.bytes], [1]);
  });

  it('are none when they end as something else, never end, or hold no base64', () => {
    assert.deepEqual(pemBlocks(block('A', 'AQ==', 'B')), []);
    assert.deepEqual(pemBlocks('-----BEGIN A-----\nAQ=='), []);
    assert.deepEqual(pemBlocks(block('A', 'no base64!')), []);
  });

  it('begin anew where one begins in another', () => {
    const text = `-----BEGIN A-----\nAQ==\n${block('B', 'Ag==')}`;
    assert.deepEqual(
      pemBlocks(text).map(({ type }) => type),
      ['B'],
    );
  });
});
