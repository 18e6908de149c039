import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  maxEpisodes,
  maxPods,
  observe,
  observeGone,
  outcomeOf,
  type Episode,
  type History,
  type Observation,
} from '../../src/index.ts';
import { now } from '../specimens/pods.ts';
import { specimens } from '../specimens/index.ts';

/** The time so many seconds after {@link now}. */
function at(seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}

function stamp(seconds: number): string {
  return at(seconds).toISOString();
}

interface Life {
  readonly reason: string;
  readonly exitCode: number;
  readonly from: number;
  readonly to: number;
}

interface Look {
  readonly seconds: number;
  readonly uid?: string;
  readonly restarts?: number;
  /** Second at which the life that runs began; absent: it waits for its back-off. */
  readonly runningSince?: number;
  readonly waiting?: string;
  readonly message?: string;
  readonly last?: Life;
  readonly deleted?: boolean;
}

/** One look at a pod of a Deployment. */
function look({ seconds, uid = 'a', restarts = 0, ...rest }: Look): Observation {
  const { runningSince, waiting = 'CrashLoopBackOff', message, last, deleted = false } = rest;
  const runs = runningSince !== undefined;
  return {
    pod: {
      metadata: {
        name: `web-${uid}`,
        uid,
        creationTimestamp: stamp(-100),
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'rs', controller: true },
        ],
        ...(deleted ? { deletionTimestamp: stamp(seconds + 30) } : {}),
      },
      spec: { nodeName: 'node-1', containers: [{ name: 'app', image: 'shop/web:1' }] },
      status: {
        phase: 'Running',
        conditions: [
          { type: 'Ready', status: runs ? 'True' : 'False', lastTransitionTime: stamp(-50) },
        ],
        containerStatuses: [
          {
            name: 'app',
            image: 'shop/web:1',
            imageID: '',
            ready: runs,
            restartCount: restarts,
            state: runs
              ? { running: { startedAt: stamp(runningSince) } }
              : { waiting: { reason: waiting, message } },
            lastState:
              last === undefined
                ? {}
                : {
                    terminated: {
                      reason: last.reason,
                      exitCode: last.exitCode,
                      startedAt: stamp(last.from),
                      finishedAt: stamp(last.to),
                    },
                  },
          },
        ],
      },
    },
    now: at(seconds),
  };
}

function replay(...looks: readonly Look[]): History {
  const [first, ...rest] = looks.map(look);
  assert.ok(first !== undefined);
  return rest.reduce(
    (history, observation) => observe(history, observation),
    observe(undefined, first),
  );
}

function only(history: History): Episode {
  const [episode, ...others] = history.episodes;
  assert.ok(episode !== undefined);
  assert.deepEqual(others, []);
  return episode;
}

const crash = (to: number): Life => ({ reason: 'Error', exitCode: 1, from: to - 5, to });
const killed = (to: number): Life => ({ reason: 'OOMKilled', exitCode: 137, from: to - 5, to });

describe('observe', () => {
  it('sees one failure in a crash loop, with all its restarts', () => {
    const episode = only(
      replay(
        { seconds: 0, runningSince: -60 },
        { seconds: 12, restarts: 1, last: crash(10) },
        { seconds: 30, restarts: 2, runningSince: 28, last: crash(10) },
        { seconds: 40, restarts: 3, last: crash(38) },
      ),
    );
    assert.equal(episode.category, 'AppError');
    assert.equal(episode.state, 'failing');
    assert.equal(episode.restarts, 3);
    assert.equal(episode.began, stamp(10));
    assert.equal(episode.beganAfter, stamp(0));
    assert.equal(episode.seen, stamp(40));
  });

  it('bridges what happened while nobody looked', () => {
    const episode = only(
      replay({ seconds: 0, runningSince: -60 }, { seconds: 9000, restarts: 31, last: crash(8990) }),
    );
    assert.equal(episode.restarts, 31);
    assert.equal(episode.beganAfter, stamp(0));
    assert.equal(episode.began, stamp(8990));
  });

  it('takes a container that runs between two crashes for recovering, and not for healed', () => {
    const episode = only(
      replay(
        { seconds: 12, restarts: 1, last: crash(10) },
        { seconds: 40, restarts: 2, runningSince: 30, last: crash(28) },
      ),
    );
    assert.equal(episode.state, 'recovering');
  });

  it('says that it healed when the container outlives what it lived before', () => {
    const episode = only(
      replay(
        { seconds: 12, restarts: 1, last: crash(10) },
        { seconds: 20, restarts: 1, runningSince: 13, last: crash(10) },
        { seconds: 200, restarts: 1, runningSince: 13, last: crash(10) },
      ),
    );
    assert.equal(episode.state, 'healed');
    assert.equal(episode.ended, stamp(200));
    assert.deepEqual(episode.pods, []);
  });

  it('heals what never ran as soon as it runs', () => {
    const waiting = {
      waiting: 'CreateContainerConfigError',
      message: 'secret "db" not found',
    };
    const episode = only(
      replay(
        { seconds: 0, ...waiting },
        { seconds: 9, ...waiting },
        { seconds: 15, runningSince: 14 },
      ),
    );
    assert.equal(episode.category, 'MissingConfigObject');
    assert.equal(episode.state, 'healed');
  });

  it('takes what comes back soon for the same failure', () => {
    const again = [
      { seconds: 12, restarts: 1, last: crash(10) },
      { seconds: 200, restarts: 1, runningSince: 13, last: crash(10) },
      { seconds: 300, restarts: 2, last: { ...crash(299), from: 13 } },
    ];
    const episode = only(replay(...again));
    assert.equal(episode.state, 'failing');
    assert.equal(episode.relapses, 1);
    assert.equal(episode.ended, undefined);
    const later = replay(...again.slice(0, 2), { seconds: 9000, restarts: 2, last: crash(8999) });
    assert.deepEqual(
      later.episodes.map(({ state }) => state),
      ['healed', 'failing'],
    );
  });

  it('tells a failure from another one in its place', () => {
    const history = replay(
      { seconds: 12, restarts: 1, last: crash(10) },
      { seconds: 40, restarts: 2, last: killed(38) },
    );
    assert.deepEqual(
      history.episodes.map(({ category, state }) => `${category} ${state}`),
      ['AppError replaced', 'OOMKilled failing'],
    );
  });

  it('keeps the better name when the cause of a pull has expired', () => {
    const episode = only(
      replay(
        {
          seconds: 0,
          waiting: 'ErrImagePull',
          message: 'rpc error: code = NotFound desc = shop/web:1: not found',
        },
        { seconds: 9, waiting: 'ImagePullBackOff', message: 'Back-off pulling image "shop/web:1"' },
      ),
    );
    assert.equal(episode.category, 'ImageNotFound');
    assert.deepEqual(episode.names, ['ImageNotFound', 'ImagePullBackOff']);
  });

  it('follows a failure from one pod of an owner to the next', () => {
    const first = replay({ seconds: 12, restarts: 1, last: crash(10) });
    const second = observe(first, look({ seconds: 20, uid: 'b', restarts: 2, last: crash(19) }));
    assert.equal(only(second).podCount, 2);
    const gone = observeGone(second, 'a', at(21));
    assert.deepEqual(only(gone).pods, ['b']);
    assert.equal(only(gone).state, 'failing');
    assert.equal(only(gone).restarts, 3);
  });

  it('says that it healed when the pods that had it are gone and another one is well', () => {
    const failing = replay(
      { seconds: 0, uid: 'old', runningSince: -900 },
      { seconds: 12, uid: 'new', restarts: 1, last: crash(10) },
    );
    assert.equal(only(observeGone(failing, 'new', at(30))).state, 'healed');
  });

  it('does not know, when all pods are gone, until another one is seen', () => {
    const gone = observeGone(replay({ seconds: 12, restarts: 1, last: crash(10) }), 'a', at(20));
    assert.equal(only(gone).state, 'gone');
    const well = observe(gone, look({ seconds: 60, uid: 'b', runningSince: 30 }));
    assert.equal(only(well).state, 'healed');
    const same = observe(gone, look({ seconds: 60, uid: 'b', restarts: 1, last: crash(59) }));
    assert.equal(only(same).state, 'failing');
    assert.equal(only(same).podCount, 2);
    assert.equal(only(same).relapses, 0);
  });

  it('learns nothing about a failure from a pod that is being deleted', () => {
    const episode = only(
      replay(
        { seconds: 12, restarts: 1, last: crash(10) },
        { seconds: 20, restarts: 1, last: crash(10), deleted: true },
      ),
    );
    assert.equal(episode.state, 'failing');
    assert.equal(episode.seen, stamp(12));
  });

  it('forgets a pod of which nothing was seen for an hour while others were', () => {
    const history = replay(
      { seconds: 12, restarts: 1, last: crash(10) },
      { seconds: 4000, uid: 'b', runningSince: 100 },
    );
    assert.deepEqual(
      history.pods.map(({ uid }) => uid),
      ['b'],
    );
    assert.equal(only(history).state, 'healed');
  });

  it('is the same after the same observation again, and after an older one', () => {
    const observation = look({ seconds: 12, restarts: 1, last: crash(10) });
    const history = observe(undefined, observation);
    assert.deepEqual(observe(history, observation), history);
    assert.equal(observe(history, look({ seconds: 5, runningSince: 0 })), history);
  });

  it('sees nothing in a pod that is well', () => {
    assert.deepEqual(replay({ seconds: 0, runningSince: -60 }).episodes, []);
  });

  it('stays small, and never forgets what is open for what is over', () => {
    let history = replay({ seconds: 0, uid: 'first', waiting: 'InvalidImageName' });
    for (let turn = 1; turn <= 3 * maxPods; turn++) {
      const uid = `pod-${String(turn)}`;
      const seconds = turn * 700;
      history = observe(history, look({ seconds, uid, restarts: 1, last: crash(seconds - 1) }));
      history = observeGone(history, uid, at(seconds + 1));
      history = observe(
        history,
        look({ seconds: seconds + 2, uid: 'first', waiting: 'InvalidImageName' }),
      );
    }
    assert.equal(history.episodes.length <= maxEpisodes, true);
    assert.equal(history.pods.length <= maxPods, true);
    assert.ok(
      history.episodes.some(
        ({ category, state }) => category === 'InvalidImageName' && state === 'failing',
      ),
    );
    assert.equal(history.forgotten > 0, true);
  });

  it('is plain JSON', () => {
    const history = replay({ seconds: 12, restarts: 1, last: crash(10) });
    assert.deepEqual(JSON.parse(JSON.stringify(history)), history);
  });

  it('takes any sequence of observations, and stays small', () => {
    const observations = fc.array(fc.constantFrom(...specimens.map((each) => each.observation)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(observations, (sequence) => {
        let history: History | undefined;
        sequence.forEach((observation, index) => {
          history = observe(history, { ...observation, now: at(index * 60) });
        });
        const { episodes = [], pods = [] } = history ?? {};
        assert.ok(episodes.length <= maxEpisodes && pods.length <= maxPods);
        for (const { began, seen, beganAfter = began } of episodes) {
          assert.ok(beganAfter <= began && began <= seen);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('outcomeOf', () => {
  const failing = replay({ seconds: 12, restarts: 1, last: crash(10) });
  const action = { at: at(20), deletedPod: 'a' };

  it('is open until something is seen after the action', () => {
    assert.equal(outcomeOf(failing, action), 'pending');
    const old = observe(failing, look({ seconds: 25, restarts: 2, last: crash(24) }));
    assert.equal(outcomeOf(old, action), 'pending');
  });

  it('is the same failure when the next pod fails as before', () => {
    const next = observe(failing, look({ seconds: 40, uid: 'b', restarts: 1, last: crash(39) }));
    assert.equal(outcomeOf(next, action), 'same-failure');
  });

  it('is a different failure when the next pod fails otherwise', () => {
    const gone = observeGone(failing, 'a', at(30));
    const next = observe(gone, look({ seconds: 40, uid: 'b', restarts: 1, last: killed(39) }));
    assert.equal(outcomeOf(next, action), 'different-failure');
  });

  it('is healed when the next pod is well', () => {
    const gone = observeGone(failing, 'a', at(30));
    const next = observe(gone, look({ seconds: 90, uid: 'b', runningSince: 40 }));
    assert.equal(outcomeOf(next, action), 'healed');
  });
});
