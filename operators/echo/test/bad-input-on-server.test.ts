import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CronJob,
  Job,
  Namespace,
  ownerReference,
  Pod,
  type PodTemplateSpec,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { FakeClock } from '@kubewright/runtime/testing';
import { Echo, ScheduledEcho, watchedNamespaceRules } from '../src/index.ts';
import { EchoWorld, until } from './echo-world.ts';

const containers = [{ name: 'c', image: 'c' }];
const template: PodTemplateSpec = { spec: { restartPolicy: 'Never', containers } };
const lingers = 'example.com/lingers';

/** Something that cannot be put into practice as it is. */
interface BadInput {
  /** Of what the test is named. */
  readonly what: string;
  readonly resource: typeof Echo.resource | typeof ScheduledEcho.resource;
  /** Makes it, as the object `a`, before the operator starts. */
  readonly make: (world: EchoWorld) => Promise<void>;
  /** Makes it bad when it was put into practice. Default: it is so from the beginning. */
  readonly spoil?: (world: EchoWorld) => Promise<void>;
  /** As whom the operator works. Default: as one who may do everything. */
  readonly as?: (world: EchoWorld) => Promise<Client>;
  /** Reason of the condition `Ready`, and of the Event about it. */
  readonly reason: string;
  readonly says: RegExp;
  /** Requests for it in a minute that follows, at most. Default: none. */
  readonly requestsPerMinute?: number;
}

const foreignJob = async (world: EchoWorld): Promise<void> => {
  const spec = { suspend: true, template };
  await world.client.create(Job, { metadata: world.ref('a'), spec });
  await world.createEcho('a');
};

const withoutRule = (resource: string, verb: string) => (world: EchoWorld) =>
  world.clientWith(
    watchedNamespaceRules().map((rule) =>
      rule.resources?.includes(resource) === true
        ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) }
        : rule,
    ),
  );

/** A look past the cache and the write that fails. Nothing new is told of it. */
const aTryPerMinute = 2;

const table: readonly BadInput[] = [
  {
    what: 'an Echo whose name is taken by somebody’s Job',
    resource: Echo.resource,
    make: foreignJob,
    reason: 'NameTaken',
    says: /^Job \S+\/a exists and belongs to somebody else: delete it, or give the Echo another name$/,
  },
  {
    what: 'a ScheduledEcho whose name is taken by somebody’s CronJob',
    resource: ScheduledEcho.resource,
    make: async (world) => {
      const spec = { schedule: '@yearly', jobTemplate: { spec: { template } } };
      await world.client.create(CronJob, { metadata: world.ref('a'), spec });
      await world.createScheduledEcho('a', '@yearly');
    },
    reason: 'NameTaken',
    says: /^CronJob \S+\/a exists and belongs to somebody else/,
  },
  {
    what: 'an Echo whose predecessor’s Job will not go',
    resource: Echo.resource,
    make: async (world) => {
      const earlier = await world.createEcho('a');
      const ownerReferences = [ownerReference(earlier)];
      const metadata = { ...world.ref('a'), finalizers: [lingers], ownerReferences };
      await world.client.create(Job, { metadata, spec: { suspend: true, template } });
      await world.client.delete(Echo.resource, world.ref('a'));
      // What the garbage collector does where there is one, when it gets round to it.
      await world.client.delete(Job, world.ref('a'), { propagationPolicy: 'Background' });
      await world.createEcho('a');
    },
    reason: 'WaitingForDeletion',
    says: /belongs to an earlier Echo of this name, and is waited for to go$/,
  },
  {
    what: 'a schedule that only looks right',
    resource: ScheduledEcho.resource,
    make: async (world) => {
      await world.createScheduledEcho('a', '5-1 * * * *');
    },
    reason: 'InvalidSchedule',
    says: /^"5-1 \* \* \* \*": beginning of range \(5\) beyond end of range \(1\): 5-1$/,
  },
  {
    what: 'a schedule that becomes wrong',
    resource: ScheduledEcho.resource,
    make: async (world) => {
      await world.createScheduledEcho('a', '@yearly');
    },
    spoil: (world) => world.change(ScheduledEcho.resource, 'a', { schedule: '5-1 * * * *' }),
    reason: 'InvalidSchedule',
    says: /beyond end of range/,
  },
  {
    what: 'a message that changes too late',
    resource: Echo.resource,
    make: async (world) => {
      await world.createEcho('a');
    },
    spoil: (world) => world.change(Echo.resource, 'a', { message: 'Adiós' }),
    reason: 'MessageChanged',
    says: /delete the Echo and create it again to have the new one said$/,
  },
  {
    what: 'a Job that somebody deletes',
    resource: Echo.resource,
    make: async (world) => {
      await world.createEcho('a');
    },
    spoil: async (world) => {
      await world.client.delete(Job, world.ref('a'), { propagationPolicy: 'Background' });
    },
    reason: 'JobGone',
    says: /is not made twice: delete the Echo and create it again to have the message said$/,
  },
  {
    what: 'a missing permission to make Jobs',
    resource: Echo.resource,
    make: async (world) => {
      await world.createEcho('a');
    },
    as: withoutRule('jobs', 'create'),
    reason: 'GaveUp',
    says: /^create Job \S+\/a: .*cannot create resource "jobs".*; 3 retries have failed too/,
    requestsPerMinute: aTryPerMinute,
  },
  {
    what: 'a missing permission to change CronJobs',
    resource: ScheduledEcho.resource,
    make: async (world) => {
      await world.createScheduledEcho('a', '@yearly');
    },
    spoil: (world) => world.change(ScheduledEcho.resource, 'a', { schedule: '@monthly' }),
    as: withoutRule('cronjobs', 'patch'),
    reason: 'GaveUp',
    says: /cannot patch resource "cronjobs".*; 3 retries have failed too/,
    requestsPerMinute: aTryPerMinute,
  },
  {
    what: 'a quota that refuses Jobs',
    resource: Echo.resource,
    make: async (world) => {
      await world.leaveNoRoom('count/jobs.batch');
      await world.createEcho('a');
    },
    reason: 'GaveUp',
    says: /exceeded quota: no-room.*; 3 retries have failed too/,
    requestsPerMinute: aTryPerMinute,
  },
  {
    what: 'a quota that refuses CronJobs',
    resource: ScheduledEcho.resource,
    make: async (world) => {
      await world.leaveNoRoom('count/cronjobs.batch');
      await world.createScheduledEcho('a', '@yearly');
    },
    reason: 'GaveUp',
    says: /exceeded quota: no-room.*; 3 retries have failed too/,
    requestsPerMinute: aTryPerMinute,
  },
];

describe('bad input', { timeout: 900_000 }, () => {
  let shared: EchoWorld;
  before(async () => {
    shared = await EchoWorld.start();
  });
  after(() => shared[Symbol.asyncDispose]());

  for (const { what, resource, make, spoil, as, reason, says, requestsPerMinute = 0 } of table) {
    test(`such as ${what} is told in the condition and in one Event, and costs next to nothing`, async () => {
      const world = await shared.inNewNamespace();
      const clock = new FakeClock();
      await make(world);
      await using operator = world.run({ clock, ...(as && { as: await as(world) }) });
      if (spoil !== undefined) {
        await operator.passUntil(() => isReported(world, resource, 'True'));
        await spoil(world);
      }
      await operator.passUntil(async () => (await reasonOf(world, resource)) === reason);
      assert.match(await world.untilReason(resource, 'a', reason), says);
      await operator.untilSettled();

      const requests = await operator.requestsOfAMinute();

      assert.ok(
        requests.length <= requestsPerMinute,
        `${requests.length} requests: ${requests.join(', ')}`,
      );
      const about = `a: Warning ${reason}: `;
      const told = (await world.events()).filter((event) => event.startsWith(about));
      assert.equal(told.length, 1, told.join('\n'));
      assert.doesNotMatch(told.join(''), / times\)$/);
    });
  }

  test('such as a quota of what containers take does not keep a message from being said', async () => {
    const world = await shared.inNewNamespace();
    await world.leaveSomeRoom();
    await world.createEcho('a');
    await using _operator = world.run();
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
    const { spec } = await world.job('a');
    // As the controller of Jobs makes it.
    const pod = { metadata: world.ref('a'), ...(spec && { spec: spec.template.spec }) };
    const { status } = await world.client.create(Pod, pod);
    assert.equal(status?.phase, 'Pending');
  });

  test('such as a spec that changes while the object is on its way out changes nothing', async () => {
    const world = await shared.inNewNamespace();
    const clock = new FakeClock();
    const { client } = world;
    await using operator = world.run({ clock });
    await world.createEcho('a', 'first');
    await world.createScheduledEcho('a', '@yearly');
    for (const resource of [Echo.resource, ScheduledEcho.resource]) {
      await operator.passUntil(() => isReported(world, resource, 'True'));
      const body = { metadata: { finalizers: [lingers] } };
      await client.patch<Echo | ScheduledEcho>(resource, world.ref('a'), { type: 'merge', body });
      await client.delete<Echo | ScheduledEcho>(resource, world.ref('a'));
    }
    await operator.passUntil(async () => (await world.job('a')).metadata.finalizers === undefined);
    await operator.untilSettled();
    const writes = operator.transport.writes.length;
    await world.change(Echo.resource, 'a', { message: 'second' });
    await world.change(ScheduledEcho.resource, 'a', { message: 'second', schedule: '5-1 * * * *' });
    await operator.untilSettled();

    assert.deepEqual(await operator.requestsOfAMinute(), []);

    assert.equal(operator.transport.writes.length, writes);
    const [container] = (await world.job('a')).spec?.template.spec?.containers ?? [];
    assert.deepEqual(container?.command, ['echo', 'first']);
    for (const resource of [Echo.resource, ScheduledEcho.resource]) {
      const body = { metadata: { finalizers: null } };
      await client.patch<Echo | ScheduledEcho>(resource, world.ref('a'), { type: 'merge', body });
    }
  });

  test('such as a namespace on its way out is let be', async () => {
    const world = await shared.inNewNamespace();
    const clock = new FakeClock();
    const metadata = { ...world.ref('a'), finalizers: [lingers] };
    await world.client.create(Echo.resource, Echo.create({ metadata, spec: { message: 'm' } }));
    await world.client.delete(Namespace, { name: world.namespace });
    await using operator = world.run({ clock });
    await until(async () => (await operator.metric('controller_runtime_reconcile_total')) > 0);
    await operator.untilSettled();
    assert.deepEqual(await operator.requestsOfAMinute(), []);
    assert.equal(await operator.metric('controller_runtime_reconcile_errors_total'), 0);
    const body = { metadata: { finalizers: null } };
    await world.client.patch(Echo.resource, world.ref('a'), { type: 'merge', body });
  });
});

async function readyOf(
  world: EchoWorld,
  resource: BadInput['resource'],
): Promise<{ readonly status: string; readonly reason: string } | undefined> {
  const { metadata, status } = await world.client.get<Echo | ScheduledEcho>(
    resource,
    world.ref('a'),
  );
  if (status?.observedGeneration !== metadata.generation) return undefined;
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

async function reasonOf(
  world: EchoWorld,
  resource: BadInput['resource'],
): Promise<string | undefined> {
  return (await readyOf(world, resource))?.reason;
}

async function isReported(
  world: EchoWorld,
  resource: BadInput['resource'],
  wanted: string,
): Promise<boolean> {
  return (await readyOf(world, resource))?.status === wanted;
}
