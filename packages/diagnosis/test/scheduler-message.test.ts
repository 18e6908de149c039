import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decisiveRefusal, parseSchedulerMessage } from '../src/messages/scheduler-message.ts';

function refusals(text: string): readonly string[] {
  return parseSchedulerMessage(text).refusals.map(
    ({ nodes, kind, resource, taintKey }) =>
      `${nodes === undefined ? '' : `${String(nodes)} `}${kind}${resource === undefined ? '' : ` ${resource}`}${taintKey === undefined ? '' : ` ${taintKey}`}`,
  );
}

function decisive(text: string): string | undefined {
  return decisiveRefusal(parseSchedulerMessage(text))?.kind;
}

describe('parseSchedulerMessage', () => {
  const wordings: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'Kubernetes 1.16, whose taints have no names',
      "0/6 nodes are available: 1 node(s) had taints that the pod didn't tolerate, 2 Insufficient memory, 3 Insufficient pods.",
      ['1 taint', '2 resources memory', '3 resources pods'],
    ],
    [
      'Kubernetes 1.18, whose taints carry a comma',
      "0/4 nodes are available: 1 node(s) had taint {node-role.kubernetes.io/master: }, that the pod didn't tolerate, 3 node(s) didn't match node selector.",
      ['1 taint node-role.kubernetes.io/master', '3 placement'],
    ],
    [
      'Kubernetes 1.24 with preemption behind it',
      '0/3 nodes are available: 1 node(s) had untolerated taint {dedicated: batch}, 2 Insufficient cpu. preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.',
      ['1 taint dedicated', '2 resources cpu'],
    ],
    [
      'Kubernetes 1.36, whose taints have no names again',
      '0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 Too many pods. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
      ['1 taint', '1 resources pods'],
    ],
    [
      'preemption that the pod does not want',
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
      ['1 resources cpu'],
    ],
    [
      'claims that are not there',
      '0/1 nodes are available: persistentvolumeclaim "logs.v2" not found. not found',
      ['volume'],
    ],
    [
      'claims that are not bound',
      '0/5 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.',
      ['volume'],
    ],
    [
      'a repeated refusal of old',
      'pod has unbound immediate PersistentVolumeClaims (repeated 3 times)',
      ['volume'],
    ],
    [
      'volumes of another zone, whose affinity is not that of the pod',
      "0/3 nodes are available: 1 node(s) had volume node affinity conflict, 2 node(s) didn't match PersistentVolume's node affinity.",
      ['1 volume', '2 volume'],
    ],
    [
      'a claim for one pod at a time',
      '0/2 nodes are available: 2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod.',
      ['2 volume'],
    ],
    [
      'too many volumes on a node',
      '0/2 nodes are available: 2 node(s) exceed max volume count.',
      ['2 volume'],
    ],
    [
      'a plugin that gave up',
      'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded',
      ['volume'],
    ],
    [
      'a claim that was promised to another node',
      'running PreBind plugin "VolumeBinding": binding volumes: selectedNode annotation value "" not set to scheduled node "node-2"',
      ['volume'],
    ],
    [
      'a claim that was promised to another node, in old words',
      'selectedNode annotation value "" not set to scheduled node "node-2"',
      ['volume'],
    ],
    [
      'resource claims, which are no volumes',
      '0/2 nodes are available: 2 cannot allocate all claims. still not schedulable, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
      ['2 claim'],
    ],
    [
      'spread, ports and affinities',
      "0/9 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 2 node(s) didn't match pod topology spread constraints (missing required label), 3 node(s) didn't satisfy existing pods anti-affinity rules, 3 node(s) didn't match pod affinity/anti-affinity.",
      ['1 placement', '2 placement', '3 placement', '3 placement'],
    ],
    [
      'conditions of nodes from before taints told them',
      '0/3 nodes are available: 1 node(s) were not ready, 1 node(s) had disk pressure, 1 node(s) were unschedulable.',
      ['1 taint', '1 taint', '1 cordon'],
    ],
    [
      'names of predicates from before Kubernetes 1.12',
      '0/5 nodes are available: 1 NodeUnschedulable, 2 NodeNotReady, 1 NodeUnderDiskPressure, 1 NodeOutOfDisk.',
      ['1 cordon', '2 taint', '1 taint', '1 taint'],
    ],
    ['no node at all', 'no nodes available to schedule pods', ['no-nodes']],
    [
      'another scheduler, with words of its own behind ours',
      '0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling., reject the pod web-0 is unschedulable even after PostFilter.',
      ['2 taint node.kubernetes.io/disk-pressure'],
    ],
    ['a scheduler of groups', 'pod group is not ready, 1 Pending, 2 minAvailable', ['gang']],
    [
      'a group of Volcano before 1.0',
      '10/30 tasks in gang unschedulable: job is not ready, 10 minAvailable, 30 Pending.',
      ['gang'],
    ],
    [
      'a task of Volcano whose group does not fit',
      'Pod default/a can possibly be assigned to node1',
      ['gang'],
    ],
    [
      'a plugin of groups that waits in vain',
      'rejected due to timeout after waiting 60s at plugin Coscheduling',
      ['gang'],
    ],
    ['a queue', 'shop/web is queued and waiting for allocation', ['gang']],
    [
      'Volcano without the number of a resource',
      'all nodes are unavailable: 2 node(s) resource fit failed.',
      ['2 resources'],
    ],
    [
      'an autoscaler',
      "pod didn't trigger scale-up (it wouldn't fit if a new node is added): 1 max node group size reached, 2 node(s) had untolerated taint {a: b}",
      ['1 resources', '2 taint a'],
    ],
    [
      'Karpenter without an instance that is large enough',
      'Failed to schedule pod, incompatible with nodepool "default", daemonset overhead={"cpu":"675m"}, no instance type satisfied resources {"cpu":"200"}',
      ['resources'],
    ],
    [
      'Karpenter without a label',
      'Failed to schedule pod, incompatible with nodepool "default", incompatible requirements, label "team" does not have known values',
      ['placement'],
    ],
    [
      'the names of plugins',
      "0/3 nodes are available: 1 node(s) didn't satisfy plugin(s) [TaintToleration], 2 node(s) didn't satisfy plugin(s) [VolumeBinding].",
      ['1 taint', '2 volume'],
    ],
    [
      'a class of devices',
      'running PreFilter plugin DynamicResources: deviceclass.resource.k8s.io "gpu" not found',
      ['claim'],
    ],
    [
      'a plugin of devices',
      '0/2 nodes are available: 1 CardInsufficientMemory, 1 CardTimeSlicingExhausted.',
      ['1 resources', '1 resources'],
    ],
    [
      'a workload whose pods are not all there',
      'pre-filter pod a cannot find enough sibling pods, current pods number: 1, minMember of group: 2',
      ['gang'],
    ],
    [
      'Karpenter at its limits',
      'Failed to schedule pod, all available instance types exceed limits for nodepool: "default"',
      ['resources'],
    ],
    ['nothing', '', []],
  ];
  for (const [what, text, expected] of wordings) {
    it(`reads ${what}`, () => {
      assert.deepEqual(refusals(text), expected);
    });
  }

  it('says how many nodes there are', () => {
    assert.equal(parseSchedulerMessage('0/12 nodes are available: 12 Insufficient cpu.').nodes, 12);
    assert.equal(parseSchedulerMessage('no nodes available to schedule pods').nodes, undefined);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        decisiveRefusal(parseSchedulerMessage(`0/3 nodes are available: 2 ${text}`));
        decisiveRefusal(parseSchedulerMessage(text));
      }),
    );
  });
});

describe('decisiveRefusal', () => {
  it('leaves out the control plane while there are other nodes', () => {
    const text = (key: string): string =>
      `0/4 nodes are available: 3 node(s) had untolerated taint {${key}: }, 1 Insufficient cpu.`;
    assert.equal(decisive(text('node-role.kubernetes.io/control-plane')), 'resources');
    assert.equal(decisive(text('team')), 'taint');
  });

  it('keeps the control plane when there is nothing else', () => {
    assert.equal(
      decisive(
        '0/1 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }.',
      ),
      'taint',
    );
  });

  it('looks at the nodes that the selector means, not at those it leaves out', () => {
    assert.equal(
      decisive(
        "0/9 nodes are available: 1 Insufficient memory, 8 node(s) didn't match Pod's node affinity/selector.",
      ),
      'resources',
    );
  });

  it('looks at the node that a DaemonSet means, not at those that are filtered out for it', () => {
    assert.equal(
      decisive(
        '0/13 nodes are available: 1 Too many pods, 12 node is filtered out by the prefilter result.',
      ),
      'resources',
    );
  });

  it('does not take anti-affinity for a selector', () => {
    assert.equal(
      decisive(
        "0/4 nodes are available: 1 Insufficient memory, 3 node(s) didn't match pod anti-affinity rules.",
      ),
      'placement',
    );
  });

  it('blames the taint that guards the device which other nodes lack', () => {
    assert.equal(
      decisive(
        '0/5 nodes are available: 1 node(s) had untolerated taint {nvidia.com/gpu: present}, 4 Insufficient nvidia.com/gpu.',
      ),
      'taint',
    );
  });

  it('prefers what turns the whole pod down', () => {
    assert.equal(
      decisive(
        '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims, 2 Insufficient cpu.',
      ),
      'volume',
    );
  });

  it('takes the filter that came last among equals', () => {
    assert.equal(
      decisive(
        '0/2 nodes are available: 1 node(s) had volume node affinity conflict, 1 node(s) had untolerated taint {a: b}.',
      ),
      'volume',
    );
  });
});
