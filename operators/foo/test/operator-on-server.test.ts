import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findCondition, isConflict, Namespace, Pod } from '@kubewright/apimachinery';
import type { PolicyRule } from '@kubewright/apimachinery';
import { FakeClock } from '@kubewright/runtime/testing';
import { Foo, watchedNamespaceRules } from '../src/index.ts';
import { FooWorld, until } from './foo-world.ts';

let shared: FooWorld;

before(async () => {
  shared = await FooWorld.start();
});

after(async () => {
  await shared[Symbol.asyncDispose]();
});

const withoutRule = (resource: string, verb: string): PolicyRule[] =>
  watchedNamespaceRules().map((rule) =>
    rule.resources?.includes(resource) === true
      ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) }
      : rule,
  );

describe('the story of jack and joe', { timeout: 900_000 }, () => {
  let world: FooWorld;
  let operator: ReturnType<FooWorld['run']>;

  before(async () => {
    world = await shared.inNewNamespace();
    operator = world.run();
  });
  after(() => operator[Symbol.asyncDispose]());

  test('foo-01 looks for jack, foo-02 for joe, and nobody is there', async () => {
    await world.createFoo('foo-01', 'jack');
    await world.createFoo('foo-02', 'joe');
    await world.untilHappy({ 'foo-01': false, 'foo-02': false });
  });

  test('a pod jack makes foo-01 happy, and nobody else', async () => {
    await world.createPod('jack');
    await world.untilHappy({ 'foo-01': true });
    assert.equal((await world.foo('foo-02')).status?.happy, false);
  });

  test('foo-02 looks for jack instead, and is happy', async () => {
    await world.lookFor('foo-02', 'jack');
    await world.untilHappy({ 'foo-01': true, 'foo-02': true });
  });

  test('the pod goes, and with it the happiness of both', async () => {
    await world.deletePod('jack');
    await world.untilHappy({ 'foo-01': false, 'foo-02': false });
  });

  test('each change of a status was written once, and recorded in one Event', async () => {
    const told = [
      'foo-01: FriendFound: Found the friend jack',
      'foo-01: FriendMissing: There is no friend jack',
      'foo-01: FriendMissing: There is no friend jack',
      'foo-02: FriendFound: Found the friend jack',
      'foo-02: FriendMissing: There is no friend jack',
      'foo-02: FriendMissing: There is no friend joe',
    ];
    // What happens twice within minutes is one Event that counts.
    const expected = told.filter((line, index) => told.indexOf(line) === index);
    expected[1] = `${expected[1] ?? ''} (2 times)`;
    await until(async () => (await world.events()).join() === expected.join());
    await operator.untilSettled();
    assert.deepEqual(await world.events(), expected);
    const patches = operator.transport.writes.filter((write) =>
      /\/foos\/[^/]+\/status$/.test(write),
    );
    assert.equal(patches.length, told.length);
    assert.equal(await operator.reconciles('error'), 0);
  });
});

describe('a Foo', { timeout: 900_000 }, () => {
  test('says in its status what was seen, and of which generation', async () => {
    const world = await shared.inNewNamespace();
    await world.createFoo('f', 'jack');
    await world.createPod('jack');
    await using _operator = world.run();
    await world.untilHappy({ f: true });
    const { status, metadata } = await world.foo('f');
    assert.equal(status?.observedGeneration, metadata.generation);
    const ready = findCondition(status?.conditions, 'Ready');
    assert.equal(ready?.status, 'True');
    assert.equal(ready.reason, 'FriendFound');
    assert.equal(ready.message, 'pod jack exists');
    assert.equal(ready.observedGeneration, metadata.generation);
  });

  test('that looks for somebody who is missing too says so of whom, without an Event', async () => {
    const world = await shared.inNewNamespace();
    await world.createFoo('f', 'jack');
    await using operator = world.run();
    await world.untilHappy({ f: false });
    await world.lookFor('f', 'joe');
    await world.untilHappy({ f: false });
    const ready = findCondition((await world.foo('f')).status?.conditions, 'Ready');
    assert.equal(ready?.message, 'pod joe does not exist');
    await world.createPod('joe');
    await world.untilHappy({ f: true });
    await operator.untilSettled();
    assert.deepEqual(await world.events(), [
      'f: FriendFound: Found the friend joe',
      'f: FriendMissing: There is no friend jack',
    ]);
    assert.equal(await operator.reconciles('error'), 0);
  });

  test('is not impressed by a pod of that name in another namespace', async () => {
    const world = await shared.inNewNamespace();
    const elsewhere = await shared.inNewNamespace();
    await world.createFoo('f', 'jack');
    await elsewhere.createFoo('f', 'jack');
    await elsewhere.createPod('jack');
    await using _operator = world.run({ namespaces: [world.namespace, elsewhere.namespace] });
    await elsewhere.untilHappy({ f: true });
    await world.untilHappy({ f: false });
  });

  test('is happy as long as the pod is there, be it on its way out or failed', async () => {
    const world = await shared.inNewNamespace();
    const { client, namespace } = world;
    await world.createFoo('f', 'jack');
    await world.createPod('jack');
    const jack = { namespace, name: 'jack' };
    const finalizers = ['example.com/lingers'];
    await client.patch(Pod, jack, { type: 'merge', body: { metadata: { finalizers } } });
    await client.patch(
      Pod,
      jack,
      { type: 'merge', body: { status: { phase: 'Failed' } } },
      { subresource: 'status' },
    );
    await using operator = world.run();
    await world.untilHappy({ f: true });
    await operator.untilSettled();
    const before = await operator.reconciles();
    await world.deletePod('jack');
    await until(async () => (await operator.reconciles()) > before);
    await operator.untilSettled();
    assert.equal((await world.foo('f')).status?.happy, true);
    await client.patch(Pod, jack, { type: 'merge', body: { metadata: { finalizers: null } } });
    await world.untilHappy({ f: false });
  });

  test('whose status somebody else changes has it put right', async () => {
    const world = await shared.inNewNamespace();
    await world.createFoo('f', 'jack');
    await using operator = world.run();
    await world.untilHappy({ f: false });
    const before = operator.transport.writes.length;
    await world.client.patch(
      Foo.resource,
      { namespace: world.namespace, name: 'f' },
      { type: 'merge', body: { status: { happy: true } } },
      { subresource: 'status' },
    );
    await until(async () => operator.transport.writes.length > before);
    await world.untilHappy({ f: false });
  });

  for (const [what, name] of [
    ['an empty name', ''],
    ['a name in capitals', 'Jack'],
    ['a name with a slash', 'default/jack'],
    ['a name that is too long', 'j'.repeat(254)],
  ] as const) {
    test(`that looks for ${what} is refused, and told why`, async () => {
      const metadata = { name: 'f', namespace: shared.namespace };
      const foo = { apiVersion: Foo.resource.apiVersion, kind: 'Foo', metadata, spec: { name } };
      await assert.rejects(shared.client.create(Foo.resource, foo), /spec\.name/);
      assert.throws(() => Foo.parse(foo), /spec\.name/);
    });
  }

  test('that looks for nobody is refused, and a name with dots is not', async () => {
    const metadata = { namespace: shared.namespace };
    const { apiVersion, kind } = Foo.resource;
    const foo = { apiVersion, kind, metadata: { ...metadata, name: 'nobody' }, spec: {} };
    // Safe: what the type forbids is what the server is asked about.
    const untyped = foo as unknown as Foo;
    await assert.rejects(shared.client.create(Foo.resource, untyped), /spec\.name: Required value/);
    await shared.createFoo('dotted', `web-0.${'a'.repeat(240)}`);
  });
});

describe('the operator', { timeout: 900_000 }, () => {
  test('looks only at the Foos that name the pod that changed, and at each once', async () => {
    const world = await shared.inNewNamespace();
    for (const [name, friend] of [
      ['a', 'jack'],
      ['b', 'jack'],
      ['c', 'joe'],
    ] as const) {
      await world.createFoo(name, friend);
    }
    await using operator = world.run();
    await world.untilHappy({ a: false, b: false, c: false });
    await operator.untilSettled();
    assert.equal(await operator.reconciles(), 3);

    await world.createPod('jack');
    await operator.untilSettled();
    await world.untilHappy({ a: true, b: true });
    assert.equal(await operator.reconciles(), 5);

    await world.createPod('nobody-looks-for');
    await world.createPod('joe');
    await operator.untilSettled();
    await world.untilHappy({ c: true });
    assert.equal(await operator.reconciles(), 6);
  });

  test('that comes anew finds all as it should be, and writes nothing', async () => {
    const world = await shared.inNewNamespace();
    await world.createFoo('f', 'jack');
    await world.createPod('jack');
    {
      await using _first = world.run();
      await world.untilHappy({ f: true });
      await until(async () => (await world.events()).length === 1);
    }
    await using second = world.run();
    await until(async () => (await second.reconciles()) > 0);
    await second.untilSettled();
    assert.deepEqual(second.transport.writes, []);
    assert.equal(await second.reconciles(), 1);
  });

  for (const [when, events] of [
    ['before', ['f: FriendFound: Found the friend jack']],
    // Lost rather than told twice: the status was written, and says it.
    ['after', []],
  ] as const) {
    test(`that is killed right ${when} its write leaves a status that is right, and no Event twice`, async () => {
      const world = await shared.inNewNamespace();
      await world.createFoo('f', 'jack');
      await world.createPod('jack');
      const first = world.run({ writes: { [when]: () => first.transport.die() } });
      await first.transport.dead;

      await using second = world.run();
      await world.untilHappy({ f: true });
      await until(async () => (await second.reconciles('success')) >= 1);
      await second.untilSettled();

      assert.deepEqual(await world.events(), events);
      await first[Symbol.asyncDispose]();
    });
  }

  test('is not troubled when a Foo is deleted while it writes to it', async () => {
    const world = await shared.inNewNamespace();
    const { client, namespace } = world;
    await world.createFoo('f', 'jack');
    let hasDeleted = false;
    await using operator = world.run({
      writes: {
        before: async () => {
          if (hasDeleted) return;
          hasDeleted = true;
          await client.delete(Foo.resource, { namespace, name: 'f' });
        },
      },
    });
    await until(async () => (await operator.reconciles('success')) >= 1);
    assert.equal(hasDeleted, true);
    await operator.untilSettled();
    assert.equal(await operator.reconciles('error'), 0);
    assert.deepEqual(await world.events(), []);
  });

  test('decides anew when the Foo changes while it writes to it', async () => {
    const world = await shared.inNewNamespace();
    await world.createFoo('f', 'jack');
    await world.createPod('joe');
    let hasChanged = false;
    await using operator = world.run({
      writes: {
        before: async () => {
          if (hasChanged) return;
          hasChanged = true;
          await world.lookFor('f', 'joe');
        },
      },
    });
    await world.untilHappy({ f: true });
    await operator.untilSettled();
    assert.deepEqual(await world.events(), ['f: FriendFound: Found the friend joe']);
  });

  test('goes on in a namespace that is going away, where Events cannot be made any more', async () => {
    const world = await shared.inNewNamespace();
    const { client, namespace } = world;
    await world.createFoo('f', 'jack');
    await world.createPod('jack');
    // So that neither goes before the operator has looked.
    const finalizers = ['example.com/lingers'];
    const body = { metadata: { finalizers } };
    await client.patch(Pod, { namespace, name: 'jack' }, { type: 'merge', body });
    await client.patch(Foo.resource, { namespace, name: 'f' }, { type: 'merge', body });
    await using operator = world.run();
    await world.untilHappy({ f: true });
    await client.delete(Namespace, { name: namespace });
    await world.lookFor('f', 'joe');
    await until(async () => {
      const { status, metadata } = await client.get(Foo.resource, { namespace, name: 'f' });
      // Where namespaces are really emptied the Foo is on its way out, and left as it is.
      return status?.happy === false || metadata.deletionTimestamp !== undefined;
    });
    await operator.untilSettled();
    // Who empties the namespace may have changed the Foo while its status was written.
    assert.deepEqual(
      operator.errors.filter((error) => !isConflict(error)),
      [],
    );
    const gone = { metadata: { finalizers: null } };
    await client.patch(Pod, { namespace, name: 'jack' }, { type: 'merge', body: gone });
    await client.patch(Foo.resource, { namespace, name: 'f' }, { type: 'merge', body: gone });
  });
});

describe('an operator that lacks a permission', { timeout: 900_000 }, () => {
  test('to list pods says so in the status and an Event of each Foo, and does not guess', async () => {
    const world = await shared.inNewNamespace();
    await world.createFoo('f', 'jack');
    const poor = await world.clientWith(withoutRule('pods', 'list'));
    await using operator = world.run({ as: poor });
    await until(async () =>
      (await world.events()).some((line) => line.includes('cannot list pods')),
    );
    await until(
      async () =>
        findCondition((await world.foo('f')).status?.conditions, 'Ready')?.status === 'False',
    );
    const { status } = await world.foo('f');
    const ready = findCondition(status?.conditions, 'Ready');
    assert.equal(ready?.reason, 'MissingPermission');
    assert.match(ready.message, /^cannot list pods in namespace /);
    assert.equal(status?.happy, undefined);
    await operator.untilSettled();
    const patches = operator.transport.writes.filter((write) => write.endsWith('/f/status'));
    assert.equal(patches.length, 1);

    await world.permit(watchedNamespaceRules());
    await world.untilHappy({ f: false });
    const later = findCondition((await world.foo('f')).status?.conditions, 'Ready');
    assert.equal(later?.status, 'True');
  });

  test('to write the status says so in one Event, and does not try again and again', async () => {
    const world = await shared.inNewNamespace();
    await world.createFoo('f', 'jack');
    const poor = await world.clientWith(
      withoutRule('foos/status', 'patch').filter(({ verbs }) => verbs.length > 0),
    );
    // No time passes, however long the test takes: half a minute later it is tried again.
    await using operator = world.run({ as: poor, clock: new FakeClock() });
    await until(async () => (await operator.reconciles('requeue_after')) > 0);
    await operator.untilSettled();
    const [event, ...others] = await world.events();
    assert.match(event ?? '', /^f: MissingPermission: .*foos\/status/);
    assert.deepEqual(others, []);
    // A second Foo, worked on after the first: had that one come back at once, it would have been seen by then.
    await world.createFoo('g', 'jack');
    await until(async () => (await operator.reconciles('requeue_after')) > 1);
    await operator.untilSettled();
    const tries = operator.transport.writes.filter((write) => write.endsWith('/status'));
    assert.equal(tries.length, 2);
    assert.equal(await operator.reconciles('requeue_after'), 2);
    assert.equal((await world.events()).length, 2);
    assert.equal(await operator.reconciles('error'), 0);
  });
});
