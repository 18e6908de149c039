import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigMap, isExpired, parseLabelSelector, Pod } from '@kubewright/apimachinery';
import { Client, DecodeError, TransportError } from '../src/index.ts';
import { failure, ScriptedTransport, type Answer } from './scripted-transport.ts';

function scripted(answers: readonly Answer[]): { client: Client; transport: ScriptedTransport } {
  const transport = new ScriptedTransport(answers);
  return { client: new Client({ transport, namespace: 'mine' }), transport };
}

const named = (name: string): object => ({ metadata: { name, namespace: 'ns' } });
const page = (names: readonly string[], metadata: object = {}): Answer => ({
  body: { kind: 'ConfigMapList', apiVersion: 'v1', metadata, items: names.map(named) },
});

test('reads an object with all its metadata, or without managedFields', async () => {
  const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', managedFields: [{}] } };
  const { client, transport } = scripted([{ body }, { body }]);
  assert.deepEqual(await client.get(Pod, { name: 'a' }), body);
  const dropped = await client.get(
    Pod,
    { name: 'a' },
    { resourceVersion: '0', managedFields: 'drop' },
  );
  assert.deepEqual(dropped.metadata, { name: 'a' });
  assert.equal(transport.sent(0).path, '/api/v1/namespaces/mine/pods/a');
  assert.deepEqual(transport.sent(1).query, { resourceVersion: '0' });
});

test('lists all namespaces unless one is named, with selectors', async () => {
  const { client, transport } = scripted([page([]), page([])]);
  await client.list(ConfigMap);
  await client.list(ConfigMap, {
    namespace: 'ns',
    labelSelector: parseLabelSelector('a=b,c notin (d)'),
    fieldSelector: 'metadata.name=x',
    limit: 5,
    continue: 'token',
    resourceVersion: '3',
    resourceVersionMatch: 'Exact',
  });
  assert.equal(transport.sent(0).path, '/api/v1/configmaps');
  assert.deepEqual(transport.sent(0).query, {});
  assert.equal(transport.sent(1).path, '/api/v1/namespaces/ns/configmaps');
  assert.deepEqual(transport.sent(1).query, {
    labelSelector: 'a=b,c notin (d)',
    fieldSelector: 'metadata.name=x',
    limit: '5',
    continue: 'token',
    resourceVersion: '3',
    resourceVersionMatch: 'Exact',
  });
});

test('answers a list with the type of each item', async () => {
  const { client } = scripted([page(['a'], { resourceVersion: '9' })]);
  assert.deepEqual(await client.list(ConfigMap), {
    apiVersion: 'v1',
    kind: 'ConfigMapList',
    metadata: { resourceVersion: '9' },
    items: [{ apiVersion: 'v1', kind: 'ConfigMap', ...named('a') }],
  });
});

async function namesOf(items: AsyncIterable<ConfigMap>): Promise<(string | undefined)[]> {
  const names: (string | undefined)[] = [];
  for await (const { metadata } of items) names.push(metadata.name);
  return names;
}

test('reads all objects page by page, the version only with the first', async () => {
  const { client, transport } = scripted([
    page(['a', 'b'], { continue: 'one' }),
    page(['c'], { continue: 'two' }),
    page(['d'], { continue: '' }),
  ]);
  const names = await namesOf(
    client.listAll(ConfigMap, {
      pageSize: 2,
      labelSelector: 'x',
      resourceVersion: '5',
      resourceVersionMatch: 'Exact',
    }),
  );
  assert.deepEqual(names, ['a', 'b', 'c', 'd']);
  assert.deepEqual(
    [0, 1, 2].map((index) => transport.sent(index).query),
    [
      { labelSelector: 'x', limit: '2', resourceVersion: '5', resourceVersionMatch: 'Exact' },
      { labelSelector: 'x', limit: '2', continue: 'one' },
      { labelSelector: 'x', limit: '2', continue: 'two' },
    ],
  );
});

test('asks for a page only when the one before has been consumed', async () => {
  const { client, transport } = scripted([page(['a'], { continue: 'one' }), page(['b'])]);
  const iterator = client.listAll(ConfigMap)[Symbol.asyncIterator]();
  await iterator.next();
  assert.equal(transport.requests.length, 1);
  await iterator.next();
  assert.equal(transport.requests.length, 2);
});

test('goes on with the token that an expired one is answered with', async () => {
  const expired = failure(410, 'Expired', 'too old', { metadata: { continue: 'fresh' } });
  const { client, transport } = scripted([page(['a'], { continue: 'old' }), expired, page(['b'])]);
  assert.deepEqual(await namesOf(client.listAll(ConfigMap)), ['a', 'b']);
  assert.equal(transport.sent(2).query['continue'], 'fresh');
});

test('reports an expired token when the server offers no other', async () => {
  const { client } = scripted([page(['a'], { continue: 'old' }), failure(410, 'Expired', 'old')]);
  await assert.rejects(namesOf(client.listAll(ConfigMap)), isExpired);
});

test('watches with bookmarks from the version asked for', async () => {
  const { client, transport } = scripted([{ body: '' }, { body: '' }]);
  for await (const _ of client.watch(Pod, { namespace: 'ns', resourceVersion: '7' })) assert.fail();
  for await (const _ of client.watch(Pod, { sendInitialEvents: true, timeoutSeconds: 9 })) {
    assert.fail();
  }
  assert.equal(transport.sent(0).path, '/api/v1/namespaces/ns/pods');
  assert.deepEqual(transport.sent(0).query, {
    watch: 'true',
    resourceVersion: '7',
    allowWatchBookmarks: 'true',
  });
  assert.deepEqual(transport.sent(1).query, {
    watch: 'true',
    allowWatchBookmarks: 'true',
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
    timeoutSeconds: '9',
  });
  assert.equal(transport.requests[0]?.longLived, true);
});

test('drops managedFields of lists and watches unless they are asked for', async () => {
  const object = { metadata: { name: 'a', managedFields: [{}] } };
  const list: Answer = { body: { metadata: {}, items: [object] } };
  const watch: Answer = { body: `${JSON.stringify({ type: 'ADDED', object })}\n` };
  const { client } = scripted([list, list, watch, watch]);
  const seen: boolean[] = [];
  for (const options of [{}, { managedFields: 'keep' } as const]) {
    const { items } = await client.list(Pod, options);
    seen.push(items.every(({ metadata }) => metadata.managedFields !== undefined));
  }
  for (const options of [{}, { managedFields: 'keep' } as const]) {
    for await (const event of client.watch(Pod, options)) {
      seen.push('managedFields' in event.object.metadata);
    }
  }
  assert.deepEqual(seen, [false, true, false, true]);
});

test('names the attempt when a body breaks off or cannot be read', async () => {
  const lost = new TransportError('host: connection reset', {
    code: 'CONNECTION_LOST',
    host: 'host',
    maybeSent: true,
  });
  async function* broken(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from('{"items":[');
    throw lost;
  }
  const { client } = scripted([
    { body: broken() },
    { body: broken() },
    { body: '{' },
    { headers: { 'content-type': 'text/html' }, body: '<html>' },
  ]);
  const messages: string[] = [];
  for (const attempt of [
    () => client.list(Pod, { namespace: 'ns' }),
    () => namesOf(client.listAll(Pod)),
    () => client.get(Pod, { name: 'a' }),
    () => client.list(Pod),
  ]) {
    await attempt().then(
      () => assert.fail('it did not fail'),
      (error: unknown) => {
        assert.ok(error instanceof TransportError || error instanceof DecodeError);
        messages.push(error.message.slice(0, 60));
      },
    );
  }
  assert.deepEqual(messages, [
    'list pods in namespace ns: host: connection reset',
    'list pods: host: connection reset',
    'get Pod mine/a: not JSON: "{"',
    'list pods: the answer is of type "text/html" instead of appl',
  ]);
});
