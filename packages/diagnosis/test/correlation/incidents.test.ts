import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ago, event } from '../specimens/pods.ts';
import { crashing, Fleet, outline, unscheduled, well, type PodState } from './fleet.ts';

const template = (image: string, env: readonly object[] = []): Record<string, unknown> => ({
  metadata: { labels: { app: 'web', 'pod-template-hash': image } },
  spec: { containers: [{ name: 'app', image, env }] },
});
const times = (count: number, make: (index: number) => PodState): readonly PodState[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('a bad rollout', () => {
  const rollout = (): Fleet =>
    new Fleet().deployment(
      'web',
      [well({ revision: '6' }), well({ revision: '6' }), crashing({ revision: '7', age: 60 })],
      {
        templates: {
          '6': template('web:1', [{ name: 'DB_PASSWORD', value: 'old' }]),
          '7': template('web:2', [
            { name: 'DB_PASSWORD', value: 'new' },
            { name: 'MODE', value: 'http2' },
          ]),
        },
        conditions: [
          {
            type: 'Progressing',
            status: 'False',
            reason: 'ProgressDeadlineExceeded',
            message: 'timed out',
          },
        ],
      },
    );

  it('is one finding for the pods of the newest revision, while the older one is ready', () => {
    const report = rollout().diagnose();
    assert.deepEqual(outline(report), ['BadRollout of 1, Deployment web, holds members']);
    const [incident] = report.incidents;
    assert.equal(incident?.severity, 'warning');
    assert.equal(incident.remediation, 'report-only');
    assert.equal(
      incident.summary,
      'Revision 7 of Deployment shop/web fails (AppError in 1 pod), while 2 pods of an older one are ready. It changed spec.containers[app].image, spec.containers[app].env[DB_PASSWORD].value, spec.containers[app].env[MODE].',
    );
    assert.match(incident.advice, /kubectl rollout undo -n shop deployment\/web/);
    assert.ok(incident.evidence.some(({ value }) => value === 'ProgressDeadlineExceeded'));
    assert.equal(report.subjects.find(({ healthy }) => !healthy)?.state, 'AppError');
  });

  it('tells what the change changed, without secrets', () => {
    assert.deepEqual(rollout().diagnose().incidents[0]?.changes, [
      { path: 'spec.containers[app].image', before: '"web:1"', after: '"web:2"' },
      {
        path: 'spec.containers[app].env[DB_PASSWORD].value',
        before: '"[redacted]"',
        after: '"[redacted]"',
      },
      { path: 'spec.containers[app].env[MODE]', after: '{"name":"MODE","value":"http2"}' },
    ]);
  });

  it('counts what else the change changed', () => {
    const before = ['A', 'B', 'C', 'D', 'E'].map((name) => ({ name, value: '1' }));
    const after = before.map(({ name }) => ({ name, value: '2' }));
    const templates = { '6': template('web:1', before), '7': template('web:1', after) };
    const pods = [well({ revision: '6' }), crashing({ revision: '7' })];
    const report = new Fleet().deployment('web', pods, { templates }).diagnose();
    assert.match(
      report.incidents[0]?.summary ?? '',
      /while 1 pod of an older one is ready\. It changed [^,]+, [^,]+, [^,]+ and 2 more fields\.$/,
    );
  });

  it('is to be set back in the source that keeps the Deployment, and not by hand', () => {
    const fleet = new Fleet().deployment(
      'web',
      [well({ revision: '6' }), crashing({ revision: '7' })],
      {
        templates: { '6': template('web:1'), '7': template('web:2') },
        metadata: {
          annotations: { 'argocd.argoproj.io/tracking-id': 'storefront:apps/Deployment:shop/web' },
        },
      },
    );
    const advice = fleet.diagnose().incidents[0]?.advice ?? '';
    assert.match(advice, /kept by Argo CD \(storefront\)/);
    assert.match(advice, /spec\.containers\[app\]\.image: "web:1"/);
    assert.doesNotMatch(advice, /kubectl/);
  });

  it('is none when pods of the older revision fail too', () => {
    const fleet = new Fleet().deployment('web', [
      well({ revision: '6' }),
      crashing({ revision: '6' }),
      crashing({ revision: '7' }),
    ]);
    assert.deepEqual(outline(fleet.diagnose()), ['AppError of 2, Deployment web, holds members']);
  });

  it('is none when most pods of the newest revision are well', () => {
    const fleet = new Fleet().deployment('web', [
      well({ revision: '6' }),
      well({ revision: '7' }),
      crashing({ revision: '7' }),
    ]);
    assert.deepEqual(outline(fleet.diagnose()), []);
  });

  it('is none when the failing revision is no longer the newest', () => {
    const fleet = new Fleet().deployment('web', [
      well({ revision: '8' }),
      crashing({ revision: '7' }),
    ]);
    assert.deepEqual(outline(fleet.diagnose()), []);
  });

  it('is told without old pods when the controller has given it up', () => {
    const pods = [crashing({ revision: '7' }), crashing({ revision: '7' })];
    const templates = { '6': template('web:1'), '7': template('web:2') };
    const conditions = [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' },
    ];
    const report = new Fleet().deployment('web', pods, { templates, conditions }).diagnose();
    assert.deepEqual(outline(report), ['BadRollout of 2, Deployment web, holds members']);
    assert.equal(report.incidents[0]?.severity, 'critical');
    assert.equal(report.incidents[0].confidence.level, 'medium');
    assert.deepEqual(outline(new Fleet().deployment('web', pods, { templates }).diagnose()), [
      'AppError of 2, Deployment web, holds members',
    ]);
  });

  it('is not blamed on a template when a new pod finds no room for the same requests', () => {
    const waiting = unscheduled('0/3 nodes are available: 3 Insufficient cpu.', { revision: '7' });
    const templates = (cpu: string) => ({
      '6': template('web:1'),
      '7': {
        spec: { containers: [{ name: 'app', image: 'web:1', resources: { requests: { cpu } } }] },
      },
    });
    const fleet = (after: Readonly<Record<string, object>>) =>
      new Fleet().deployment('web', [well({ revision: '6' }), waiting], {
        templates: after as Readonly<Record<string, Record<string, unknown>>>,
      });
    assert.deepEqual(
      outline(fleet({ '6': template('web:1'), '7': template('web:2') }).diagnose()),
      [],
    );
    assert.deepEqual(outline(fleet(templates('64')).diagnose()), [
      'BadRollout of 1, Deployment web, holds members',
    ]);
  });

  it('is told for a StatefulSet from its ControllerRevisions', () => {
    const owner = { kind: 'StatefulSet', name: 'db', uid: 'sts', controller: true };
    const pod = (hash: string) => ({
      metadata: { labels: { 'controller-revision-hash': hash }, ownerReferences: [owner] },
    });
    const revision = (hash: string, number: number, image: string) => ({
      kind: 'ControllerRevision',
      metadata: {
        name: hash,
        namespace: 'shop',
        labels: { 'controller-revision-hash': hash },
        ownerReferences: [owner],
      },
      revision: number,
      data: { spec: { template: template(image) } },
    });
    const report = new Fleet()
      .object({
        kind: 'StatefulSet',
        metadata: { name: 'db', namespace: 'shop', uid: 'sts' },
        spec: { replicas: 2 },
        status: { replicas: 2, currentRevision: 'db-a', updateRevision: 'db-b' },
      })
      .object(revision('db-a', 1, 'db:1'))
      .object(revision('db-b', 2, 'db:2'))
      .pod('db-0', well(pod('db-a')))
      .pod('db-1', crashing(pod('db-b')))
      .diagnose();
    assert.deepEqual(outline(report), ['BadRollout of 1, StatefulSet db, holds members']);
    assert.deepEqual(
      report.incidents[0]?.changes?.map(({ path }) => path),
      ['spec.containers[app].image'],
    );
  });

  it('is told from the pods alone when nothing else was seen', () => {
    const owner = (hash: string) => ({
      metadata: {
        labels: { 'pod-template-hash': hash },
        ownerReferences: [{ kind: 'ReplicaSet', name: `web-${hash}`, uid: hash, controller: true }],
      },
    });
    const report = new Fleet()
      .pod('web-a-1', well({ ...owner('a'), age: 9000 }))
      .pod('web-b-1', crashing({ ...owner('b'), age: 60 }))
      .diagnose();
    assert.deepEqual(outline(report), ['BadRollout of 1, Deployment web, holds members']);
    assert.match(report.incidents[0]?.summary ?? '', /is ready\.$/);
  });
});

describe('a node', () => {
  const both = {
    type: 'Ready',
    status: 'Unknown',
    message: 'Kubelet stopped posting node status.',
  };
  const lost = (node: string): PodState =>
    well({
      node,
      status: {
        conditions: [
          { type: 'Ready', status: 'False' },
          { type: 'ContainersReady', status: 'True' },
        ],
      },
    });

  it('that is lost is one finding for its pods', () => {
    const report = new Fleet()
      .node('node-1', both)
      .deployment('web', [lost('node-1'), well({ node: 'node-2' })])
      .deployment('api', [lost('node-1')])
      .diagnose();
    assert.deepEqual(outline(report), ['NodeLost of 2, Node node-1, holds node']);
    assert.equal(report.incidents[0]?.remediation, 'none');
  });

  it('that is lost explains the pods that are taken off it', () => {
    const deleted = well({
      metadata: { deletionTimestamp: ago(-20), deletionGracePeriodSeconds: 30 },
      status: {
        conditions: [
          { type: 'Ready', status: 'True' },
          { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager' },
        ],
      },
    });
    const report = new Fleet()
      .deployment('web', [lost('node-1')])
      .deployment('api', [deleted])
      .diagnose();
    assert.deepEqual(outline(report), ['NodeLost of 2, Node node-1, holds node']);
  });

  it('that evicts is one finding for the evicted and for those that wait for its taint', () => {
    const evicted = well({
      status: {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'The node was low on resource: memory. ',
      },
    });
    const fleet = new Fleet()
      .deployment('web', [evicted, evicted])
      .deployment('api', [
        unscheduled('0/1 nodes are available: 1 node(s) had untolerated taint(s).'),
      ])
      .object({
        kind: 'Node',
        metadata: { name: 'node-1' },
        spec: { taints: [{ key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' }] },
      });
    assert.deepEqual(outline(fleet.diagnose()), ['EvictedMemory of 3, Node node-1, holds node']);
  });

  it('on which several fail that are well elsewhere is bad', () => {
    const fleet = new Fleet();
    for (const name of ['web', 'api', 'mail']) {
      fleet.deployment(name, [crashing({ node: 'node-7' }), well({ node: 'node-2' })]);
    }
    const report = fleet.diagnose();
    assert.deepEqual(outline(report), ['BadNode of 3, Node node-7, holds node']);
    assert.equal(report.incidents[0]?.remediation, 'report-only');
    assert.match(report.incidents[0].summary, /3 of these are well on other nodes/);
  });

  it('is not bad when the same fail elsewhere too', () => {
    const fleet = new Fleet();
    for (const name of ['web', 'api', 'mail']) {
      fleet.deployment(name, [
        crashing({ node: 'node-7' }),
        crashing({ node: 'node-2' }),
        well({ node: 'node-3' }),
      ]);
    }
    assert.deepEqual(
      new Set(fleet.diagnose().incidents.map(({ category }) => category)),
      new Set(['AppError']),
    );
  });

  it('is bad with fewer when it says itself that something is wrong', () => {
    const fleet = (...conditions: readonly Record<string, string>[]): Fleet =>
      new Fleet()
        .node('node-7', { type: 'Ready', status: 'True' }, ...conditions)
        .deployment('web', [crashing({ node: 'node-7' }), well({ node: 'node-2' })])
        .deployment('api', [crashing({ node: 'node-7' }), well({ node: 'node-2' })]);
    assert.deepEqual(outline(fleet().diagnose()), []);
    const report = fleet({ type: 'ReadonlyFilesystem', status: 'True' }).diagnose();
    assert.deepEqual(outline(report), ['BadNode of 2, Node node-7, holds node']);
    assert.equal(report.incidents[0]?.confidence.level, 'high');
  });

  it('is bad when only there no sandbox can be made', () => {
    const fleet = new Fleet();
    for (const name of ['web', 'api']) {
      fleet.deployment(name, [
        well({
          node: 'node-7',
          status: {
            phase: 'Pending',
            conditions: [],
            containerStatuses: [
              { name: 'app', restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } },
            ],
          },
        }),
      ]);
      fleet.events.push(
        event('FailedCreatePodSandBox', 'plugin type="bridge" failed (add)', {
          about: { kind: 'Pod', name: `${name}-h1-0` },
        }),
      );
    }
    assert.deepEqual(outline(fleet.diagnose()), []);
    fleet.deployment('mail', [well({ node: 'node-2' })]);
    assert.deepEqual(outline(fleet.diagnose()), ['BadNode of 2, Node node-7, holds node']);
  });

  it('that was restarted is told from the runtime', () => {
    const restarted = well({
      status: {
        containerStatuses: [
          {
            name: 'app',
            ready: true,
            restartCount: 1,
            state: { running: { startedAt: ago(20) } },
            lastState: { terminated: { reason: 'Unknown', exitCode: 255, finishedAt: ago(25) } },
          },
        ],
      },
    });
    const fleet = new Fleet().deployment('web', [restarted]).deployment('api', [restarted]);
    assert.deepEqual(outline(fleet.diagnose()), ['NodeRestart of 2, Node node-1, holds node']);
  });

  it('that ran out of memory is known from its Events alone, where nodes may not be read', () => {
    const last = { reason: 'Error', exitCode: 137, startedAt: ago(900), finishedAt: ago(30) };
    const killed = {
      status: {
        phase: 'Running',
        containerStatuses: [
          {
            name: 'app',
            ready: true,
            restartCount: 2,
            state: { running: { startedAt: ago(28) } },
            lastState: { terminated: last },
          },
        ],
      },
    };
    const fleet = new Fleet().pod('web', killed);
    const about = { kind: 'Node', name: 'node-1', namespace: undefined };
    fleet.events.push(event('SystemOOM', 'System OOM encountered', { about, seen: 30 }));
    assert.equal(fleet.diagnose().subjects[0]?.state, 'NodeOOM');
  });

  it('that was restarted in good order is told from the times of all its pods', () => {
    const fleet = (...ends: readonly number[]): Fleet => {
      const made = new Fleet();
      ends.forEach((ended, index) => {
        made.deployment(`app-${String(index)}`, [crashing({ node: 'node-1', ended, restarts: 1 })]);
      });
      return made;
    };
    assert.deepEqual(outline(fleet(30, 32, 34, 36).diagnose()), [
      'NodeRestart of 4, Node node-1, holds node',
    ]);
    assert.deepEqual(outline(fleet(30, 332, 634, 1236).diagnose()), []);
    const alsoElsewhere = fleet(30, 32, 34, 36);
    for (const name of ['x', 'y', 'z']) {
      alsoElsewhere.deployment(name, [crashing({ node: 'node-2', ended: 31, restarts: 1 })]);
    }
    assert.ok(!outline(alsoElsewhere.diagnose()).some((line) => line.startsWith('NodeRestart')));
  });
});

describe('what several share', () => {
  it('is a missing Secret', () => {
    const fleet = new Fleet();
    for (const name of ['web', 'api']) {
      fleet.deployment(name, [
        well({
          status: {
            phase: 'Pending',
            conditions: [],
            containerStatuses: [
              { name: 'app', restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } },
            ],
          },
        }),
      ]);
      fleet.events.push(
        event(
          'FailedMount',
          'MountVolume.SetUp failed for volume "s" : secret "api-tls" not found',
          {
            about: { kind: 'Pod', name: `${name}-h1-0` },
          },
        ),
      );
    }
    const report = fleet.diagnose();
    assert.deepEqual(outline(report), ['MissingConfigObject of 2, Secret api-tls, holds members']);
    assert.match(
      report.incidents[0]?.summary ?? '',
      /^Secret shop\/api-tls is behind the failures of 2 subjects of 2 workloads/,
    );
    assert.doesNotMatch(report.incidents[0]?.advice ?? '', /may not come back/);
  });

  it('is a quota, for which nothing may be deleted in the namespace', () => {
    const message =
      'Error creating: pods "x" is forbidden: exceeded quota: compute, requested: pods=1';
    const fleet = new Fleet().deployment('web', [well()]);
    fleet.events.push(
      event('FailedCreate', message, { about: { kind: 'ReplicaSet', name: 'web-h2' } }),
    );
    const report = fleet.diagnose();
    assert.deepEqual(outline(report), [
      'QuotaExceeded of 1, ResourceQuota compute, holds namespace',
    ]);
    const [incident] = report.incidents;
    const [finding] = report.subjects.find(({ healthy }) => !healthy)?.findings ?? [];
    assert.equal(incident?.summary, finding?.summary);
    assert.match(incident?.advice ?? '', /deleted in this namespace may not come back\.$/);
  });

  it('is a webhook that does not answer, for which nothing may be deleted anywhere', () => {
    const message =
      'Error creating: Internal error occurred: failed calling webhook "p.shop.test": Post';
    const fleet = new Fleet();
    for (const name of ['web', 'api']) {
      fleet.events.push(event('FailedCreate', message, { about: { kind: 'DaemonSet', name } }));
    }
    const report = fleet.diagnose();
    assert.deepEqual(outline(report), [
      'WebhookDenied of 2, AdmissionWebhook p.shop.test, holds cluster',
    ]);
    assert.match(report.incidents[0]?.advice ?? '', /that is deleted may not come back\.$/);
  });

  for (const [image, host] of [
    ['registry.shop.test/web:1', 'registry.shop.test'],
    ['mirror:5000/web', 'mirror:5000'],
    ['localhost/web', 'localhost'],
    ['shop/web', 'docker.io'],
    ['nginx:1.27', 'docker.io'],
  ] as const) {
    it(`is the registry ${host} of the image ${image}`, () => {
      const fleet = new Fleet();
      for (const name of ['web', 'api', 'mail']) {
        fleet.deployment(name, [
          well({
            // The container beside it comes from elsewhere, and is there.
            spec: {
              containers: [
                { name: 'proxy', image: 'elsewhere.test/proxy' },
                { name: 'app', image },
              ],
            },
            status: {
              phase: 'Pending',
              conditions: [],
              containerStatuses: [
                {
                  name: 'app',
                  restartCount: 0,
                  state: { waiting: { reason: 'ErrImagePull', message: 'dial tcp: i/o timeout' } },
                },
              ],
            },
          }),
        ]);
      }
      const { incidents } = fleet.diagnose();
      assert.match(incidents[0]?.summary ?? '', new RegExp(`the registry ${host}: 3 pods`));
    });
  }

  it('is no registry that can be named where the spec was cut away', () => {
    const fleet = new Fleet();
    for (const name of ['web', 'api', 'mail']) {
      fleet.deployment(name, [
        well({
          spec: { containers: [] },
          status: {
            phase: 'Pending',
            conditions: [],
            containerStatuses: [
              {
                name: 'app',
                restartCount: 0,
                state: { waiting: { reason: 'ErrImagePull', message: 'dial tcp: i/o timeout' } },
              },
            ],
          },
        }),
      ]);
    }
    assert.deepEqual(outline(fleet.diagnose()), []);
  });

  const dependents = (count: number, line: string): Fleet => {
    const fleet = new Fleet();
    for (let index = 0; index < count; index++) {
      const name = `app-${String(index)}`;
      fleet
        .deployment(name, [crashing({ node: `node-${String(index)}` })])
        .log(`${name}-h1-0`, line);
    }
    return fleet;
  };
  const refused = 'Error: connect ECONNREFUSED 10.0.0.7:5432\n';

  it('is a database that all of them name', () => {
    const report = dependents(3, refused).diagnose();
    assert.deepEqual(outline(report), ['SharedDependencyFailure of 3, no cause, holds cluster']);
    assert.equal(report.incidents[0]?.remediation, 'none');
    assert.equal(report.incidents[0].confidence.level, 'high');
    assert.match(report.incidents[0].summary, /10\.0\.0\.7:5432: 3 pods on 3 nodes/);
  });

  it('is nothing when only two name it', () => {
    assert.deepEqual(outline(dependents(2, refused).diagnose()), []);
  });

  it('is the same last words, whatever their numbers', () => {
    const fleet = new Fleet();
    for (const index of [1, 2, 3]) {
      const message = `worker ${String(index)}: licence server says no (request ${String(index)}f00ba4)`;
      fleet.deployment(`app-${String(index)}`, [crashing({ message, ended: index * 1000 })]);
    }
    const report = fleet.diagnose();
    assert.deepEqual(outline(report), ['SharedDependencyFailure of 3, no cause, holds cluster']);
    assert.equal(report.incidents[0]?.confidence.level, 'medium');
  });

  it('is the moment, when many end at once and nothing else tells', () => {
    const storm = (count: number, restarts: number): Fleet => {
      const fleet = new Fleet();
      for (let index = 0; index < count; index++) {
        fleet.deployment(`app-${String(index)}`, [
          crashing({ node: `node-${String(index)}`, ended: 60 + index * 7, restarts }),
          well({ node: `node-${String(index + 1)}` }),
        ]);
      }
      return fleet;
    };
    const report = storm(6, 1).diagnose();
    assert.deepEqual(outline(report), ['SharedDependencyFailure of 6, no cause, holds cluster']);
    assert.equal(report.incidents[0]?.confidence.level, 'low');
    assert.deepEqual(outline(storm(4, 1).diagnose()), []);
    assert.deepEqual(outline(storm(6, 40).diagnose()), []);
  });

  it('is the room of the cluster', () => {
    const waiting = unscheduled('0/3 nodes are available: 3 Insufficient memory.');
    const report = new Fleet()
      .deployment('web', [waiting, waiting])
      .deployment('api', [waiting])
      .diagnose();
    assert.deepEqual(outline(report), ['UnschedulableResources of 3, no cause, holds members']);
    assert.match(report.incidents[0]?.summary ?? '', /no memory left: 3 pods of 2 workloads/);
  });

  it('is the workload, when its pods fail in the same way', () => {
    const report = new Fleet()
      .deployment(
        'web',
        times(40, () => crashing()),
      )
      .diagnose();
    assert.deepEqual(outline(report), ['AppError of 40, Deployment web, holds members']);
    assert.match(report.incidents[0]?.summary ?? '', /^40 of 40 pods of Deployment shop\/web/);
  });

  it('is the same last words of programs that no longer answer their probes', () => {
    const fleet = new Fleet();
    for (const index of [1, 2, 3]) {
      const name = `app-${String(index)}`;
      fleet
        .deployment(name, [crashing({ ended: index * 1000 })])
        .log(`${name}-h1-0`, 'giving up: the licence server says no\n');
      fleet.events.push(
        event('Killing', 'Container app failed liveness probe, will be restarted', {
          about: { kind: 'Pod', name: `${name}-h1-0` },
          seen: index * 1000,
        }),
      );
    }
    const report = fleet.diagnose();
    assert.equal(report.subjects[0]?.state, 'LivenessProbeFailure');
    assert.deepEqual(outline(report), ['SharedDependencyFailure of 3, no cause, holds cluster']);
  });

  it('is nothing when each fails in its own way', () => {
    const fleet = new Fleet();
    for (const index of [1, 2, 3]) {
      fleet.deployment(`app-${String(index)}`, [
        crashing({ message: `reason the ${'x'.repeat(index)} fails`, ended: index * 1000 }),
      ]);
    }
    assert.deepEqual(outline(fleet.diagnose()), []);
  });
});

describe('an incident', () => {
  it('explains each member once, and the widest comes first', () => {
    const fleet = new Fleet();
    for (const name of ['a', 'b', 'c']) {
      fleet.deployment(name, [crashing({ node: 'node-7' }), well({ node: 'node-2' })]);
    }
    fleet.deployment(
      'web',
      times(9, () => crashing({ node: 'node-3' })),
    );
    const { incidents } = fleet.diagnose();
    const members = incidents.flatMap((incident) => incident.members.map(({ name }) => name));
    assert.deepEqual(members.toSorted(), [...new Set(members)].toSorted());
    assert.deepEqual(
      incidents.map((incident) => incident.members.length),
      [9, 3],
    );
  });

  it('says since when its first member fails', () => {
    const fleet = new Fleet().deployment('web', [
      crashing({ ended: 30 }),
      crashing({ ended: 900 }),
    ]);
    assert.equal(fleet.diagnose().incidents[0]?.since, ago(900));
  });

  it('shows what was seen of its members, each with the object', () => {
    const fleet = new Fleet().deployment('web', [crashing(), crashing()]);
    const objects = fleet.diagnose().incidents[0]?.evidence.map(({ object }) => object);
    assert.deepEqual(objects, [
      { kind: 'Pod', namespace: 'shop', name: 'web-h1-0' },
      { kind: 'Pod', namespace: 'shop', name: 'web-h1-1' },
    ]);
  });

  it('keeps the object of what was seen in another than the member', () => {
    const fleet = new Fleet();
    for (const name of ['web', 'api']) {
      const message = 'Error creating: pods "x" is forbidden: exceeded quota: compute, requested';
      fleet.events.push(event('FailedCreate', message, { about: { kind: 'DaemonSet', name } }));
    }
    const kinds = fleet.diagnose().incidents[0]?.evidence.map(({ object }) => object?.kind);
    assert.deepEqual(kinds, ['Event', 'Event']);
  });

  it('and its subjects stand in the order of namespace, name and kind', () => {
    const fleet = new Fleet().pod('b', crashing()).pod('a', crashing());
    const message = 'Error creating: pods "x" is forbidden: exceeded quota: compute, requested';
    fleet.events.push(event('FailedCreate', message, { about: { kind: 'Job', name: 'a' } }));
    assert.deepEqual(
      fleet.diagnose().subjects.map(({ kind, name }) => `${kind} ${name}`),
      ['Job a', 'Pod a', 'Pod b'],
    );
  });

  it('names its members by namespace and name', () => {
    const fleet = new Fleet().deployment('web', [crashing(), crashing()]);
    fleet.pods.reverse();
    assert.deepEqual(
      fleet.diagnose().incidents[0]?.members.map(({ name }) => name),
      ['web-h1-0', 'web-h1-1'],
    );
  });
});
