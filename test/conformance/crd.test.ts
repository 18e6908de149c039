import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  findCondition,
  CustomResourceDefinition,
  defineResource,
  isAlreadyExists,
  isInvalid,
  isNotFound,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilServed } from '@kubewright/cluster';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';
import { errorText, untilAnswer } from './until-answer.ts';
import { limitMs, untilGone, untilObject } from './until-object.ts';

interface Widget extends KubernetesObject {
  spec?: {
    size?: number;
    color?: string;
    mode?: string;
    parts?: { name: string; weight?: number }[];
    port?: number | string;
    extra?: Record<string, unknown>;
  };
  status?: { phase?: string; ready?: number };
}

interface TableAnswer {
  readonly columnDefinitions: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
}

const schema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 9 },
        color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
        mode: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
        port: { 'x-kubernetes-int-or-string': true },
        extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: {
              name: { type: 'string' },
              weight: { type: 'integer', default: 1 },
            },
          },
        },
      },
      'x-kubernetes-validations': [
        {
          rule: "!has(self.mode) || self.mode != 'tiny' || self.size < 3",
          message: 'tiny widgets are smaller than 3',
        },
        {
          rule: '!has(oldSelf.mode) || has(self.mode)',
          message: 'a mode stays',
          fieldPath: '.mode',
        },
      ],
    },
    status: {
      type: 'object',
      properties: { phase: { type: 'string' }, ready: { type: 'integer' } },
    },
  },
};

/** What the server adds when CEL rules could not be looked at. */
const unchecked = [
  '<nil>',
  'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
];

describeOnEachServer('custom resources', {}, (environment) => {
  let client: Client;
  let namespace: string;
  let group: string;
  let Widget: Resource<Widget>;

  const definition = (
    kind: string,
    names: Partial<CustomResourceDefinition['spec']['names']> = {},
  ): CustomResourceDefinition => {
    const plural = `${kind.toLowerCase()}s`;
    return {
      metadata: { name: `${names.plural ?? plural}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind, plural, singular: kind.toLowerCase(), ...names },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: schema },
            subresources: { status: {} },
            additionalPrinterColumns: [
              { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
              { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
              { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
            ],
          },
        ],
      },
    };
  };
  const hasCondition =
    (type: string, status: string) =>
    (object: CustomResourceDefinition): boolean =>
      findCondition(object.status?.conditions, type)?.status === status;
  const establish = async (
    object: CustomResourceDefinition,
  ): Promise<Stored<CustomResourceDefinition>> => {
    const created = await client.create(CustomResourceDefinition, object);
    await untilServed(client, [created]);
    return client.get(CustomResourceDefinition, { name: created.metadata.name });
  };
  const resource = (kind: string): Resource<Widget> =>
    defineResource<Widget>({
      group,
      version: 'v1',
      kind,
      plural: `${kind.toLowerCase()}s`,
      scope: 'Namespaced',
    });
  const widget = (name: string, spec: Widget['spec'] = { size: 1 }): Widget => ({
    metadata: { name, namespace },
    spec,
  });
  const causesOf = async (call: Promise<unknown>): Promise<(string | undefined)[][]> => {
    const error = await refusalOf(call);
    assert.ok(isInvalid(error), error.message);
    return (error.status.details?.causes ?? []).map(({ field, message }) => [field, message]);
  };

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
    // A group of its own: several suites may use one cluster.
    group = `${namespace}.example.com`;
    Widget = resource('Widget');
    await establish(definition('Widget', { shortNames: ['wd'], categories: ['gadgets'] }));
  });

  after(async () => {
    const { items } = await client.list(CustomResourceDefinition);
    for (const { metadata } of items.filter(({ spec }) => spec.group === group)) {
      await client.delete(CustomResourceDefinition, { name: metadata.name });
      await untilGone(client, CustomResourceDefinition, { name: metadata.name });
    }
  });

  test('accepts the names of a definition and says what it stores', async () => {
    const { status } = await client.get(CustomResourceDefinition, { name: `widgets.${group}` });
    assert.deepEqual(
      status?.conditions?.map(({ type, status, reason }) => [type, status, reason]),
      [
        ['NamesAccepted', 'True', 'NoConflicts'],
        ['Established', 'True', 'InitialNamesAccepted'],
      ],
    );
    assert.deepEqual(status.acceptedNames, {
      kind: 'Widget',
      listKind: 'WidgetList',
      plural: 'widgets',
      singular: 'widget',
      shortNames: ['wd'],
      categories: ['gadgets'],
    });
    assert.deepEqual(status.storedVersions, ['v1']);
  });

  test('shows up in discovery', async () => {
    // A moment after it is served.
    await untilAnswer(
      () => client.resourcesOf(`${group}/v1`),
      (resources) => resources.some(({ resource }) => resource.plural === 'widgets'),
    );
    await untilAnswer(
      () =>
        client.resolve('wd').then(
          ({ resource }) => resource.kind,
          (error: unknown) => String(error),
        ),
      (answer) => answer === 'Widget',
    );
  });

  test('fills in defaults, in lists too, and drops what the schema does not have', async () => {
    const created = await client.create(
      Widget,
      {
        ...widget('filled', { size: 2, parts: [{ name: 'a' }], extra: { any: { thing: 1 } } }),
        unknown: 1,
      } as Widget,
      { fieldValidation: 'Ignore' },
    );
    assert.deepEqual(created.spec, {
      size: 2,
      color: 'red',
      parts: [{ name: 'a', weight: 1 }],
      extra: { any: { thing: 1 } },
    });
    assert.equal('unknown' in created, false);
    assert.equal(created.metadata.generation, 1);
  });

  test('refuses unknown fields when it should be strict', async () => {
    const spec = { size: 1, colour: 'red' } as Widget['spec'];
    const error = await refusalOf(client.create(Widget, widget('strict', spec)));
    assert.equal(error.code, 400);
    assert.match(error.message, /strict decoding error: unknown field "spec\.colour"/);
  });

  test('says of each wrong value where it is and what would be right', async () => {
    const wrong = { size: 10, color: 'green', mode: 'A' } as Widget['spec'];
    assert.deepEqual((await causesOf(client.create(Widget, widget('wrong', wrong)))).sort(), [
      unchecked,
      ['spec.color', 'Unsupported value: "green": supported values: "red", "blue"'],
      ['spec.mode', `Invalid value: "A": spec.mode in body should match '^[a-z]+$'`],
      ['spec.size', 'Invalid value: 10: spec.size in body should be less than or equal to 9'],
    ]);
  });

  test('says what is missing, too long, or of the wrong type', async () => {
    const text = { size: 'big' } as unknown as Widget['spec'];
    assert.deepEqual(await causesOf(client.create(Widget, widget('typed', text))), [
      ['spec.size', 'Invalid value: "string": spec.size in body must be of type integer: "string"'],
      unchecked,
    ]);
    assert.deepEqual(await causesOf(client.create(Widget, widget('empty', {}))), [
      ['spec.size', 'Required value'],
      unchecked,
    ]);
    assert.deepEqual(
      (await causesOf(client.create(Widget, widget('long', { size: 1, mode: 'abcdef' }))))[0],
      ['spec.mode', 'Too long: may not be more than 5 bytes'],
    );
  });

  test('refuses two items with the same key in a map list', async () => {
    const parts = [{ name: 'a' }, { name: 'a' }];
    assert.deepEqual(await causesOf(client.create(Widget, widget('keys', { size: 1, parts }))), [
      ['spec.parts[1]', 'Duplicate value: {"name":"a"}'],
    ]);
  });

  test('takes a number and a string where both are allowed, and nothing else', async () => {
    const port = async (name: string, value: unknown): Promise<unknown> => {
      const spec = { size: 1, port: value } as Widget['spec'];
      return (await client.create(Widget, widget(name, spec))).spec?.port;
    };
    assert.equal(await port('port-number', 80), 80);
    assert.equal(await port('port-name', 'http'), 'http');
    assert.ok(isInvalid(await refusalOf(port('port-list', [80]))));
  });

  test('holds objects to CEL rules, with the message of the rule', async () => {
    assert.deepEqual(
      await causesOf(client.create(Widget, widget('tiny', { size: 5, mode: 'tiny' }))),
      [['spec', 'Invalid value: tiny widgets are smaller than 3']],
    );
  });

  test('holds updates to transition rules, at the field the rule names', async () => {
    const created = await client.create(Widget, widget('moded', { size: 1, mode: 'tiny' }));
    assert.deepEqual(await causesOf(client.update(Widget, { ...created, spec: { size: 1 } })), [
      ['spec.mode', 'Invalid value: a mode stays'],
    ]);
  });

  test('holds objects to CEL rules about what may be missing', async () => {
    const base = definition('Sparse');
    const [version] = base.spec.versions;
    assert.ok(version);
    const rules = [
      { rule: "self.?color.orValue('red') == 'red'", message: 'red' },
      { rule: 'self.?parts[0].weight.optMap(weight, weight < 5).orValue(true)', message: 'light' },
      { rule: "[?self.?mode, 'z'].size() == 2 || self.?port == optional.none()", message: 'port' },
      {
        rule: 'oldSelf.optMap(old, old.size <= self.size).orValue(self.size == 1)',
        optionalOldSelf: true,
        message: 'starts with 1 and grows',
      },
      { rule: "'%d%%'.format([self.size]) != '3%' || self.size == 3", message: 'format' },
      { rule: "self.?size.value() == self.size && !('x' in [?self.?mode])", message: 'mode' },
    ];
    const properties = {
      size: { type: 'integer' },
      color: { type: 'string', maxLength: 9 },
      mode: { type: 'string', maxLength: 9 },
      port: { type: 'integer' },
      parts: {
        type: 'array',
        maxItems: 3,
        items: {
          type: 'object',
          properties: { name: { type: 'string' }, weight: { type: 'integer' } },
        },
      },
    };
    const spec = { type: 'object', properties, 'x-kubernetes-validations': rules };
    const openAPIV3Schema = { type: 'object', properties: { spec } };
    const versions = [{ ...version, schema: { openAPIV3Schema } }];
    await establish({ ...base, spec: { ...base.spec, versions } });
    const Sparse = resource('Sparse');
    const messages = async (call: Promise<unknown>): Promise<(string | undefined)[]> =>
      (await causesOf(call)).map(([, message]) => message).sort();
    const heavy = { size: 2, color: 'blue', parts: [{ name: 'a', weight: 7 }], port: 1, mode: 'x' };
    assert.deepEqual(await messages(client.create(Sparse, widget('heavy', heavy))), [
      'Invalid value: light',
      'Invalid value: mode',
      'Invalid value: red',
      'Invalid value: starts with 1 and grows',
    ]);
    const created = await client.create(Sparse, widget('light'));
    const grown = await client.update(Sparse, { ...created, spec: { size: 3 } });
    assert.deepEqual(
      await messages(client.update(Sparse, { ...grown, spec: { size: 2, port: 1 } })),
      ['Invalid value: port', 'Invalid value: starts with 1 and grows'],
    );
  });

  test('says of a CEL rule with optionals what makes no sense in it', async () => {
    const problems = {
      "self.?size.orValue('x') == 1":
        "1:19: found no matching overload for 'orValue' applied to 'optional_type(int).(string)'",
      'self.?nope.hasValue()': "1:5: undefined field 'nope'",
      'has(self.?size)': '1:9: invalid argument to has() macro',
      'self.?size && true': "1:5: expected type 'bool' but found 'optional_type(int)'",
      "'%s'.format([self]) == 'x'":
        '1:14: error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ',
      "[?self.?size, 'a'].size() == 1": "1:15: expected type 'int' but found 'string'",
      'self.size.sortBy(e, e) == 1':
        "1:17: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
    };
    for (const [rule, problem] of Object.entries(problems)) {
      const base = definition('Senseless');
      const versions = base.spec.versions.map((version) => ({
        ...version,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: { size: { type: 'integer' } },
                'x-kubernetes-validations': [{ rule }],
              },
            },
          },
        },
      }));
      const call = client.create(
        CustomResourceDefinition,
        { ...base, spec: { ...base.spec, versions } },
        { dryRun: true },
      );
      const [cause] = await causesOf(call);
      assert.ok(cause?.[1]?.includes(`compilation failed: ERROR: <input>:${problem}`), cause?.[1]);
    }
  });

  test('keeps status apart from the rest, and generation to the specification', async () => {
    const created = await client.create(Widget, {
      ...widget('status'),
      status: { phase: 'Forged' },
    });
    assert.equal(created.status, undefined);
    const reported = await client.updateStatus(Widget, {
      ...created,
      spec: { size: 9 },
      status: { phase: 'Ready', ready: 1 },
    });
    assert.deepEqual(reported.status, { phase: 'Ready', ready: 1 });
    assert.equal(reported.spec?.size, 1);
    assert.equal(reported.metadata.generation, 1);
    const resized = await client.update(Widget, {
      ...reported,
      spec: { size: 9 },
      status: { phase: 'Forged' },
    });
    assert.deepEqual(resized.status, { phase: 'Ready', ready: 1 });
    assert.equal(resized.metadata.generation, 2);
    const labelled = await client.patch(
      Widget,
      { namespace, name: 'status' },
      { type: 'merge', body: { metadata: { labels: { a: 'b' } } } },
    );
    assert.equal(labelled.metadata.generation, 2);
  });

  test('refuses a strategic merge patch', async () => {
    await client.create(Widget, widget('strategic'));
    const error = await refusalOf(
      client.patch(
        Widget,
        { namespace, name: 'strategic' },
        { type: 'strategic', body: { spec: { size: 2 } } },
      ),
    );
    assert.equal(error.code, 415);
  });

  test('merges map lists of several appliers by key', async () => {
    const applied = (manager: string, name: string, weight: number): Promise<Stored<Widget>> =>
      client.apply(
        Widget,
        { metadata: { name: 'applied', namespace }, spec: { size: 1, parts: [{ name, weight }] } },
        { fieldManager: manager },
      );
    await applied('one', 'a', 1);
    const both = await applied('two', 'b', 2);
    assert.deepEqual(both.spec?.parts, [
      { name: 'a', weight: 1 },
      { name: 'b', weight: 2 },
    ]);
  });

  test('prints the columns of its version', async () => {
    const { metadata } = await client.create(Widget, widget('printed', { size: 4 }));
    const table = await client.rawJson<TableAnswer>({
      method: 'GET',
      path: `/apis/${group}/v1/namespaces/${namespace}/widgets/${metadata.name}`,
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    assert.deepEqual(
      table.columnDefinitions.map(({ name, type }) => [name, type]),
      [
        ['Name', 'string'],
        ['Size', 'integer'],
        ['Phase', 'string'],
        ['Age', 'date'],
      ],
    );
    // The column of a field that is not there stays empty.
    assert.deepEqual(table.rows[0]?.cells.slice(0, 3), ['printed', 4, null]);
  });

  test('watches objects of a definition made a moment ago', async () => {
    await establish(definition('Gizmo'));
    const Gizmo = resource('Gizmo');
    const { metadata } = await client.list(Gizmo, { namespace });
    const stop = new AbortController();
    const first = (async () => {
      for await (const event of client.watch(Gizmo, {
        namespace,
        resourceVersion: metadata.resourceVersion,
        signal: stop.signal,
      })) {
        if (event.type !== 'BOOKMARK') return `${event.type} ${event.object.metadata.name}`;
      }
      return 'ended';
    })();
    await client.create(Gizmo, widget('seen'));
    assert.equal(await first, 'ADDED seen');
  });

  /** Has a watch tell of an object that is made; the answer is all that it told, once it has ended. */
  const watchToEnd = async (
    kind: Resource<Widget>,
    first: Widget,
  ): Promise<{ ended: Promise<string[]> }> => {
    const { metadata } = await client.list(kind, { namespace });
    const { resourceVersion } = metadata;
    const signal = AbortSignal.timeout(limitMs);
    const isOpen = Promise.withResolvers<undefined>();
    const ended = (async () => {
      const told: string[] = [];
      for await (const event of client.watch(kind, { namespace, resourceVersion, signal })) {
        if (event.type === 'BOOKMARK') continue;
        told.push(`${event.type} ${event.object.metadata.name}`);
        isOpen.resolve(undefined);
      }
      return told;
    })();
    await client.create(kind, first);
    await Promise.race([isOpen.promise, ended]);
    return { ended };
  };

  test('ends its watches when it is defined otherwise', async () => {
    await establish(definition('Fickle'));
    const Fickle = resource('Fickle');
    const { ended } = await watchToEnd(Fickle, widget('one'));
    const ref = { name: `fickles.${group}` };
    const labels = { metadata: { labels: { of: 'no-concern' } } };
    await client.patch(CustomResourceDefinition, ref, { type: 'merge', body: labels });
    await client.create(Fickle, widget('two'));
    const names = { spec: { names: { shortNames: ['fk'] } } };
    await client.patch(CustomResourceDefinition, ref, { type: 'merge', body: names });
    assert.deepEqual(await ended, ['ADDED one', 'ADDED two']);
  });

  test('ends its watches when it is not defined any more, after they have told of all', async () => {
    await establish(definition('Fleeting'));
    const { ended } = await watchToEnd(resource('Fleeting'), widget('one'));
    await client.delete(CustomResourceDefinition, { name: `fleetings.${group}` });
    assert.deepEqual(await ended, ['ADDED one', 'DELETED one']);
  });

  test('refuses a second definition for the same resource', async () => {
    const error = await refusalOf(client.create(CustomResourceDefinition, definition('Widget')));
    assert.ok(isAlreadyExists(error));
  });

  test('does not establish a definition whose names others have', async () => {
    const clash = definition('Clash', { kind: 'Widget', listKind: 'ClashList' });
    await client.create(CustomResourceDefinition, clash);
    const { status } = await untilObject(
      client,
      CustomResourceDefinition,
      { name: `clashs.${group}` },
      hasCondition('NamesAccepted', 'False'),
    );
    const accepted = findCondition(status?.conditions, 'NamesAccepted');
    assert.equal(accepted?.reason, 'KindConflict');
    assert.equal(accepted.message, '"Widget" is already in use');
    assert.equal(findCondition(status?.conditions, 'Established')?.status, 'False');
    assert.ok(isNotFound(await refusalOf(client.list(resource('Clash'), { namespace }))));
  });

  test('refuses a definition whose schema is not structural, or whose name is another', async () => {
    const base = definition('Loose');
    const loose = { ...base.spec.versions[0], schema: { openAPIV3Schema: {} } };
    assert.deepEqual(
      (
        await causesOf(
          client.create(CustomResourceDefinition, {
            ...base,
            metadata: { name: `other.${group}` },
            // The spread of a version is one.
            spec: { ...base.spec, versions: [loose as (typeof base.spec.versions)[number]] },
          }),
        )
      ).map(([field]) => field),
      ['metadata.name', 'spec.validation.openAPIV3Schema.type'],
    );
  });

  test('validates by a changed schema from then on', async () => {
    await establish(definition('Shifting'));
    const Shifting = resource('Shifting');
    await client.create(Shifting, widget('old', { size: 9 }));
    const ref = { name: `shiftings.${group}` };
    const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size/maximum';
    await client.patch(CustomResourceDefinition, ref, {
      type: 'json',
      operations: [{ op: 'replace', path, value: 5 }],
    });
    // The new schema is in force a moment later: this one is refused as soon as it is.
    await untilAnswer(
      () => errorText(client.create(Shifting, widget('probe', { size: 9 }), { dryRun: true })),
      (text) => text.includes('should be less than or equal to 5'),
    );
    const kept = await client.get(Shifting, { namespace, name: 'old' });
    assert.equal(kept.spec?.size, 9);
    // What was valid before may stay as it is, as long as nobody touches it.
    const labelled = await client.patch(
      Shifting,
      { namespace, name: 'old' },
      { type: 'merge', body: { metadata: { labels: { a: 'b' } } } },
    );
    assert.equal(labelled.metadata.labels?.['a'], 'b');
  });

  test('takes its objects along when a definition is deleted', async () => {
    await establish(definition('Doomed'));
    const Doomed = resource('Doomed');
    await client.create(Doomed, widget('plain'));
    await client.create(Doomed, {
      ...widget('held'),
      metadata: { name: 'held', namespace, finalizers: ['example.com/hold'] },
    });
    const ref = { name: `doomeds.${group}` };
    await client.delete(CustomResourceDefinition, ref);
    await untilGone(client, Doomed, { namespace, name: 'plain' });
    const held = await client.get(Doomed, { namespace, name: 'held' });
    assert.ok(held.metadata.deletionTimestamp);
    const terminating = await untilObject(
      client,
      CustomResourceDefinition,
      ref,
      hasCondition('Terminating', 'True'),
    );
    assert.deepEqual(terminating.metadata.finalizers, [
      'customresourcecleanup.apiextensions.k8s.io',
    ]);
    await client.patch(
      Doomed,
      { namespace, name: 'held' },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    );
    await untilGone(client, CustomResourceDefinition, ref);
    // It is no longer served a moment later.
    await untilAnswer(
      () =>
        client.list(Doomed, { namespace }).then(
          () => 'served',
          (error: unknown) => (isNotFound(error) ? 'not found' : String(error)),
        ),
      (answer) => answer === 'not found',
    );
  });
});
