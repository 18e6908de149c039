import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  atFirstStart,
  barePod,
  deployment,
  diagnoser,
  endFirstProcess,
  podWithoutImage,
} from './crashing-workloads.ts';
import { loadImages } from './images.ts';
import { CommandError } from '../shell.ts';
import { NodeCluster } from './node-cluster.ts';

const cluster = new NodeCluster();
const [system, operator] = ['kubewright-system', 'pod-diagnoser'];
const manifest = (name: string): string => `deploy/pod-diagnoser/${name}.yaml`;
const reasonPath = '.metadata.annotations.diagnostics\\.local\\.io/restart-reason';
const reasonKey = 'diagnostics.local.io/restart-reason';
const timeKey = 'diagnostics.local.io/restart-time';
/** Everything the tests make in the namespace default carries one of these as its label `app`. */
const apps = ['oom', 'no-image', 'restarted', 'bare'] as const;
type App = (typeof apps)[number];

/** Ends the first process of a pod's container; it counts as a crash as soon as the kubelet has restarted it. */
async function crash(pod: string): Promise<void> {
  try {
    await cluster.kubectl('exec', pod, '--', ...endFirstProcess);
  } catch (error) {
    // The first process takes all others along, also the one that sent the signal.
    const isTakenAlong = error instanceof CommandError && error.message.includes('exit code 137');
    if (!isTakenAlong) throw error;
  }
}

async function untilCounted(app: App, crashes: number): Promise<void> {
  await cluster.untilField(`poddiagnoser/${app}`, '.status.diagnosedPods', crashes);
}

async function statusOf(app: App): Promise<Readonly<Record<string, unknown>>> {
  return (await cluster.get(`poddiagnoser/${app}`)).status ?? {};
}

/** The one pod of an app that was not there before, when it runs: what says that all is rolled out may not have heard of its going yet. */
async function nextPodOf(app: App, before: ReadonlySet<string>): Promise<string> {
  const [name = ''] = await cluster.untilAnswer(
    () => cluster.podsOf(app),
    (names) => names.length === 1 && !names.some((each) => before.has(each)),
  );
  await cluster.untilCondition(`pod/${name}`, 'Ready');
  return name;
}

async function cleanUp(): Promise<void> {
  const selector = `app in (${apps.join(',')})`;
  const all = ['deployments,replicasets,pods', '-l', selector] as const;
  await cluster.kubectl('delete', ...all, '--timeout=300s');
  // A pod may have been made while its owner went.
  await cluster.untilAnswer(
    () => cluster.kubectl('get', ...all, '-o', 'name'),
    (names) => names === '',
  );
  // The definition takes the diagnosers along.
  await cluster.kubectl('delete', '--ignore-not-found', '-f', manifest('operator'));
  await cluster.kubectl('delete', '--ignore-not-found', '-f', manifest('crd'));
}

describe('crashes on a real node', () => {
  before(async () => {
    await loadImages();
    await cluster.kubectl('apply', '-f', manifest('crd'));
    await cluster.untilCondition('crd/poddiagnosers.diagnostics.local.io', 'Established');
    // A server serves a kind a moment after it says that it is established.
    const path = '/apis/diagnostics.local.io/v1/poddiagnosers?limit=1';
    await cluster.untilAnswer(
      () =>
        cluster.kubectl('get', '--raw', path).then(
          () => '',
          (error: unknown) => String(error),
        ),
      (problem) => problem === '',
    );
    await cluster.kubectl('apply', '-f', manifest('operator'));
    await cluster.untilRolledOut(operator, system);
  });
  after(cleanUp);

  // Most of the time is the kubelet's: the four do not touch each other, so they wait together.
  describe('of each kind', { concurrency: true }, () => {
    test('a container that took too much memory is diagnosed as OOMKilled, once', async () => {
      await cluster.apply(diagnoser('oom', 'LogEvent'));
      await cluster.apply(barePod('oom', 'oom', atFirstStart.takeAllMemory));

      await cluster.untilField('pod/oom', reasonPath, 'OOMKilled (Exit Code: 137)');

      const { metadata } = await cluster.get('pod/oom');
      assert.match(metadata.annotations?.[timeKey] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const events = await cluster.eventsOf('pod/oom', 'PodRestarted');
      assert.deepEqual(
        events.map(({ type, message }) => ({ type, message })),
        [{ type: 'Warning', message: 'Pod oom restarted due to OOMKilled (Exit Code: 137)' }],
      );
      const { diagnosedPods, lastProcessedPod } = await statusOf('oom');
      assert.deepEqual(
        { diagnosedPods, lastProcessedPod },
        { diagnosedPods: 1, lastProcessedPod: 'oom' },
      );

      // A further crash comes after whatever else could have been made of the first.
      await crash('oom');
      await cluster.untilField('pod/oom', reasonPath, 'Error (Exit Code: 3)');
      assert.equal((await statusOf('oom'))['diagnosedPods'], 2);
      assert.equal((await cluster.eventsOf('pod/oom', 'PodRestarted')).length, 2);
    });

    test('a container whose image cannot be had did not crash', async () => {
      await cluster.apply(diagnoser('no-image', 'LogEvent'));
      await cluster.apply(podWithoutImage('no-image', 'no-image'));
      const waiting = '.status.containerStatuses[0].state.waiting.reason';
      await cluster.untilField('pod/no-image', waiting, 'ImagePullBackOff');

      // A true crash of the same diagnoser: when it is dealt with, what came before it has been looked at.
      await cluster.apply(barePod('no-image-crashed', 'no-image', atFirstStart.exit));
      await cluster.untilField('pod/no-image-crashed', reasonPath, 'Error (Exit Code: 3)');

      const annotations = Object.keys(
        (await cluster.get('pod/no-image')).metadata.annotations ?? {},
      );
      assert.deepEqual(
        annotations.filter((name) => name.startsWith('diagnostics.local.io/')),
        [],
      );
      assert.deepEqual(await cluster.eventsOf('pod/no-image', 'PodRestarted'), []);
      const { diagnosedPods, lastProcessedPod } = await statusOf('no-image');
      assert.equal(diagnosedPods, 1);
      assert.equal(lastProcessedPod, 'no-image-crashed');
    });

    test('RestartPod has a crashed pod of a Deployment replaced, once for each crash', async () => {
      await cluster.apply(diagnoser('restarted', 'RestartPod'), deployment('restarted'));
      const seen = new Set<string>();
      for (const crashes of [1, 2]) {
        const pod = await nextPodOf('restarted', seen);
        seen.add(pod);
        await crash(pod);
        await cluster.untilGone(`pod/${pod}`);
        await untilCounted('restarted', crashes);
      }
      seen.add(await nextPodOf('restarted', seen));

      // The first pod and one in place of each that was deleted: no other pod was ever made.
      const text = await cluster.kubectl('get', 'replicasets', '-l', 'app=restarted', '-o', 'name');
      const [replicaSet = '', ...others] = text.trim().split('\n');
      assert.deepEqual(others, []);
      // The controller writes its Events apart from what they tell of.
      const made = await cluster.untilAnswer(
        () => cluster.eventsOf(replicaSet, 'SuccessfulCreate'),
        (events) => events.length >= seen.size,
      );
      const names = made.map(({ message }) => message.replace('Created pod: ', ''));
      assert.deepEqual(names.sort(), [...seen].sort());
      assert.equal(seen.size, 3);
      assert.equal((await statusOf('restarted'))['diagnosedPods'], 2);
    });

    test('RestartPod leaves a pod that nobody would replace, and says why', async () => {
      await cluster.apply(diagnoser('bare', 'RestartPod'));
      await cluster.apply(barePod('bare', 'bare', atFirstStart.exit));
      const { uid } = (await cluster.get('pod/bare')).metadata;

      await cluster.untilField('pod/bare', reasonPath, 'Error (Exit Code: 3)');

      const { metadata } = await cluster.get('pod/bare');
      assert.equal(metadata.uid, uid);
      assert.equal(metadata.deletionTimestamp, undefined);
      const [event, ...others] = await cluster.eventsOf('pod/bare', 'RestartSkipped');
      assert.deepEqual(others, []);
      assert.equal(event?.type, 'Warning');
      assert.match(event.message, /^Pod bare was not restarted: it has no controller/);
      assert.equal((await statusOf('bare'))['diagnosedPods'], 1);
    });
  });

  test('an operator in place of another counts no crash again', async () => {
    const before = await Promise.all(
      apps.map(async (app) => (await statusOf(app))['diagnosedPods']),
    );
    await cluster.kubectl('rollout', 'restart', `deployment/${operator}`, '-n', system);
    await cluster.untilRolledOut(operator, system);

    await cluster.apply(barePod('bare-later', 'bare', atFirstStart.exit));
    await cluster.untilField('pod/bare-later', reasonPath, 'Error (Exit Code: 3)');

    assert.deepEqual(before, [2, 1, 2, 1]);
    const counted = await Promise.all(
      apps.map(async (app) => (await statusOf(app))['diagnosedPods']),
    );
    assert.deepEqual(counted, [2, 1, 2, 2]);
    const { metadata } = await cluster.get('pod/bare');
    assert.equal(metadata.annotations?.[reasonKey], 'Error (Exit Code: 3)');
    assert.equal((await cluster.eventsOf('pod/bare', 'RestartSkipped')).length, 1);
  });
});
