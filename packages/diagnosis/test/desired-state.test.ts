import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubernetesObject } from '@kubewright/apimachinery';
import { diagnose, diagnoseAll, resolveEvidence, type Finding } from '../src/index.ts';
import { life, now, podOf } from './specimens/pods.ts';

type Json = Readonly<Record<string, unknown>>;

const deployment = (metadata: Json): Json => ({
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', ...metadata },
});

function findingWith(related: readonly Json[], reason = 'OOMKilled'): Finding {
  const observation = podOf({
    containers: [
      {
        spec: { resources: { limits: { memory: '64Mi' } } },
        waiting: 'CrashLoopBackOff',
        restarts: 4,
        last: life(reason, 137),
      },
    ],
    related,
  });
  const [finding] = diagnose(observation);
  assert.ok(finding !== undefined);
  for (const evidence of finding.evidence) {
    assert.deepEqual(resolveEvidence(observation, evidence), evidence.value);
  }
  return finding;
}

describe('advice for a template that a tool keeps', () => {
  const kept: readonly (readonly [string, Json, RegExp])[] = [
    [
      'Argo CD, by its annotation',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'storefront:apps/Deployment:shop/web' } },
      /source of Argo CD \(storefront\)/,
    ],
    [
      'Flux, by its label',
      { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } },
      /Flux \(apps\)/,
    ],
    [
      'Helm, by its annotation',
      { annotations: { 'meta.helm.sh/release-name': 'web' } },
      /Helm \(web\)/,
    ],
    [
      'Helm, by a label that names nothing',
      { labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
      /source of Helm:/,
    ],
    [
      'Argo CD, by its field manager',
      { managedFields: [{ manager: 'argocd-controller', operation: 'Apply' }] },
      /source of Argo CD:/,
    ],
  ];
  for (const [tool, metadata, says] of kept) {
    it(`sends to the source of ${tool}, and shows what tells`, () => {
      const { advice, evidence } = findingWith([deployment(metadata)]);
      assert.match(advice, says);
      assert.match(advice, /what is changed in the cluster is undone/);
      assert.equal(evidence.at(-1)?.object?.kind, 'Deployment');
    });
  }

  const free: readonly (readonly [string, Json])[] = [
    ['nobody keeps it', {}],
    [
      'another tool than Helm is named',
      { labels: { 'app.kubernetes.io/managed-by': 'kustomize' } },
    ],
    [
      'Argo CD only writes its status',
      { managedFields: [{ manager: 'argocd-controller', subresource: 'status' }] },
    ],
    ['a person applied it', { managedFields: [{ manager: 'kubectl-client-side-apply' }] }],
  ];
  for (const [what, metadata] of free) {
    it(`says nothing of a source when ${what}`, () => {
      assert.doesNotMatch(findingWith([deployment(metadata)]).advice, /source of/);
    });
  }

  it('names the autoscaler that sets the requests', () => {
    const scaler = (name: string): Json => ({
      kind: 'VerticalPodAutoscaler',
      metadata: { name: 'web-vpa', namespace: 'shop' },
      spec: { targetRef: { kind: 'Deployment', name } },
    });
    const says = /VerticalPodAutoscaler \(web-vpa\) sets the requests/;
    assert.match(findingWith([deployment({}), scaler('web')]).advice, says);
    assert.doesNotMatch(findingWith([deployment({}), scaler('api')]).advice, says);
    assert.doesNotMatch(findingWith([deployment({}), scaler('web')], 'Error').advice, says);
  });

  it('names the autoscaler that sets the number of pods, where fewer would do', () => {
    const scaler = (name: string): Json => ({
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web-hpa', namespace: 'shop' },
      spec: { scaleTargetRef: { kind: 'Deployment', name } },
    });
    const adviceWith = (name: string): string => {
      const observation = podOf({
        spec: { nodeName: undefined },
        status: { phase: 'Pending' },
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/3 nodes are available: 3 Insufficient cpu.',
          },
        ],
        related: [deployment({}), scaler(name)],
      });
      return diagnose(observation)[0]?.advice ?? '';
    };
    const says =
      /HorizontalPodAutoscaler \(web-hpa\) sets the number of pods .*: change its maxReplicas/;
    assert.match(adviceWith('web'), says);
    assert.doesNotMatch(adviceWith('api'), says);
    assert.doesNotMatch(findingWith([deployment({}), scaler('web')]).advice, says);
  });

  it('names it for an owner whose pods the quota refuses too', () => {
    const owner = {
      kind: 'ReplicaSet',
      metadata: {
        name: 'web-1',
        namespace: 'shop',
        ownerReferences: [{ kind: 'Deployment', name: 'web', uid: 'd', controller: true }],
      },
      spec: { replicas: 9 },
      status: {
        replicas: 0,
        conditions: [
          {
            type: 'ReplicaFailure',
            status: 'True',
            reason: 'FailedCreate',
            message: 'pods "web-1-abc" is forbidden: exceeded quota: small, requested: pods=1',
          },
        ],
      },
    };
    const scaler = {
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web-hpa', namespace: 'shop' },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' } },
    };
    const { subjects } = diagnoseAll({
      pods: [],
      objects: [owner, deployment({}), scaler] as readonly KubernetesObject[], // as read from a file
      now,
    });
    const [finding] = subjects[0]?.findings ?? [];
    assert.equal(finding?.category, 'QuotaExceeded');
    assert.match(finding.advice, /HorizontalPodAutoscaler \(web-hpa\) sets the number of pods/);
  });

  it('is left as it is for what no template repairs', () => {
    const observation = podOf({
      metadata: { deletionTimestamp: '2026-01-01T12:00:20Z' },
      containers: [{ running: 30 }],
      related: [deployment({ annotations: { 'meta.helm.sh/release-name': 'web' } })],
    });
    assert.doesNotMatch(diagnose(observation)[0]?.advice ?? '', /source of/);
  });
});
