import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kubewright } from '../../../bench/src/diagnosis/diagnosers/kubewright.ts';
import type { Sample } from '../../../bench/src/diagnosis/expectation.ts';
import { readTraces, type Moment } from '../../../bench/src/diagnosis/read-traces.ts';
import { score } from '../../../bench/src/diagnosis/score.ts';

/** Recordings of a real kubelet whose answers were written down before they were made. */
const folder = fileURLToPath(new URL('../../../bench/recordings/', import.meta.url));

/**
 * Nothing but time tells a program that is not ready from one that warms up, and an attachment that hangs from one that
 * takes its time.
 */
const tooEarly: readonly string[] = [
  'csi-volume-driver-missing',
  'readiness-exec-fails',
  'readiness-grpc-refused',
  'readiness-one-of-two',
  'readiness-refused-credentials',
  'readiness-tcp-refused',
  'statefulset-ordinal-0-not-ready',
];

/** What no field of the pod or of its owner says once the Events are gone. */
const onlyInEvents: readonly string[] = [
  'csi-driver-missing-inline',
  'limit-range-min-statefulset',
  'liveness-in-job',
  'local-volume-path-missing',
  'pod-security-baseline-host',
  'service-account-missing-daemonset',
  'webhook-refuses-connection',
];

const at: Readonly<Record<Moment, readonly Sample[]>> = {
  begin: await readTraces(folder, 'begin'),
  sign: await readTraces(folder, 'sign'),
  last: await readTraces(folder, 'last'),
};

describe('of pods that were made to fail on a real node', () => {
  test('there are some', () => {
    assert.ok(at.last.length > 200, `${folder} has ${String(at.last.length)} recordings`);
  });

  test('each is called what it is at the end, and in the right container', () => {
    assert.deepEqual(missed(at.last), []);
  });

  test('each is called what it is at the first sign, but for what only time tells', () => {
    assert.deepEqual(missed(at.sign), tooEarly);
  });

  test('each is called what it is at the end without Events, but for what only they say', () => {
    assert.deepEqual(missed(at.last.map(withoutEvents)), onlyInEvents);
  });

  test('no healthy one is called a failure, and nothing more is proposed than is safe', () => {
    for (const samples of Object.values(at)) {
      for (const given of [samples, samples.map(withoutEvents), samples.map(alone)]) {
        const { falseAlarms, unsafe, misses } = score(kubewright, given);
        assert.deepEqual({ falseAlarms, unsafe }, { falseAlarms: 0, unsafe: 0 }, misses.join('\n'));
      }
    }
  });
});

function missed(samples: readonly Sample[]): readonly string[] {
  const names = score(kubewright, samples).misses.map((miss) => miss.split(':', 1)[0] ?? '');
  return [...new Set(names)];
}

function withoutEvents(sample: Sample): Sample {
  return { ...sample, snapshot: { ...sample.snapshot, events: [] } };
}

/** As `kubectl get pod` and `kubectl get events` give it: nothing around the pod. */
function alone(sample: Sample): Sample {
  return { ...sample, snapshot: { ...sample.snapshot, objects: [], logs: [] } };
}
