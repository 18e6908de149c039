import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { controllerOf, type Deployment, type Pod, type ReplicaSet } from '@kubewright/apimachinery';
import { deploymentStatus } from '../src/controllers/deployment/deployment-status.ts';
import { revisionsOf } from '../src/controllers/deployment/revision.ts';
import { byAge } from '../src/controllers/deployment/rollout.ts';
import { replicaSetStatus } from '../src/controllers/replica-set/replica-set-status.ts';
import { lastStates, readTrace } from './recorded-trace.ts';

const scenarios = [
  'ok-deployment',
  'ok-rolling-update',
  'rollout-crash',
  'rollout-not-ready',
  'rollout-bad-image',
  'rollout-fixed-by-undo',
  'unsched-gpu',
  'failedcreate-quota-pods',
];

describe('the statuses that real controllers wrote', () => {
  for (const scenario of scenarios) {
    const trace = readTrace(scenario);
    const pods = lastStates<Pod>(trace, 'Pod');
    const replicaSets = lastStates<ReplicaSet>(trace, 'ReplicaSet');
    const nowMs =
      Date.parse(trace[0]?.object.metadata.creationTimestamp ?? '') + (trace.at(-1)?.t ?? 0) * 1000;

    test(`${scenario}: each ReplicaSet has the same counts and conditions`, () => {
      assert.ok(replicaSets.length > 0);
      for (const replicaSet of replicaSets) {
        const own = pods.filter((pod) => controllerOf(pod)?.uid === replicaSet.metadata.uid);
        const failure = replicaSet.status?.conditions?.find(
          ({ type }) => type === 'ReplicaFailure',
        );
        const { status } = replicaSetStatus(
          replicaSet,
          own,
          failure && { reason: 'FailedCreate', message: failure.message ?? '' },
          nowMs,
        );
        assert.deepEqual(status, replicaSet.status);
      }
    });

    test(`${scenario}: the Deployment has the same counts and conditions, in the same order`, () => {
      const deployments = lastStates<Deployment>(trace, 'Deployment');
      assert.ok(deployments.length > 0);
      for (const deployment of deployments) {
        const own = replicaSets.filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
        const { status } = deploymentStatus({
          deployment,
          ...revisionsOf(deployment, byAge(own)),
          nowMs,
        });
        assert.deepEqual(status, deployment.status);
      }
    });
  }
});
