import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import {
  isAlreadyExists,
  isForbidden,
  LimitRange,
  PersistentVolumeClaim,
  Pod,
  ServiceAccount,
  type PodSpec,
  type StatusError,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';
import { untilAnswer } from './until-answer.ts';

type Limit = NonNullable<LimitRange['spec']>['limits'][number];
type Containers = PodSpec['containers'];
type Resources = NonNullable<Containers[number]['resources']>;

describeOnEachServer('LimitRanges', {}, (environment) => {
  let client: Client;
  let namespace: string;

  before(async () => {
    client = await environment().client();
  });
  beforeEach(async () => {
    namespace = await environment().newNamespace();
    // Pods need one; a server without controllers has none.
    await client.create(ServiceAccount, { metadata: ref('default') }).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  });

  const ref = (name: string) => ({ namespace, name });
  const makeRange = (...limits: Limit[]): Promise<Stored<LimitRange>> =>
    client.create(LimitRange, { metadata: ref('l'), spec: { limits } });
  const container = (name: string, resources?: Resources): Containers[number] => ({
    name,
    image: 'example.com/main:1',
    ...(resources === undefined ? {} : { resources }),
  });
  const makePod = (more: Partial<PodSpec>, dryRun = true): Promise<Stored<Pod>> =>
    client.create(
      Pod,
      {
        metadata: ref('p'),
        spec: { schedulerName: 'nobody', containers: [container('main')], ...more },
      },
      { dryRun },
    );
  const makeClaim = (storage: string, dryRun = true): Promise<Stored<PersistentVolumeClaim>> =>
    client.create(
      PersistentVolumeClaim,
      {
        metadata: ref('c'),
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'absent',
          resources: { requests: { storage } },
        },
      },
      { dryRun },
    );
  /** Tries until what has just been made counts: a real server reads LimitRanges through a cache. */
  const refusal = async (make: () => Promise<unknown>): Promise<StatusError> => {
    const attempt = (): Promise<StatusError | undefined> =>
      make().then(
        () => undefined,
        (error: unknown) => {
          if (isForbidden(error)) return error;
          throw error;
        },
      );
    const refused = await untilAnswer(attempt, (error) => error !== undefined);
    assert.ok(refused);
    return refused;
  };
  const refusedText = async (make: () => Promise<unknown>): Promise<string> => {
    const { code, status } = await refusal(make);
    assert.equal(code, 403);
    return status.message ?? '';
  };
  /** A pod as it is stored once the defaults are in force. */
  const defaulted = (more: Partial<PodSpec>): Promise<Stored<Pod>> =>
    untilAnswer(
      () => makePod(more),
      ({ metadata }) => metadata.annotations !== undefined,
    );

  test('gives containers what they leave open, and tells it', async () => {
    await makeRange({
      type: 'Container',
      default: { cpu: '500m', memory: '256Mi' },
      defaultRequest: { cpu: '100m' },
    });
    const pod = await defaulted({
      initContainers: [container('first')],
      containers: [
        container('silent'),
        container('limited', { limits: { cpu: '1' } }),
        container('asking', { requests: { cpu: '200m', memory: '64Mi' } }),
        container('full', {
          requests: { cpu: '1', memory: '1Mi' },
          limits: { cpu: '1', memory: '1Mi' },
        }),
      ],
    });
    const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
    assert.deepEqual(
      all.map(({ resources }) => resources),
      [
        {
          limits: { cpu: '500m', memory: '256Mi' },
          requests: { cpu: '100m', memory: '256Mi' },
        },
        {
          limits: { cpu: '500m', memory: '256Mi' },
          requests: { cpu: '100m', memory: '256Mi' },
        },
        { limits: { cpu: '1', memory: '256Mi' }, requests: { cpu: '1', memory: '256Mi' } },
        {
          limits: { cpu: '500m', memory: '256Mi' },
          requests: { cpu: '200m', memory: '64Mi' },
        },
        { limits: { cpu: '1', memory: '1Mi' }, requests: { cpu: '1', memory: '1Mi' } },
      ],
    );
    assert.deepEqual(pod.metadata.annotations, {
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu, memory request for container silent; cpu, memory limit for container silent; memory request for container limited; memory limit for container limited; cpu, memory limit for container asking; cpu, memory request for init container first; cpu, memory limit for init container first',
    });
    assert.equal(pod.status?.qosClass, 'Burstable');
  });

  test('fills its own defaults from the maximum and the minimum', async () => {
    const { spec } = await makeRange({
      type: 'Container',
      max: { cpu: '2' },
      min: { cpu: '100m', memory: '4Mi' },
    });
    assert.deepEqual(spec?.limits, [
      {
        type: 'Container',
        max: { cpu: '2' },
        min: { cpu: '100m', memory: '4Mi' },
        default: { cpu: '2' },
        defaultRequest: { cpu: '2', memory: '4Mi' },
      },
    ]);
  });

  test('refuses containers beyond the maximum and below the minimum', async () => {
    await makeRange({ type: 'Container', max: { memory: '1Gi' }, min: { memory: '100Mi' } });
    assert.equal(
      await refusedText(() =>
        makePod({ containers: [container('a', { limits: { memory: '2Gi' } })] }),
      ),
      'pods "p" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi',
    );
    assert.equal(
      await refusedText(() =>
        makePod({
          containers: [
            container('a', { requests: { memory: '50Mi' }, limits: { memory: '60Mi' } }),
          ],
        }),
      ),
      'pods "p" is forbidden: minimum memory usage per Container is 100Mi, but request is 50Mi',
    );
    assert.equal(
      await refusedText(() =>
        makePod({
          initContainers: [
            container('a', { requests: { memory: '1Mi' }, limits: { memory: '1Mi' } }),
          ],
          containers: [container('b', { limits: { memory: '3Gi' } })],
        }),
      ),
      'pods "p" is forbidden: [maximum memory usage per Container is 1Gi, but limit is 3Gi, minimum memory usage per Container is 100Mi, but request is 1Mi]',
    );
    await makePod({ containers: [container('a', { limits: { memory: '1Gi' } })] });
  });

  test('refuses containers that do not say what is limited', async () => {
    await makeRange({ type: 'Container', min: { 'ephemeral-storage': '1Mi' } });
    // The minimum is the default request, so only a limit can be missing, where there is a ratio.
    await client.create(LimitRange, {
      metadata: ref('ratio'),
      spec: { limits: [{ type: 'Container', maxLimitRequestRatio: { cpu: '2' } }] },
    });
    assert.equal(
      await refusedText(() => makePod({})),
      'pods "p" is forbidden: cpu max limit to request ratio per Container is 2, but no request is specified or request is 0',
    );
    assert.equal(
      await refusedText(() =>
        makePod({ containers: [container('a', { requests: { cpu: '1' } })] }),
      ),
      'pods "p" is forbidden: cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0',
    );
    assert.equal(
      await refusedText(() =>
        makePod({
          containers: [container('a', { requests: { cpu: '300m' }, limits: { cpu: '1' } })],
        }),
      ),
      'pods "p" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 3.333333',
    );
    await makePod({
      containers: [container('a', { requests: { cpu: '500m' }, limits: { cpu: '1' } })],
    });
  });

  test('limits pods as a whole', async () => {
    await makeRange({
      type: 'Pod',
      max: { cpu: '2' },
      min: { cpu: '200m' },
      maxLimitRequestRatio: { memory: '2' },
    });
    const half = {
      requests: { cpu: '50m', memory: '64Mi' },
      limits: { cpu: '1500m', memory: '256Mi' },
    };
    assert.equal(
      await refusedText(() =>
        makePod({ containers: [container('a', half), container('b', half)] }),
      ),
      'pods "p" is forbidden: [minimum cpu usage per Pod is 200m, but request is 100m, maximum cpu usage per Pod is 2, but limit is 3, memory max limit to request ratio per Pod is 2, but provided ratio is 4.000000]',
    );
    assert.match(
      await refusedText(() =>
        makePod({ containers: [container('a', { limits: { memory: '1Mi' } })] }),
      ),
      /minimum cpu usage per Pod is 200m. {2}No request is specified, maximum cpu usage per Pod is 2. {2}No limit is specified/,
    );
    await makePod({
      containers: [container('a', { limits: { cpu: '1', memory: '1Mi' } })],
      initContainers: [container('b', { limits: { cpu: '2', memory: '1Mi' } })],
    });
    await makePod({
      resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '2Gi' } },
    });
  });

  test('limits claims, also when they grow', async () => {
    await makeRange({
      type: 'PersistentVolumeClaim',
      max: { storage: '2Gi' },
      min: { storage: '1Gi' },
    });
    assert.equal(
      await refusedText(() => makeClaim('3Gi')),
      'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
    );
    assert.equal(
      await refusedText(() => makeClaim('500Mi')),
      'persistentvolumeclaims "c" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi',
    );
    await makeClaim('2Gi', false);
    await client.patch(LimitRange, ref('l'), {
      type: 'merge',
      body: {
        spec: { limits: [{ type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }] },
      },
    });
    const labelled = { type: 'merge', body: { metadata: { labels: { changed: 'yes' } } } } as const;
    assert.equal(
      await refusedText(() =>
        client.patch(PersistentVolumeClaim, ref('c'), labelled, { dryRun: true }),
      ),
      'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
    );
  });

  test('leaves pods alone that are there already', async () => {
    await makePod({}, false);
    await makeRange({ type: 'Container', max: { cpu: '1m' }, default: { cpu: '1m' } });
    const other = {
      metadata: ref('other'),
      spec: { containers: [container('a', { limits: { cpu: '1' } })] },
    };
    await refusal(() => client.create(Pod, other, { dryRun: true }));
    const { metadata, spec } = await client.patch(Pod, ref('p'), {
      type: 'merge',
      body: { metadata: { labels: { changed: 'yes' } } },
    });
    assert.equal(metadata.annotations, undefined);
    assert.deepEqual(spec?.containers[0]?.resources, {});
  });

  test('refuses limits that make no sense', async () => {
    const texts = async (...limits: Limit[]): Promise<string[]> => {
      const { code, status } = await refusalOf(makeRange(...limits));
      assert.equal(code, 422);
      const causes = status.details?.causes ?? [];
      return causes.map(({ field, message }) => `${field ?? ''}: ${message ?? ''}`).sort();
    };
    assert.deepEqual(
      await texts(
        {
          type: 'Container',
          max: { cpu: '1', foo: '1' },
          min: { cpu: '2' },
          default: { cpu: '3', memory: '1Gi' },
          defaultRequest: { cpu: '1500m', memory: '2Gi' },
          maxLimitRequestRatio: { cpu: '0.5', memory: '2' },
        },
        {
          type: 'Pod',
          default: { cpu: '1' },
          defaultRequest: { cpu: '1' },
          max: { memory: '1Gi' },
          min: { memory: '512Mi' },
          maxLimitRequestRatio: { memory: '4' },
        },
        { type: 'Pod' },
        { type: 'PersistentVolumeClaim', maxLimitRequestRatio: { storage: '1' } },
        { type: 'Bar' },
        {
          type: 'Container',
          default: { 'example.com/x': '2' },
          defaultRequest: { 'example.com/x': '1' },
        },
      ),
      [
        ...['default', 'defaultRequest', 'max'].flatMap((list) => [
          `spec.limits[0].${list}[foo]: Invalid value: "foo": must be a standard resource for containers`,
          `spec.limits[0].${list}[foo]: Invalid value: "foo": must be a standard resource type or fully qualified`,
        ]),
        'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "1500m": min value 2 is greater than default request value 1500m',
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "1500m": default request value 1500m is greater than max value 1',
        'spec.limits[0].default[cpu]: Invalid value: "1": default value 3 is greater than max value 1',
        'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1',
        'spec.limits[0].defaultRequest[memory]: Invalid value: "2Gi": default request value 2Gi is greater than default limit value 1Gi',
        "spec.limits[1].default: Forbidden: may not be specified when `type` is 'Pod'",
        "spec.limits[1].defaultRequest: Forbidden: may not be specified when `type` is 'Pod'",
        'spec.limits[1].maxLimitRequestRatio[memory]: Invalid value: "4": ratio 4 is greater than max/min = 2.000000',
        'spec.limits[2].type: Duplicate value: "Pod"',
        'spec.limits[3].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
        'spec.limits[4].type: Invalid value: "Bar": must be a standard limit type or fully qualified',
        'spec.limits[5].type: Duplicate value: "Container"',
        'spec.limits[5].defaultRequest[example.com/x]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in example.com/x',
      ].sort(),
    );
  });
});
