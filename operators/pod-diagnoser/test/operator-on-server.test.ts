import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  crashesAnnotation,
  diagnosisAnnotation,
  findingAnnotation,
  PodDiagnoser,
  restartReasonAnnotation,
  restartTimeAnnotation,
  watchedNamespaceRules,
} from '../src/index.ts';
import type { Finding } from '@kubewright/diagnosis';
import { FakeClock } from '@kubewright/runtime/testing';
import { OperatorUnderTest, until } from './operator-under-test.ts';
import { crashed, running } from './pods.ts';

let shared: OperatorUnderTest;

before(async () => {
  shared = await OperatorUnderTest.start();
});

after(async () => {
  await shared[Symbol.asyncDispose]();
});

test('annotates a pod that crashed, records one Event and counts one', async () => {
  const world = await shared.inNewNamespace();
  await world.createDiagnoser('d', { targetLabels: { app: 'web' }, remediationAction: 'LogEvent' });
  await world.createPod('web-1', { statuses: [crashed({ reason: 'Completed', exitCode: 0 })] });
  await using _operator = world.run();
  await until(async () => (await world.diagnoser('d')).status?.diagnosedPods === 1);
  await until(
    async () => crashesAnnotation in ((await world.pod('web-1')).metadata.annotations ?? {}),
  );

  const { annotations = {} } = (await world.pod('web-1')).metadata;
  assert.equal(annotations[restartReasonAnnotation], 'Completed (Exit Code: 0)');
  assert.equal(annotations[restartTimeAnnotation], '2026-01-31T12:00:00Z');
  assert.deepEqual(await world.events(), [
    'PodRestarted: Pod web-1 restarted due to Completed (Exit Code: 0)',
  ]);
  await until(async () => (await world.diagnoser('d')).status?.conditions?.[0]?.status === 'True');
  const { status, metadata } = await world.diagnoser('d');
  assert.equal(status?.lastProcessedPod, 'web-1');
  assert.equal(status.observedGeneration, metadata.generation);
  assert.equal(status.conditions?.[0]?.reason, 'Diagnosing');
});

test('says beside the annotations of the crash why it happened, and how that is known', async () => {
  const world = await shared.inNewNamespace();
  await world.createDiagnoser('d');
  await using _operator = world.run();
  const ended = new Date(Date.now() - 5_000).toISOString();
  await world.createPod('web-1', {
    statuses: [crashed({ finishedAt: ended, startedAt: ended }), running('proxy')],
  });
  await until(
    async () => diagnosisAnnotation in ((await world.pod('web-1')).metadata.annotations ?? {}),
  );
  const { annotations = {} } = (await world.pod('web-1')).metadata;
  assert.match(annotations[diagnosisAnnotation] ?? '', /^AppError: .*\bapp\b.*\b1\b/);
  const finding = JSON.parse(annotations[findingAnnotation] ?? '') as Finding;
  assert.equal(finding.category, 'AppError');
  assert.equal(finding.container, 'app');
  assert.ok(
    finding.evidence.some(
      ({ path, value }) =>
        path === 'status.containerStatuses[0].lastState.terminated.exitCode' && value === 1,
    ),
    JSON.stringify(finding.evidence),
  );
  assert.equal(annotations[restartReasonAnnotation], 'Error (Exit Code: 1)');
});

test('asks the API server for nothing that is in its caches', async () => {
  const world = await shared.inNewNamespace();
  await world.createDiagnoser('d', { remediationAction: 'LogEvent' });
  await using operator = world.run();
  await until(
    async () => (await world.diagnoser('d')).status?.conditions?.[0]?.reason === 'Diagnosing',
  );
  await operator.untilSettled();
  const [reads, writes] = [operator.transport.reads.length, operator.transport.writes.length];
  const crashes = 5;
  for (let restartCount = 1; restartCount <= crashes; restartCount++) {
    await world.setStatusesOrCreate('web-1', [crashed({ restartCount })]);
    await until(async () => {
      const text = (await world.pod('web-1')).metadata.annotations?.[crashesAnnotation] ?? '{}';
      const noted = JSON.parse(text) as { containers?: { app?: { restartCount: number } } };
      return noted.containers?.app?.restartCount === restartCount;
    });
  }
  await operator.untilSettled();
  assert.deepEqual(operator.transport.reads.slice(reads), []);
  // One count, one Event, one annotation for each crash.
  assert.equal(operator.transport.writes.length - writes, 3 * crashes);
});

test('each crash of each container counts once, however often the pod changes', async () => {
  const world = await shared.inNewNamespace();
  await world.createDiagnoser('d', { remediationAction: 'LogEvent' });
  await world.createPod('web-1', { statuses: [crashed({ name: 'a' }), running('b')] });
  await using operator = world.run();
  await until(async () => (await world.diagnoser('d')).status?.diagnosedPods === 1);
  await world.setStatuses('web-1', [crashed({ name: 'a' }), { ...running('b'), ready: false }]);
  await world.setStatuses('web-1', [
    crashed({ name: 'a' }),
    crashed({ name: 'b', exitCode: 2, finishedAt: '2026-01-31T12:05:00Z' }),
  ]);
  await until(async () => (await world.diagnoser('d')).status?.diagnosedPods === 2);
  await world.setStatuses('web-1', [
    crashed({ name: 'a', restartCount: 2, exitCode: 3, finishedAt: '2026-01-31T12:06:00Z' }),
    crashed({ name: 'b', exitCode: 2, finishedAt: '2026-01-31T12:05:00Z' }),
  ]);
  await until(async () => (await world.diagnoser('d')).status?.diagnosedPods === 3);
  await until(async () => {
    const { annotations = {} } = (await world.pod('web-1')).metadata;
    return annotations[restartReasonAnnotation] === 'Error (Exit Code: 3)';
  });
  await operator.untilSettled();
  assert.equal((await world.events()).length, 3);
  assert.equal((await world.diagnoser('d')).status?.diagnosedPods, 3);
  assert.equal((await world.diagnoser('d')).status?.recentCrashes?.length, 3);
});

test('deletes a pod that its controller replaces, once, and counts it once', async () => {
  const world = await shared.inNewNamespace();
  await world.createDiagnoser('d', { remediationAction: 'RestartPod' });
  await world.createPod('web-1', { owner: await world.replacingOwner(), statuses: [crashed()] });
  await using operator = world.run();
  await until(async () => !(await world.pods()).includes('web-1'));
  await until(async () => (await world.diagnoser('d')).status?.conditions !== undefined);
  await operator.untilSettled();
  assert.equal((await world.diagnoser('d')).status?.diagnosedPods, 1);
  assert.equal(operator.transport.writes.filter((write) => write.startsWith('DELETE')).length, 1);
});

test('does not delete what would be lost, and says why not', async () => {
  const world = await shared.inNewNamespace();
  await world.createDiagnoser('d', { remediationAction: 'RestartPod' });
  await world.createPod('bare', { statuses: [crashed()] });
  await world.createPod('job', { owner: await world.job(), statuses: [crashed()] });
  await using operator = world.run();
  await until(async () => (await world.events()).length === 2);
  await operator.untilSettled();
  assert.equal((await world.events()).length, 2);
  assert.deepEqual((await world.pods()).sort(), ['bare', 'job']);
  assert.match((await world.events()).join('\n'), /RestartSkipped: Pod bare was not restarted: /);
  await until(
    async () => crashesAnnotation in ((await world.pod('job')).metadata.annotations ?? {}),
  );
  assert.equal((await world.diagnoser('d')).status?.diagnosedPods, 2);
});

test('the oldest diagnoser is responsible; the others say so, and take over when it goes', async () => {
  const world = await shared.inNewNamespace();
  await world.createDiagnoser('a');
  await world.createDiagnoser('b', { targetLabels: { app: 'web' }, remediationAction: 'LogEvent' });
  await using operator = world.run();
  await until(
    async () => (await world.diagnoser('b')).status?.conditions?.[0]?.reason === 'Shadowed',
  );
  await world.createPod('web-1', { statuses: [crashed()] });
  await until(async () => (await world.diagnoser('a')).status?.diagnosedPods === 1);
  // What it has not dealt with, whoever takes over deals with.
  await until(
    async () => crashesAnnotation in ((await world.pod('web-1')).metadata.annotations ?? {}),
  );

  await world.client.patch(
    PodDiagnoser.resource,
    { name: 'a', namespace: world.namespace },
    { type: 'merge', body: { spec: { enableAnnotations: false } } },
  );
  await until(
    async () => (await world.diagnoser('a')).status?.conditions?.[0]?.reason === 'Disabled',
  );
  await until(
    async () => (await world.diagnoser('b')).status?.conditions?.[0]?.reason === 'Diagnosing',
  );
  await world.createPod('web-2', { statuses: [crashed()] });
  await until(async () => (await world.diagnoser('b')).status?.diagnosedPods === 1);
  await operator.untilSettled();
  assert.equal((await world.diagnoser('a')).status?.diagnosedPods, 1);
  assert.equal((await world.events()).length, 1);
  assert.match((await world.events())[0] ?? '', /Pod web-2 restarted/);
});

test('acts in its own namespace only', async () => {
  const [world, elsewhere] = [await shared.inNewNamespace(), await shared.inNewNamespace()];
  await world.createDiagnoser('d');
  await elsewhere.createPod('other', { statuses: [crashed()] });
  await world.createPod('web-1', { statuses: [crashed()] });
  await using operator = world.run();
  await until(async () => (await world.diagnoser('d')).status?.diagnosedPods === 1);
  await operator.untilSettled();
  assert.equal((await elsewhere.pod('other')).metadata.annotations, undefined);
});

test('works off more crashes than one write of the status holds', async () => {
  const world = await shared.inNewNamespace();
  await world.createDiagnoser('d');
  const names = Array.from({ length: 120 }, (_, index) => `web-${String(index)}`);
  for (const name of names) await world.createPod(name, { statuses: [crashed()] });
  await using _operator = world.run();
  await until(async () => (await world.diagnoser('d')).status?.diagnosedPods === 120);
  for (const name of names) {
    await until(
      async () => crashesAnnotation in ((await world.pod(name)).metadata.annotations ?? {}),
    );
  }
});

test('needs no permission beyond those of its role', async () => {
  const world = await shared.inNewNamespace();
  const as = await world.clientWith(watchedNamespaceRules());
  await world.createDiagnoser('a', { targetLabels: { act: 'a' }, remediationAction: 'LogEvent' });
  await world.createDiagnoser('b', { targetLabels: { act: 'b' }, remediationAction: 'RestartPod' });
  const owner = await world.replacingOwner();
  await world.createPod('log', { labels: { act: 'a' }, statuses: [crashed()] });
  await world.createPod('restart', { labels: { act: 'b' }, owner, statuses: [crashed()] });
  await using _operator = world.run({ as });
  await until(async () => (await world.events()).length === 1);
  await until(async () => (await world.pods()).join() === 'log');
  await until(
    async () => crashesAnnotation in ((await world.pod('log')).metadata.annotations ?? {}),
  );
  for (const name of ['a', 'b']) {
    await until(
      async () => (await world.diagnoser(name)).status?.conditions?.[0]?.reason === 'Diagnosing',
    );
    assert.equal((await world.diagnoser(name)).status?.diagnosedPods, 1);
  }
});

test('says which permission is missing, and does not try again at once', async () => {
  const world = await shared.inNewNamespace();
  const rules = watchedNamespaceRules().map((rule) =>
    rule.resources?.includes('pods') === true ? { ...rule, verbs: ['list', 'watch'] } : rule,
  );
  await world.createDiagnoser('d');
  await world.createPod('web-1', { statuses: [crashed()] });
  // No time passes, however long the test takes: half a minute later it is tried again.
  const clock = new FakeClock({ startMs: Date.now() });
  await using operator = world.run({ as: await world.clientWith(rules), clock });
  await until(async () => (await world.diagnoser('d')).status?.conditions?.[0]?.status === 'False');
  const condition = (await world.diagnoser('d')).status?.conditions?.[0];
  assert.equal(condition?.reason, 'MissingPermission');
  assert.match(
    condition.message,
    /pods "web-1" is forbidden: User "operator" cannot patch resource "pods" in API group "" in the namespace/,
  );
  await operator.untilSettled();
  assert.equal((await world.events()).length, 1);
  assert.match(
    (await world.events())[0] ?? '',
    /^MissingPermission: .*cannot patch resource "pods"/,
  );

  const reconciles = await operator.reconciles();
  await world.createPod('web-2', { statuses: [crashed()] });
  await until(async () => (await operator.reconciles()) > reconciles);
  await operator.untilSettled();
  assert.equal(operator.transport.writes.filter((write) => write.includes('/pods/')).length, 1);
});

test('tells a diagnoser that its pods may not be read, and is not ready', async () => {
  const world = await shared.inNewNamespace();
  const rules = watchedNamespaceRules().filter(
    ({ resources }) => resources?.includes('pods') !== true,
  );
  await world.createDiagnoser('d');
  await using operator = world.run({ as: await world.clientWith(rules) });
  await until(async () => (await world.events()).length === 1);
  assert.match(
    (await world.events())[0] ?? '',
    /^MissingPermission: cannot list pods in namespace ".*": .*cannot list resource "pods"/,
  );
  assert.match(operator.manager.cache.readiness().join(), /cannot list pods in namespace/);
});

test('a specification that makes no sense is refused with the choices', async () => {
  const world = await shared.inNewNamespace();
  await assert.rejects(
    // Safe: the very thing under test is a value that the type forbids.
    world.createDiagnoser('d', { remediationAction: 'Reboot' as never }),
    /remediationAction: Unsupported value: "Reboot": supported values: "", "RestartPod", "LogEvent"/,
  );
});

for (const remediationAction of ['LogEvent', 'RestartPod'] as const) {
  for (const when of ['before', 'after'] as const) {
    test(`${remediationAction} happens once when the process ends ${when} any of its writes`, async () => {
      for (let write = 1; ; write += 1) {
        const world = await shared.inNewNamespace();
        await world.createDiagnoser('d', { remediationAction });
        const owner = await world.replacingOwner();
        await world.createPod('web-1', {
          owner,
          statuses: [crashed({ name: 'a' }), crashed({ name: 'b' })],
        });
        {
          await using killed = world.run({ cut: { write, when } });
          const isDone = until(async () => {
            const { status } = await world.diagnoser('d');
            return status?.conditions?.[0]?.reason === 'Diagnosing';
          });
          await Promise.race([killed.transport.gone, isDone]);
        }
        await using second = world.run();
        await until(async () => {
          const { status } = await world.diagnoser('d');
          return status?.conditions?.[0]?.reason === 'Diagnosing';
        });
        await second.untilSettled();
        const label = `cut ${when} write ${String(write)}`;
        assert.equal((await world.diagnoser('d')).status?.diagnosedPods, 2, label);
        if (remediationAction === 'LogEvent') {
          assert.ok(
            crashesAnnotation in ((await world.pod('web-1')).metadata.annotations ?? {}),
            label,
          );
          assert.equal((await world.events()).length, 2, label);
        } else {
          assert.deepEqual(await world.pods(), [], label);
          assert.deepEqual(await world.events(), [], label);
        }
        // The last round was cut after everything was done: the second process had nothing to write.
        if (second.transport.writes.length === 0) {
          assert.ok(write >= 3, label);
          break;
        }
      }
    });
  }
}
