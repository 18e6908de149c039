import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ImageMap, ScriptedLife } from '../src/kubelet/index.ts';
import type { InMemoryKubeletApi } from './kubelet-api-in-memory.ts';
import { differences, replayTrace, type Replay, type ReplayOptions } from './trace-comparison.ts';

/** One recording, and what its containers did. */
interface Scenario extends ReplayOptions {
  readonly trace: string;
  readonly title: string;
  /** Statuses that stood for less may be missing on one side. Default 1,500; more where the recording machine was slow. */
  readonly briefMs?: number;
  /** Reasons of events told at each look at this pod, besides those that always are. */
  readonly toldAtEachLook?: readonly string[];
}

const tools = 'traces.test/tools:1';

function does(...lives: readonly ScriptedLife[]): ImageMap {
  return { [tools]: { lives } };
}

/** Ends with an exit code after some words. */
function fails(exitCode: number, ...words: readonly string[]): ScriptedLife {
  return { endsAfterMs: 300, exitCode, logs: words.map((line) => ({ atMs: 10, line })) };
}

/** Serves until it is stopped; from some age on its health check fails. */
function sickensAfter(fromMs: number, status: number, onTerminate = 0): ScriptedLife {
  return { onTerminate, terminateAfterMs: 300, health: [{ fromMs, answer: status }] };
}

const connectionRefused =
  'Get "http://10.88.0.108:8080/health": dial tcp 10.88.0.108:8080: connect: connection refused';

const refused =
  'failed to pull and unpack image "shop.test/api:9": failed to resolve image: failed to do request: Head "http://127.0.0.1:1/v2/api/manifests/9?ns=%5BREDACTED%5D": dial tcp 127.0.0.1:1: connect: connection refused';

const refusedDebug = refused
  .replaceAll('/api', '/debug')
  .replaceAll(':9', ':1')
  .replace('/9?', '/1?');

const scenarios: readonly Scenario[] = [
  {
    trace: 'exit-1-onfailure',
    title: 'a container that fails at once is held back longer each time',
    images: does(fails(1)),
  },
  {
    trace: 'exit-1-loop-8min',
    title: 'the back-off doubles from 10 s to 5 min',
    images: does(fails(1, 'connecting to postgres:5432', 'FATAL: password authentication failed')),
    briefMs: 2500,
  },
  {
    trace: 'exit-0-loop-8min',
    title: 'a container that succeeds is held back like one that fails',
    images: does({ endsAfterMs: 300 }),
    briefMs: 2500,
  },
  {
    trace: 'liveness-143',
    title: 'a failed liveness probe restarts at once until the lives are shorter than the back-off',
    images: does(sickensAfter(12_000, 500, 143)),
    forMs: 85_000,
  },
  {
    trace: 'readiness-http-500',
    title: 'a failed readiness probe only takes readiness away',
    images: does({
      health: [
        { fromMs: 0, answer: { failure: connectionRefused } },
        { fromMs: 500, answer: 500 },
      ],
    }),
  },
  {
    trace: 'ok-deployment',
    title: 'a healthy pod becomes ready and stays so',
    images: does({}),
  },
  {
    trace: 'oom-main-two-containers',
    title: 'one of two containers is killed for its memory, the other goes on',
    images: {
      [tools]: { lives: [{}], containers: { indexer: [{ endsAfterMs: 4500, oomKilled: true }] } },
    },
    forMs: 85_000,
  },
  {
    trace: 'image-unknown-refused',
    title: 'an image that cannot be had alternates between two reasons',
    images: { 'shop.test/api:9': { pullError: refused } },
    briefMs: 2500,
  },
  {
    trace: 'missing-secret-env',
    title: 'a Secret that does not exist is looked for again and again',
    images: does({}),
    toldAtEachLook: ['Pulled'],
  },
  {
    trace: 'init-exit-1-loop',
    title: 'an init container that fails keeps the pod pending',
    images: does(fails(1, 'relation orders does not exist')),
    briefMs: 2500,
  },
  {
    trace: 'sidecar-crash-app-runs',
    title: 'a sidecar that crashes takes readiness away while the app runs on',
    images: {
      [tools]: {
        lives: [{}],
        containers: {
          proxy: [
            { endsAfterMs: 4100, exitCode: 1, logs: [{ atMs: 4000, line: 'no xds server' }] },
          ],
        },
      },
    },
    briefMs: 2500,
    forMs: 85_000,
  },
  {
    trace: 'poststart-exec-fails',
    title: 'a postStart hook that fails ends the container',
    images: does({
      terminateAfterMs: 300,
      exec: {
        'sh -c echo "cannot register"; exit 7': { exitCode: 7, output: 'cannot register\n' },
      },
    }),
    briefMs: 3500,
  },
  {
    trace: 'term-ignored-on-delete',
    title: 'a container that ignores SIGTERM is killed after the grace time and the pod fails',
    images: does({ onTerminate: 'ignores' }),
  },
  {
    trace: 'ok-ready-then-deleted-by-user',
    title: 'a deleted pod stays ready until its container has ended, then it succeeds and is gone',
    images: does({ terminateAfterMs: 900 }),
  },
  {
    trace: 'ok-job-completed',
    title: 'a pod that completes says so before its phase does',
    images: does({ endsAfterMs: 300 }),
    briefMs: 2000,
  },
  {
    trace: 'starterror-not-found',
    title: 'a program that does not exist is a StartError',
    images: does({ startError: 'exec: "gunicorn": executable file not found in $PATH' }),
  },
  {
    trace: 'sidecar-liveness',
    title: 'a sidecar that fails its liveness probe is restarted',
    images: onlyContainer('proxy', sickensAfter(8000, 500)),
    briefMs: 2500,
    forMs: 60_000,
  },
  {
    trace: 'sidecar-startup-blocks-app',
    title: 'a sidecar whose startup probe never passes keeps the app from starting',
    images: onlyContainer('proxy', sickensAfter(0, 503)),
    briefMs: 2500,
  },
  {
    trace: 'liveness-prestop',
    title: 'a preStop hook runs before a probe kill, and may fail',
    images: does({
      ...sickensAfter(6000, 500),
      exec: { 'sh -c echo bye; exit 3': { exitCode: 3, output: 'bye' } },
    }),
  },
  {
    trace: 'liveness-exec-timeout',
    title: 'a command that takes too long fails its probe',
    images: does({ terminateAfterMs: 300, exec: { 'sleep 10': { durationMs: 10_000 } } }),
    forMs: 62_000,
  },
  {
    trace: 'liveness-and-readiness',
    title: 'readiness goes first, then the container',
    images: does(
      {
        terminateAfterMs: 300,
        health: [
          { fromMs: 0, answer: { failure: connectionRefused } },
          { fromMs: 500, answer: 'ok' },
          { fromMs: 10_000, answer: 500 },
        ],
      },
      sickensAfter(10_000, 500),
    ),
  },
  {
    trace: 'init-fails-never',
    title: 'an init container that fails in a pod that is never restarted fails the pod',
    images: onlyContainer('migrate', fails(1)),
  },
  {
    trace: 'ok-init-retry-once',
    title: 'an init container may fail once',
    images: onlyContainer('wait-db', fails(1), { endsAfterMs: 300 }),
  },
  {
    trace: 'missing-secret-volume',
    title: 'a pod waits for the Secret of its volume',
    images: does({}),
  },
  {
    trace: 'missing-key-volume',
    title: 'a pod waits for the key of its ConfigMap volume',
    images: does({}),
    prepare: (api, namespace) => {
      api.configMaps.set(`${namespace}/api-config`, { metadata: {}, data: { 'other.yaml': '' } });
    },
  },
  {
    trace: 'missing-secret-projected',
    title: 'a projected volume tells all that is missing',
    images: does({}),
  },
  {
    trace: 'ok-config-5s-late',
    title: 'a ConfigMap may come late for the environment',
    images: does({}),
    later: [{ atMs: 5000, act: createConfigMap }],
  },
  {
    trace: 'ok-volume-config-late',
    title: 'a ConfigMap may come late for a volume',
    images: does({}),
    later: [{ atMs: 5000, act: createConfigMap }],
    briefMs: 3000,
  },
  {
    trace: 'readiness-gate',
    title: 'a readiness gate that nobody sets keeps the pod from being ready',
    images: does({}),
  },
  {
    trace: 'ephemeral-running',
    title: 'a debug container joins a running pod',
    images: does({}),
  },
  {
    trace: 'ephemeral-image-missing',
    title: 'a debug container whose image is missing does not disturb the pod',
    images: { ...does({}), 'shop.test/debug:1': { pullError: refusedDebug } },
  },
  {
    trace: 'exit-3-termination-file',
    title: 'the last words come from the termination message file',
    images: does({ ...fails(3), terminationMessage: 'licence expired on 2026-01-01\n' }),
    briefMs: 2500,
  },
  {
    trace: 'image-invalid-name',
    title: 'a name that is no image reference is refused at each look',
    images: {},
  },
  {
    trace: 'subpath-hostpath-missing',
    title: 'a sub-path of a host path that does not exist is a configuration error',
    images: does({}),
    toldAtEachLook: ['Pulled'],
  },
  {
    trace: 'ok-optional-config',
    title: 'what is optional may be missing',
    images: does({}),
  },
  {
    trace: 'oom-init',
    title: 'an init container that is killed for its memory is tried again',
    images: onlyContainer('migrate', { endsAfterMs: 300, oomKilled: true }),
    briefMs: 2500,
  },
  {
    trace: 'poststart-exec-fails-137',
    title: 'a postStart hook whose command does not exist ends a container that ignores SIGTERM',
    images: does({
      onTerminate: 'ignores',
      exec: {
        nonexistent: { startError: 'exec: "nonexistent": executable file not found in $PATH' },
      },
    }),
    briefMs: 2500,
  },
  {
    trace: 'reject-out-of-memory',
    title: 'a pod that asks for more memory than there is, is rejected',
    images: does({}),
  },
  {
    trace: 'reject-pod-os',
    title: 'a pod for another operating system is rejected',
    images: does({}),
  },
];

/** The app serves; one other container does something else. */
function onlyContainer(name: string, ...lives: readonly ScriptedLife[]): ImageMap {
  return { [tools]: { lives: [{}], containers: { [name]: lives } } };
}

function createConfigMap(api: InMemoryKubeletApi, namespace: string): void {
  api.configMaps.set(`${namespace}/c`, { metadata: { name: 'c', namespace }, data: { A: '1' } });
}

describe('the kubelet on recordings of a real one', () => {
  for (const scenario of scenarios) {
    test(`${scenario.title} (${scenario.trace})`, async () => {
      const replay = await replayTrace(scenario.trace, scenario);
      const { recorded, ours } = replay;
      assert.deepEqual(differences(recorded.statuses, ours.statuses, scenario.briefMs ?? 1500), []);
      assert.ok(recorded.statuses.length > 0, 'the recording has statuses');
      assertSameEvents(replay, scenario.toldAtEachLook ?? []);
    });
  }
});

/** Events told at each look at a pod: how often depends on the length of the looks, not on what happened. */
const repeatedAtEachLook = new Set([
  'BackOff',
  'Failed',
  'InspectFailed',
  'FailedMount',
  'Pulling',
]);

/** Whether the first probe comes before the program listens is chance: those are left out. */
const notListeningYet = /^Readiness probe failed: Get .* connection refused$/;

function assertSameEvents({ recorded, ours }: Replay, toldAtEachLook: readonly string[]): void {
  const words = (events: Replay['ours']['events']): string[] =>
    events
      .filter((event) => event.reason !== 'Starting' && !notListeningYet.test(event.message))
      .map(({ type, reason, fieldPath, message }) => `${type} ${reason} ${fieldPath}: ${message}`);
  const counts = (events: Replay['ours']['events']): Record<string, number> => {
    const total: Record<string, number> = {};
    for (const { reason, fieldPath, message, count } of events) {
      if (reason === 'Starting' || repeatedAtEachLook.has(reason)) continue;
      if (notListeningYet.test(message) || toldAtEachLook.includes(reason)) continue;
      const key = `${reason} ${fieldPath}`;
      total[key] = (total[key] ?? 0) + count;
    }
    return total;
  };
  assert.deepEqual(words(ours.events), words(recorded.events));
  assert.deepEqual(counts(ours.events), counts(recorded.events));
}
