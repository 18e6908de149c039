import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineResource, isExpired, type KubernetesObject } from '@kubewright/apimachinery';
import fc from 'fast-check';
import {
  DecodeError,
  decoderFor,
  isInitialEventsEnd,
  type DecoderOptions,
  type WatchEvent,
} from '../src/index.ts';
import { bodyOf, cutsUpTo, json, trickyName, trickyText } from './chunks.ts';

const Widget = defineResource<KubernetesObject>({
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  scope: 'Namespaced',
});

async function read(
  text: string | Uint8Array,
  cuts: readonly number[] = [],
  options: DecoderOptions = {},
): Promise<WatchEvent<KubernetesObject>[]> {
  const body = bodyOf(Buffer.from(text), cuts);
  const events: WatchEvent<KubernetesObject>[] = [];
  for await (const event of decoderFor(Widget, 'application/json', options).events(body)) {
    events.push(event);
  }
  return events;
}

const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof DecodeError && error.code === code;

const event = fc.record({
  type: fc.constantFrom('ADDED', 'MODIFIED', 'DELETED'),
  object: fc.record({
    kind: trickyText,
    metadata: fc.dictionary(fc.oneof(trickyName, fc.constant('managedFields')), json),
    spec: fc.dictionary(trickyName, json, { maxKeys: 3 }),
  }),
});
const lines = fc
  .array(event, { maxLength: 5 })
  .map((events) => events.map((each) => `${JSON.stringify(each)}\n`).join(''));

test('reads events the same however their bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(lines, cutsUpTo(500), async (text, cuts) => {
      const expected = text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as unknown);
      assert.deepEqual(await read(text, cuts), expected);
    }),
    { numRuns: 150 },
  );
});

test("drops managedFields of an event's object, and only those, however the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(lines, cutsUpTo(500), async (text, cuts) => {
      const expected = text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const parsed = JSON.parse(line) as {
            type: string;
            object: { metadata: Record<string, unknown> };
          };
          const { managedFields: _, ...kept } = parsed.object.metadata;
          return { ...parsed, object: { ...parsed.object, metadata: kept } };
        });
      assert.deepEqual(await read(text, cuts, { managedFields: 'drop' }), expected);
    }),
    { numRuns: 150 },
  );
});

test('drops managedFields also where the object comes before the type, with spaces', async () => {
  const text =
    '{ "object" : { "spec":{"metadata":{"managedFields":1}}, "metadata" : { "managedFields" : [ {"a":"}"} ] , "name":"x"} } , "type" : "ADDED" }\n';
  assert.deepEqual(await read(text, [], { managedFields: 'drop' }), [
    {
      type: 'ADDED',
      object: { spec: { metadata: { managedFields: 1 } }, metadata: { name: 'x' } },
    },
  ]);
});

test('hands on an event when its line has ended', async () => {
  const { promise: never } = Promise.withResolvers<undefined>();
  async function* body(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n{"type":');
    await never;
  }
  const iterator = decoderFor(Widget, 'application/json').events(body())[Symbol.asyncIterator]();
  const { value } = (await iterator.next()) as { value: WatchEvent<KubernetesObject> };
  assert.equal(value.type, 'ADDED');
});

test('leaves out empty lines', async () => {
  const line = '{"type":"ADDED","object":{"metadata":{}}}';
  assert.equal((await read(`\n\n${line}\n\n${line}\n`)).length, 2);
});

test('tells the bookmark that ends the initial events', async () => {
  const bookmark = (annotations: object): string =>
    `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '5', annotations } } })}\n`;
  const events = await read(bookmark({}) + bookmark({ 'k8s.io/initial-events-end': 'true' }));
  assert.deepEqual(events.map(isInitialEventsEnd), [false, true]);
});

test('throws an ERROR event as the StatusError it carries, with the attempt', async () => {
  const status = {
    kind: 'Status',
    code: 410,
    reason: 'Expired',
    message: 'too old resource version',
  };
  const text = `${JSON.stringify({ type: 'ERROR', object: status })}\n`;
  await assert.rejects(
    read(text, [], { attempt: 'watch widgets' }),
    (error) => isExpired(error) && error.message === 'watch widgets: too old resource version',
  );
});

test('throws a malformed line, after the events before it', async () => {
  const good = '{"type":"ADDED","object":{"metadata":{}}}\n';
  const body = bodyOf(Buffer.from(`${good}{"type":"ADDED"\n${good}`));
  const decoder = decoderFor(Widget, 'application/json', { attempt: 'watch widgets' });
  const iterator = decoder.events(body)[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).done, false);
  await assert.rejects(
    iterator.next(),
    (error) =>
      error instanceof DecodeError &&
      error.code === 'MALFORMED' &&
      error.message === 'watch widgets: not JSON: "{\\"type\\":\\"ADDED\\""',
  );
});

for (const [what, line] of Object.entries({
  'a line that is no object': '[]',
  'an event without an object': '{"type":"ADDED"}',
  'an event of an unknown type': '{"type":"RENAMED","object":{"metadata":{}}}',
  'an object without metadata': '{"type":"ADDED","object":{}}',
  'a bookmark without version': '{"type":"BOOKMARK","object":{"metadata":{}}}',
})) {
  test(`refuses ${what}`, async () => {
    await assert.rejects(read(`${line}\n`), hasCode('MALFORMED'));
  });
}

test('refuses a watch that ends within a line', async () => {
  await assert.rejects(read('{"type":"ADDED","object":{"metadata":{}}}'), hasCode('TRUNCATED'));
});

test('refuses a line beyond the bound before it has ended', async () => {
  async function* endless(): AsyncGenerator<Uint8Array, void> {
    for (;;) yield Buffer.alloc(1000, 'a');
  }
  const events = decoderFor(Widget, 'application/json', { maxObjectBytes: 5000 }).events(endless());
  await assert.rejects(events[Symbol.asyncIterator]().next(), hasCode('TOO_LONG'));
});
