import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubernetesObject, Pod } from '@kubewright/apimachinery';
import type { Report, Snapshot, Subject } from '@kubewright/diagnosis';
import { CommandError } from '../../src/command-error.ts';
import { selectSubjects } from '../../src/diagnose/select-subjects.ts';
import { snapshotOfObjects } from '../../src/diagnose/snapshot-of-objects.ts';
import { parseSubjects } from '../../src/diagnose/subject-argument.ts';

describe('subjects are named', () => {
  test('as kubectl names objects', () => {
    assert.deepEqual(parseSubjects(['pod/web']), [{ kind: 'Pod', name: 'web' }]);
    assert.deepEqual(parseSubjects(['web']), [{ kind: 'Pod', name: 'web' }]);
    assert.deepEqual(parseSubjects(['deploy/a', 'STS/b', 'jobs.batch/c']), [
      { kind: 'Deployment', name: 'a' },
      { kind: 'StatefulSet', name: 'b' },
      { kind: 'Job', name: 'c' },
    ]);
    assert.deepEqual(parseSubjects(['pods', 'a', 'b']), [
      { kind: 'Pod', name: 'a' },
      { kind: 'Pod', name: 'b' },
    ]);
    assert.deepEqual(parseSubjects([]), []);
  });

  for (const [words, message] of [
    [['service/x'], /"service" is nothing that can be diagnosed: pod, deployment/],
    [['pod/'], /"pod\/" names no pod/],
    [['deployment'], /which deployment\? Name it: deployment\/NAME/],
  ] as const) {
    test(`and "${words.join(' ')}" is refused`, () => {
      assert.throws(
        () => parseSubjects(words),
        (error: unknown) => {
          assert.ok(error instanceof CommandError);
          assert.equal(error.code, 'usage');
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});

function object(kind: string, name: string, owner?: KubernetesObject): KubernetesObject {
  return {
    kind,
    metadata: {
      name,
      namespace: 'shop',
      uid: `${kind}-${name}`,
      ...(owner === undefined
        ? {}
        : {
            ownerReferences: [
              {
                apiVersion: 'apps/v1',
                kind: owner.kind ?? '',
                name: owner.metadata.name ?? '',
                uid: owner.metadata.uid ?? '',
              },
            ],
          }),
    },
  };
}

function pod(name: string, owner?: KubernetesObject): Pod {
  return { ...object('Pod', name, owner), spec: { containers: [], nodeName: 'n1' } };
}

describe('of a report is shown', () => {
  const deployment = object('Deployment', 'web');
  const replicaSet = object('ReplicaSet', 'web-1', deployment);
  const other = object('Deployment', 'api');
  const node: KubernetesObject = { kind: 'Node', metadata: { name: 'n1', uid: 'n1' } };
  const snapshot: Snapshot = {
    pods: [pod('web-1-a', replicaSet), pod('bare')],
    objects: [deployment, replicaSet, other, node],
    now: new Date(0),
  };
  const subject = (name: string): Subject => ({
    kind: 'Pod',
    namespace: 'shop',
    name,
    healthy: true,
    state: 'Healthy',
    findings: [],
  });
  const report: Report = { subjects: [subject('bare'), subject('web-1-a')], incidents: [] };
  const shown = (kind: string, name: string): string[] =>
    selectSubjects(report, snapshot, [{ kind, name }]).subjects.map(
      (each) => `${each.kind}/${each.name}`,
    );

  test('what was named itself, what it owns, and what runs on it', () => {
    assert.deepEqual(shown('Pod', 'bare'), ['Pod/bare']);
    assert.deepEqual(shown('Deployment', 'web'), ['Pod/web-1-a']);
    assert.deepEqual(shown('Node', 'n1'), ['Pod/bare', 'Pod/web-1-a']);
  });

  test('an owner that has no pods and no problem as healthy', () => {
    assert.deepEqual(shown('Deployment', 'api'), ['Deployment/api']);
  });

  test('everything when nothing was named', () => {
    assert.equal(selectSubjects(report, snapshot, []), report);
  });

  test('an error with similar names for what is not there', () => {
    assert.throws(() => shown('Pod', 'web-2'), /Pod "web-2" was not found; there is: web-1-a/);
    assert.throws(() => shown('Job', 'x'), /Job "x" was not found; there is no Job at all/);
  });
});

test('objects without a pod or an owner of pods cannot be diagnosed', () => {
  assert.throws(
    () => snapshotOfObjects([{ kind: 'Service', metadata: { name: 'a' } }]),
    /no pod, and no owner of pods, in what was given \(only: Service\)/,
  );
});
