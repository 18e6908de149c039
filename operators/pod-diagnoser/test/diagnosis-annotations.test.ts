import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose, type Finding } from '@kubewright/diagnosis';
import fc from 'fast-check';
import {
  diagnosisAnnotation,
  diagnosisAnnotations,
  findingAnnotation,
  maxDiagnosisLength,
  maxFindingLength,
} from '../src/diagnosis/diagnosis-annotations.ts';
import { crashed, podOf } from './pods.ts';

function finding(): Finding {
  const [first] = diagnose({
    pod: podOf({ status: { phase: 'Running', containerStatuses: [crashed()] } }),
    now: new Date('2026-01-31T12:00:10Z'),
  });
  assert.ok(first !== undefined);
  return first;
}

test('without a finding nothing is written', () => {
  assert.deepEqual(diagnosisAnnotations([]), {});
});

test('the first finding is written, in one line and whole', () => {
  const first = finding();
  const second = { ...first, summary: 'another' };
  assert.deepEqual(diagnosisAnnotations([first, second]), {
    [diagnosisAnnotation]: `${first.category}: ${first.summary}`,
    [findingAnnotation]: JSON.stringify(first),
  });
});

test('however much a finding says, its annotations stay within their bounds, and JSON', () => {
  const first = finding();
  fc.assert(
    fc.property(
      fc.string({ maxLength: 2_000 }),
      fc.array(fc.string({ maxLength: 1_500 }), { maxLength: 30 }),
      (summary, values) => {
        const evidence = values.map((value, index) => ({ path: `a[${String(index)}]`, value }));
        const rejected = values.map((because) => ({ category: 'NodeOOM' as const, because }));
        const annotations = diagnosisAnnotations([
          { ...first, summary, advice: summary, evidence, rejected },
        ]);
        assert.ok((annotations[diagnosisAnnotation]?.length ?? 0) <= maxDiagnosisLength);
        const text = annotations[findingAnnotation] ?? '';
        assert.ok(text.length <= maxFindingLength);
        assert.equal((JSON.parse(text) as Finding).category, first.category);
      },
    ),
  );
});
