import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerPort, Node, Pod, PodSpec, Stored } from '@kubewright/apimachinery';
import { rejectionOf, type PodRejection } from '../src/kubelet/node/admission.ts';
import { startTestNode } from './kubelet-node.ts';

const stored = { uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const node: Stored<Node> = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { ...stored, name: 'a-node', labels: { disk: 'hdd' } },
};
const allocatable = { cpu: '2', memory: '1Gi', pods: '3' };
const app = { name: 'app', image: 'app' };

function podOf(spec: Partial<PodSpec>): Pod {
  return { metadata: { name: 'a-pod' }, spec: { containers: [app], ...spec } };
}

function withPort(port: Partial<ContainerPort>): Pod {
  return podOf({ containers: [{ ...app, ports: [{ containerPort: 80, ...port }] }] });
}

function rejected(spec: Partial<PodSpec>, others: readonly Pod[] = []): PodRejection | undefined {
  return rejectionOf(podOf(spec), others, allocatable, node);
}

// The words of all messages are those of a kubelet 1.36 that was asked the same.
const unfit = {
  reason: 'NodeAffinity',
  message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
};
const portTaken = {
  reason: 'NodePorts',
  message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
};

function requiring(disk: string): Partial<PodSpec> {
  const matchExpressions = [{ key: 'disk', operator: 'In', values: [disk] }];
  const nodeSelectorTerms = [{ matchExpressions }];
  return {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
      },
    },
  };
}

test('rejects a pod whose selector or required affinity its node does not match', () => {
  assert.deepEqual(rejected({ nodeSelector: { disk: 'ssd' } }), unfit);
  assert.deepEqual(rejected(requiring('ssd')), unfit);
  assert.equal(rejected({ nodeSelector: { disk: 'hdd' }, ...requiring('hdd') }), undefined);
});

test('does not reject by labels that it does not know', () => {
  const pod = podOf({ nodeSelector: { disk: 'ssd' } });
  assert.equal(rejectionOf(pod, [], allocatable, undefined), undefined);
});

test('rejects a pod that wants a port which another pod has', () => {
  const against = (one: Partial<ContainerPort>, other: Partial<ContainerPort>) =>
    rejectionOf(withPort(one), [withPort(other)], allocatable, node);
  assert.deepEqual(against({ hostPort: 8080 }, { hostPort: 8080 }), portTaken);
  const local = { hostPort: 8080, hostIP: '127.0.0.1' };
  assert.deepEqual(against(local, { hostPort: 8080 }), portTaken);
  assert.deepEqual(against({ hostPort: 8080 }, local), portTaken);
  assert.equal(against(local, { hostPort: 8080, hostIP: '127.0.0.2' }), undefined);
  assert.equal(against({ hostPort: 8080 }, { hostPort: 8081 }), undefined);
  assert.equal(against({ hostPort: 8080 }, { hostPort: 8080, protocol: 'UDP' }), undefined);
  assert.equal(against({}, {}), undefined);
});

test('rejects a pod that sets a kernel parameter which reaches beyond it', () => {
  const setting = (name: string) =>
    rejected({ securityContext: { sysctls: [{ name, value: '1' }] } });
  assert.deepEqual(setting('kernel.msgmax'), {
    reason: 'SysctlForbidden',
    message: 'forbidden sysctl: "kernel.msgmax" not allowlisted',
  });
  assert.equal(setting('net.ipv4.tcp_syncookies'), undefined);
  assert.equal(setting('net/ipv4/tcp_syncookies'), undefined);
});

test('tells of several reasons the one that a kubelet finds first', () => {
  const spec: Partial<PodSpec> = {
    nodeSelector: { disk: 'ssd' },
    containers: [{ ...app, ports: [{ containerPort: 80, hostPort: 80 }] }],
  };
  const others = [withPort({ hostPort: 80 })];
  const sysctls = [{ name: 'kernel.msgmax', value: '1' }];
  const greedy = { ...app, resources: { requests: { cpu: '100' } } };
  assert.equal(rejected(spec, others)?.reason, 'NodeAffinity');
  assert.deepEqual(rejected({ ...spec, containers: [greedy] }, others), {
    reason: 'OutOfcpu',
    message: "Node didn't have enough resource: cpu, requested: 100000, used: 0, capacity: 2000",
  });
  const worst = rejected({ ...spec, containers: [greedy], securityContext: { sysctls } }, others);
  assert.equal(worst?.reason, 'SysctlForbidden');
});

test('leaves a rejected pod Failed with the reason, and says it in an Event', async () => {
  await using own = await startTestNode();
  const pod = own.run({ containers: [app], nodeSelector: { disk: 'ssd' } });
  const status = await own.api.until(pod.metadata.uid, (seen) => seen?.phase === 'Failed');
  assert.deepEqual(
    { ...status, startTime: undefined },
    {
      observedGeneration: 1,
      phase: 'Failed',
      reason: 'NodeAffinity',
      message: `Pod was rejected: ${unfit.message}`,
      qosClass: 'BestEffort',
      startTime: undefined,
    },
  );
  const event = await own.api.untilEvent('NodeAffinity');
  assert.equal(event.type, 'Warning');
  assert.equal(event.message, unfit.message);
});
