import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineResource, type KubernetesObject } from '@kubewright/apimachinery';
import fc from 'fast-check';
import { DecodeError, decoderFor, type DecoderOptions, type ListStream } from '../src/index.ts';
import { bodyOf, cutsUpTo, json, trickyName, trickyText } from './chunks.ts';

const Widget = defineResource<KubernetesObject>({
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  scope: 'Namespaced',
});
const type = { apiVersion: 'example.com/v1', kind: 'Widget' };

async function read(
  text: string | Uint8Array,
  cuts: readonly number[] = [],
  options: DecoderOptions = {},
): Promise<{ items: unknown[]; metadata: unknown }> {
  const list = decoderFor(Widget, 'application/json', options).list(
    bodyOf(Buffer.from(text), cuts),
  );
  const items = await collect(list);
  return { items, metadata: list.metadata };
}

async function collect(list: ListStream<KubernetesObject>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of list.items) items.push(item);
  return items;
}

const metadata = fc
  .record(
    {
      name: trickyText,
      annotations: fc.dictionary(trickyName, trickyText, { maxKeys: 3 }),
      managedFields: json,
      labels: json,
    },
    { requiredKeys: [] },
  )
  .chain((members) =>
    // The member may stand anywhere in its object.
    fc
      .shuffledSubarray(Object.entries(members), { minLength: Object.keys(members).length })
      .map((entries) => Object.fromEntries(entries)),
  );
const item = fc
  .tuple(metadata, fc.dictionary(trickyName, json, { maxKeys: 3 }), fc.boolean())
  .map(([meta, others, isFirst]) =>
    isFirst ? { metadata: meta, ...without(others) } : { ...without(others), metadata: meta },
  );
const without = ({ metadata: _, ...others }: Record<string, unknown>): Record<string, unknown> =>
  others;
const list = fc
  .tuple(fc.array(item, { maxLength: 5 }), fc.boolean(), fc.constantFrom(undefined, 1, '\t'))
  .map(([items, metadataFirst, space]) => {
    const meta = { resourceVersion: '12', continue: 'items' };
    const value = metadataFirst
      ? { kind: 'WidgetList', metadata: meta, items }
      : { items, kind: 'WidgetList', metadata: meta };
    return { items, text: JSON.stringify(value, null, space) };
  });

test('reads a list the same however its bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(list, cutsUpTo(400), async ({ text }, cuts) => {
      const expected = JSON.parse(text) as { items: object[]; metadata: object };
      const actual = await read(text, cuts);
      assert.deepEqual(actual.metadata, expected.metadata);
      assert.deepEqual(
        actual.items,
        expected.items.map((each) => ({ ...type, ...each })),
      );
    }),
    { numRuns: 150 },
  );
});

test('drops managedFields of the metadata, and only those, however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(list, cutsUpTo(400), async ({ text }, cuts) => {
      const { items } = JSON.parse(text) as { items: { metadata: Record<string, unknown> }[] };
      const actual = await read(text, cuts, { managedFields: 'drop' });
      const expected = items.map((each) => {
        const { managedFields: _, ...kept } = each.metadata;
        return { ...type, ...each, metadata: kept };
      });
      assert.deepEqual(actual.items, expected);
    }),
    { numRuns: 150 },
  );
});

test('hands on each item as soon as its last byte is there', async () => {
  const { promise: more, resolve: sendMore } = Promise.withResolvers<undefined>();
  async function* body(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from('{"items":[{"metadata":{"name":"a"}}');
    await more;
    yield Buffer.from('],"metadata":{"resourceVersion":"7"}}');
  }
  const stream = decoderFor(Widget, 'application/json').list(body());
  const iterator = stream.items[Symbol.asyncIterator]();
  const first = await iterator.next();
  assert.deepEqual(first.value, { ...type, metadata: { name: 'a' } });
  sendMore(undefined);
  assert.equal((await iterator.next()).done, true);
  assert.equal(stream.metadata.resourceVersion, '7');
});

test('hands on the items before a malformed one', async () => {
  const text = '{"items":[{"metadata":{"name":"a"}},{"metadata":{"name":}},{"metadata":{}}]}';
  const stream = decoderFor(Widget, 'application/json').list(bodyOf(Buffer.from(text)));
  const iterator = stream.items[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).done, false);
  await assert.rejects(iterator.next(), hasCode('MALFORMED'));
});

test('leaves the body when the reader leaves', async () => {
  let isLeft = false;
  async function* body(): AsyncGenerator<Uint8Array, void> {
    try {
      for (;;) yield Buffer.from('{"items":[{"metadata":{"name":"a"}},');
    } finally {
      isLeft = true;
    }
  }
  for await (const _ of decoderFor(Widget, 'application/json').list(body()).items) break;
  assert.equal(isLeft, true);
});

test('keeps the type of items that name their own', async () => {
  const own = { apiVersion: 'v2', kind: 'Other', metadata: {} };
  assert.deepEqual((await read(JSON.stringify({ items: [own] }))).items, [own]);
});

test('reads null items as none', async () => {
  assert.deepEqual((await read('{"metadata":{},"items":null}')).items, []);
});

test('finds items and managedFields whose names are written with escapes', async () => {
  const text =
    '{"\\u0069tems":[{"metad\\u0061ta":{"managed\\u0046ields":[{}],"name":"a"}}],"metadata":{}}';
  const { items } = await read(text, [], { managedFields: 'drop' });
  assert.deepEqual(items, [{ ...type, metadata: { name: 'a' } }]);
});

test('drops managedFields given twice', async () => {
  const text = '{"items":[{"metadata":{"managedFields":[1],"name":"a","managedFields":[2]}}]}';
  const { items } = await read(text, [], { managedFields: 'drop' });
  assert.deepEqual(items, [{ ...type, metadata: { name: 'a' } }]);
});

const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof DecodeError && error.code === code;

const malformed: Record<string, string> = {
  'a list that is an array': '[]',
  'a list that is a word': 'null',
  'two items without a comma': '{"items":[{"metadata":{}}{"metadata":{}}]}',
  'a comma before the first item': '{"items":[,{"metadata":{}}]}',
  'a comma after the last item': '{"items":[{"metadata":{}},]}',
  'two commas': '{"items":[{"metadata":{}},,{"metadata":{}}]}',
  'an item that is a text': '{"items":["a"]}',
  'an item that is null': '{"items":[null]}',
  'an item without metadata': '{"items":[{"spec":{}}]}',
  'items that are an object': '{"items":{"metadata":{}}}',
  'no items': '{"kind":"Widget","metadata":{"name":"a"}}',
  'items twice': '{"items":[],"items":[]}',
  'a bracket closed by a brace': '{"items":[{"metadata":{"a":[}}}]}',
  'a missing colon': '{"items" [] "metadata" {}}',
  'something after the list': '{"items":[]}{}',
  'a broken envelope': '{"items":[],"metadata":{"a"}}',
};
for (const [what, text] of Object.entries(malformed)) {
  test(`refuses ${what}`, async () => {
    await assert.rejects(read(text), hasCode('MALFORMED'));
    await assert.rejects(
      read(
        text,
        Array.from({ length: text.length }, (_, index) => index),
      ),
      hasCode('MALFORMED'),
    );
  });
}

test('refuses a list that ends early, wherever it ends', async () => {
  const text =
    '{"kind":"L","items":[{"metadata":{"name":"a\\\\"}} , {"metadata":{}}],"metadata":{}}';
  for (let length = 0; length < text.length; length++) {
    await assert.rejects(read(text.slice(0, length)), hasCode('TRUNCATED'), `length ${length}`);
  }
});

test('refuses an item beyond the bound before it is complete', async () => {
  async function* endless(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from('{"items":[{"metadata":{"name":"');
    for (;;) yield Buffer.alloc(1000, 'a');
  }
  const stream = decoderFor(Widget, 'application/json', { maxObjectBytes: 5000 }).list(endless());
  await assert.rejects(collect(stream), hasCode('TOO_LONG'));
});

test('refuses an envelope beyond the bound', async () => {
  async function* endless(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from('{"metadata":{"continue":"');
    for (;;) yield Buffer.alloc(1000, 'a');
  }
  const stream = decoderFor(Widget, 'application/json', { maxObjectBytes: 5000 }).list(endless());
  await assert.rejects(collect(stream), hasCode('TOO_LONG'));
});

test('reads a list far longer than the bound of one item', async () => {
  const many = Array.from({ length: 1000 }, (_, index) => ({ metadata: { name: `n${index}` } }));
  const { items } = await read(JSON.stringify({ items: many }), [], { maxObjectBytes: 100 });
  assert.equal(items.length, 1000);
});

test('gives the event loop its turns while a list that came as a whole is decoded', async () => {
  const many = Array.from({ length: 20_000 }, (_, index) => ({ metadata: { name: `n${index}` } }));
  let turns = 0;
  let isReading = true;
  const count = (): void => {
    turns++;
    if (isReading) setImmediate(count);
  };
  setImmediate(count);
  const { items } = await read(JSON.stringify({ items: many }));
  isReading = false;
  assert.equal(items.length, 20_000);
  assert.ok(turns >= 5, `${turns} turns`);
});

test('refuses a media type nobody asked for, with the attempt', () => {
  assert.throws(
    () => decoderFor(Widget, 'text/html; charset=utf-8', { attempt: 'list widgets' }),
    (error) =>
      error instanceof DecodeError &&
      error.code === 'UNSUPPORTED_MEDIA_TYPE' &&
      error.message.startsWith('list widgets: the answer is of type "text/html; charset=utf-8"'),
  );
});
