import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubernetesObject } from '@kubewright/apimachinery';
import fc from 'fast-check';
import * as z from 'zod';
import { conditions, defineCustomResource, defineVersion, listMap } from '../src/index.ts';

const users = listMap(
  z.array(z.object({ name: z.string(), role: z.string(), quota: z.int().optional() })),
  'name',
);

/** The versions say a size in gigabytes and in text; only v1 knows a policy, quotas and conditions. */
const Store = defineCustomResource({
  group: 'stores.example.com',
  kind: 'Store',
  plural: 'stores',
  scope: 'Namespaced',
  versions: [
    defineVersion({
      name: 'v1',
      storage: true,
      spec: z.object({
        size: z.string().regex(/^\d+Gi$/),
        policy: z.enum(['Keep', 'Drop']).default('Drop'),
        backup: z.object({ schedule: z.string(), keep: z.int().optional() }).optional(),
        users: users.optional(),
      }),
      status: z.object({ phase: z.string().optional(), conditions: conditions().optional() }),
    }),
    defineVersion({
      name: 'v1beta1',
      storage: false,
      spec: z.object({
        gigabytes: z.int32().min(1).max(100),
        schedule: z.string().optional(),
        users: listMap(
          z.array(z.object({ name: z.string(), role: z.string() })),
          'name',
        ).optional(),
      }),
      status: z.object({ phase: z.string().optional() }),
    }),
    defineVersion({ name: 'v1alpha1', storage: false, spec: z.object({ gigabytes: z.string() }) }),
  ],
  conversion: {
    webhook: { service: { namespace: 'stores', name: 'store-operator' } },
    converters: {
      v1beta1: {
        toStorage: ({ spec, status }) => ({
          spec: {
            size: `${String(spec.gigabytes)}Gi`,
            ...(spec.schedule === undefined ? {} : { backup: { schedule: spec.schedule } }),
            ...(spec.users === undefined ? {} : { users: spec.users }),
          },
          ...(status === undefined ? {} : { status }),
        }),
        fromStorage: ({ spec, status }) => ({
          spec: {
            gigabytes: Number.parseInt(spec.size, 10),
            ...(spec.backup === undefined ? {} : { schedule: spec.backup.schedule }),
            ...(spec.users === undefined
              ? {}
              : { users: spec.users.map(({ name, role }) => ({ name, role })) }),
          },
          ...(status === undefined ? {} : { status: { phase: status.phase } }),
        }),
      },
      v1alpha1: {
        toStorage: ({ spec }) => ({ spec: { size: `${spec.gigabytes}Gi` } }),
        fromStorage: ({ spec }) => ({
          spec: { gigabytes: String(Number.parseInt(spec.size, 10)) },
        }),
      },
    },
  },
});

const v1 = 'stores.example.com/v1';
const v1beta1 = 'stores.example.com/v1beta1';
const annotation = 'stores.example.com/stored-as';
const metadata = { name: 'a', namespace: 'default', uid: '1', labels: { app: 'a' } };

function stored(spec: object, status?: object): KubernetesObject {
  return {
    apiVersion: v1,
    kind: 'Store',
    metadata,
    ...{ spec },
    ...(status === undefined ? {} : { status }),
  };
}

/** What a test changes in an object of the other version. */
type Beta = KubernetesObject & {
  spec: {
    gigabytes: number;
    schedule?: string;
    users?: { name: string; role: string }[];
  };
};

function toBeta(object: KubernetesObject): Beta {
  // Safe: converted objects have been checked against the schema of the version.
  return structuredClone(Store.convert(object, v1beta1)) as Beta;
}

describe('a conversion between versions', () => {
  test('says the same in the other version and leaves no trace when nothing is lost', () => {
    const object = stored({ size: '7Gi', policy: 'Drop', backup: { schedule: '@daily' } });
    assert.deepEqual(Store.convert(object, v1beta1), {
      apiVersion: v1beta1,
      kind: 'Store',
      metadata,
      spec: { gigabytes: 7, schedule: '@daily' },
    });
  });

  test('keeps what the other version has no member for, and takes it back', () => {
    const object = stored(
      { size: '7Gi', policy: 'Keep' },
      {
        phase: 'Running',
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            reason: 'Up',
            message: '',
            lastTransitionTime: '2026-01-01T00:00:00Z',
          },
        ],
      },
    );
    const beta = toBeta(object);
    assert.equal('policy' in beta.spec, false);
    assert.ok(beta.metadata.annotations?.[annotation]?.includes('"policy":"Keep"'));
    assert.deepEqual(Store.convert(beta, v1), object);
  });

  test('carries over what a writer of the other version changed', () => {
    const beta = toBeta(
      stored({
        size: '7Gi',
        policy: 'Keep',
        backup: { schedule: '@daily', keep: 3 },
        users: [
          { name: 'ann', role: 'reader', quota: 5 },
          { name: 'bob', role: 'reader', quota: 6 },
        ],
      }),
    );
    beta.spec.gigabytes = 9;
    beta.spec.schedule = '@hourly';
    beta.spec.users = [
      { name: 'eve', role: 'reader' },
      { name: 'ann', role: 'writer' },
    ];
    assert.deepEqual(
      Store.convert(beta, v1),
      stored({
        size: '9Gi',
        policy: 'Keep',
        backup: { schedule: '@hourly', keep: 3 },
        users: [
          { name: 'eve', role: 'reader' },
          { name: 'ann', role: 'writer', quota: 5 },
        ],
      }),
    );
  });

  test('removes what a writer of the other version removed, with all that was kept of it', () => {
    const beta = toBeta(stored({ size: '7Gi', backup: { schedule: '@daily', keep: 3 } }));
    delete beta.spec.schedule;
    assert.deepEqual(Store.convert(beta, v1), stored({ size: '7Gi', policy: 'Drop' }));
  });

  test('goes between two versions of which none is stored', () => {
    const alpha = Store.convert(
      toBeta(stored({ size: '7Gi', policy: 'Keep' })),
      'stores.example.com/v1alpha1',
    );
    assert.deepEqual(Store.convert(alpha, v1), stored({ size: '7Gi', policy: 'Keep' }));
  });

  for (const [what, value] of [
    ['no JSON', '{'],
    ['no object', '[1]'],
    ['an object of another type', '{"spec":{"size":7}}'],
    ['a spec that the version cannot tell', '{"spec":{"size":"much"}}'],
    ['another prototype', '{"spec":{"__proto__":{"size":"1Gi"}}}'],
  ] as const) {
    test(`is not misled by an annotation with ${what}`, () => {
      const beta = toBeta(stored({ size: '7Gi' }));
      beta.metadata = { ...beta.metadata, annotations: { [annotation]: value, kept: 'yes' } };
      assert.deepEqual(Store.convert(beta, v1), {
        ...stored({ size: '7Gi', policy: 'Drop' }),
        metadata: { ...metadata, annotations: { kept: 'yes' } },
      });
    });
  }

  test('believes the writer rather than an annotation that contradicts', () => {
    const beta = toBeta(stored({ size: '7Gi', policy: 'Keep' }));
    const foreign = toBeta(stored({ size: '50Gi', policy: 'Keep' }));
    beta.metadata = { ...foreign.metadata };
    assert.deepEqual(Store.convert(beta, v1), stored({ size: '7Gi', policy: 'Keep' }));
  });

  test('never changes the object it is given', () => {
    const object = stored({ size: '7Gi', policy: 'Keep' });
    const before = structuredClone(object);
    const beta = Store.convert(object, v1beta1);
    const betaBefore = structuredClone(beta);
    Store.convert(beta, v1);
    assert.deepEqual([object, beta], [before, betaBefore]);
  });

  test('refuses a type that the version does not declare, with the object and the path', () => {
    assert.throws(() => Store.convert(stored({ size: 7 }), v1beta1), {
      code: 'NOT_CONVERTIBLE',
      message:
        'convert Store default/a from stores.example.com/v1 to stores.example.com/v1beta1: spec.size: Invalid input: expected string, received number',
    });
  });

  test('passes a value that is only out of bounds, so that lists go on', () => {
    const beta = toBeta(stored({ size: '500Gi', policy: 'Keep' }));
    assert.equal(beta.spec.gigabytes, 500);
    assert.deepEqual(Store.convert(beta, v1), stored({ size: '500Gi', policy: 'Keep' }));
  });

  test('refuses a version that does not exist', () => {
    assert.throws(() => Store.convert(stored({ size: '7Gi' }), 'stores.example.com/v2'), {
      code: 'NOT_CONVERTIBLE',
    });
    assert.throws(() => Store.convert(stored({ size: '7Gi' }), 'apps/v1beta1'), {
      code: 'NOT_CONVERTIBLE',
    });
  });

  test('loses nothing there and back, whatever is stored', () => {
    const user = fc.record({ role: fc.string(), quota: fc.option(fc.nat(), { nil: undefined }) });
    const spec = fc.record({
      size: fc.nat().map((count) => `${String(count)}Gi`),
      policy: fc.constantFrom('Keep', 'Drop'),
      backup: fc.option(fc.record({ schedule: fc.string(), keep: fc.nat() }), { nil: undefined }),
      users: fc.option(
        fc
          .dictionary(fc.string(), user)
          .map((all) => Object.entries(all).map(([name, rest]) => ({ name, ...rest }))),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(spec, (each) => {
        // As a server hands it over: JSON has no members that are undefined.
        const object = JSON.parse(JSON.stringify(stored(each))) as KubernetesObject;
        const back = JSON.parse(JSON.stringify(Store.convert(toBeta(object), v1))) as unknown;
        assert.deepEqual(back, object);
      }),
    );
  });
});

describe('the manifest of a resource with converters', () => {
  test('names the webhook, and another one when asked', () => {
    assert.deepEqual(Store.manifest().spec.conversion, {
      strategy: 'Webhook',
      webhook: {
        conversionReviewVersions: ['v1'],
        clientConfig: {
          service: { path: '/convert', namespace: 'stores', name: 'store-operator' },
        },
      },
    });
    const conversionWebhook = { url: 'https://127.0.0.1:9443/convert', caBundle: 'Q0E=' };
    assert.deepEqual(
      Store.manifest({ conversionWebhook }).spec.conversion?.webhook?.clientConfig,
      conversionWebhook,
    );
  });

  test('is refused when a version has no converter', () => {
    const versions = [
      defineVersion({ name: 'v1', storage: true, spec: z.object({}) }),
      defineVersion({ name: 'v2', storage: false, spec: z.object({}) }),
    ] as const;
    const names = { group: 'a.example.com', kind: 'A', plural: 'as', scope: 'Cluster' } as const;
    const webhook = { url: 'https://127.0.0.1/convert' };
    const same = { toStorage: () => ({ spec: {} }), fromStorage: () => ({ spec: {} }) };
    assert.throws(
      // @ts-expect-error -- v2 has no converter
      () => defineCustomResource({ ...names, versions, conversion: { webhook, converters: {} } }),
      { code: 'INVALID_DEFINITION', path: 'conversion.converters.v2' },
    );
    const converters = { v2: same, v3: same };
    assert.throws(
      () => defineCustomResource({ ...names, versions, conversion: { webhook, converters } }),
      { code: 'INVALID_DEFINITION', path: 'conversion.converters.v3' },
    );
  });

  test('without converters a conversion changes the apiVersion only', () => {
    const Plain = defineCustomResource({
      group: 'a.example.com',
      kind: 'A',
      plural: 'as',
      scope: 'Cluster',
      versions: [
        defineVersion({ name: 'v1', storage: true, spec: z.object({}) }),
        defineVersion({ name: 'v2', storage: false, spec: z.object({}) }),
      ],
    });
    const object = { ...Plain.create({ metadata: { name: 'a' }, spec: {} }), extra: 1 };
    assert.deepEqual(Plain.convert(object, 'a.example.com/v2'), {
      ...object,
      apiVersion: 'a.example.com/v2',
    });
    assert.equal(Plain.manifest().spec.conversion, undefined);
  });
});
