import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ImageMap, ScriptedLife } from '../src/kubelet/index.ts';
import { differences, replayTrace, type Replay, type ReplayOptions } from './trace-comparison.ts';

/** One recording, and what its containers did. */
interface Scenario extends ReplayOptions {
  readonly trace: string;
  readonly title: string;
  /** Statuses that stood for less may be missing on one side. Default 1,500; more where the recording machine was slow. */
  readonly briefMs?: number;
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
];

describe('the kubelet on recordings of a real one', () => {
  for (const scenario of scenarios) {
    test(`${scenario.title} (${scenario.trace})`, async () => {
      const replay = await replayTrace(scenario.trace, scenario);
      const { recorded, ours } = replay;
      assert.deepEqual(differences(recorded.statuses, ours.statuses, scenario.briefMs ?? 1500), []);
      assert.ok(recorded.statuses.length > 1, 'the recording has statuses');
      assertSameEvents(replay);
    });
  }
});

/** Events told at each look at a pod: how often depends on the length of the looks, not on what happened. */
const repeatedAtEachLook = new Set(['BackOff', 'Failed', 'InspectFailed', 'FailedMount']);

function assertSameEvents({ recorded, ours }: Replay): void {
  const shown = (events: Replay['ours']['events']): string[] =>
    events
      .filter((event) => event.reason !== 'Starting')
      .map(({ type, reason, fieldPath, message, count }) => {
        const often = repeatedAtEachLook.has(reason) ? '' : ` x${String(count)}`;
        return `${type} ${reason} ${fieldPath}: ${message}${often}`;
      });
  assert.deepEqual(shown(ours.events), shown(recorded.events));
}
