import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  ConfigMap,
  isExpired,
  resourcePath,
  StatusError,
  type Stored,
  type TransportResponse,
} from '@kubewright/apimachinery';
import { isInitialEventsEnd, type Client, type WatchOptions } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';

interface RawEvent {
  readonly type: string;
  readonly object: {
    readonly kind: string;
    readonly code?: number;
    readonly reason?: string;
    readonly message?: string;
    readonly columnDefinitions?: readonly { readonly name: string }[] | null;
    readonly rows?: readonly {
      readonly cells: readonly unknown[];
      readonly object: { readonly kind: string; readonly metadata: { readonly name: string } };
    }[];
    readonly metadata?: { readonly name?: string; readonly resourceVersion?: string };
  };
}

describeOnEachServer('watch', {}, (environment) => {
  let client: Client;
  let namespace: string;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });

  const make = (name: string, labels: Record<string, string> = {}): Promise<Stored<ConfigMap>> =>
    client.create(ConfigMap, { metadata: { name, namespace, labels } });
  const label = (name: string, labels: Record<string, string | null>): Promise<Stored<ConfigMap>> =>
    client.patch(ConfigMap, { namespace, name }, { type: 'merge', body: { metadata: { labels } } });
  const now = async (): Promise<string> => {
    const { metadata } = await client.list(ConfigMap, { namespace });
    assert.ok(metadata.resourceVersion);
    return metadata.resourceVersion;
  };
  /** The events of a watch up to the one for an object named `end`; a test makes it last. */
  async function eventsUntilEnd(options: WatchOptions): Promise<string[]> {
    const seen: string[] = [];
    for await (const event of client.watch(ConfigMap, { namespace, ...options })) {
      if (event.type === 'BOOKMARK') continue;
      if (event.object.metadata.name === 'end') return seen;
      seen.push(`${event.type} ${event.object.metadata.name}`);
    }
    throw new Error(`the watch ended after ${seen.join(', ')}`);
  }
  async function end(labels: Record<string, string> = {}): Promise<void> {
    await make('end', labels);
    await client.delete(ConfigMap, { namespace, name: 'end' });
  }
  /** The lines of a watch, as the server wrote them, until it ends or enough were read. */
  async function rawEvents(query: string, enough: number, accept?: string): Promise<RawEvent[]> {
    const path = `${resourcePath(ConfigMap, { namespace })}?watch=true&${query}`;
    return readEvents(await open(path, accept), enough);
  }
  /** A watch that has begun. */
  const open = (path: string, accept?: string): Promise<TransportResponse> =>
    client.raw({
      method: 'GET',
      path,
      longLived: true,
      ...(accept === undefined ? {} : { headers: { accept } }),
    });
  async function readEvents({ body }: TransportResponse, enough: number): Promise<RawEvent[]> {
    const events: RawEvent[] = [];
    let text = '';
    for await (const bytes of body) {
      text += Buffer.from(bytes).toString('utf8');
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) events.push(JSON.parse(line) as RawEvent); // as the API documents it
      if (events.length >= enough) break;
    }
    return events;
  }

  test('tells all changes after a version, in their order, and none before', async () => {
    await make('order-before');
    const resourceVersion = await now();
    await make('order-a');
    await make('order-b');
    await label('order-a', { x: '1' });
    await client.delete(ConfigMap, { namespace, name: 'order-b' });
    await end();
    assert.deepEqual(await eventsUntilEnd({ resourceVersion }), [
      'ADDED order-a',
      'ADDED order-b',
      'MODIFIED order-a',
      'DELETED order-b',
    ]);
  });

  test('can be resumed at any event without losing or repeating one', async () => {
    const first = await now();
    const versions: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      versions.push((await make(`resume-${index}`)).metadata.resourceVersion);
    }
    await end();
    const names = Array.from({ length: 5 }, (_, index) => `ADDED resume-${index}`);
    for (const [index, resourceVersion] of [first, ...versions].entries()) {
      assert.deepEqual(await eventsUntilEnd({ resourceVersion }), names.slice(index));
    }
  });

  test('gives a deleted object the version of its deletion', async () => {
    const resourceVersion = await now();
    const made = await make('versioned');
    await client.delete(ConfigMap, { namespace, name: 'versioned' });
    for await (const event of client.watch(ConfigMap, { namespace, resourceVersion })) {
      if (event.type !== 'DELETED') continue;
      const deleted = event.object.metadata;
      assert.equal(deleted.uid, made.metadata.uid);
      assert.notEqual(deleted.resourceVersion, made.metadata.resourceVersion);
      break;
    }
  });

  test('begins with the present state when no version is named, then goes on', async () => {
    await make('present', { begin: 'yes' });
    const seen: string[] = [];
    for await (const { type, object } of client.watch(ConfigMap, {
      namespace,
      labelSelector: 'begin=yes',
    })) {
      if (type === 'BOOKMARK') continue;
      seen.push(`${type} ${object.metadata.name}`);
      if (seen.length === 2) break;
      await make('later', { begin: 'yes' });
    }
    assert.deepEqual(seen, ['ADDED present', 'ADDED later']);
  });

  test('tells an object that comes to match as added, and one that ceases to as deleted', async () => {
    const resourceVersion = await now();
    await make('mover', { side: 'left' });
    await label('mover', { side: 'right' });
    await label('mover', { side: 'right', other: '1' });
    await label('mover', { side: 'left' });
    await client.delete(ConfigMap, { namespace, name: 'mover' });
    await end({ side: 'right' });
    assert.deepEqual(await eventsUntilEnd({ resourceVersion, labelSelector: 'side=right' }), [
      'ADDED mover',
      'MODIFIED mover',
      'DELETED mover',
    ]);
  });

  test('shows an object that ceases to match as it was when it did, at the new version', async () => {
    const resourceVersion = await now();
    await make('leaver', { team: 'a' });
    const left = await label('leaver', { team: 'b' });
    for await (const event of client.watch(ConfigMap, {
      namespace,
      resourceVersion,
      labelSelector: 'team=a',
    })) {
      if (event.type !== 'DELETED') continue;
      assert.deepEqual(event.object.metadata.labels, { team: 'a' });
      assert.equal(event.object.metadata.resourceVersion, left.metadata.resourceVersion);
      break;
    }
  });

  test('tells nothing of a write that changes nothing', async () => {
    const resourceVersion = await now();
    const made = await make('idle');
    const same = await client.update(ConfigMap, made);
    assert.equal(same.metadata.resourceVersion, made.metadata.resourceVersion);
    await end();
    assert.deepEqual(await eventsUntilEnd({ resourceVersion }), ['ADDED idle']);
  });

  test('watches one object by its name', async () => {
    const resourceVersion = await now();
    await make('alone');
    await make('other');
    const seen: string[] = [];
    await client.delete(ConfigMap, { namespace, name: 'alone' });
    for await (const event of client.watch(ConfigMap, {
      namespace,
      resourceVersion,
      fieldSelector: 'metadata.name=alone',
    })) {
      if (event.type === 'BOOKMARK') continue;
      seen.push(`${event.type} ${event.object.metadata.name}`);
      if (event.type === 'DELETED') break;
    }
    assert.deepEqual(seen, ['ADDED alone', 'DELETED alone']);
  });

  test('streams the present state, and marks its end with the version it has', async () => {
    await Promise.all(['s1', 's2', 's3'].map((name) => make(name, { stream: 'yes' })));
    const version = await now();
    const seen: string[] = [];
    for await (const event of client.watch(ConfigMap, {
      namespace,
      labelSelector: 'stream=yes',
      sendInitialEvents: true,
    })) {
      if (event.type === 'BOOKMARK') {
        assert.ok(isInitialEventsEnd(event));
        assert.ok(Number(event.object.metadata.resourceVersion) >= Number(version));
        break;
      }
      seen.push(`${event.type} ${event.object.metadata.name}`);
    }
    assert.deepEqual(seen.sort(), ['ADDED s1', 'ADDED s2', 'ADDED s3']);
  });

  test('refuses a streaming list without a version match, with the rule', async () => {
    const error = await refusalOf(rawEvents('sendInitialEvents=true&allowWatchBookmarks=true', 1));
    assert.equal(error.code, 422);
    assert.equal(
      error.status.details?.causes?.[0]?.message,
      'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
    assert.equal(error.status.details.causes[0].field, 'resourceVersionMatch');
  });

  test('ends after the seconds it was asked for, without an error', async () => {
    const resourceVersion = await now();
    const events = await rawEvents(
      `resourceVersion=${resourceVersion}&timeoutSeconds=1`,
      Number.POSITIVE_INFINITY,
    );
    assert.deepEqual(events, []);
  });

  test('says 410 in an event when the version is too old, in the words of the API', async (t) => {
    const compact = environment().faults?.compact;
    if (compact === undefined) {
      t.skip(`a history cannot be forgotten on ${environment().kind}`);
      return;
    }
    const resourceVersion = await now();
    await make('forgotten');
    await client.delete(ConfigMap, { namespace, name: 'forgotten' });
    await compact();
    const [event] = await rawEvents(`resourceVersion=${resourceVersion}`, 1);
    assert.equal(event?.type, 'ERROR');
    assert.equal(event.object.kind, 'Status');
    assert.equal(event.object.code, 410);
    assert.equal(event.object.reason, 'Expired');
    assert.match(event.object.message ?? '', /^too old resource version: \d+ \(\d+\)$/);
  });

  test('throws what the server says in an error event', async (t) => {
    const compact = environment().faults?.compact;
    if (compact === undefined) {
      t.skip(`a history cannot be forgotten on ${environment().kind}`);
      return;
    }
    const resourceVersion = await now();
    await make('forgotten');
    await client.delete(ConfigMap, { namespace, name: 'forgotten' });
    await compact();
    await assert.rejects(
      eventsUntilEnd({ resourceVersion }),
      (error: unknown) => error instanceof StatusError && isExpired(error),
    );
  });

  test('sends Tables to who asks for them, the columns once', async () => {
    const resourceVersion = await now();
    await make('row-1');
    await make('row-2');
    const events = await rawEvents(
      `resourceVersion=${resourceVersion}&includeObject=Metadata`,
      2,
      'application/json;as=Table;v=v1;g=meta.k8s.io',
    );
    assert.deepEqual(
      events.map(({ type, object }) => [type, object.kind, object.rows?.[0]?.cells[0]]),
      [
        ['ADDED', 'Table', 'row-1'],
        ['ADDED', 'Table', 'row-2'],
      ],
    );
    assert.deepEqual(
      events[0]?.object.columnDefinitions?.map(({ name }) => name),
      ['Name', 'Data', 'Age'],
    );
    assert.ok(!events[1]?.object.columnDefinitions);
    assert.equal(events[0].object.rows?.[0]?.object.kind, 'PartialObjectMetadata');
  });

  test('tells nothing before a version that is yet to come, and all that follows it', async () => {
    const { metadata } = await make('future-before');
    const start = BigInt(metadata.resourceVersion) + 3n;
    const opened = await open(
      `${resourcePath(ConfigMap, { namespace })}?watch=true&resourceVersion=${String(start)}`,
    );
    const made: Stored<ConfigMap>[] = [];
    // Each takes at least one version; others on a real server take some, too.
    for (let index = 0; index < 6; index += 1) made.push(await make(`future-${String(index)}`));
    const later = made.filter((object) => BigInt(object.metadata.resourceVersion) > start);
    const events = await readEvents(opened, later.length);
    assert.deepEqual(
      events.map(({ type, object }) => `${type} ${object.metadata?.name ?? ''}`),
      later.map((object) => `ADDED ${object.metadata.name}`),
    );
  });

  test('says of a streaming list from a version yet to come that it is too large', async () => {
    const [event] = await rawEvents(
      'resourceVersion=999999999999&resourceVersionMatch=NotOlderThan&sendInitialEvents=true',
      1,
    );
    assert.equal(event?.type, 'ERROR');
    assert.equal(event.object.code, 504);
    assert.equal(event.object.reason, 'Timeout');
    assert.match(
      event.object.message ?? '',
      /^Timeout: Too large resource version: 999999999999, current: \d+$/,
    );
  });

  test('serves the old paths of watches: of a collection, of a namespace, of one object', async () => {
    await Promise.all(['path-1', 'path-2'].map((name) => make(name, { path: 'old' })));
    const prefix = '/api/v1/watch';
    const inNamespace = `${prefix}/namespaces/${namespace}/configmaps`;
    const names = async (path: string, enough: number): Promise<string[]> => {
      const events = await readEvents(await open(path), enough);
      return events.map(({ type, object }) => `${type} ${object.metadata?.name ?? ''}`).sort();
    };
    const both = ['ADDED path-1', 'ADDED path-2'];
    assert.deepEqual(await names(`${prefix}/configmaps?labelSelector=path%3Dold`, 2), both);
    assert.deepEqual(await names(`${inNamespace}?labelSelector=path%3Dold`, 2), both);
    // The other object, which changes first, is not among what it tells.
    const one = await open(`${inNamespace}/path-1`);
    await label('path-2', { path: 'new' });
    await label('path-1', { path: 'new' });
    const told = await readEvents(one, 2);
    assert.deepEqual(
      told.map(({ type, object }) => `${type} ${object.metadata?.name ?? ''}`),
      ['ADDED path-1', 'MODIFIED path-1'],
    );
    assert.deepEqual(await names(`${prefix}/namespaces/${namespace}`, 1), [`ADDED ${namespace}`]);
  });
});
