import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { diagnose, resolveEvidence, stateOf } from '../src/index.ts';
import { differences } from './specimens/specimen.ts';
import { specimens } from './specimens/index.ts';

describe('diagnose says what is wrong when', () => {
  for (const { name, observation, expected } of specimens) {
    test(name, () => {
      const findings = diagnose(observation);
      assert.deepEqual(differences(findings, expected), []);
      for (const { evidence } of findings) {
        assert.notEqual(evidence.length, 0);
        for (const seen of evidence) {
          assert.deepEqual(resolveEvidence(observation, seen), seen.value, seen.path);
        }
      }
      assert.equal(
        findings[0]?.category ?? 'well',
        findings.length === 0 ? 'well' : stateOf(observation),
      );
    });
  }
});
