import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventsV1Event, Pod } from '@kubewright/apimachinery';
import { missingFrom, type Evidence } from '../src/verdict.ts';

const finishedAt = '2026-01-01T00:00:10Z';
const pod: Pod = {
  metadata: {
    name: 'fragile-app-x',
    annotations: {
      'diagnostics.local.io/restart-reason': 'Completed (Exit Code: 0)',
      'diagnostics.local.io/restart-time': finishedAt,
    },
  },
  status: {
    containerStatuses: [
      {
        name: 'app',
        image: 'fragile-app',
        imageID: '',
        ready: true,
        restartCount: 1,
        lastState: { terminated: { exitCode: 0, reason: 'Completed', finishedAt } },
      },
    ],
  },
};
const event: EventsV1Event = {
  metadata: { name: 'e' },
  eventTime: finishedAt,
  type: 'Warning',
  reason: 'PodRestarted',
  note: 'Pod fragile-app-x restarted due to Completed (Exit Code: 0)',
};
const right: Evidence = {
  pod,
  events: [event],
  status: { lastProcessedPod: 'fragile-app-x', diagnosedPods: 1 },
};

describe('verdict on the walk-through', () => {
  test('finds nothing missing when the contract is kept', () => {
    assert.deepEqual(missingFrom(right), []);
  });

  const wrong: [string, Evidence, RegExp][] = [
    [
      'an annotation that is not there',
      { ...right, pod: { ...pod, metadata: { name: 'fragile-app-x' } } },
      /restart-reason is not there/,
    ],
    [
      'a time that is not the end of the container',
      { ...right, pod: { ...pod, status: {} } },
      /restart-time/,
    ],
    ['an Event told twice', { ...right, events: [event, event] }, /2 Events/],
    ['an Event in other words', { ...right, events: [{ ...event, note: 'crashed' }] }, /"crashed"/],
    [
      'an Event that was counted up',
      { ...right, events: [{ ...event, series: { count: 2, lastObservedTime: finishedAt } }] },
      /once/,
    ],
    [
      'a crash counted twice',
      { ...right, status: { ...right.status, diagnosedPods: 2 } },
      /diagnosedPods is 2/,
    ],
    [
      'another pod in the status',
      { ...right, status: { lastProcessedPod: 'other', diagnosedPods: 1 } },
      /lastProcessedPod/,
    ],
  ];
  for (const [what, evidence, problem] of wrong) {
    test(`finds ${what}`, () => {
      assert.match(missingFrom(evidence).join('\n'), problem);
    });
  }
});
