import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StatusError } from '@kubewright/apimachinery';
import { type ConfigMap, type Stored } from '@kubewright/apimachinery';
import { DecodeError } from '@kubewright/client';
import fc from 'fast-check';
import { healthyAfterMs } from '../src/watch/step-watching.ts';
import { initialWatchState, step } from '../src/watch/watch-machine.ts';
import type { InitialRead, WatchAction, WatchInput, WatchState } from '../src/watch/watch-state.ts';
import { expired, refusal } from './fake-collection.ts';

type Input = WatchInput<ConfigMap>;

/** A machine with the time of its last step; `on` takes a step and gives the actions. */
class Machine {
  state: WatchState;
  nowMs = 0;

  constructor(read?: InitialRead) {
    this.state = initialWatchState(read);
  }

  on(input: Input): readonly WatchAction<ConfigMap>[] {
    const { state, actions } = step(this.state, input, this.nowMs);
    this.state = state;
    return actions;
  }

  /** The phase with what else matters of it. */
  get at(): string {
    const { state } = this;
    switch (state.phase) {
      case 'waiting':
        return `waiting to ${state.next} after ${state.problem.verb} ${state.problem.kind}`;
      case 'watching':
        return `watching from ${state.version}`;
      default:
        return state.phase;
    }
  }
}

function object(version: string, name = 'a'): Stored<ConfigMap> {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, uid: name, resourceVersion: version, creationTimestamp: '' },
  };
}

function change(type: 'ADDED' | 'MODIFIED' | 'DELETED', version: string): Input {
  return { type: 'change', change: { type, object: object(version) } };
}

function bookmark(version: string, annotations: Record<string, string> = {}): Input {
  const metadata = { resourceVersion: version, annotations };
  return { type: 'change', change: { type: 'BOOKMARK', object: { metadata } } };
}

function failed(error: unknown): Input {
  return { type: 'failed', error };
}

function ended(version: string, token?: string): Input {
  return { type: 'list-ended', version, continue: token };
}

const ahead = (): StatusError =>
  refusal(504, 'Timeout', 'Too large resource version', {
    details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
  });

/** A machine that watches from version 10, healthy since long. */
function watching(): Machine {
  const machine = new Machine();
  machine.on({ type: 'start' });
  machine.on(ended('10'));
  machine.nowMs += healthyAfterMs;
  return machine;
}

describe('the first picture', () => {
  test('is an unpaged list of any age from the cache of the server', () => {
    const machine = new Machine();
    assert.deepEqual(machine.on({ type: 'start' }), [
      { type: 'begin', isAuthoritative: false },
      { type: 'list', resourceVersion: '0' },
    ]);
  });

  test('stores each item as it comes', () => {
    const machine = new Machine();
    machine.on({ type: 'start' });
    assert.deepEqual(machine.on({ type: 'item', object: object('5') }), [
      { type: 'store', object: object('5') },
    ]);
  });

  test('is complete at the end of the list, and the watch begins at its version', () => {
    const machine = new Machine();
    machine.on({ type: 'start' });
    assert.deepEqual(machine.on(ended('10')), [
      { type: 'complete', version: '10' },
      { type: 'watch', resourceVersion: '10', sendInitialEvents: false },
    ]);
    assert.equal(machine.at, 'watching from 10');
  });

  test('begins again after a wait when the list breaks in the middle', () => {
    const machine = new Machine();
    machine.on({ type: 'start' });
    machine.on({ type: 'item', object: object('5') });
    assert.deepEqual(machine.on(failed(new Error('reset'))), [
      { type: 'wait', fromMs: 800, toMs: 1600 },
    ]);
    assert.equal(machine.at, 'waiting to read after list unreachable');
    assert.deepEqual(machine.on({ type: 'waited' }), [
      { type: 'begin', isAuthoritative: false },
      { type: 'list', resourceVersion: '0' },
    ]);
  });

  test('is not taken from a list that names no version', () => {
    const machine = new Machine();
    machine.on({ type: 'start' });
    machine.on({ type: 'list-ended', version: undefined, continue: undefined });
    assert.equal(machine.at, 'waiting to read after list malformed');
  });

  test('can be read in pages, all of one version', () => {
    const machine = new Machine({ by: 'pages', pageSize: 500 });
    assert.deepEqual(machine.on({ type: 'start' }), [
      { type: 'begin', isAuthoritative: true },
      { type: 'list', resourceVersion: '', limit: 500 },
    ]);
    assert.deepEqual(machine.on(ended('10', 'next')), [
      { type: 'list', resourceVersion: '', continue: 'next', limit: 500 },
    ]);
    assert.deepEqual(machine.on(ended('10'))[0], { type: 'complete', version: '10' });
  });

  test('is read in one piece when the token of a page has expired', () => {
    const machine = new Machine({ by: 'pages', pageSize: 500 });
    machine.on({ type: 'start' });
    machine.on(ended('10', 'next'));
    machine.on(failed(expired()));
    assert.deepEqual(machine.on({ type: 'waited' }), [
      { type: 'begin', isAuthoritative: true },
      { type: 'list', resourceVersion: '' },
    ]);
  });

  test('can come as the first events of a watch, which then goes on', () => {
    const machine = new Machine({ by: 'watch' });
    assert.deepEqual(machine.on({ type: 'start' }), [
      { type: 'begin', isAuthoritative: false },
      { type: 'watch', resourceVersion: '0', sendInitialEvents: true },
    ]);
    assert.deepEqual(machine.on(change('ADDED', '7')), [{ type: 'store', object: object('7') }]);
    assert.deepEqual(machine.on(change('ADDED', '3')), [{ type: 'store', object: object('3') }]);
    assert.deepEqual(machine.on(bookmark('9')), []);
    assert.deepEqual(machine.on(bookmark('9', { 'k8s.io/initial-events-end': 'true' })), [
      { type: 'complete', version: '9' },
    ]);
    assert.equal(machine.at, 'watching from 9');
  });

  test('falls back to a list when the server refuses to begin a watch so', () => {
    const machine = new Machine({ by: 'watch' });
    machine.on({ type: 'start' });
    assert.deepEqual(machine.on(failed(refusal(422, 'Invalid', 'sendInitialEvents'))), [
      { type: 'begin', isAuthoritative: false },
      { type: 'list', resourceVersion: '0' },
    ]);
  });
});

describe('a watch', () => {
  test('stores and removes what changes', () => {
    const machine = watching();
    assert.deepEqual(machine.on(change('MODIFIED', '11')), [
      { type: 'store', object: object('11') },
    ]);
    assert.deepEqual(machine.on(change('DELETED', '12')), [
      { type: 'remove', object: object('12') },
    ]);
    assert.equal(machine.at, 'watching from 12');
  });

  test('lets bookmarks move the version on', () => {
    const machine = watching();
    assert.deepEqual(machine.on(bookmark('20')), [{ type: 'progress', version: '20' }]);
    assert.equal(machine.at, 'watching from 20');
    assert.deepEqual(machine.on(bookmark('20')), []);
  });

  test('leaves out what it has told already, in whatever order it comes', () => {
    const machine = watching();
    machine.on(change('MODIFIED', '12'));
    assert.deepEqual(machine.on(change('MODIFIED', '12')), []);
    assert.deepEqual(machine.on(change('ADDED', '11')), []);
    assert.deepEqual(machine.on(bookmark('9')), []);
    assert.equal(machine.at, 'watching from 12');
  });

  test('compares versions as numbers of any size', () => {
    const machine = new Machine();
    machine.on({ type: 'start' });
    machine.on(ended('99999999999999999998'));
    assert.equal(machine.on(change('MODIFIED', '99999999999999999999')).length, 1);
    assert.equal(machine.on(change('MODIFIED', '99999999999999999997')).length, 0);
    assert.equal(machine.on(change('MODIFIED', '100000000000000000000')).length, 1);
  });

  test('takes versions that are no numbers as they come', () => {
    const machine = watching();
    assert.equal(machine.on(change('MODIFIED', 'opaque')).length, 1);
    assert.equal(machine.at, 'watching from opaque');
    assert.equal(machine.on(change('MODIFIED', 'opaque')).length, 0);
  });

  test('goes on at once from the last version when a healthy one is closed', () => {
    const machine = watching();
    machine.on(change('MODIFIED', '11'));
    assert.deepEqual(machine.on({ type: 'watch-ended' }), [
      { type: 'watch', resourceVersion: '11', sendInitialEvents: false },
    ]);
  });

  test('backs off when the server closes each one soon', () => {
    const machine = watching();
    machine.on({ type: 'watch-ended' });
    assert.deepEqual(machine.on({ type: 'watch-ended' }), [
      { type: 'wait', fromMs: 1600, toMs: 3200 },
    ]);
    machine.on({ type: 'waited' });
    assert.deepEqual(machine.on({ type: 'watch-ended' }), [
      { type: 'wait', fromMs: 3200, toMs: 6400 },
    ]);
  });

  test('waits before it goes on after an error, and resumes from the last version', () => {
    const machine = watching();
    assert.deepEqual(machine.on(failed(new Error('reset'))), [
      { type: 'wait', fromMs: 800, toMs: 1600 },
    ]);
    assert.equal(machine.at, 'waiting to watch after watch unreachable');
    assert.deepEqual(machine.on({ type: 'waited' }), [
      { type: 'watch', resourceVersion: '10', sendInitialEvents: false },
    ]);
  });

  test('waits half a minute at the longest, and shortly again after a healthy one', () => {
    const machine = watching();
    for (let attempt = 0; attempt < 10; attempt++) {
      machine.on(failed(new Error('reset')));
      machine.on({ type: 'waited' });
    }
    assert.deepEqual(machine.on(failed(new Error('reset'))), [
      { type: 'wait', fromMs: 15_000, toMs: 30_000 },
    ]);
    machine.on({ type: 'waited' });
    machine.nowMs += healthyAfterMs;
    assert.deepEqual(machine.on(failed(new Error('reset'))), [
      { type: 'wait', fromMs: 800, toMs: 1600 },
    ]);
  });

  test('waits as long as the server asks for', () => {
    const machine = watching();
    const error = refusal(429, 'TooManyRequests', 'slow down', {
      details: { retryAfterSeconds: 60 },
    });
    assert.deepEqual(machine.on(failed(error)), [{ type: 'wait', fromMs: 60_000, toMs: 75_000 }]);
  });

  test('waits five minutes at the longest even when the server asks for a year', () => {
    const machine = watching();
    const error = refusal(429, 'TooManyRequests', 'no', {
      details: { retryAfterSeconds: 31_536_000 },
    });
    assert.deepEqual(machine.on(failed(error)), [{ type: 'wait', fromMs: 300_000, toMs: 375_000 }]);
  });

  test('is made anew from the last version when nothing is heard any more', () => {
    const machine = watching();
    machine.on(bookmark('12'));
    assert.deepEqual(machine.on({ type: 'silent' }), [
      { type: 'watch', resourceVersion: '12', sendInitialEvents: false },
    ]);
  });

  test('on which nothing was ever heard leads to a list: the version may be one of the future', () => {
    const machine = watching();
    machine.on(bookmark('12'));
    machine.on({ type: 'silent' });
    machine.nowMs += 70_000;
    assert.deepEqual(machine.on({ type: 'silent' }), [{ type: 'wait', fromMs: 1600, toMs: 3200 }]);
    assert.deepEqual(machine.on({ type: 'waited' }), [
      { type: 'begin', isAuthoritative: false },
      { type: 'list', resourceVersion: '12', resourceVersionMatch: 'NotOlderThan' },
    ]);
  });

  test('that never says a word does not lead to list after list', () => {
    const machine = watching();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      machine.nowMs += 70_000;
      const [action] = machine.on({ type: 'silent' });
      if (action?.type === 'wait') {
        waits.push(action.toMs);
        machine.on({ type: 'waited' });
      }
      machine.on(ended('10'));
    }
    assert.deepEqual(waits, [3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000]);
  });
});

describe('an expired version', () => {
  test('leads to a new list, at once and not older than what is known', () => {
    const machine = watching();
    assert.deepEqual(machine.on(failed(expired())), [
      { type: 'begin', isAuthoritative: false },
      { type: 'list', resourceVersion: '10', resourceVersionMatch: 'NotOlderThan' },
    ]);
  });

  test('does not lead to list after list when it happens again and again', () => {
    const machine = watching();
    machine.on(failed(expired()));
    machine.on(ended('30'));
    assert.deepEqual(machine.on(failed(expired())), [{ type: 'wait', fromMs: 1600, toMs: 3200 }]);
    assert.equal(machine.at, 'waiting to read after watch expired');
  });
});

describe('knowledge does not go back in time', () => {
  test('a list older than what is known is read again, from the latest state', () => {
    const machine = watching();
    machine.on(failed(expired()));
    assert.deepEqual(machine.on(ended('9')), [
      { type: 'begin', isAuthoritative: true },
      { type: 'list', resourceVersion: '' },
    ]);
    assert.deepEqual(machine.on(ended('31'))[0], { type: 'complete', version: '31' });
  });

  test('a server that has not come as far is asked for its latest state', () => {
    const machine = watching();
    machine.on(failed(expired()));
    machine.on(failed(ahead()));
    assert.equal(machine.at, 'waiting to read-consistent after list ahead');
    assert.deepEqual(machine.on({ type: 'waited' }), [
      { type: 'begin', isAuthoritative: true },
      { type: 'list', resourceVersion: '' },
    ]);
  });

  test('and goes on being asked for it when that read breaks', () => {
    const machine = watching();
    machine.on(failed(ahead()));
    machine.on(failed(new Error('reset')));
    assert.equal(machine.at, 'waiting to read-consistent after list unreachable');
  });

  test('except when that latest state is older: then the server was restored from a backup', () => {
    const machine = watching();
    machine.on(failed(ahead()));
    assert.deepEqual(machine.on(ended('4')), [
      { type: 'complete', version: '4' },
      { type: 'watch', resourceVersion: '4', sendInitialEvents: false },
    ]);
  });
});

describe('problems', () => {
  const cases: readonly [string, unknown, string][] = [
    ['401', refusal(401, 'Unauthorized', 'no'), 'unauthorized'],
    ['403', refusal(403, 'Forbidden', 'no'), 'denied'],
    ['404', refusal(404, 'NotFound', 'no'), 'missing'],
    ['405', refusal(405, 'MethodNotAllowed', 'no'), 'unsupported'],
    ['429', refusal(429, 'TooManyRequests', 'no'), 'throttled'],
    ['500', refusal(500, 'InternalError', 'no'), 'server-error'],
    ['503', refusal(503, 'ServiceUnavailable', 'no'), 'server-error'],
    ['a line that is no JSON', new DecodeError('MALFORMED', 'no'), 'malformed'],
    ['an answer that was cut off', new DecodeError('TRUNCATED', 'no'), 'unreachable'],
    ['a broken connection', new Error('ECONNRESET'), 'unreachable'],
    ['a thrown string', 'no', 'unreachable'],
  ];
  for (const [name, error, kind] of cases) {
    test(`${name} on a list is ${kind}`, () => {
      const machine = new Machine();
      machine.on({ type: 'start' });
      machine.on(failed(error));
      assert.equal(machine.at, `waiting to read after list ${kind}`);
    });
  }

  test('a resource that is gone is looked for with a list, not with a watch', () => {
    const machine = watching();
    machine.on(failed(refusal(404, 'NotFound', 'no')));
    assert.equal(machine.at, 'waiting to read after watch missing');
  });

  test('stay known while the next try runs, until the server is heard', () => {
    const machine = watching();
    machine.on(failed(refusal(403, 'Forbidden', 'no')));
    machine.on({ type: 'waited' });
    const problem = (): unknown =>
      machine.state.phase === 'idle' ? undefined : machine.state.problem;
    assert.notEqual(problem(), undefined);
    machine.on(bookmark('10'));
    assert.equal(problem(), undefined);
  });

  test('carry the innermost message of a network failure', () => {
    const machine = new Machine();
    machine.on({ type: 'start' });
    machine.on(failed(new Error('fetch failed', { cause: new Error('connect ECONNREFUSED') })));
    assert.ok(machine.state.phase === 'waiting');
    assert.equal(machine.state.problem.message, 'fetch failed: connect ECONNREFUSED');
  });
});

test('no input ends it: in every state there is a request or a wait under way', () => {
  const error = fc.constantFrom(
    expired(),
    ahead(),
    refusal(403, 'Forbidden', ''),
    refusal(404, 'NotFound', ''),
    refusal(422, 'Invalid', ''),
    refusal(500, 'InternalError', ''),
    new DecodeError('MALFORMED', ''),
    new Error('reset'),
  );
  const version = fc.integer({ min: 1, max: 40 }).map(String);
  const input: fc.Arbitrary<Input> = fc.oneof(
    fc.constant<Input>({ type: 'watch-ended' }),
    fc.constant<Input>({ type: 'silent' }),
    error.map(failed),
    fc.tuple(version, fc.constantFrom(undefined, 'next')).map(([at, token]) => ended(at, token)),
    version.map((at) => change('MODIFIED', at)),
    version.map((at) => bookmark(at, { 'k8s.io/initial-events-end': 'true' })),
  );
  const read = fc.constantFrom<InitialRead>(
    { by: 'list' },
    { by: 'pages', pageSize: 2 },
    { by: 'watch' },
  );
  fc.assert(
    fc.property(read, fc.array(input, { maxLength: 40, size: 'max' }), (how, inputs) => {
      const machine = new Machine(how);
      let effect = effectIn(machine.on({ type: 'start' }));
      for (const each of inputs) {
        machine.nowMs += 500;
        // A driver feeds only what the effect under way can bring.
        const isAnswer = answers(effect, each);
        const next = effectIn(machine.on(isAnswer ? each : { type: 'waited' }));
        const mustMoveOn = effect === 'wait' || (isAnswer && !['change'].includes(each.type));
        if (mustMoveOn) assert.notEqual(next, undefined, `${machine.at} after ${each.type}`);
        effect = next ?? effect;
      }
    }),
    { numRuns: 500 },
  );
});

function effectIn(
  actions: readonly WatchAction<ConfigMap>[],
): 'list' | 'watch' | 'wait' | undefined {
  const effects = actions.map(({ type }) => type);
  const found = (['list', 'watch', 'wait'] as const).filter((type) => effects.includes(type));
  assert.ok(found.length <= 1, 'one effect at a time');
  return found[0];
}

function answers(effect: string | undefined, input: Input): boolean {
  if (input.type === 'failed' || input.type === 'silent') return effect !== 'wait';
  if (input.type === 'list-ended') return effect === 'list';
  return effect === 'watch';
}
