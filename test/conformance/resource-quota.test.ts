import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import {
  CustomResourceDefinition,
  defineResource,
  Deployment,
  EventsV1Event,
  Job,
  PersistentVolumeClaim,
  Pod,
  PriorityClass,
  ReplicaSet,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  StatefulSet,
  type KubernetesObject,
  type PodSpec,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilServed } from '@kubewright/cluster';
import { untilControllersKnow } from './controllers-know.ts';
import { describeOnEachServer } from './on-each-server.ts';
import { setPodStatus } from './played-node.ts';
import { QuotaProbe } from './quota-probe.ts';
import { refusalOf } from './refusal.ts';
import { errorText, untilAnswer } from './until-answer.ts';
import { untilGone, untilObject, untilState } from './until-object.ts';

type QuotaSpec = NonNullable<ResourceQuota['spec']>;
type Hard = NonNullable<QuotaSpec['hard']>;
type Resources = NonNullable<PodSpec['containers'][number]['resources']>;

describeOnEachServer('ResourceQuotas', { controllers: true }, (environment) => {
  let client: Client;
  let namespace: string;
  let probe: QuotaProbe;

  before(async () => {
    client = await environment().client();
    probe = await QuotaProbe.start(client, await environment().newNamespace());
  });
  beforeEach(async () => {
    namespace = await environment().newNamespace();
  });

  const ref = (name: string) => ({ namespace, name });
  const makeQuota = async (spec: QuotaSpec, name = 'q'): Promise<void> => {
    await client.create(ResourceQuota, { metadata: ref(name), spec });
    await untilObject(client, ResourceQuota, ref(name), ({ status }) => status?.used !== undefined);
    await probe.untilInForce();
  };
  const limit = (hard: Hard, name = 'q'): Promise<void> => makeQuota({ hard }, name);
  /** Waits until a quota says so, and the server decides by it. */
  const untilStatus = async (
    isWanted: (status: NonNullable<ResourceQuota['status']>) => boolean,
    name = 'q',
  ): Promise<void> => {
    await untilObject(client, ResourceQuota, ref(name), ({ status }) => isWanted(status ?? {}));
    await probe.untilInForce();
  };
  const untilUsed = (used: Hard, name = 'q'): Promise<void> =>
    untilStatus(
      (status) => Object.entries(used).every(([key, value]) => status.used?.[key] === value),
      name,
    );
  const usedNow = async (name = 'q'): Promise<Hard | undefined> => {
    const { status } = await client.get(ResourceQuota, ref(name));
    return status?.used;
  };
  const pod = (name: string, resources?: Resources, more: Partial<PodSpec> = {}): Pod => ({
    metadata: ref(name),
    spec: {
      // Nobody is to take these pods.
      schedulerName: 'nobody',
      containers: [{ name: 'main', image: 'example.com/main:1', resources }],
      ...more,
    },
  });
  const makePod = (
    name: string,
    resources?: Resources,
    more?: Partial<PodSpec>,
  ): Promise<Stored<Pod>> => client.create(Pod, pod(name, resources, more));
  const refusedText = async (call: Promise<unknown>): Promise<string> => {
    const refusal = await refusalOf(call);
    assert.equal(refusal.code, 403);
    assert.equal(refusal.reason, 'Forbidden');
    return refusal.status.message ?? '';
  };

  test('puts its limits in force and tells what is used', async () => {
    const made = await makePod('before', { requests: { cpu: '100m' } });
    await untilControllersKnow(client, made);
    await limit({ pods: '5', 'requests.cpu': '1', secrets: '3' });
    const { status } = await client.get(ResourceQuota, ref('q'));
    assert.deepEqual(status, {
      hard: { pods: '5', 'requests.cpu': '1', secrets: '3' },
      used: { pods: '1', 'requests.cpu': '100m', secrets: '0' },
    });
  });

  test('refuses a pod too many, and says what is asked, used and allowed', async () => {
    await limit({ pods: '2' });
    await makePod('a');
    await makePod('b');
    const refusal = await refusalOf(makePod('c'));
    assert.equal(refusal.code, 403);
    assert.equal(
      refusal.status.message,
      'pods "c" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
    );
    assert.deepEqual(refusal.status.details, { name: 'c', kind: 'pods' });
  });

  test('charges a pod at once, and gives it back when the pod is deleted', async () => {
    await limit({ pods: '1' });
    await makePod('a');
    assert.deepEqual(await usedNow(), { pods: '1' });
    await client.delete(Pod, ref('a'));
    await untilUsed({ pods: '0' });
    await makePod('b');
  });

  test('counts a pod that has ended among count/pods only', async () => {
    await limit({ pods: '1', 'requests.memory': '1Gi', 'count/pods': '2' });
    const first = await makePod('a', { requests: { memory: '600Mi' } });
    assert.match(
      await refusedText(makePod('b', { requests: { memory: '600Mi' } })),
      /exceeded quota: q, requested: pods=1,requests.memory=600Mi, used: pods=1,requests.memory=600Mi, limited: pods=1,requests.memory=1Gi$/,
    );
    await setPodStatus(client, first, { phase: 'Succeeded' });
    await untilUsed({ pods: '0', 'requests.memory': '0', 'count/pods': '1' });
    await makePod('b', { requests: { memory: '600Mi' } });
  });

  test('never lets pods made at the same time take more than there is', async () => {
    await limit({ pods: '5' });
    const calls = Array.from({ length: 20 }, (_, index) => makePod(`p-${index}`));
    const results = await Promise.allSettled(calls);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 5);
    const { items } = await client.list(Pod, { namespace });
    assert.equal(items.length, 5);
    assert.deepEqual(await usedNow(), { pods: '5' });
  });

  test('adds up what containers ask for, and sets init containers beside them', async () => {
    await limit({
      'requests.cpu': '10',
      'requests.memory': '10Gi',
      'limits.cpu': '10',
      'limits.memory': '10Gi',
    });
    const resources = (cpu: string, memory: string): Resources => ({
      requests: { cpu, memory },
      limits: { cpu: '2', memory: '1Gi' },
    });
    await client.create(Pod, {
      metadata: ref('many'),
      spec: {
        schedulerName: 'nobody',
        initContainers: [
          { name: 'first', image: 'example.com/a:1', resources: resources('1500m', '64Mi') },
          {
            name: 'sidecar',
            image: 'example.com/a:1',
            restartPolicy: 'Always',
            resources: resources('100m', '100Mi'),
          },
          { name: 'second', image: 'example.com/a:1', resources: resources('200m', '512Mi') },
        ],
        containers: [
          { name: 'a', image: 'example.com/a:1', resources: resources('250m', '128Mi') },
          { name: 'b', image: 'example.com/a:1', resources: resources('0.5', '128Mi') },
        ],
      },
    });
    assert.deepEqual(await usedNow(), {
      'requests.cpu': '1500m',
      'requests.memory': '612Mi',
      'limits.cpu': '6',
      'limits.memory': '3Gi',
    });
  });

  test('takes the requests of a pod as a whole for those of its containers', async () => {
    await limit({ 'requests.cpu': '1', 'limits.memory': '1Gi' });
    await makePod('whole', undefined, {
      resources: { requests: { cpu: '300m' }, limits: { memory: '64Mi' } },
    });
    assert.deepEqual(await usedNow(), { 'requests.cpu': '300m', 'limits.memory': '64Mi' });
  });

  test('counts storage, devices and huge pages that containers ask for', async () => {
    await limit({
      'requests.ephemeral-storage': '1Gi',
      'limits.ephemeral-storage': '2Gi',
      'requests.example.com/gpu': '2',
      'hugepages-2Mi': '8Mi',
    });
    const gpu = {
      requests: { cpu: '1', 'ephemeral-storage': '500Mi' },
      limits: { 'ephemeral-storage': '1Gi', 'example.com/gpu': '1', 'hugepages-2Mi': '4Mi' },
    };
    await makePod('a', gpu);
    assert.deepEqual(await usedNow(), {
      'requests.ephemeral-storage': '500Mi',
      'limits.ephemeral-storage': '1Gi',
      'requests.example.com/gpu': '1',
      'hugepages-2Mi': '4Mi',
    });
    await makePod('b', gpu);
    assert.match(
      await refusedText(makePod('c', { limits: { 'example.com/gpu': '1' } })),
      /exceeded quota: q, requested: requests.example.com\/gpu=1, used: requests.example.com\/gpu=2, limited: requests.example.com\/gpu=2$/,
    );
  });

  test('makes containers say what is limited, but for storage', async () => {
    await limit({
      'requests.cpu': '1',
      'limits.cpu': '1',
      memory: '1Gi',
      'requests.ephemeral-storage': '1Gi',
    });
    const silent = { name: 'silent', image: 'example.com/a:1' };
    const half = { ...silent, name: 'half', resources: { requests: { cpu: '100m' } } };
    assert.equal(
      await refusedText(
        client.create(Pod, {
          metadata: ref('quiet'),
          spec: {
            initContainers: [{ ...silent, name: 'before' }],
            containers: [silent, half],
          },
        }),
      ),
      'pods "quiet" is forbidden: failed quota: q: must specify limits.cpu for: before,half,silent; memory for: before,half,silent; requests.cpu for: before,silent',
    );
  });

  test('charges all quotas of the namespace, or none of them', async () => {
    await limit({ pods: '5' }, 'wide');
    await limit({ pods: '1', 'count/pods': '9' }, 'narrow');
    await makePod('a');
    assert.match(await refusedText(makePod('b')), /exceeded quota: narrow, requested: pods=1/);
    assert.deepEqual(await usedNow('wide'), { pods: '1' });
    assert.deepEqual(await usedNow('narrow'), { pods: '1', 'count/pods': '1' });
  });

  test('charges nothing for a dry run, and still refuses it', async () => {
    await limit({ secrets: '1' });
    await client.create(Secret, { metadata: ref('dry') }, { dryRun: true });
    assert.deepEqual(await usedNow(), { secrets: '0' });
    await client.create(Secret, { metadata: ref('real') });
    assert.equal(
      await refusedText(client.create(Secret, { metadata: ref('dry') }, { dryRun: true })),
      'secrets "dry" is forbidden: exceeded quota: q, requested: secrets=1, used: secrets=1, limited: secrets=1',
    );
  });

  test('lets what is there be changed when the quota is used up', async () => {
    await limit({ secrets: '1', pods: '1' });
    await client.create(Secret, { metadata: ref('a') });
    const made = await makePod('p');
    await client.update(Secret, { metadata: ref('a'), stringData: { changed: 'yes' } });
    made.metadata.labels = { changed: 'yes' };
    await client.update(Pod, made);
  });

  test('keeps to a limit that was lowered below what is used', async () => {
    await limit({ pods: '3' });
    await makePod('a');
    await makePod('b');
    await client.patch(ResourceQuota, ref('q'), {
      type: 'merge',
      body: { spec: { hard: { pods: '1' } } },
    });
    await untilStatus(({ hard }) => hard?.['pods'] === '1');
    assert.match(
      await refusedText(makePod('c')),
      /requested: pods=1, used: pods=2, limited: pods=1$/,
    );
  });

  test('stops limiting when it is deleted', async () => {
    await limit({ secrets: '0' });
    assert.match(
      await refusedText(client.create(Secret, { metadata: ref('a') })),
      /requested: secrets=1, used: secrets=0, limited: secrets=0$/,
    );
    await client.delete(ResourceQuota, ref('q'));
    await untilGone(client, ResourceQuota, ref('q'));
    // A real server decides by a cache, which hears of the deletion a moment later.
    await untilAnswer(
      async () => {
        const text = await errorText(client.create(Secret, { metadata: ref('a') }));
        assert.match(text, /^$|exceeded quota/);
        return text;
      },
      (text) => text === '',
    );
  });

  test('counts objects of any kind', async () => {
    await limit({
      'count/deployments.apps': '1',
      'count/jobs.batch': '1',
      replicationcontrollers: '1',
      resourcequotas: '2',
    });
    const template = {
      metadata: { labels: { app: 'a' } },
      spec: { containers: [{ name: 'main', image: 'example.com/a:1' }] },
    };
    const deployment = (name: string): Deployment => ({
      metadata: ref(name),
      spec: { replicas: 0, selector: { matchLabels: { app: 'a' } }, template },
    });
    const controller = (name: string): ReplicationController => ({
      metadata: ref(name),
      spec: { replicas: 0, selector: { app: 'a' }, template },
    });
    await client.create(Deployment, deployment('one'));
    assert.equal(
      await refusedText(client.create(Deployment, deployment('two'))),
      'deployments.apps "two" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=1, limited: count/deployments.apps=1',
    );
    await client.create(ReplicationController, controller('one'));
    assert.match(
      await refusedText(client.create(ReplicationController, controller('two'))),
      /requested: replicationcontrollers=1, used: replicationcontrollers=1/,
    );
    await limit({ pods: '1' }, 'second');
    assert.match(
      await refusedText(client.create(ResourceQuota, { metadata: ref('third'), spec: {} })),
      /requested: resourcequotas=1, used: resourcequotas=2, limited: resourcequotas=2$/,
    );
    await client.delete(Deployment, ref('one'));
    await untilUsed({ 'count/deployments.apps': '0', resourcequotas: '2' });
    await client.create(Deployment, deployment('two'));
  });

  test('counts custom resources', async () => {
    const group = `${namespace}.example.com`;
    const definition = { name: `gadgets.${group}` };
    const Gadget = defineResource({
      group,
      version: 'v1',
      kind: 'Gadget',
      plural: 'gadgets',
      scope: 'Namespaced',
    });
    const openAPIV3Schema = { type: 'object' };
    const created = await client.create(CustomResourceDefinition, {
      metadata: definition,
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Gadget', plural: 'gadgets' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
      },
    });
    try {
      await untilServed(client, [created]);
      const counted = `count/gadgets.${group}`;
      // A real controller looks for new kinds every half minute, and leaves a quota alone that came too early.
      const hard = { [counted]: '1' };
      const tryOut = async (): Promise<Hard | undefined> => {
        await client.create(ResourceQuota, { metadata: ref('q'), spec: { hard } });
        const { status } = await untilObject(
          client,
          ResourceQuota,
          ref('q'),
          (quota) => quota.status?.hard !== undefined,
        );
        if (status?.used?.[counted] === undefined) {
          await client.delete(ResourceQuota, ref('q'));
          await untilGone(client, ResourceQuota, ref('q'));
        }
        return status?.used;
      };
      await untilAnswer(tryOut, (used) => used?.[counted] !== undefined);
      await probe.untilInForce();
      const gadget = (name: string): KubernetesObject => ({ metadata: ref(name) });
      await client.create(Gadget, gadget('one'));
      assert.equal(
        await refusedText(client.create(Gadget, gadget('two'))),
        `gadgets.${group} "two" is forbidden: exceeded quota: q, requested: ${counted}=1, used: ${counted}=1, limited: ${counted}=1`,
      );
      await client.delete(Gadget, ref('one'));
      await untilUsed({ [counted]: '0' });
      await client.create(Gadget, gadget('two'));
    } finally {
      await client.delete(CustomResourceDefinition, definition);
    }
  });

  test('counts Services, their node ports and their load balancers', async () => {
    await limit({ services: '3', 'services.nodeports': '3', 'services.loadbalancers': '1' });
    const service = (name: string, type: string, ports: readonly number[]): Service => ({
      metadata: ref(name),
      spec: { type, ports: ports.map((port) => ({ name: `p${port}`, port })) },
    });
    await client.create(Service, service('plain', 'ClusterIP', [80]));
    assert.deepEqual(await usedNow(), {
      services: '1',
      'services.nodeports': '0',
      'services.loadbalancers': '0',
    });
    await client.create(Service, service('balanced', 'LoadBalancer', [80, 81]));
    assert.match(
      await refusedText(client.create(Service, service('more', 'NodePort', [80, 81]))),
      /exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=2, limited: services.nodeports=3$/,
    );
    assert.match(
      await refusedText(
        client.patch(Service, ref('plain'), {
          type: 'merge',
          body: { spec: { type: 'LoadBalancer' } },
        }),
      ),
      /requested: services.loadbalancers=1, used: services.loadbalancers=1, limited: services.loadbalancers=1$/,
    );
    await client.patch(Service, ref('plain'), {
      type: 'merge',
      body: { spec: { type: 'NodePort' } },
    });
    assert.equal((await usedNow())?.['services.nodeports'], '3');
    await client.patch(Service, ref('balanced'), {
      type: 'merge',
      body: { spec: { type: 'ClusterIP' } },
    });
    await untilUsed({ services: '2', 'services.nodeports': '1', 'services.loadbalancers': '0' });
  });

  test('counts claims and their storage, altogether and by class', async () => {
    await limit({
      persistentvolumeclaims: '3',
      'requests.storage': '10Gi',
      'gold.storageclass.storage.k8s.io/requests.storage': '3Gi',
      'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '2',
    });
    const claim = (name: string, storage: string, storageClassName: string) => ({
      metadata: ref(name),
      spec: {
        accessModes: ['ReadWriteOnce' as const],
        storageClassName,
        resources: { requests: { storage } },
      },
    });
    await client.create(PersistentVolumeClaim, claim('a', '2Gi', 'gold'));
    await client.create(PersistentVolumeClaim, claim('b', '4Gi', 'silver'));
    assert.deepEqual(await usedNow(), {
      persistentvolumeclaims: '2',
      'requests.storage': '6Gi',
      'gold.storageclass.storage.k8s.io/requests.storage': '2Gi',
      'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
    });
    assert.equal(
      await refusedText(client.create(PersistentVolumeClaim, claim('c', '5Gi', 'gold'))),
      'persistentvolumeclaims "c" is forbidden: exceeded quota: q, requested: gold.storageclass.storage.k8s.io/requests.storage=5Gi,requests.storage=5Gi, used: gold.storageclass.storage.k8s.io/requests.storage=2Gi,requests.storage=6Gi, limited: gold.storageclass.storage.k8s.io/requests.storage=3Gi,requests.storage=10Gi',
    );
    await client.delete(PersistentVolumeClaim, ref('a'));
    await untilUsed({
      'requests.storage': '4Gi',
      'gold.storageclass.storage.k8s.io/requests.storage': '0',
    });
  });

  test('limits claims by their attributes class', async () => {
    const of = (operator: string, values?: string[]): QuotaSpec => ({
      hard: { persistentvolumeclaims: '1' },
      scopeSelector: {
        matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator, values }],
      },
    });
    await makeQuota(of('In', ['fast']), 'fast');
    await makeQuota(of('DoesNotExist'), 'plain');
    const make = (name: string, volumeAttributesClassName?: string) =>
      client.create(PersistentVolumeClaim, {
        metadata: ref(name),
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'absent',
          resources: { requests: { storage: '1Gi' } },
          ...(volumeAttributesClassName === undefined ? {} : { volumeAttributesClassName }),
        },
      });
    await make('a', 'fast');
    await make('b', 'slow');
    await make('c');
    assert.match(await refusedText(make('d', 'fast')), /exceeded quota: fast,/);
    assert.match(await refusedText(make('e')), /exceeded quota: plain,/);
    await make('f', 'slow');
  });

  test('limits pods by their scopes', async () => {
    await makeQuota({ hard: { pods: '1' }, scopes: ['BestEffort'] }, 'best-effort');
    await makeQuota({ hard: { pods: '1' }, scopes: ['NotBestEffort', 'Terminating'] }, 'jobs');
    await makeQuota({ hard: { pods: '2' }, scopes: ['NotTerminating'] }, 'services');
    const some = { requests: { cpu: '1m' } };
    await makePod('best-effort');
    assert.match(await refusedText(makePod('second')), /exceeded quota: best-effort,/);
    await makePod('short', some, { activeDeadlineSeconds: 600 });
    assert.match(
      await refusedText(makePod('shorter', some, { activeDeadlineSeconds: 300 })),
      /exceeded quota: jobs,/,
    );
    await makePod('long', some);
    assert.match(await refusedText(makePod('longer', some)), /exceeded quota: services,/);
    assert.deepEqual(await usedNow('best-effort'), { pods: '1' });
    assert.deepEqual(await usedNow('jobs'), { pods: '1' });
    assert.deepEqual(await usedNow('services'), { pods: '2' });
  });

  test('charges a pod to the scope it comes into by a deadline', async () => {
    await makeQuota({ hard: { pods: '0' }, scopes: ['Terminating'] }, 'none');
    await makeQuota({ hard: { pods: '1' }, scopes: ['NotTerminating'] }, 'one');
    const made = await makePod('a');
    const body = { spec: { activeDeadlineSeconds: 60 } };
    assert.match(
      await refusedText(client.patch(Pod, ref('a'), { type: 'merge', body })),
      /exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0$/,
    );
    await client.patch(ResourceQuota, ref('none'), {
      type: 'merge',
      body: { spec: { hard: { pods: '1' } } },
    });
    await untilStatus(({ hard }) => hard?.['pods'] === '1', 'none');
    assert.ok(made.spec);
    await client.patch(Pod, ref('a'), { type: 'merge', body });
    await untilUsed({ pods: '0' }, 'one');
    await untilUsed({ pods: '1' }, 'none');
  });

  test('limits pods by their priority class', async () => {
    const className = `${namespace}-high`;
    await client.create(PriorityClass, { metadata: { name: className }, value: 1000 });
    try {
      const tried = pod('tried', undefined, { priorityClassName: className });
      await untilAnswer(
        () => errorText(client.create(Pod, tried, { dryRun: true })),
        (text) => text === '',
      );
      const of = (operator: string, values?: string[]): QuotaSpec => ({
        hard: { pods: '1' },
        scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, values }] },
      });
      await makeQuota(of('In', [className, 'other']), 'high');
      await makeQuota(of('NotIn', [className]), 'low');
      await makeQuota(of('Exists'), 'any');
      await makeQuota(of('DoesNotExist'), 'none');
      await makePod('high', undefined, { priorityClassName: className });
      await makePod('low');
      assert.match(
        await refusedText(makePod('higher', undefined, { priorityClassName: className })),
        /exceeded quota: (high|any),/,
      );
      assert.match(await refusedText(makePod('lower')), /exceeded quota: (low|none),/);
      for (const name of ['high', 'low', 'any', 'none']) {
        assert.deepEqual(await usedNow(name), { pods: '1' }, name);
      }
    } finally {
      await client.delete(PriorityClass, { name: className });
    }
  });

  test('limits pods that look beyond their namespace', async () => {
    await makeQuota({ hard: { pods: '0' }, scopes: ['CrossNamespacePodAffinity'] });
    const term = (more: object) => ({
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'zone', labelSelector: { matchLabels: { a: 'b' } }, ...more },
          ],
        },
      },
    });
    await makePod('at-home', undefined, term({}));
    assert.match(
      await refusedText(makePod('abroad', undefined, term({ namespaceSelector: {} }))),
      /exceeded quota: q,/,
    );
  });

  test('refuses limits and scopes that make no sense', async () => {
    const invalidTexts = async (spec: QuotaSpec): Promise<string[]> => {
      const refusal = await refusalOf(
        client.create(ResourceQuota, { metadata: ref('wrong'), spec }),
      );
      assert.equal(refusal.code, 422);
      const causes = refusal.status.details?.causes ?? [];
      return causes.map(({ field, message }) => `${field ?? ''}: ${message ?? ''}`).sort();
    };
    assert.deepEqual(
      await invalidTexts({
        hard: { pods: '-1', foo: '1', services: '1.5', 'example.com/x': '1500m', storage: '1' },
      }),
      [
        'spec.hard[example.com/x]: Invalid value: "1500m": must be an integer',
        'spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota',
        'spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
        'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0',
        'spec.hard[services]: Invalid value: "1500m": must be an integer',
        'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota',
      ],
    );
    assert.deepEqual(
      await invalidTexts({
        hard: { pods: '1', services: '1', 'requests.cpu': '1' },
        scopes: ['BestEffort', 'NotBestEffort', 'Foo'],
      }),
      [
        'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Foo"]: conflicting scopes',
        'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Foo"]: unsupported scope',
        ...Array.from(
          { length: 3 },
          () =>
            'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Foo"]: unsupported scope applied to resource',
        ),
      ],
    );
    assert.deepEqual(
      await invalidTexts({
        hard: { pods: '1' },
        scopeSelector: {
          matchExpressions: [
            { scopeName: 'BestEffort', operator: 'In' },
            { scopeName: 'PriorityClass', operator: 'Exists', values: ['a'] },
            { scopeName: 'Bar', operator: 'Baz' },
          ],
        },
      }),
      [
        'spec.scopeSelector.matchExpressions.operator: Invalid value: "Baz": not a valid selector operator',
        'spec.scopeSelector.matchExpressions.operator: Invalid value: "In": must be \'Exists\' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity',
        'spec.scopeSelector.matchExpressions.scopeName: Invalid value: "Bar": unsupported scope',
        "spec.scopeSelector.matchExpressions.values: Invalid value: [\"a\"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      ],
    );
    await makeQuota({ hard: { pods: '1' }, scopes: ['Terminating'] });
    const refusal = await refusalOf(
      client.patch(ResourceQuota, ref('q'), {
        type: 'merge',
        body: { spec: { scopes: ['NotTerminating'] } },
      }),
    );
    assert.equal(
      refusal.status.message,
      'ResourceQuota "q" is invalid: spec.scopes: Invalid value: ["NotTerminating"]: field is immutable',
    );
  });

  const template = (app: string) => ({
    metadata: { labels: { app } },
    spec: {
      schedulerName: 'nobody',
      containers: [{ name: 'main', image: 'example.com/main:1' }],
    },
  });
  const noteOf = async (kind: string, reason: string): Promise<string> => {
    const events = await untilState(client, EventsV1Event, { namespace }, (found) =>
      found.some((event) => event.reason === reason && event.regarding?.kind === kind),
    );
    const event = events.find((each) => each.reason === reason && each.regarding?.kind === kind);
    return `${event?.type ?? ''}: ${event?.note ?? ''}`;
  };
  const exceeded = 'exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1';

  test('keeps a Deployment from making more pods, which it tells', async () => {
    await limit({ pods: '1' });
    await client.create(Deployment, {
      metadata: ref('web'),
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: template('web'),
      },
    });
    const deployment = await untilObject(client, Deployment, ref('web'), ({ status }) =>
      (status?.conditions ?? []).some(({ type }) => type === 'ReplicaFailure'),
    );
    const failure = deployment.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    assert.equal(failure?.status, 'True');
    assert.equal(failure.reason, 'FailedCreate');
    assert.match(
      failure.message ?? '',
      new RegExp(`^pods "web-[a-z0-9]+-[a-z0-9]{5}" is forbidden: ${exceeded}$`),
    );
    await untilState(client, ReplicaSet, { namespace }, (sets) =>
      sets.some(
        ({ status }) =>
          status?.replicas === 1 &&
          status.conditions?.some(({ type }) => type === 'ReplicaFailure') === true,
      ),
    );
    assert.match(
      await noteOf('ReplicaSet', 'FailedCreate'),
      new RegExp(
        `^Warning: Error creating: pods "web-[a-z0-9]+-[a-z0-9]{5}" is forbidden: ${exceeded}$`,
      ),
    );
  });

  test('has a ReplicaSet try on, and tell of it in one Event that counts', async () => {
    await limit({ pods: '0' });
    await client.create(ReplicaSet, {
      metadata: ref('web'),
      spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template: template('web') },
    });
    const combined = '(combined from similar events): ';
    const events = await untilState(client, EventsV1Event, { namespace }, (found) =>
      found.some(
        ({ note, deprecatedCount }) => note?.startsWith(combined) && (deprecatedCount ?? 0) >= 2,
      ),
    );
    const told = events.filter(({ reason }) => reason === 'FailedCreate');
    assert.equal(told.length, 10);
    const last = told.find(({ note }) => note?.startsWith(combined));
    assert.match(
      last?.note?.slice(combined.length) ?? '',
      /^Error creating: pods "web-[a-z0-9]{5}" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0$/,
    );
  });

  test('lets a Deployment grow once there is more', async () => {
    await limit({ pods: '1' });
    await client.create(Deployment, {
      metadata: ref('web'),
      spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: template('web') },
    });
    await untilState(client, ReplicaSet, { namespace }, (sets) =>
      sets.some(({ status }) => status?.conditions?.some(({ type }) => type === 'ReplicaFailure')),
    );
    await client.patch(ResourceQuota, ref('q'), {
      type: 'merge',
      body: { spec: { hard: { pods: '2' } } },
    });
    await untilObject(client, Deployment, ref('web'), ({ status }) => {
      const hasFailed = status?.conditions?.some(({ type }) => type === 'ReplicaFailure');
      return status?.replicas === 2 && hasFailed !== true;
    });
  });

  test('keeps a StatefulSet from making its next pod, which it tells', async () => {
    await limit({ pods: '1' });
    await client.create(StatefulSet, {
      metadata: ref('db'),
      spec: {
        replicas: 2,
        serviceName: 'db',
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: { app: 'db' } },
        template: template('db'),
      },
    });
    assert.equal(
      await noteOf('StatefulSet', 'FailedCreate'),
      `Warning: Create Pod db-1 in StatefulSet db failed error: pods "db-1" is forbidden: ${exceeded}`,
    );
  });

  test('keeps a Job from making its next pod, which it tells', async () => {
    await limit({ pods: '1' });
    await client.create(Job, {
      metadata: ref('batch'),
      spec: {
        parallelism: 2,
        completions: 2,
        template: {
          ...template('batch'),
          spec: { ...template('batch').spec, restartPolicy: 'Never' },
        },
      },
    });
    assert.match(
      await noteOf('Job', 'FailedCreate'),
      new RegExp(`^Warning: Error creating: pods "batch-[a-z0-9]{5}" is forbidden: ${exceeded}$`),
    );
    await untilObject(client, Job, ref('batch'), ({ status }) => status?.active === 1);
  });
});
