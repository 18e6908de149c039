import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Deployment, ReplicaSet, Stored } from '@kubewright/apimachinery';
import fc from 'fast-check';
import { isSameTemplate, templateHash } from '../src/controllers/deployment/revision.ts';
import {
  newSize,
  rollingBounds,
  scaleDownOld,
  scaleProportionally,
  sizeOf,
} from '../src/controllers/deployment/rollout.ts';

function deployment(
  replicas: number,
  rollingUpdate: { maxSurge: string | number; maxUnavailable: string | number } = {
    maxSurge: '25%',
    maxUnavailable: '25%',
  },
): Deployment {
  return {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: {},
      template: {},
      strategy: { type: 'RollingUpdate', rollingUpdate },
    },
  };
}

function replicaSet(
  name: string,
  replicas: number,
  available: number,
  annotations: Record<string, string> = {},
): Stored<ReplicaSet> {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations,
    },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available },
  };
}

describe('rolling update', () => {
  test('rounds surge up and unavailability down', () => {
    assert.deepEqual(rollingBounds(deployment(10)), { maxSurge: 3, maxUnavailable: 2 });
  });

  test('allows one unavailable pod when both bounds come to nothing', () => {
    assert.deepEqual(rollingBounds(deployment(3, { maxSurge: 0, maxUnavailable: '10%' })), {
      maxSurge: 0,
      maxUnavailable: 1,
    });
  });

  test('grows the new set no further than the surge allows', () => {
    assert.equal(newSize(deployment(4), 0, [replicaSet('old', 4, 4)]), 1);
  });

  test('takes broken old pods away before healthy ones', () => {
    const scales = scaleDownOld(deployment(4), replicaSet('new', 1, 0), [
      replicaSet('a', 2, 2),
      replicaSet('b', 2, 0),
    ]);
    assert.deepEqual(
      scales.map(({ replicaSet: set, replicas }) => [set.metadata.name, replicas]),
      [['b', 1]],
    );
  });

  test('never plans fewer available pods or more pods than the bounds allow, and always ends', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: 0, max: 10 }),
        (replicas, maxSurge, maxUnavailable) => {
          const target = deployment(replicas, { maxSurge, maxUnavailable });
          const bounds = rollingBounds(target);
          let [newer, older] = [0, replicas];
          for (let step = 0; newer !== replicas || older !== 0; step++) {
            assert.ok(step < 500, 'the rollout does not end');
            // Every pod becomes available between two steps.
            newer = newSize(target, newer, [
              replicaSet('new', newer, newer),
              replicaSet('old', older, older),
            ]);
            assert.ok(newer + older <= replicas + bounds.maxSurge);
            const old = [replicaSet('old', older, older)];
            older =
              scaleDownOld(target, replicaSet('new', newer, newer), old)[0]?.replicas ?? older;
            assert.ok(newer + older >= replicas - bounds.maxUnavailable);
          }
        },
      ),
    );
  });
});

describe('scaling in the middle of a rollout', () => {
  test('shares the change in proportion and gives the rest to the largest', () => {
    const annotations = {
      'deployment.kubernetes.io/desired-replicas': '10',
      'deployment.kubernetes.io/max-replicas': '13',
    };
    const scales = scaleProportionally(deployment(20), replicaSet('new', 5, 2, annotations), [
      replicaSet('old', 8, 8, annotations),
    ]);
    const sizes = Object.fromEntries(
      scales.map((scale) => [scale.replicaSet.metadata.name, scale.replicas]),
    );
    assert.deepEqual(sizes, { old: 15, new: 10 });
  });

  test('keeps the total at the allowed size', () => {
    const count = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(count, count, count, (a, b, wanted) => {
        const annotations = {
          'deployment.kubernetes.io/desired-replicas': String(a + b),
          'deployment.kubernetes.io/max-replicas': String(a + b),
        };
        const sets = [
          replicaSet('new', a, 0, annotations),
          replicaSet('old', b, b, annotations),
        ] as const;
        const target = deployment(wanted);
        const scales = new Map(
          scaleProportionally(target, sets[0], [sets[1]]).map((s) => [
            s.replicaSet.metadata.name,
            s.replicas,
          ]),
        );
        const total = sets.reduce(
          (sum, set) => sum + (scales.get(set.metadata.name) ?? sizeOf(set)),
          0,
        );
        assert.equal(total, wanted + rollingBounds(target).maxSurge);
      }),
    );
  });
});

describe('pod template', () => {
  test('has the same hash whatever the order of its fields', () => {
    const a = {
      metadata: { labels: { x: '1', y: '2' } },
      spec: { containers: [{ name: 'a', image: 'i' }] },
    };
    const b = {
      spec: { containers: [{ image: 'i', name: 'a' }] },
      metadata: { labels: { y: '2', x: '1' } },
    };
    assert.equal(templateHash(a, 0), templateHash(b, 0));
  });

  test('gets another hash after a collision', () => {
    assert.notEqual(templateHash({}, 0), templateHash({}, 1));
  });

  test('is the same with and without the hash label', () => {
    const labelled = { metadata: { labels: { app: 'x', 'pod-template-hash': 'abc' } } };
    assert.equal(isSameTemplate(labelled, { metadata: { labels: { app: 'x' } } }), true);
    assert.equal(isSameTemplate(labelled, { metadata: { labels: { app: 'y' } } }), false);
  });
});
