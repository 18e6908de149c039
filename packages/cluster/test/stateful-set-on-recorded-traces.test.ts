import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { controllerOf, type Pod, type StatefulSet } from '@kubewright/apimachinery';
import {
  revisionData,
  revisionHash,
  revisionName,
} from '../src/controllers/revisions/controller-revision.ts';
import { newPod } from '../src/controllers/stateful-set/stateful-pod.ts';
import { statefulSetStatus } from '../src/controllers/stateful-set/stateful-set-status.ts';
import { lastStates, readTrace } from './recorded-trace.ts';

const scenarios = [
  'container-status-unknown',
  'failedcreate-statefulset',
  'node-not-ready',
  'statefulset-crash',
];

describe('what the real StatefulSet controller wrote', () => {
  for (const scenario of scenarios) {
    const trace = readTrace(scenario);
    const [set] = lastStates<StatefulSet>(trace, 'StatefulSet');
    assert.ok(set);
    const pods = lastStates<Pod>(trace, 'Pod').filter(
      (pod) => controllerOf(pod)?.uid === set.metadata.uid,
    );
    const nowMs = Date.parse(set.metadata.creationTimestamp) + (trace.at(-1)?.t ?? 0) * 1000;
    const hash = revisionHash(revisionData(set.spec?.template), 0);
    const revision = revisionName(set.metadata.name, hash);

    test(`${scenario}: the revision has the same name`, () => {
      assert.equal(revision, set.status?.updateRevision);
    });

    test(`${scenario}: the status has the same counts`, () => {
      const revisions = { current: revision, update: revision, collisionCount: 0 };
      const { status } = statefulSetStatus(set, pods, revisions, nowMs);
      assert.deepEqual(status, set.status);
    });

    test(`${scenario}: the pods have the same identity`, () => {
      for (const pod of pods) {
        const ordinal = Number(pod.metadata.name.split('-').at(-1));
        const template = set.spec?.template ?? {};
        const made = newPod(set, ordinal, { name: revision, template });
        const { name, generateName, labels, ownerReferences } = pod.metadata;
        assert.partialDeepStrictEqual(made.metadata, {
          name,
          generateName,
          labels,
          ownerReferences,
        });
        assert.equal(made.spec?.hostname, pod.spec?.hostname);
        assert.equal(made.spec?.subdomain, pod.spec?.subdomain);
      }
    });
  }
});
