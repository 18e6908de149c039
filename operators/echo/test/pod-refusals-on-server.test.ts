import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Event, formatTime, Job, type Stored } from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { CutTransport } from '@kubewright/cluster';
import { createLogger } from '@kubewright/runtime';
import { FakeClock } from '@kubewright/runtime/testing';
import { PodRefusals } from '../src/reconcile/pod-refusals.ts';
import { EchoWorld } from './echo-world.ts';

describe('what is said of the pods of Jobs', { timeout: 900_000 }, () => {
  let shared: EchoWorld;
  before(async () => {
    shared = await EchoWorld.start();
  });
  after(() => shared[Symbol.asyncDispose]());

  const makeJob = async (world: EchoWorld, name: string): Promise<Stored<Job>> => {
    const containers = [{ name: 'c', image: 'c' }];
    const template = { spec: { restartPolicy: 'Never', containers } };
    const spec = { suspend: true, template };
    return world.client.create(Job, { metadata: world.ref(name), spec });
  };
  /** Leaves an Event as the controller of Jobs does. */
  const tell = async (
    world: EchoWorld,
    { kind, metadata: { name, uid } }: Stored<Job>,
    message: string,
    { agoMs = 0, reason = 'FailedCreate' } = {},
  ): Promise<void> => {
    const { namespace } = world;
    await world.client.create(Event, {
      metadata: { namespace, generateName: `${name}-` },
      involvedObject: { apiVersion: 'batch/v1', kind, namespace, name, uid },
      type: 'Warning',
      reason,
      message,
      lastTimestamp: formatTime(new Date(Date.now() - agoMs)),
    });
  };
  const reader = (world: EchoWorld, clock = new FakeClock()) => {
    const transport = new CutTransport(world.client.transport);
    const context = {
      client: new Client({ transport }),
      logger: createLogger({ level: 'silent' }),
      signal: new AbortController().signal,
    };
    const refusals = new PodRefusals(clock);
    const of = async (job: Stored<Job>): Promise<string | undefined> => refusals.of(job, context);
    return { of, reads: transport.reads };
  };

  test('is the newest, without the name that was made up for the pod', async () => {
    const world = await shared.inNewNamespace();
    const job = await makeJob(world, 'hello-world');
    const refused = (pod: string, why: string): string =>
      `Error creating: pods "${pod}" is forbidden: ${why}`;
    await tell(world, job, refused('hello-world-x7k2p', 'no quota'), { agoMs: 60_000 });
    await tell(world, job, refused('hello-world-qw9pv', 'no "hello-world-fffff"'));
    await tell(world, job, refused('hello-world-zzzzz', 'no account'), { agoMs: 120_000 });
    await tell(world, job, 'Created pod: hello-world-abcde', { reason: 'SuccessfulCreate' });
    assert.equal(
      await reader(world).of(job),
      'pods "hello-world-" is forbidden: no "hello-world-fffff"',
    );
  });

  for (const [told, text] of [
    [
      '(combined from similar events): Error creating: pods "a-x7k2p" is forbidden: no',
      'pods "a-" is forbidden: no',
    ],
    ['Error creating: pods "hello-" is forbidden: no', 'pods "hello-" is forbidden: no'],
    ['Error creating: Pod "a-x7k2p" is invalid: no', 'Pod "a-" is invalid: no'],
    [
      'Error creating: admission webhook "a.example.com" denied the request: no',
      'admission webhook "a.example.com" denied the request: no',
    ],
    [`Error creating: ${'ä'.repeat(1000)}`, `${'ä'.repeat(510)}…`],
  ] as const) {
    test(`is ${text.slice(0, 60)} of ${told.slice(0, 60)}`, async () => {
      const world = await shared.inNewNamespace();
      const job = await makeJob(world, 'a');
      await tell(world, job, told);
      assert.equal(await reader(world).of(job), text);
    });
  }

  test('is nothing of a Job of the same name that is gone', async () => {
    const world = await shared.inNewNamespace();
    const gone = await makeJob(world, 'a');
    await tell(world, gone, 'Error creating: no');
    await world.client.delete(Job, world.ref('a'), { propagationPolicy: 'Background' });
    assert.equal(await reader(world).of(await makeJob(world, 'a')), undefined);
  });

  test('is read once in half a minute, for all Jobs of a namespace', async () => {
    const world = await shared.inNewNamespace();
    const [one, two] = await Promise.all([makeJob(world, 'one'), makeJob(world, 'two')]);
    await tell(world, one, 'Error creating: no');
    const clock = new FakeClock();
    const { of, reads } = reader(world, clock);
    assert.deepEqual([await of(one), await of(two)], ['no', undefined]);
    await tell(world, two, 'Error creating: never');
    await clock.advance(29_999);
    assert.deepEqual([await of(one), await of(two)], ['no', undefined]);
    assert.equal(reads.length, 1);
    await clock.advance(1);
    assert.deepEqual([await of(one), await of(two)], ['no', 'never']);
    assert.equal(reads.length, 2);
  });
});
