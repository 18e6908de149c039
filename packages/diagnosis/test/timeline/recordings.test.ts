import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { KubernetesObject, Pod } from '@kubewright/apimachinery';
import { isOpen, observe, observeGone, type AnyEvent, type History } from '../../src/index.ts';

const traces = new URL('../../../../../shared/traces/', import.meta.url);

interface Line {
  readonly t: number;
  readonly event: string;
  readonly kind: string;
  readonly object: KubernetesObject;
}

/** A recording, line by line, with each Pod line as a look at that pod. */
function replay(name: string, every = 1): ReadonlyMap<string, History> {
  const folder = new URL(`${name}/`, traces);
  // Written by the recorder in the shapes above; a wrong one shows as a failing test.
  const { observed } = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as {
    observed: { start: string; duration: number };
  };
  const lines = readFileSync(new URL('trace.jsonl', folder), 'utf8').trim().split('\n');
  const world = new World(new Date(observed.start));
  lines.forEach((line, index) => {
    world.take(JSON.parse(line) as Line, index % every === 0);
  });
  world.lookAtAll(observed.duration);
  return world.histories;
}

class World {
  readonly histories = new Map<string, History>();
  readonly #start: Date;
  readonly #events = new Map<string, AnyEvent>();
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #pods = new Map<string, Pod>();

  constructor(start: Date) {
    this.#start = start;
  }

  take({ t, event, kind, object }: Line, isSeen: boolean): void {
    const name = object.metadata.name ?? '';
    if (kind === 'Event')
      this.#events.set(name, object as AnyEvent); // by its kind
    else if (kind !== 'Pod') this.#objects.set(`${kind}/${name}`, object);
    else if (event === 'DELETED') this.#leave(object, t);
    else {
      this.#pods.set(name, object);
      if (isSeen) this.#lookAt(object, t);
    }
  }

  lookAtAll(t: number): void {
    for (const pod of this.#pods.values()) this.#lookAt(pod, t);
  }

  #lookAt(pod: Pod, t: number): void {
    const key = workloadOf(pod);
    const observation = {
      pod,
      events: [...this.#events.values()],
      related: [...this.#objects.values()],
      now: this.#at(t),
    };
    this.histories.set(key, observe(this.histories.get(key), observation));
  }

  #leave(pod: Pod, t: number): void {
    this.#pods.delete(pod.metadata.name ?? '');
    const history = this.histories.get(workloadOf(pod));
    if (history === undefined) return;
    this.histories.set(workloadOf(pod), observeGone(history, pod.metadata.uid ?? '', this.#at(t)));
  }

  #at(t: number): Date {
    return new Date(this.#start.getTime() + t * 1000);
  }
}

function workloadOf({ metadata }: Pod): string {
  const hash = metadata.labels?.['pod-template-hash'];
  const owner = metadata.ownerReferences?.[0]?.name ?? metadata.name ?? '';
  return hash === undefined ? owner : owner.replace(`-${hash}`, '');
}

function outline(histories: ReadonlyMap<string, History>): readonly string[] {
  return [...histories].flatMap(([workload, { episodes }]) =>
    episodes.map(
      ({ category, container, state, restarts, podCount }) =>
        `${workload}: ${category}(${container ?? ''}) ${state}, ${String(restarts)} restarts, ${String(podCount)} pods`,
    ),
  );
}

const expected: readonly (readonly [recording: string, ...outline: readonly string[]])[] = [
  ['exit-1-loop-8min', 'api: AppError(app) failing, 6 restarts, 1 pods'],
  ['exit-0-loop-8min', 'batch: UnexpectedCompletion(app) failing, 6 restarts, 1 pods'],
  ['exit-1-flapping-30s', 'api: AppError(app) failing, 4 restarts, 1 pods'],
  ['liveness-143', 'web: LivenessProbeFailure(app) failing, 3 restarts, 1 pods'],
  ['image-pull-secret-missing', 'api: ImagePullUnauthorized(app) failing, 0 restarts, 1 pods'],
  ['missing-secret-volume', 'api: MissingConfigObject(app) failing, 0 restarts, 1 pods'],
  ['statefulset-crash', 'db: AppError(app) failing, 9 restarts, 3 pods'],
  ['multi-attach', 'db-new: VolumeAttachFailure(app) failing, 0 restarts, 1 pods'],
  ['unsched-cordoned', 'web: UnschedulableTaint() healed, 0 restarts, 1 pods'],
  ['ok-one-restart-then-healthy', 'web: AppError(app) healed, 1 restarts, 1 pods'],
  ['ok-init-retry-once', 'web: AppError(wait-db) healed, 1 restarts, 1 pods'],
  ['ok-config-5s-late', 'web: MissingConfigObject(app) healed, 0 restarts, 1 pods'],
  ['rollout-fixed-by-undo', 'web: AppError(app) healed, 2 restarts, 1 pods'],
  ['ok-rolling-update'],
  ['ok-deployment'],
  ['ok-terminating-within-grace'],
];

const skip = existsSync(traces)
  ? false
  : `the recordings are missing: ${fileURLToPath(traces)} is not there`;

describe('the history of a recording', { skip }, () => {
  for (const [recording, ...episodes] of expected) {
    it(`${recording} is ${episodes.join(' and ') || 'without failures'}`, () => {
      assert.deepEqual(outline(replay(recording)), episodes);
    });
  }

  it('is the same when only every fifth line was seen', () => {
    for (const recording of ['exit-1-loop-8min', 'exit-1-flapping-30s', 'statefulset-crash']) {
      assert.deepEqual(outline(replay(recording, 5)), outline(replay(recording)));
    }
  });

  it('follows a node that goes and comes back', () => {
    const histories = replay('node-not-ready');
    const open = [...histories.values()].flatMap(({ episodes }) => episodes.filter(isOpen));
    assert.deepEqual(open, []);
    for (const workload of ['agent', 'db', 'patient', 'web']) {
      const names = histories.get(workload)?.episodes.map(({ category }) => category);
      assert.equal(names?.[0], 'NodeLost');
    }
  });

  it('dates a failure between the last look at which all was well and the first at which it was not', () => {
    const [history] = replay('exit-1-flapping-30s').values();
    const [episode] = history?.episodes ?? [];
    assert.ok(episode?.beganAfter !== undefined && episode.beganAfter < episode.began);
  });
});
