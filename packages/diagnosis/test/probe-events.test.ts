import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event, Pod } from '@kubewright/apimachinery';
import { diagnose } from '../src/index.ts';

/** An app that ends itself with 0, and what its probe says a moment later. */
const pod: Pod = {
  metadata: { name: 'fragile', namespace: 'shop', uid: 'u1' },
  spec: {
    containers: [
      {
        name: 'app',
        livenessProbe: { httpGet: { port: 80 }, periodSeconds: 3, initialDelaySeconds: 5 },
      },
    ],
  },
  status: {
    phase: 'Running',
    containerStatuses: [
      {
        name: 'app',
        image: '',
        imageID: '',
        ready: false,
        restartCount: 1,
        state: { running: { startedAt: '2026-01-01T00:00:31Z' } },
        lastState: {
          terminated: {
            exitCode: 0,
            reason: 'Completed',
            startedAt: '2026-01-01T00:00:00Z',
            finishedAt: '2026-01-01T00:00:30Z',
          },
        },
      },
    ],
  },
};

function unhealthy(count: number): Event {
  return {
    metadata: { name: 'e', namespace: 'shop' },
    involvedObject: { kind: 'Pod', name: 'fragile', uid: 'u1', fieldPath: 'spec.containers{app}' },
    type: 'Warning',
    reason: 'Unhealthy',
    message: 'Liveness probe failed: dial tcp 10.0.0.1:80: connect: connection refused',
    count,
    firstTimestamp: '2026-01-01T00:00:30Z',
    lastTimestamp: '2026-01-01T00:00:30Z',
  }; // of an Event only what is looked at
}

const categoryWith = (count: number): string | undefined =>
  diagnose({ pod, events: [unhealthy(count)], now: new Date('2026-01-01T00:00:35Z') })[0]?.category;

test('a probe that failed once, just after the program ended by itself, did not end it', () => {
  assert.equal(categoryWith(1), 'UnexpectedCompletion');
});

test('a probe that failed as often as it has to ended it', () => {
  assert.equal(categoryWith(3), 'LivenessProbeFailure');
});
