import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CronJob,
  findCondition,
  Job,
  Namespace,
  ownerReference,
  ResourceQuota,
  type PolicyRule,
} from '@kubewright/apimachinery';
import { FakeClock } from '@kubewright/runtime/testing';
import { Echo, ScheduledEcho, watchedNamespaceRules } from '../src/index.ts';
import { EchoWorld, until, type RunningEchoOperator } from './echo-world.ts';

let shared: EchoWorld;

before(async () => {
  shared = await EchoWorld.start();
});
after(() => shared[Symbol.asyncDispose]());

const message = 'Hola, 世界!';
const writesTo = ({ transport }: RunningEchoOperator, path: RegExp): number =>
  transport.writes.filter((write) => path.test(write)).length;

describe('an Echo', { timeout: 900_000 }, () => {
  test('has a Job of its name, which says the message', async () => {
    const world = await shared.inNewNamespace();
    await using _operator = world.run();
    const { metadata } = await world.createEcho('hello-world');
    await world.untilReason(Echo.resource, 'hello-world', 'JobCreated');
    const job = await world.job('hello-world');
    const pod = job.spec?.template.spec;
    assert.equal(pod?.restartPolicy, 'Never');
    assert.deepEqual(
      pod.containers.map(({ name, image, command, args }) => ({ name, image, command, args })),
      [{ name: 'hello-world', image: 'busybox', command: ['echo', message], args: undefined }],
    );
    const [owner] = job.metadata.ownerReferences ?? [];
    assert.deepEqual([owner?.kind, owner?.uid, owner?.controller], ['Echo', metadata.uid, true]);
    assert.deepEqual(await world.jobs(), ['hello-world']);
  });

  test('says what became of it, in its status and in Events', async () => {
    const world = await shared.inNewNamespace();
    await using operator = world.run();
    await world.createEcho('a');
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
    assert.equal(
      await world.untilReason(Echo.resource, 'a', 'JobRunning', 'Complete'),
      `Job ${world.namespace}/a has not ended`,
    );
    const { uid } = (await world.job('a')).metadata;
    const running = await world.echo('a');
    assert.equal(running.status?.jobUid, uid);
    assert.equal(running.status.observedGeneration, running.metadata.generation);
    await world.end('a', true);
    await world.untilReason(Echo.resource, 'a', 'JobComplete', 'Complete');
    const { status } = await world.echo('a');
    assert.equal(findCondition(status?.conditions, 'Complete')?.status, 'True');
    assert.equal(findCondition(status?.conditions, 'Ready')?.status, 'True');
    const name = `Job ${world.namespace}/a`;
    await operator.untilSettled();
    assert.deepEqual(await world.events(), [
      `a: Normal JobComplete: ${name} has said the message`,
      `a: Normal JobCreated: ${name} says the message`,
    ]);
    assert.equal(await operator.metric('echoperator_created_total', { kind: 'Job' }), 1);
  });

  test('tells why its Job failed', async () => {
    const world = await shared.inNewNamespace();
    await using _operator = world.run();
    await world.createEcho('a');
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
    await world.end('a', false);
    const told = await world.untilReason(Echo.resource, 'a', 'JobFailed', 'Complete');
    assert.match(told, /failed: BackoffLimitExceeded: /);
    await until(async () =>
      (await world.events()).some((event) => event.startsWith('a: Warning JobFailed: ')),
    );
  });

  test('is left alone by an operator that starts anew', async () => {
    const world = await shared.inNewNamespace();
    await world.createEcho('a');
    {
      await using operator = world.run();
      await world.untilReason(Echo.resource, 'a', 'JobRunning', 'Complete');
      await operator.untilSettled();
      assert.equal((await world.events()).length, 1);
    }
    const { uid } = (await world.job('a')).metadata;
    await using heir = world.run();
    await until(async () => (await heir.metric('controller_runtime_reconcile_total')) > 0);
    await heir.untilSettled();
    assert.deepEqual(heir.transport.writes, []);
    assert.equal((await world.job('a')).metadata.uid, uid);
  });

  test('whose message changes keeps its Job, and says that it cannot be changed', async () => {
    const world = await shared.inNewNamespace();
    await using _operator = world.run();
    await world.createEcho('a');
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
    const { metadata, spec } = await world.job('a');
    await world.change(Echo.resource, 'a', { message: 'Adiós' });
    const told = await world.untilReason(Echo.resource, 'a', 'MessageChanged');
    assert.match(told, /delete the Echo and create it again/);
    const now = await world.job('a');
    assert.equal(now.metadata.uid, metadata.uid);
    assert.deepEqual(now.spec?.template, spec?.template);
    await until(async () =>
      (await world.events()).some((event) => event.startsWith('a: Warning MessageChanged: ')),
    );
    await world.change(Echo.resource, 'a', { message });
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
  });

  test('whose Job is deleted gets no second one, and says so', async () => {
    const world = await shared.inNewNamespace();
    await world.createEcho('a');
    {
      await using _operator = world.run();
      await world.untilReason(Echo.resource, 'a', 'JobCreated');
      await world.client.delete(Job, world.ref('a'), { propagationPolicy: 'Background' });
      const told = await world.untilReason(Echo.resource, 'a', 'JobGone');
      assert.match(told, /is not made twice/);
    }
    await using heir = world.run();
    await until(async () => (await heir.metric('controller_runtime_reconcile_total')) > 0);
    await heir.untilSettled();
    assert.deepEqual(await world.jobs(), []);
  });

  test('that was said stays ready when its Job is cleaned up', async () => {
    const world = await shared.inNewNamespace();
    await using operator = world.run();
    await world.createEcho('a');
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
    await world.end('a', true);
    await world.untilReason(Echo.resource, 'a', 'JobComplete', 'Complete');
    await world.client.delete(Job, world.ref('a'), { propagationPolicy: 'Background' });
    await world.untilReason(Echo.resource, 'a', 'Said');
    const { status } = await world.echo('a');
    assert.equal(findCondition(status?.conditions, 'Ready')?.status, 'True');
    await operator.untilSettled();
    assert.deepEqual(await world.jobs(), []);
  });

  test('does not take a Job of its name that is somebody else’s, and gets its own when that one goes', async () => {
    const world = await shared.inNewNamespace();
    const foreign = await world.client.create(Job, {
      metadata: world.ref('a'),
      spec: {
        suspend: true,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'c' }] } },
      },
    });
    await using operator = world.run();
    await world.createEcho('a');
    const told = await world.untilReason(Echo.resource, 'a', 'NameTaken');
    assert.match(told, /belongs to somebody else: delete it, or give the Echo another name/);
    await operator.untilSettled();
    assert.deepEqual(await world.events(), [`a: Warning NameTaken: ${told}`]);
    const untouched = await world.job('a');
    assert.equal(untouched.metadata.ownerReferences, undefined);
    assert.deepEqual(untouched.spec, foreign.spec);
    assert.equal(writesTo(operator, /\/jobs/), 0);
    await world.client.delete(Job, world.ref('a'), { propagationPolicy: 'Background' });
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
    assert.notEqual((await world.job('a')).metadata.uid, foreign.metadata.uid);
  });

  test('waits for the Job of an earlier Echo of its name to go', async () => {
    const world = await shared.inNewNamespace();
    const earlier = await world.createEcho('a');
    await world.client.create(Job, {
      metadata: {
        ...world.ref('a'),
        finalizers: ['example.com/lingers'],
        ownerReferences: [ownerReference(earlier)],
      },
      spec: {
        suspend: true,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'c' }] } },
      },
    });
    await world.client.delete(Echo.resource, world.ref('a'));
    await world.createEcho('a');
    await using _operator = world.run();
    await world.untilReason(Echo.resource, 'a', 'WaitingForDeletion');
    await world.client.delete(Job, world.ref('a'), { propagationPolicy: 'Background' });
    await world.client.patch(Job, world.ref('a'), {
      type: 'merge',
      body: { metadata: { finalizers: null } },
    });
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
  });

  test('takes back what others write into its status', async () => {
    const world = await shared.inNewNamespace();
    await using _operator = world.run();
    await world.createEcho('a');
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
    await world.client.patch(
      Echo.resource,
      world.ref('a'),
      { type: 'merge', body: { status: { conditions: [] } } },
      { subresource: 'status' },
    );
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
  });

  for (const [what, name, text] of [
    ['a name with a dot', 'not.a.label', 'm'],
    ['a name that is too long for a container', 'x'.repeat(64), 'm'],
    ['a message that no program can be given', 'a', 'a\0b'],
    ['a message that is too long', 'a', 'x'.repeat(40_000)],
  ] as const) {
    test(`with ${what} is refused by the server`, async () => {
      const { apiVersion, kind } = Echo.resource;
      const metadata = { ...shared.ref(name) };
      const echo: Echo = { apiVersion, kind, metadata, spec: { message: text } };
      await assert.rejects(shared.client.create(Echo.resource, echo), { reason: 'Invalid' });
    });
  }

  test('may have no message but an empty one', async () => {
    const { apiVersion, kind } = Echo.resource;
    const without = { apiVersion, kind, metadata: shared.ref('none'), spec: {} } as Echo;
    await assert.rejects(shared.client.create(Echo.resource, without), { reason: 'Invalid' });
    await shared.createEcho('empty', '');
  });
});

describe('a ScheduledEcho', { timeout: 900_000 }, () => {
  test('has a CronJob of its name, which says the message on schedule, one at a time', async () => {
    const world = await shared.inNewNamespace();
    await using _operator = world.run();
    const { metadata } = await world.createScheduledEcho('hello-world-scheduled');
    await world.untilReason(ScheduledEcho.resource, 'hello-world-scheduled', 'CronJobCreated');
    const cronJob = await world.cronJob('hello-world-scheduled');
    assert.equal(cronJob.spec.schedule, '*/1 * * * *');
    assert.equal(cronJob.spec.concurrencyPolicy, 'Forbid');
    const pod = cronJob.spec.jobTemplate.spec?.template.spec;
    assert.equal(pod?.restartPolicy, 'Never');
    assert.deepEqual(
      pod.containers.map(({ name, image, command }) => ({ name, image, command })),
      [{ name: 'hello-world-scheduled', image: 'busybox', command: ['echo', message] }],
    );
    assert.equal(cronJob.metadata.ownerReferences?.[0]?.uid, metadata.uid);
  });

  test('changes its CronJob when message or schedule change, once, and leaves the rest to others', async () => {
    const world = await shared.inNewNamespace();
    await using operator = world.run();
    await world.createScheduledEcho('a', '@yearly');
    await world.untilReason(ScheduledEcho.resource, 'a', 'CronJobCreated');
    const { uid } = (await world.cronJob('a')).metadata;
    await world.change(CronJob, 'a', { suspend: true, failedJobsHistoryLimit: 7 });
    await operator.untilSettled();
    await world.change(ScheduledEcho.resource, 'a', { schedule: '@daily', message: 'Adiós' });
    await world.untilReason(ScheduledEcho.resource, 'a', 'CronJobCreated');
    const { metadata, spec } = await world.cronJob('a');
    assert.equal(metadata.uid, uid);
    assert.deepEqual(
      [spec.schedule, spec.suspend, spec.failedJobsHistoryLimit],
      ['@daily', true, 7],
    );
    const [container] = spec.jobTemplate.spec?.template.spec?.containers ?? [];
    assert.deepEqual(container?.command, ['echo', 'Adiós']);
    await operator.untilSettled();
    assert.equal(writesTo(operator, /^PATCH .*\/cronjobs\//), 1);
    await until(async () =>
      (await world.events()).some((event) => event.startsWith('a: Normal Updated: ')),
    );
  });

  test('repairs its CronJob, and makes it anew', async () => {
    const world = await shared.inNewNamespace();
    await using _operator = world.run();
    await world.createScheduledEcho('a');
    await world.untilReason(ScheduledEcho.resource, 'a', 'CronJobCreated');
    await world.change(CronJob, 'a', { concurrencyPolicy: 'Allow' });
    await until(async () => (await world.cronJob('a')).spec.concurrencyPolicy === 'Forbid');
    const { uid } = (await world.cronJob('a')).metadata;
    await world.client.delete(CronJob, world.ref('a'));
    await until(async () => {
      const { items } = await world.client.list(CronJob, { namespace: world.namespace });
      return items.some(({ metadata }) => metadata.uid !== uid);
    });
  });

  test('takes out of its CronJob what somebody has put beside the message', async () => {
    const world = await shared.inNewNamespace();
    await using operator = world.run();
    await world.createScheduledEcho('a', '@yearly');
    await world.untilReason(ScheduledEcho.resource, 'a', 'CronJobCreated');
    const containersOf = ({ spec }: CronJob): string[] =>
      (spec.jobTemplate.spec?.template.spec?.containers ?? []).map(({ name }) => name);
    const op = 'add';
    const path = '/spec/jobTemplate/spec/template/spec/containers/-';
    const changed = await world.client.patch(CronJob, world.ref('a'), {
      type: 'json',
      operations: [{ op, path, value: { name: 'beside', image: 'c' } }],
    });
    assert.deepEqual(containersOf(changed), ['a', 'beside']);
    await until(async () => containersOf(await world.cronJob('a')).length === 1);
    assert.deepEqual(containersOf(await world.cronJob('a')), ['a']);
    await operator.untilSettled();
    await world.untilReason(ScheduledEcho.resource, 'a', 'CronJobCreated');
    assert.equal(writesTo(operator, /^PATCH .*\/cronjobs\//), 1);
  });

  test('does not take a CronJob of its name that is somebody else’s', async () => {
    const world = await shared.inNewNamespace();
    const foreign = await world.client.create(CronJob, {
      metadata: world.ref('a'),
      spec: {
        schedule: '@yearly',
        jobTemplate: {
          spec: {
            template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'c' }] } },
          },
        },
      },
    });
    await using operator = world.run();
    await world.createScheduledEcho('a');
    await world.untilReason(ScheduledEcho.resource, 'a', 'NameTaken');
    await operator.untilSettled();
    assert.deepEqual((await world.cronJob('a')).spec, foreign.spec);
    assert.equal(writesTo(operator, /\/cronjobs/), 0);
  });

  for (const schedule of [
    '',
    'x',
    '* * * *',
    '60 * * * *',
    '* * 0 * *',
    '* * * * 7',
    '*/0 * * * *',
    '@reboot',
    'TZ=UTC * * * * *',
    '* * * foo *',
    '@every 1x',
  ]) {
    test(`with the schedule ${JSON.stringify(schedule)} is refused by the server`, async () => {
      await assert.rejects(shared.createScheduledEcho('a', schedule), {
        reason: 'Invalid',
        message: /must have five fields whose values are in range/,
      });
    });
  }

  for (const schedule of [
    '@hourly',
    '0,30 8-18/2 1-15 JAN,jul mon-fri',
    '? ? * * ?',
    '@every 1h30m',
    '05 007 * * *',
  ]) {
    test(`with the schedule ${JSON.stringify(schedule)} has a CronJob`, async () => {
      const world = await shared.inNewNamespace();
      await using _operator = world.run();
      await world.createScheduledEcho('a', schedule);
      await world.untilReason(ScheduledEcho.resource, 'a', 'CronJobCreated');
      assert.equal((await world.cronJob('a')).spec.schedule, schedule);
    });
  }

  test('says what is wrong with a schedule that only looks right, and keeps the one it had', async () => {
    const world = await shared.inNewNamespace();
    await using operator = world.run();
    await world.createScheduledEcho('a', '@yearly');
    await world.untilReason(ScheduledEcho.resource, 'a', 'CronJobCreated');
    await operator.untilSettled();
    await world.change(ScheduledEcho.resource, 'a', { schedule: '5-1 * * * *' });
    const told = await world.untilReason(ScheduledEcho.resource, 'a', 'InvalidSchedule');
    await operator.untilSettled();
    assert.equal(told, '"5-1 * * * *": beginning of range (5) beyond end of range (1): 5-1');
    assert.equal((await world.cronJob('a')).spec.schedule, '@yearly');
    assert.equal(await operator.metric('controller_runtime_reconcile_errors_total'), 0);
    await until(async () =>
      (await world.events()).some((event) => event.startsWith('a: Warning InvalidSchedule: ')),
    );
  });

  test('with a name that no CronJob can have is refused by the server', async () => {
    await assert.rejects(shared.createScheduledEcho('x'.repeat(53)), { reason: 'Invalid' });
  });
});

describe('work that fails', { timeout: 900_000 }, () => {
  const withoutRule = (resource: string, verb: string): PolicyRule[] =>
    watchedNamespaceRules().map((rule) =>
      rule.resources?.includes(resource) === true
        ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) }
        : rule,
    );
  const posts = (operator: RunningEchoOperator): number => writesTo(operator, /^POST .*\/jobs$/);

  test('is tried again three times, then given up and reported', async () => {
    const world = await shared.inNewNamespace();
    const clock = new FakeClock();
    const as = await world.clientWith(withoutRule('jobs', 'create'));
    await using operator = world.run({ as, clock });
    await world.createEcho('a');
    await operator.passUntil(
      async () => (await operator.metric('echoperator_given_up_total', { kind: 'Echo' })) === 1,
    );
    await operator.untilSettled();
    assert.equal(posts(operator), 4);
    const told = await world.untilReason(Echo.resource, 'a', 'GaveUp');
    assert.match(told, /create Job \S+\/a: .*cannot create resource "jobs"/);
    assert.match(told, /3 retries have failed too/);
    const reasons = (await world.events()).map((event) => event.split(': ')[1]);
    assert.deepEqual(reasons, ['Warning Forbidden', 'Warning GaveUp']);
  });

  test('is not lost: once a minute it is tried again, and done when it can be', async () => {
    const world = await shared.inNewNamespace();
    const clock = new FakeClock();
    const as = await world.clientWith(withoutRule('jobs', 'create'));
    await using operator = world.run({ as, clock });
    await world.createEcho('a');
    const gaveUp = async (): Promise<boolean> =>
      (await operator.metric('echoperator_given_up_total', { kind: 'Echo' })) === 1;
    await operator.passUntil(gaveUp);
    await operator.untilSettled();
    await world.untilReason(Echo.resource, 'a', 'GaveUp');
    // A whole minute, in which the one look at the object is all that goes to the server.
    const lookPath = new RegExp(
      `^GET /apis/mmontes\\.io/v1alpha1/namespaces/${world.namespace}/echos/a$`,
    );
    const [look, ...others] = await operator.requestsOfAMinute();
    assert.match(look ?? '', lookPath);
    assert.deepEqual(others, [`POST /apis/batch/v1/namespaces/${world.namespace}/jobs`]);
    await world.permit(watchedNamespaceRules());
    await operator.passUntil(async () => (await world.jobs()).length === 1);
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
  });

  test('gets a new start when the object changes', async () => {
    const world = await shared.inNewNamespace();
    const clock = new FakeClock();
    const as = await world.clientWith(withoutRule('jobs', 'create'));
    await using operator = world.run({ as, clock });
    await world.createEcho('a');
    await operator.passUntil(
      async () => (await operator.metric('echoperator_given_up_total')) === 1,
    );
    await world.permit(watchedNamespaceRules());
    await world.change(Echo.resource, 'a', { message: 'Adiós' });
    await until(async () => (await world.jobs()).length === 1);
    assert.deepEqual((await world.job('a')).spec?.template.spec?.containers[0]?.command, [
      'echo',
      'Adiós',
    ]);
  });

  test('goes on when the status cannot be written', async () => {
    const world = await shared.inNewNamespace();
    const clock = new FakeClock();
    const rules = watchedNamespaceRules().filter(
      ({ resources }) => resources?.includes('echos/status') !== true,
    );
    const as = await world.clientWith(rules);
    await using operator = world.run({ as, clock });
    await world.createEcho('a');
    await until(async () => (await world.jobs()).length === 1);
    await operator.passUntil(
      async () => (await operator.metric('echoperator_given_up_total')) === 1,
    );
    await operator.untilSettled();
    assert.equal(posts(operator), 1);
    await world.permit(watchedNamespaceRules());
    await operator.passUntil(async () => (await world.echo('a')).status?.jobUid !== undefined);
  });

  test('of one object holds up no other', async () => {
    const world = await shared.inNewNamespace();
    const as = await world.clientWith(withoutRule('cronjobs', 'create'));
    // No time passes: what has failed once stays so, and what is held up by nothing needs none.
    await using _operator = world.run({ as, clock: new FakeClock() });
    await world.createScheduledEcho('a');
    await world.createEcho('b');
    await world.untilReason(ScheduledEcho.resource, 'a', 'Forbidden');
    await world.untilReason(Echo.resource, 'b', 'JobCreated');
  });

  test('in a namespace on its way out is let be', async () => {
    const world = await shared.inNewNamespace();
    const { client, namespace } = world;
    // Holds the namespace, and with it the Echo, where there is a controller.
    const finalizers = ['example.com/lingers'];
    const metadata = { ...world.ref('a'), finalizers };
    await client.create(Echo.resource, Echo.create({ metadata, spec: { message } }));
    await client.delete(Namespace, { name: namespace });
    await using operator = world.run();
    await until(async () => (await operator.metric('controller_runtime_reconcile_total')) > 0);
    await operator.untilSettled();
    assert.equal(await operator.metric('controller_runtime_reconcile_errors_total'), 0);
    assert.ok(posts(operator) <= 1);
    await client.patch(Echo.resource, world.ref('a'), {
      type: 'merge',
      body: { metadata: { finalizers: null } },
    });
  });

  test('because of a quota says so, and is done when there is room', async () => {
    const world = await shared.inNewNamespace();
    const clock = new FakeClock();
    await world.leaveNoRoom('count/jobs.batch');
    await using operator = world.run({ clock });
    await world.createEcho('a');
    assert.match(
      await world.untilReason(Echo.resource, 'a', 'Forbidden'),
      /exceeded quota: no-room/,
    );
    await operator.passUntil(
      async () => (await operator.metric('echoperator_given_up_total')) === 1,
    );
    assert.match(await world.untilReason(Echo.resource, 'a', 'GaveUp'), /exceeded quota: no-room/);
    await world.client.delete(ResourceQuota, world.ref('no-room'));
    await operator.passUntil(async () => (await world.jobs()).length === 1);
  });

  test('because the server is out of order is done when it is well again', async (t) => {
    const inject = shared.environment.faults?.inject;
    if (inject === undefined) {
      t.skip('single requests cannot be made to fail here');
      return;
    }
    const world = await shared.inNewNamespace();
    const clock = new FakeClock();
    const { namespace } = world;
    using fault = inject({
      verb: 'create',
      resource: 'jobs',
      namespace,
      effect: { type: 'refusal', code: 500 },
      times: 3,
    });
    await using operator = world.run({ clock });
    await world.createEcho('a');
    await operator.passUntil(async () => (await world.jobs()).length === 1);
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
    assert.equal(fault.struck, 3);
    assert.equal(await operator.metric('echoperator_given_up_total'), 0);
  });

  test('with an answer that is lost is not done twice', async (t) => {
    const inject = shared.environment.faults?.inject;
    if (inject === undefined) {
      t.skip('single requests cannot be made to fail here');
      return;
    }
    const world = await shared.inNewNamespace();
    const clock = new FakeClock();
    const { namespace } = world;
    using _fault = inject({
      verb: 'create',
      resource: 'jobs',
      namespace,
      effect: { type: 'lost-answer' },
      times: 1,
    });
    await using operator = world.run({ clock });
    await world.createEcho('a');
    await operator.passUntil(async () => (await world.echo('a')).status?.jobUid !== undefined);
    await world.untilReason(Echo.resource, 'a', 'JobCreated');
    await operator.untilSettled();
    assert.deepEqual(await world.jobs(), ['a']);
  });
});
