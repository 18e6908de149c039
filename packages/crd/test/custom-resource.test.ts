import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isConditionTrue, setCondition, type ObjectOf } from '@kubewright/apimachinery';
import * as z from 'zod';
import { defineCustomResource, defineVersion, type CustomResourceOptions } from '../src/index.ts';
import { Widget } from './widget.ts';

const metadata = { name: 'a', namespace: 'default' };

describe('a custom resource', () => {
  test('has a token for the client, of the stored version', () => {
    assert.equal(Widget.resource.apiVersion, 'widgets.example.com/v1');
    assert.equal(Widget.resource.plural, 'widgets');
    assert.equal(Widget.version('v1beta1').resource.apiVersion, 'widgets.example.com/v1beta1');
  });

  test('has objects whose types follow from the schema', () => {
    const widget: ObjectOf<typeof Widget.resource> = Widget.create({
      metadata,
      spec: { replicas: 2 },
    });
    const mode: '' | 'Fast' | 'Safe' = widget.spec.mode;
    assert.equal(mode, '');
    assert.equal(widget.kind, 'Widget');
    // @ts-expect-error -- replicas is a number
    assert.throws(() => Widget.create({ metadata, spec: { replicas: 'two' } }));
    // @ts-expect-error -- replicas is missing
    assert.throws(() => Widget.create({ metadata, spec: {} }));
    // @ts-expect-error -- there is no such version
    assert.throws(() => Widget.version('v2'), { code: 'INVALID_DEFINITION' });
  });

  test('takes conditions as apimachinery makes them', () => {
    const widget = Widget.create({ metadata, spec: { replicas: 1 } });
    const ready = { type: 'Ready', status: 'True', reason: 'AllWell' } as const;
    widget.status = { conditions: setCondition(widget.status?.conditions, ready, new Date(0)) };
    assert.equal(isConditionTrue(Widget.parse(widget).status?.conditions, 'Ready'), true);
  });

  test('fills defaults in and drops what it does not know', () => {
    const parsed = Widget.parse({
      apiVersion: 'widgets.example.com/v1',
      kind: 'Widget',
      metadata: { ...metadata, labels: { a: 'b' } },
      spec: { replicas: 1, ports: [{ name: 'web' }], unknown: 1, extra: { kept: true } },
    });
    assert.deepEqual(parsed.spec, {
      replicas: 1,
      mode: '',
      ports: [{ name: 'web', protocol: 'TCP' }],
      extra: { kept: true },
    });
    assert.deepEqual(parsed.metadata.labels, { a: 'b' });
  });

  test('says everything that is wrong with an object, and where', () => {
    const object = {
      apiVersion: 'widgets.example.com/v1',
      kind: 'Widget',
      metadata,
      spec: { replicas: 0, mode: 'Slow' },
    };
    assert.throws(
      () => Widget.parse(object),
      (error: Error) => {
        assert.match(error.message, /^Widget default\/a: /);
        assert.match(error.message, /spec\.replicas/);
        assert.match(error.message, /""\|"Fast"\|"Safe"[\s\S]*spec\.mode/);
        return true;
      },
    );
  });

  test('refuses objects of other kinds and versions, and what is no object', () => {
    for (const object of [
      undefined,
      null,
      [],
      {},
      { apiVersion: 'widgets.example.com/v2', kind: 'Widget', metadata, spec: { replicas: 1 } },
      { apiVersion: 'widgets.example.com/v1', kind: 'Gadget', metadata, spec: { replicas: 1 } },
      { apiVersion: 'widgets.example.com/v1', kind: 'Widget', spec: { replicas: 1 } },
    ]) {
      assert.throws(() => Widget.parse(object), { code: 'INVALID_OBJECT' });
    }
  });
});

describe('its manifest', () => {
  const manifest = Widget.manifest();
  const [v1, v1beta1] = manifest.spec.versions;

  test('names the resource', () => {
    assert.equal(manifest.metadata.name, 'widgets.widgets.example.com');
    assert.deepEqual(manifest.spec.names, {
      kind: 'Widget',
      listKind: 'WidgetList',
      plural: 'widgets',
      singular: 'widget',
      shortNames: ['wd'],
      categories: ['all'],
    });
    assert.deepEqual(manifest.spec.conversion, { strategy: 'None' });
    assert.deepEqual(manifest.metadata.labels, { 'app.kubernetes.io/part-of': 'widgets' });
  });

  test('has columns by the fields they were read from', () => {
    assert.deepEqual(v1?.additionalPrinterColumns, [
      { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas', description: 'How many.' },
      { name: 'At', type: 'date', jsonPath: '.spec.at', priority: 1 },
      {
        name: 'First',
        type: 'string',
        jsonPath: '.spec.ports[0].name',
        description: 'First port.',
      },
      { name: 'App', type: 'string', jsonPath: '.metadata.labels.app\\.kubernetes\\.io/name' },
      {
        name: 'Ready',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ]);
  });

  test('has the subresources that the definition asks for', () => {
    assert.deepEqual(v1?.subresources, {
      status: {},
      scale: {
        specReplicasPath: '.spec.replicas',
        statusReplicasPath: '.status.replicas',
        labelSelectorPath: '.status.selector',
      },
    });
    assert.equal('subresources' in (v1beta1 ?? {}), false);
    assert.deepEqual(v1.selectableFields, [{ jsonPath: '.spec.mode' }]);
  });

  test('says which version is stored, served and deprecated', () => {
    assert.deepEqual(
      manifest.spec.versions.map(({ name, served, storage, deprecated }) => ({
        name,
        served,
        storage,
        deprecated,
      })),
      [
        { name: 'v1', served: true, storage: true, deprecated: undefined },
        { name: 'v1beta1', served: true, storage: false, deprecated: true },
      ],
    );
    assert.equal(v1beta1?.deprecationWarning, 'use widgets.example.com/v1');
  });

  test('is the same each time', () => assert.deepEqual(Widget.manifest(), manifest));
});

describe('a rule over whole objects', () => {
  const Short = defineCustomResource({
    group: 'example.com',
    kind: 'Short',
    plural: 'shorts',
    scope: 'Namespaced',
    versions: [
      defineVersion({
        name: 'v1',
        storage: true,
        spec: z.object({ size: z.int32() }),
        rules: [
          {
            rule: 'self.metadata.name.size() <= 3',
            message: 'a name has three characters at most',
            check: (object) => (object.metadata.name ?? '').length <= 3,
          },
        ],
      }),
    ],
  });

  test('stands at the root of the schema', () => {
    const schema = Short.manifest().spec.versions[0]?.schema?.openAPIV3Schema;
    assert.deepEqual(schema?.['x-kubernetes-validations'], [
      { rule: 'self.metadata.name.size() <= 3', message: 'a name has three characters at most' },
    ]);
  });

  test('is checked here too', () => {
    const spec = { size: 1 };
    assert.equal(Short.create({ metadata: { name: 'abc' }, spec }).metadata.name, 'abc');
    assert.throws(() => Short.create({ metadata: { name: 'abcd' }, spec }), {
      code: 'INVALID_OBJECT',
      message: /a name has three characters at most/,
    });
  });
});

describe('a definition that is wrong', () => {
  const spec = z.object({ size: z.int32(), list: z.array(z.string()).optional() });
  const version = defineVersion({ name: 'v1', storage: true, spec });
  const good = {
    group: 'example.com',
    kind: 'Thing',
    plural: 'things',
    scope: 'Namespaced' as const,
    versions: [version],
  };

  for (const [name, change, message] of [
    ['a group without dot', { group: 'example' }, /^group: .*dot/],
    ['a group in capitals', { group: 'Example.com' }, /^group: /],
    ['a group of Kubernetes', { group: 'apps.k8s.io' }, /belong to the Kubernetes project/],
    ['a kind in lower case', { kind: 'thing' }, /^kind: must be CamelCase/],
    ['a plural in capitals', { plural: 'Things' }, /^plural: /],
    ['a short name in capitals', { shortNames: ['T'] }, /^shortNames: /],
    ['the kind as kind of the list', { listKind: 'Thing' }, /^listKind: must differ/],
    ['no version', { versions: [] }, /exactly one version must have storage: true, not 0/],
    [
      'two stored versions',
      { versions: [version, defineVersion({ name: 'v2', storage: true, spec })] },
      /not 2/,
    ],
    [
      'two versions of one name',
      { versions: [version, defineVersion({ name: 'v1', storage: false, spec })] },
      /one name/,
    ],
    [
      'a version in capitals',
      { versions: [defineVersion({ name: 'V1', storage: true, spec })] },
      /^versions: V1/,
    ],
  ] as [string, Partial<CustomResourceOptions<typeof good.versions>>, RegExp][]) {
    test(`has ${name}`, () => {
      assert.throws(() => defineCustomResource({ ...good, ...change }), {
        name: 'CustomResourceError',
        code: 'INVALID_DEFINITION',
        message,
      });
    });
  }

  test('has a column that the type does not know: a compile error', () => {
    const wrong = defineVersion({
      name: 'v1',
      storage: true,
      spec,
      // @ts-expect-error -- the spec has no member named size2
      printerColumns: (column) => [column('Size', (o) => o.spec.size2 as string)],
    });
    assert.throws(() => defineCustomResource({ ...good, versions: [wrong] }).manifest(), {
      message: 'column Size (.spec.size2): the schema has no such field',
    });
  });

  test('has a column over a list: a compile error', () => {
    const wrong = defineVersion({
      name: 'v1',
      storage: true,
      spec,
      // @ts-expect-error -- a column shows a scalar
      printerColumns: (column) => [column('List', (o) => o.spec.list)],
    });
    assert.throws(() => defineCustomResource({ ...good, versions: [wrong] }).manifest(), {
      message: 'column List (.spec.list): a column shows a scalar; give its type',
    });
  });

  test('has a column that is no field', () => {
    assert.throws(
      () =>
        defineVersion({
          name: 'v1',
          storage: true,
          spec,
          printerColumns: (column) => [column('One', () => 1)],
        }),
      { code: 'INVALID_DEFINITION', message: /^column One: an accessor must return a part/ },
    );
  });

  test('has a condition column without conditions', () => {
    const wrong = defineVersion({
      name: 'v1',
      storage: true,
      spec,
      printerColumns: (column) => [column.condition('Ready')],
    });
    assert.throws(() => defineCustomResource({ ...good, versions: [wrong] }).manifest(), {
      message: /add conditions\(\) to it/,
    });
  });

  test('scales by what is no number', () => {
    const wrong = defineVersion({
      name: 'v1',
      storage: true,
      spec: z.object({ size: z.string() }),
      scale: {
        // @ts-expect-error -- a number of replicas is a number
        specReplicas: (o) => o.spec.size,
        // @ts-expect-error -- without a status there are no replicas in it
        statusReplicas: (o) => o.status.replicas as number,
      },
    });
    assert.throws(() => defineCustomResource({ ...good, versions: [wrong] }).manifest(), {
      message: 'scale (.spec.size): must be a field of type integer',
    });
  });

  test('has a spec that is no object', () => {
    const wrong = defineVersion({ name: 'v1', storage: true, spec: z.string() });
    assert.throws(() => defineCustomResource({ ...good, versions: [wrong] }).manifest(), {
      message: 'spec: must be an object',
    });
  });
});
