import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  Event,
  isForbidden,
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  Role,
  RoleBinding,
  VolumeAttachment,
  type ContainerStatus,
  type PolicyRule,
  type Stored,
} from '@kubewright/apimachinery';
import { diagnoseCluster, type Diagnosis, type SubjectArgument } from '@kubewright/cli';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { PlayedNode } from './played-node.ts';
import { refusalOf } from './refusal.ts';

describeOnEachServer('kubewright diagnose', {}, (environment) => {
  let admin: Client;
  let namespace: string;
  let node: PlayedNode;
  let users = 0;

  before(async () => {
    admin = await environment().client();
    namespace = await environment().newNamespace();
    node = await PlayedNode.start(admin, `${namespace}-node`);
    const crashed = await createPod('crashed', {
      restartCount: 4,
      ready: false,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: {
        terminated: {
          reason: 'OOMKilled',
          exitCode: 137,
          startedAt: '2026-01-01T00:00:00Z',
          finishedAt: '2026-01-01T00:01:00Z',
        },
      },
    });
    await createPod('well', {
      restartCount: 0,
      ready: true,
      started: true,
      state: { running: { startedAt: new Date().toISOString() } },
    });
    const { name, uid } = crashed.metadata;
    await admin.create(Event, {
      metadata: { name: 'crashed.1', namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
      type: 'Warning',
      reason: 'BackOff',
      message: 'Back-off restarting failed container app',
      source: { component: 'kubelet' },
    });
  });

  after(() => node[Symbol.asyncDispose]());

  async function createPod(name: string, status: Partial<ContainerStatus>): Promise<Stored<Pod>> {
    await admin.create(Pod, {
      metadata: { name, namespace },
      // Bound to a node that nobody runs: nobody but this test says what becomes of it.
      spec: {
        nodeName: node.name,
        containers: [{ name: 'app', image: 'app:1', resources: { limits: { memory: '64Mi' } } }],
      },
    });
    const container = { name: 'app', image: 'app:1', imageID: '', ready: false, restartCount: 0 };
    const body = {
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: status.ready === true ? 'True' : 'False' }],
        containerStatuses: [{ ...container, ...status }],
      },
    };
    return admin.patch(
      Pod,
      { name, namespace },
      { type: 'merge', body },
      { subresource: 'status' },
    );
  }

  /** A user who may do this in the namespace, and nothing else. */
  async function userWith(rules: PolicyRule[]): Promise<Client> {
    users += 1;
    const name = `reader-${String(users)}`;
    await admin.create(Role, { metadata: { name, namespace }, rules });
    await admin.create(RoleBinding, {
      metadata: { name, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
    });
    return environment().client({ user: name });
  }

  function diagnoseAs(
    client: Client,
    subjects: readonly SubjectArgument[] = [],
  ): Promise<Diagnosis> {
    const { signal } = new AbortController();
    return diagnoseCluster(client, { namespace, subjects, hasLogs: true, signal });
  }

  /** A real server learns of a new binding a moment later; it is asked until it has. */
  async function onceAllowed(ask: () => Promise<Diagnosis>): Promise<Diagnosis> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!isForbidden(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  const states = ({ report }: Diagnosis): string[] =>
    report.subjects.map(({ kind, name, state }) => `${kind}/${name} ${state}`);

  test('says of each pod of a namespace what is wrong with it', async () => {
    const diagnosis = await diagnoseAs(admin);
    assert.deepEqual(states(diagnosis), ['Pod/crashed OOMKilled', 'Pod/well Healthy']);
    const [crashed] = diagnosis.report.subjects;
    assert.equal(crashed?.findings[0]?.container, 'app');
    // Nobody runs the node, so that there is no log.
    assert.deepEqual(
      diagnosis.unreadable.map(({ what }) => what).filter((what) => !what.startsWith('the log of')),
      [],
    );
  });

  test('says it of the one pod that is named', async () => {
    assert.deepEqual(states(await diagnoseAs(admin, [{ kind: 'Pod', name: 'well' }])), [
      'Pod/well Healthy',
    ]);
  });

  test('looks at the volumes of the cluster where a pod waits for one', async () => {
    const other = await environment().newNamespace();
    await admin.create(PersistentVolumeClaim, {
      metadata: { name: 'data', namespace: other },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
        storageClassName: 'none',
        volumeName: `volume-of-${other}`,
      },
    });
    await admin.create(Pod, {
      metadata: { name: 'waiting', namespace: other },
      spec: {
        nodeName: node.name,
        containers: [
          { name: 'app', image: 'app:1', volumeMounts: [{ name: 'data', mountPath: '/data' }] },
        ],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
      },
    });
    await admin.create(VolumeAttachment, {
      metadata: { name: `attachment-of-${other}` },
      spec: {
        attacher: 'disks.example.com',
        nodeName: node.name,
        source: { persistentVolumeName: `volume-of-${other}` },
      },
    });
    await admin.patch(
      VolumeAttachment,
      { name: `attachment-of-${other}` },
      {
        type: 'merge',
        body: {
          status: {
            attached: false,
            attachError: { time: new Date().toISOString(), message: 'the disk is on fire' },
          },
        },
      },
      { subresource: 'status' },
    );
    const { signal } = new AbortController();
    const diagnosis = await diagnoseCluster(admin, {
      namespace: other,
      subjects: [],
      hasLogs: false,
      signal,
    });
    assert.deepEqual(states(diagnosis), ['Pod/waiting VolumeAttachFailure']);
    assert.match(diagnosis.report.subjects[0]?.findings[0]?.summary ?? '', /the disk is on fire/);
    await admin.delete(VolumeAttachment, { name: `attachment-of-${other}` });
  });

  describe('with permission to read pods alone', () => {
    test('lists them, and names what else it may not read', async () => {
      const client = await userWith([{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }]);
      const diagnosis = await onceAllowed(() => diagnoseAs(client));
      assert.deepEqual(states(diagnosis), ['Pod/crashed OOMKilled', 'Pod/well Healthy']);
      const missing = diagnosis.unreadable.map(({ what }) => what);
      assert.ok(missing.includes(`events in the namespace ${namespace}`), missing.join('\n'));
      assert.ok(missing.includes(`replicasets.apps in the namespace ${namespace}`));
      assert.ok(missing.includes('nodes'));
      // No pod waits for a volume.
      assert.ok(!missing.includes('persistentvolumes'));
      assert.ok(missing.every((what) => !what.includes('secrets')));
      assert.match(diagnosis.unreadable[0]?.why ?? '', /cannot list resource/);
    });

    test('reads the one that is named when it may not list', async () => {
      const client = await userWith([
        { apiGroups: [''], resources: ['pods'], resourceNames: ['crashed'], verbs: ['get'] },
      ]);
      const named = [{ kind: 'Pod', name: 'crashed' }];
      const diagnosis = await onceAllowed(() => diagnoseAs(client, named));
      assert.deepEqual(states(diagnosis), ['Pod/crashed OOMKilled']);
      assert.ok(
        diagnosis.unreadable.some(
          ({ what }) => what === `other pods in the namespace ${namespace}`,
        ),
      );
    });
  });

  test('says who may not list pods where', async () => {
    const client = await userWith([{ apiGroups: [''], resources: ['events'], verbs: ['list'] }]);
    const error = await refusalOf(diagnoseAs(client));
    assert.ok(isForbidden(error));
    assert.match(error.message, /pods is forbidden: User "reader-\d+" cannot list resource "pods"/);
  });

  test('changes nothing', async () => {
    const versions = async (): Promise<string[]> => {
      const { items: pods } = await admin.list(Pod, { namespace });
      const { items: quotas } = await admin.list(ResourceQuota, { namespace });
      return [...pods, ...quotas].map(({ metadata }) => metadata.resourceVersion);
    };
    const before = await versions();
    await diagnoseAs(admin);
    assert.deepEqual(await versions(), before);
  });
});
