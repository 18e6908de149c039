import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  crashesAnnotation,
  crashesOf,
  crashKey,
  latestCrash,
  restartReason,
  restartReasonAnnotation,
  restartTimeAnnotation,
} from '../src/index.ts';
import {
  handledAnnotation,
  missingAnnotations,
  restartAnnotations,
  unhandledCrashes,
} from '../src/crash/pod-annotations.ts';
import { projectPod } from '../src/pod-projection.ts';
import { crashed, podOf, running } from './pods.ts';

const now = new Date('2026-02-01T00:00:00.700Z');

function annotationsOf(pod = podOf()): Readonly<Record<string, string>> {
  return restartAnnotations(pod, crashesOf(pod), now);
}

test('a container that was restarted and whose last state is terminated has crashed', () => {
  const [crash, ...others] = crashesOf(podOf());
  assert.deepEqual(others, []);
  assert.deepEqual(crash, {
    podUid: 'uid-1',
    container: 'app',
    containerType: 'app',
    restartCount: 1,
    reason: 'Error',
    exitCode: 1,
    finishedAt: new Date('2026-01-31T12:00:00Z'),
    succeededAt: new Date('2026-01-31T12:00:02Z'),
  });
  assert.equal(crashKey(crash), 'uid-1/app/1');
});

test('a container that runs, or ended without being restarted, has not crashed', () => {
  const ended = { ...crashed(), restartCount: 0 };
  assert.deepEqual(crashesOf(podOf({ status: { containerStatuses: [running('a'), ended] } })), []);
  assert.deepEqual(crashesOf(podOf({ status: {} })), []);
});

test('app, sidecar and init containers are told apart; ephemeral ones do not count', () => {
  const pod = podOf({
    spec: {
      initContainers: [{ name: 'migrate' }, { name: 'proxy', restartPolicy: 'Always' }],
    },
    status: {
      containerStatuses: [crashed({ name: 'app' })],
      initContainerStatuses: [crashed({ name: 'migrate' }), crashed({ name: 'proxy' })],
      ephemeralContainerStatuses: [crashed({ name: 'debug' })],
    },
  });
  assert.deepEqual(
    crashesOf(pod).map(({ container, containerType }) => [container, containerType]),
    [
      ['app', 'app'],
      ['proxy', 'sidecar'],
      ['migrate', 'init'],
    ],
  );
});

test('a reason that the kubelet left out follows from the exit code', () => {
  const reasons = [0, 3].map((exitCode) => {
    const status = crashed({ reason: undefined, exitCode });
    return crashesOf(podOf({ status: { containerStatuses: [status] } })).map(restartReason);
  });
  assert.deepEqual(reasons, [['Completed (Exit Code: 0)'], ['Error (Exit Code: 3)']]);
});

test('the two annotations have the form of the contract, the time in UTC', () => {
  const status = crashed({
    reason: 'OOMKilled',
    exitCode: 137,
    finishedAt: '2026-01-31T14:00:00+02:00',
  });
  assert.deepEqual(annotationsOf(podOf({ status: { containerStatuses: [status] } })), {
    [restartReasonAnnotation]: 'OOMKilled (Exit Code: 137)',
    [restartTimeAnnotation]: '2026-01-31T12:00:00Z',
  });
});

test('of several crashes the annotations show the one that ended last', () => {
  const pod = podOf({
    spec: { initContainers: [{ name: 'proxy', restartPolicy: 'Always' }] },
    status: {
      containerStatuses: [
        crashed({ name: 'a', exitCode: 1, finishedAt: '2026-01-31T12:00:00Z' }),
        crashed({ name: 'b', exitCode: 2, finishedAt: '2026-01-31T12:00:09Z' }),
      ],
      initContainerStatuses: [
        crashed({ name: 'proxy', exitCode: 3, finishedAt: '2026-01-31T12:00:05Z' }),
      ],
    },
  });
  assert.equal(latestCrash(crashesOf(pod))?.container, 'b');
});

test('of crashes at the same second they show the first app container', () => {
  const pod = podOf({
    spec: { initContainers: [{ name: 'proxy', restartPolicy: 'Always' }] },
    status: {
      containerStatuses: [crashed({ name: 'a' }), crashed({ name: 'b' })],
      initContainerStatuses: [crashed({ name: 'proxy' })],
    },
  });
  assert.equal(latestCrash(crashesOf(pod))?.container, 'a');
});

test('where the end is not known, the beginning of what came after stands in', () => {
  for (const finishedAt of [
    undefined,
    '1970-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    'nonsense',
  ]) {
    const status = crashed({ finishedAt, reason: 'StartError', exitCode: 128 });
    assert.equal(
      annotationsOf(podOf({ status: { containerStatuses: [status] } }))[restartTimeAnnotation],
      '2026-01-31T12:00:02Z',
      String(finishedAt),
    );
  }
});

test('where no time is known it is now, and stays so for the same reason', () => {
  const { state: _state, ...status } = crashed({ finishedAt: undefined });
  const pod = podOf({ status: { containerStatuses: [status] } });
  const first = annotationsOf(pod);
  assert.equal(first[restartTimeAnnotation], '2026-02-01T00:00:00Z');
  const written = podOf({ metadata: { annotations: { ...first } }, status: pod.status });
  const later = new Date('2026-02-01T00:05:00Z');
  assert.deepEqual(restartAnnotations(written, crashesOf(written), later), first);
});

test('a pod without crashes gets no annotation', () => {
  assert.deepEqual(annotationsOf(podOf({ status: { containerStatuses: [running('a')] } })), {});
});

test('only annotations that differ are missing', () => {
  const pod = podOf({ metadata: { annotations: { a: '1', b: '2' } } });
  assert.deepEqual(missingAnnotations(pod, { a: '1', b: '3', c: '4' }), { b: '3', c: '4' });
});

test('a crash that the pod notes is dealt with; the next one of the same container is not', () => {
  const pod = podOf();
  const noted = handledAnnotation('uid-1', crashesOf(pod));
  const after = podOf({ metadata: { annotations: { ...noted } } });
  assert.deepEqual(unhandledCrashes(after, crashesOf(after)), []);
  const again = podOf({
    metadata: { annotations: { ...noted } },
    status: { containerStatuses: [crashed({ restartCount: 2 })] },
  });
  assert.equal(unhandledCrashes(again, crashesOf(again)).length, 1);
});

test('a note that was written for another pod, or cannot be read, does not count', () => {
  const crashes = crashesOf(podOf());
  const good = handledAnnotation('uid-1', crashes)[crashesAnnotation] ?? '';
  for (const text of [
    good.replace('uid-1', 'uid-of-a-copied-manifest'),
    'nonsense',
    'null',
    '[]',
    '{"uid":"uid-1"}',
    '{"uid":"uid-1","containers":null}',
    '{"uid":"uid-1","containers":{"app":null}}',
    '{"uid":"uid-1","containers":{"app":{"restartCount":"1"}}}',
  ]) {
    const pod = podOf({ metadata: { annotations: { [crashesAnnotation]: text } } });
    assert.equal(unhandledCrashes(pod, crashes).length, 1, text);
  }
});

test('the projection of a pod keeps all that is looked at', () => {
  const pod = podOf({
    metadata: {
      annotations: { [crashesAnnotation]: 'x' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u' }],
      deletionTimestamp: '2026-01-31T13:00:00Z',
    },
    spec: {
      priorityClassName: 'high',
      initContainers: [{ name: 'migrate' }, { name: 'proxy', restartPolicy: 'Always' }],
    },
    status: {
      containerStatuses: [crashed(), running('quiet')],
      initContainerStatuses: [crashed({ name: 'proxy', finishedAt: undefined })],
    },
  });
  const projected = projectPod(pod);
  assert.deepEqual(crashesOf(projected), crashesOf(pod));
  assert.deepEqual(projected.metadata, pod.metadata);
  assert.equal(projected.spec?.priorityClassName, 'high');
});
