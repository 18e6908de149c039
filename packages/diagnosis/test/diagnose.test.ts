import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deepEqual } from '@kubewright/apimachinery';
import fc from 'fast-check';
import { diagnose, resolveEvidence, stateOf, type Observation } from '../src/index.ts';
import { specimens } from './specimens/index.ts';
import { ago, event, life, now, podOf } from './specimens/pods.ts';

describe('diagnose', () => {
  test('answers, and proves what it says, whatever a field holds', () => {
    const spoiled = fc
      .record({
        specimen: fc.constantFrom(...specimens),
        spoil: fc.array(
          fc.record({ at: fc.nat(), value: fc.oneof(fc.jsonValue(), fc.constant('__proto__')) }),
          { minLength: 1, maxLength: 4 },
        ),
      })
      .map(({ specimen, spoil }) => {
        const observation = structuredClone(specimen.observation);
        for (const { at, value } of spoil) replaceSome(observation, at, value);
        return observation;
      });
    fc.assert(
      fc.property(spoiled, (observation) => {
        stateOf(observation);
        for (const { evidence } of diagnose(observation)) {
          for (const seen of evidence) {
            assert.ok(deepEqual(resolveEvidence(observation, seen), seen.value), seen.path);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('answers of anything that is given for a pod', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (pod, events) => {
        const observation = { pod, events, related: events, logs: events, now };
        // What a file holds need not be what the types say.
        diagnose(observation as unknown as Observation);
      }),
    );
  });

  test('looks at nothing else when a pod is plainly well', () => {
    const { pod } = podOf({
      conditions: [{ type: 'Ready', status: 'True' }],
      containers: [
        { running: 600 },
        { name: 'init', type: 'init', terminated: life('Completed', 0) },
      ],
    });
    const observation = {
      ...(pod && { pod }),
      events: [event('Started', 'Container started'), event('Unhealthy', 'Readiness probe failed')],
      get related(): never {
        throw new Error('other objects were read');
      },
      now,
    };
    assert.deepEqual(diagnose(observation), []);
  });

  test('believes that a container has healed by running on only as far as the moment is known', () => {
    const restarted = (spec: Record<string, unknown> = {}): Observation =>
      podOf({
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: ago(70) }],
        containers: [
          { running: 75, restarts: 1, last: life('Error', 1, { ended: 75, lasted: 5 }), spec },
        ],
      });
    const probed = { readinessProbe: { httpGet: { path: '/', port: 80 } } };
    const categories = (observation: Observation): readonly string[] =>
      diagnose(observation).map(({ category }) => category);

    assert.deepEqual(categories(restarted()), []);
    // Nothing in the file is later than the restart: it may have been written in that very second.
    const earliest = new Date(ago(75));
    assert.deepEqual(categories({ ...restarted(), earliest }), ['AppError']);
    // Its readiness probe has passed since.
    assert.deepEqual(categories({ ...restarted(probed), earliest }), []);
    // It ended well after a day: it was stopped, and may have run for another day by now.
    const stopped = (code: number, restarts: number, lasted: number): Observation => ({
      ...podOf({
        containers: [
          { running: 75, restarts, last: life('Completed', code, { ended: 75, lasted }) },
        ],
      }),
      earliest,
    });
    assert.deepEqual(categories(stopped(0, 1, 86_400)), []);
    assert.deepEqual(categories(stopped(1, 1, 86_400)), ['AppError']);
    assert.deepEqual(categories(stopped(0, 3, 86_400)), []);
    assert.deepEqual(categories(stopped(0, 3, 3600)), ['UnexpectedCompletion']);
    assert.deepEqual(categories(stopped(0, 1, 60)), ['UnexpectedCompletion']);
    const unready = podOf({
      containers: [
        {
          running: 75,
          ready: false,
          restarts: 1,
          last: life('Completed', 0, { ended: 75, lasted: 86_400 }),
        },
      ],
    });
    assert.deepEqual(categories({ ...unready, earliest }), ['UnexpectedCompletion']);
    // Something in the file is later by more than it lived before.
    assert.deepEqual(categories({ ...restarted(), earliest: new Date(ago(10)) }), []);
  });

  test('is unsure of what has to have lasted for longer than was seen, and proposes nothing', () => {
    const starting = podOf({
      metadata: { creationTimestamp: ago(75) },
      status: { phase: 'Pending', startTime: ago(75) },
      conditions: [
        { type: 'PodScheduled', status: 'True', lastTransitionTime: ago(75) },
        { type: 'PodReadyToStartContainers', status: 'False', lastTransitionTime: ago(75) },
      ],
      containers: [{ waiting: 'ContainerCreating', started: false }],
    });
    const [sure] = diagnose(starting);
    assert.equal(sure?.category, 'SandboxCreationFailure');
    assert.equal(sure.remediation, 'report-only');
    const [unsure] = diagnose({ ...starting, earliest: new Date(ago(75)) });
    assert.equal(unsure?.category, 'SandboxCreationFailure');
    assert.equal(unsure.remediation, 'none');
    assert.equal(unsure.confidence.level, 'low');
    // What it was seen to last is enough.
    assert.deepEqual(diagnose({ ...starting, earliest: new Date(ago(2)) }), [sure]);
  });

  test('takes a pod that waits in a kept file without Events for one that has waited for long', () => {
    const waiting = podOf({
      metadata: { creationTimestamp: ago(75) },
      spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
      status: { phase: 'Pending', startTime: ago(75) },
      containers: [{ waiting: 'ContainerCreating' }],
    });
    const earliest = new Date(ago(75));
    assert.deepEqual(diagnose(waiting), []);
    const [finding] = diagnose({ ...waiting, earliest });
    assert.equal(finding?.category, 'VolumeMountFailure');
    assert.equal(finding.confidence.level, 'low');
    assert.equal(finding.remediation, 'none');
    // Something else in the file is later: it was there for that long, and for no more that is known.
    assert.deepEqual(diagnose({ ...waiting, earliest: new Date(ago(60)) }), []);
    // The kubelet would have complained.
    const events = [event('Scheduled', 'Successfully assigned shop/web to node-1')];
    assert.deepEqual(diagnose({ ...waiting, events, earliest }), []);
  });

  test('gives the same findings for the same observation, and leaves it as it was', () => {
    for (const { observation } of specimens) {
      const before = structuredClone(observation);
      assert.deepEqual(diagnose(observation), diagnose(before));
      assert.deepEqual(observation, before);
    }
  });

  test('cleans names and texts of the cluster, and quotes them for a shell', () => {
    const [finding] = diagnose(
      podOf({
        metadata: { name: "web'; rm -rf /", namespace: 'shop' },
        containers: [
          {
            name: 'app\u001b[31m\u202e',
            waiting: { reason: 'CreateContainerError', message: `\u0000${'x'.repeat(5000)}` },
          },
        ],
      }),
    );
    assert.match(finding?.nextQuestion ?? '', /-n shop/);
    assert.doesNotMatch(finding?.summary ?? '', /[\p{Cc}\u202e]/u);
    assert.ok((finding?.summary.length ?? 0) <= 600);
    const [crash] = diagnose(
      podOf({
        metadata: { name: "web'; rm -rf /", namespace: 'shop' },
        containers: [{ waiting: 'CrashLoopBackOff', restarts: 3, last: life('Error', 1) }],
      }),
    );
    assert.match(crash?.nextQuestion ?? '', /-n shop 'web'\\''; rm -rf \/' -c app/);
  });
});

test('a finding repeats no secret that stands in a message, in whatever sentence', () => {
  const message =
    'container create failed: \u001b[31mcurl -H\u001b[0m "Authorization: Bearer abcdefghijklmnop" \n postgres://app:hunter2@db';
  const [finding] = diagnose(
    podOf({ containers: [{ waiting: { reason: 'CreateContainerError', message } }] }),
  );
  assert.match(finding?.summary ?? '', /curl -H "Authorization: Bearer \[redacted\]" postgres:/);
  assert.doesNotMatch(JSON.stringify(finding), /abcdefghijklmnop|hunter2/);
});

describe('the state of a pod that is well', () => {
  const ready = { type: 'Ready', status: 'True' };
  const states: readonly (readonly [string, Observation, string])[] = [
    ['it serves', podOf({ conditions: [ready], containers: [{ running: 60 }] }), 'Healthy'],
    [
      'it has restarted once, long ago',
      podOf({
        conditions: [ready],
        containers: [{ running: 9000, restarts: 1, last: life('Error', 1, { ended: 9001 }) }],
      }),
      'Healthy',
    ],
    [
      'its containers are being made',
      podOf({ status: { phase: 'Pending' }, containers: [{ waiting: 'ContainerCreating' }] }),
      'Starting',
    ],
    [
      'it has not been ready yet',
      podOf({ containers: [{ running: 2, ready: false, spec: { readinessProbe: {} } }] }),
      'Starting',
    ],
    [
      'an init container works',
      podOf({
        status: { phase: 'Pending' },
        containers: [
          { name: 'migrate', type: 'init', running: 5, ready: false },
          { waiting: 'PodInitializing' },
        ],
      }),
      'Starting',
    ],
    [
      'a sidecar is not ready yet',
      podOf({
        containers: [
          {
            name: 'proxy',
            type: 'sidecar',
            running: 5,
            ready: false,
            spec: { readinessProbe: {} },
          },
          { running: 5 },
        ],
      }),
      'Starting',
    ],
    [
      'its task is done',
      podOf({
        owner: 'Job',
        spec: { restartPolicy: 'Never' },
        status: { phase: 'Succeeded' },
        containers: [{ terminated: life('Completed', 0) }],
      }),
      'Completed',
    ],
    [
      'one of its tasks is done, and the other goes on',
      podOf({
        spec: { restartPolicy: 'OnFailure' },
        containers: [{ terminated: life('Completed', 0) }, { name: 'other', running: 60 }],
      }),
      'Healthy',
    ],
    [
      'there is no pod',
      { owner: { kind: 'Job', metadata: { name: 'x', creationTimestamp: ago(1) } }, now },
      'Healthy',
    ],
  ];
  for (const [what, observation, state] of states) {
    test(`is ${state} when ${what}`, () => {
      assert.deepEqual(diagnose(observation), []);
      assert.equal(stateOf(observation), state);
    });
  }
});

/** Puts a value in place of one of the values below. */
function replaceSome(root: object, at: number, value: unknown): void {
  const places: (readonly [Record<string, unknown>, string])[] = [];
  const open: object[] = [root];
  for (let container = open.pop(); container !== undefined; container = open.pop()) {
    if (container instanceof Date) continue;
    for (const [key, member] of Object.entries(container) as [string, unknown][]) {
      if (container === root && (key === 'now' || key === 'earliest')) continue;
      places.push([container as Record<string, unknown>, key]); // an object or array of a clone
      if (typeof member === 'object' && member !== null) open.push(member);
    }
  }
  const [container, key] = places[at % places.length] ?? [];
  if (container !== undefined && key !== undefined) container[key] = value;
}
