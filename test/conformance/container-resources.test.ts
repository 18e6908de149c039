import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  isAlreadyExists,
  Pod,
  ServiceAccount,
  type PodSpec,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';

type Resources = NonNullable<PodSpec['containers'][number]['resources']>;

/** What is refused, and the causes without the path of the container's resources. */
const refused: readonly {
  readonly title: string;
  readonly resources: Resources;
  readonly causes: readonly string[];
}[] = [
  {
    title: 'a name that nobody knows',
    resources: { limits: { foo: '2' }, requests: { foo: '3' } },
    causes: [
      ...['limits', 'requests'].flatMap((list) => [
        `${list}[foo]: Invalid value: "foo": must be a standard resource type or fully qualified`,
        `${list}[foo]: Invalid value: "foo": must be a standard resource for containers`,
      ]),
      'requests: Invalid value: "3": must be less than or equal to foo limit of 2',
    ],
  },
  {
    title: 'what only quotas and claims have',
    resources: { requests: { pods: '1', 'requests.cpu': '1', storage: '1' } },
    causes: ['pods', 'requests.cpu', 'storage'].map(
      (name) =>
        `requests[${name}]: Invalid value: "${name}": must be a standard resource for containers`,
    ),
  },
  {
    title: 'a name of somebody else that quotas could not tell',
    resources: { limits: { 'requests.example.com/gpu': '1' } },
    causes: ['limits', 'requests'].map(
      (list) =>
        `${list}[requests.example.com/gpu]: Invalid value: "requests.example.com/gpu": doesn't follow extended resource name standard`,
    ),
  },
  {
    title: 'less than nothing',
    resources: { requests: { cpu: '-1000m' } },
    causes: ['requests[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
  },
  {
    title: 'more than the limit',
    resources: { requests: { cpu: '3000m' }, limits: { cpu: '2000m' } },
    causes: ['requests: Invalid value: "3": must be less than or equal to cpu limit of 2'],
  },
  {
    title: 'a part of a device',
    resources: { limits: { 'example.com/gpu': '500m' } },
    causes: ['limits', 'requests'].map(
      (list) => `${list}[example.com/gpu]: Invalid value: "500m": must be an integer`,
    ),
  },
  {
    title: 'a device with no limit',
    resources: { requests: { 'example.com/gpu': '1' } },
    causes: ['limits: Required value: Limit must be set for non overcommitable resources'],
  },
  {
    title: 'fewer devices than the limit',
    resources: { requests: { 'example.com/gpu': '1' }, limits: { 'example.com/gpu': '2' } },
    causes: ['requests: Invalid value: "1": must be equal to example.com/gpu limit of 2'],
  },
  {
    title: 'huge pages and nothing else',
    resources: { limits: { 'hugepages-2Mi': '4Mi', 'ephemeral-storage': '1Gi' } },
    causes: [': Forbidden: HugePages require cpu or memory'],
  },
  {
    title: 'a part of a huge page',
    resources: { limits: { 'hugepages-2Mi': '3072Ki', cpu: '1' } },
    causes: ['limits', 'requests'].map(
      (list) =>
        `${list}[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
    ),
  },
  ...['0', '500m', 'x'].map((size) => ({
    title: `huge pages of the size ${size}`,
    resources: { limits: { [`hugepages-${size}`]: '2Mi', memory: '4Mi' } },
    causes: ['limits', 'requests'].map(
      (list) =>
        `${list}[hugepages-${size}]: Invalid value: "2Mi": 2Mi is not positive integer multiple of hugepages-${size}`,
    ),
  })),
];

const accepted: readonly { readonly title: string; readonly resources: Resources }[] = [
  { title: 'a part of a byte', resources: { limits: { memory: '500m' } } },
  {
    title: 'a request with no limit',
    resources: { requests: { cpu: '1', 'ephemeral-storage': '1Gi' } },
  },
  { title: 'devices', resources: { limits: { 'example.com/gpu': '2' } } },
  {
    title: 'what Kubernetes has named with a slash, also a part of it and less than the limit',
    resources: { requests: { 'kubernetes.io/x': '500m' }, limits: { 'kubernetes.io/x': '1' } },
  },
  {
    title: 'whole huge pages beside memory',
    resources: { limits: { 'hugepages-2Mi': '4Mi', memory: '4Mi' } },
  },
];

describeOnEachServer('The resources of a container', {}, (environment) => {
  let client: Client;
  let namespace: string;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
    // Pods need one; a server without controllers has none.
    const metadata = { namespace, name: 'default' };
    await client.create(ServiceAccount, { metadata }).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  });

  const create = (resources: Resources): Promise<Stored<Pod>> =>
    client.create(
      Pod,
      {
        metadata: { namespace, name: 'p' },
        spec: { containers: [{ name: 'main', image: 'example.com/main:1', resources }] },
      },
      { dryRun: true },
    );

  for (const { title, resources, causes } of refused) {
    test(`are refused with ${title}`, async () => {
      const { code, status } = await refusalOf(create(resources));
      assert.equal(code, 422);
      const told = (status.details?.causes ?? []).map(({ field = '', message = '' }) =>
        `${field}: ${message}`.replace(/^spec\.containers\[0\]\.resources\.?/, ''),
      );
      assert.deepEqual(told.sort(), [...causes].sort());
    });
  }
  for (const { title, resources } of accepted) {
    test(`may have ${title}`, async () => {
      const { spec } = await create(resources);
      assert.deepEqual(spec?.containers[0]?.resources, {
        ...resources,
        requests: { ...resources.limits, ...resources.requests },
      });
    });
  }
});
