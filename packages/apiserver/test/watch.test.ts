import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiServer } from '../src/index.ts';
import { at, call, CONFIG_MAPS, FakeClock, MERGE, OpenWatch, textAt } from './server-fixture.ts';

function configMap(name: string, labels: Record<string, string> = {}): unknown {
  return { metadata: { name, labels }, data: { a: 'b' } };
}

async function revisionOf(transport: Parameters<typeof call>[0]): Promise<string> {
  const answer = await call(transport, 'GET', CONFIG_MAPS);
  return textAt(answer.body, 'metadata.resourceVersion');
}

describe('watch', () => {
  it('tells what is there and then what happens, in order', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await call(transport, 'POST', CONFIG_MAPS, configMap('a'));
    await using watch = await OpenWatch.open(transport, `${CONFIG_MAPS}?watch=true`);
    assert.deepEqual(await watch.summaries(1), ['ADDED a']);
    await call(transport, 'POST', CONFIG_MAPS, configMap('b'));
    await call(
      transport,
      'PATCH',
      `${CONFIG_MAPS}/a`,
      { data: { a: 'c' } },
      { contentType: MERGE },
    );
    await call(transport, 'DELETE', `${CONFIG_MAPS}/a`);
    assert.deepEqual(await watch.summaries(3), ['ADDED b', 'MODIFIED a', 'DELETED a']);
  });

  it('resumes after a revision without gap or repetition', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await call(transport, 'POST', CONFIG_MAPS, configMap('a'));
    const revision = await revisionOf(transport);
    await call(transport, 'POST', CONFIG_MAPS, configMap('b'));
    await call(transport, 'POST', CONFIG_MAPS, configMap('c'));
    await using watch = await OpenWatch.open(
      transport,
      `${CONFIG_MAPS}?watch=true&resourceVersion=${revision}`,
    );
    assert.deepEqual(await watch.summaries(2), ['ADDED b', 'ADDED c']);
  });

  it('gives a deletion the revision of the deletion', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    const created = await call(transport, 'POST', CONFIG_MAPS, configMap('a'));
    const revision = textAt(created.body, 'metadata.resourceVersion');
    await call(transport, 'DELETE', `${CONFIG_MAPS}/a`);
    await using watch = await OpenWatch.open(
      transport,
      `${CONFIG_MAPS}?watch=true&resourceVersion=${revision}`,
    );
    const event = await watch.next();
    assert.equal(at(event?.object, 'metadata.resourceVersion'), await revisionOf(transport));
    assert.deepEqual(at(event?.object, 'data'), { a: 'b' });
  });

  it('tells entering and leaving a selection as addition and deletion', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await using watch = await OpenWatch.open(
      transport,
      `${CONFIG_MAPS}?watch=true&labelSelector=team%3Dx`,
    );
    await call(transport, 'POST', CONFIG_MAPS, configMap('a'));
    const label = (team: string | null) =>
      call(
        transport,
        'PATCH',
        `${CONFIG_MAPS}/a`,
        { metadata: { labels: { team } } },
        { contentType: MERGE },
      );
    await label('x');
    await label('y');
    await label('x');
    const events = await watch.summaries(3);
    assert.deepEqual(events, ['ADDED a', 'DELETED a', 'ADDED a']);
  });

  it('shows in the deletion by leaving what the client knew, under the new revision', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await using watch = await OpenWatch.open(
      transport,
      `${CONFIG_MAPS}?watch=true&labelSelector=team%3Dx`,
    );
    await call(transport, 'POST', CONFIG_MAPS, configMap('a', { team: 'x' }));
    const patch = { metadata: { labels: { team: 'y' } } };
    const left = await call(transport, 'PATCH', `${CONFIG_MAPS}/a`, patch, { contentType: MERGE });
    await watch.next();
    const event = await watch.next();
    assert.equal(event?.type, 'DELETED');
    assert.equal(at(event.object, 'metadata.labels.team'), 'x');
    assert.equal(
      at(event.object, 'metadata.resourceVersion'),
      at(left.body, 'metadata.resourceVersion'),
    );
  });

  it('ends the initial events with an annotated bookmark', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await call(transport, 'POST', CONFIG_MAPS, configMap('a'));
    await using watch = await OpenWatch.open(
      transport,
      `${CONFIG_MAPS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    assert.deepEqual(await watch.summaries(1), ['ADDED a']);
    const bookmark = await watch.next();
    assert.equal(bookmark?.type, 'BOOKMARK');
    assert.deepEqual(bookmark.object, {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: {
        resourceVersion: await revisionOf(transport),
        annotations: { 'k8s.io/initial-events-end': 'true' },
      },
    });
  });

  it('says every minute how far it has got, also by what happened to other kinds', async () => {
    const clock = new FakeClock();
    await using server = new ApiServer({ clock });
    const transport = server.transport();
    const revision = await revisionOf(transport);
    await using watch = await OpenWatch.open(
      transport,
      `${CONFIG_MAPS}?watch=true&allowWatchBookmarks=true&resourceVersion=${revision}`,
    );
    const event = watch.next();
    await FakeClock.settle();
    await call(transport, 'POST', '/api/v1/namespaces', { metadata: { name: 'other' } });
    clock.advance(60_000);
    const bookmark = await event;
    assert.equal(bookmark?.type, 'BOOKMARK');
    assert.equal(Number(textAt(bookmark.object, 'metadata.resourceVersion')), Number(revision) + 1);
  });

  it('says once more how far it has got before its time is up, and ends', async () => {
    const clock = new FakeClock();
    await using server = new ApiServer({ clock });
    const transport = server.transport();
    const revision = await revisionOf(transport);
    await using watch = await OpenWatch.open(
      transport,
      `${CONFIG_MAPS}?watch=true&allowWatchBookmarks=true&timeoutSeconds=10&resourceVersion=${revision}`,
    );
    const event = watch.next();
    await FakeClock.settle();
    clock.advance(8_000);
    assert.equal((await event)?.type, 'BOOKMARK');
    const last = watch.next();
    await FakeClock.settle();
    clock.advance(2_000);
    assert.equal(await last, undefined);
  });

  it('answers a revision that is forgotten with an ERROR event of 410', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    const revision = await revisionOf(transport);
    await call(transport, 'POST', CONFIG_MAPS, configMap('a'));
    server.faults.compact();
    await using watch = await OpenWatch.open(
      transport,
      `${CONFIG_MAPS}?watch=true&resourceVersion=${revision}`,
    );
    const event = await watch.next();
    assert.equal(event?.type, 'ERROR');
    assert.equal(at(event.object, 'code'), 410);
    assert.equal(at(event.object, 'reason'), 'Expired');
    assert.match(textAt(event.object, 'message'), /^too old resource version: \d+ \(\d+\)$/);
    assert.equal(await watch.next(), undefined);
  });

  it('forgets the oldest changes when there are more than the watch cache holds', async () => {
    await using server = new ApiServer({ watchCacheSize: 2 });
    const transport = server.transport();
    const revision = await revisionOf(transport);
    for (const name of ['a', 'b', 'c']) await call(transport, 'POST', CONFIG_MAPS, configMap(name));
    await using late = await OpenWatch.open(
      transport,
      `${CONFIG_MAPS}?watch=true&resourceVersion=${revision}`,
    );
    assert.equal(at((await late.next())?.object, 'code'), 410);
    await using early = await OpenWatch.open(
      transport,
      `${CONFIG_MAPS}?watch=true&resourceVersion=${Number(revision) + 1}`,
    );
    assert.deepEqual(await early.summaries(2), ['ADDED b', 'ADDED c']);
  });

  it('lets a reader go that has fallen behind the watch cache', async () => {
    await using server = new ApiServer({ watchCacheSize: 2 });
    const transport = server.transport();
    await using watch = await OpenWatch.open(transport, `${CONFIG_MAPS}?watch=true`);
    await call(transport, 'POST', CONFIG_MAPS, configMap('a'));
    assert.deepEqual(await watch.summaries(1), ['ADDED a']);
    for (const name of ['b', 'c', 'd', 'e']) {
      await call(transport, 'POST', CONFIG_MAPS, configMap(name));
    }
    assert.equal(await watch.next(), undefined);
  });

  it('does not take changes away from an open watch when the history is compacted', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await using watch = await OpenWatch.open(transport, `${CONFIG_MAPS}?watch=true`);
    await call(transport, 'POST', CONFIG_MAPS, configMap('a'));
    assert.deepEqual(await watch.summaries(1), ['ADDED a']);
    await call(transport, 'POST', CONFIG_MAPS, configMap('b'));
    server.faults.compact();
    await call(transport, 'POST', CONFIG_MAPS, configMap('c'));
    assert.deepEqual(await watch.summaries(2), ['ADDED b', 'ADDED c']);
  });

  it('sends tables whose columns come with the first event only', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await call(transport, 'POST', CONFIG_MAPS, configMap('a'));
    await call(transport, 'POST', CONFIG_MAPS, configMap('b'));
    await using watch = await OpenWatch.open(transport, `${CONFIG_MAPS}?watch=true`, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });
    const first = await watch.next();
    const second = await watch.next();
    assert.equal(at(first?.object, 'kind'), 'Table');
    assert.equal(at(first?.object, 'columnDefinitions.0.name'), 'Name');
    assert.equal(at(second?.object, 'columnDefinitions'), null);
    assert.equal(at(second?.object, 'rows.0.object.metadata.name'), 'b');
  });

  it('sends metadata alone when that is asked for', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await call(transport, 'POST', CONFIG_MAPS, configMap('a'));
    await using watch = await OpenWatch.open(transport, `${CONFIG_MAPS}?watch=true`, {
      accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    });
    const event = await watch.next();
    assert.equal(at(event?.object, 'kind'), 'PartialObjectMetadata');
    assert.equal(at(event?.object, 'data'), undefined);
  });

  it('keeps out what happens in other namespaces', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await using watch = await OpenWatch.open(transport, `${CONFIG_MAPS}?watch=true`);
    await call(transport, 'POST', '/api/v1/namespaces/kube-public/configmaps', configMap('far'));
    await call(transport, 'POST', CONFIG_MAPS, configMap('near'));
    assert.deepEqual(await watch.summaries(1), ['ADDED near']);
  });

  it('shows Events of both groups as one', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await using watch = await OpenWatch.open(
      transport,
      '/apis/events.k8s.io/v1/namespaces/default/events?watch=true',
    );
    await call(transport, 'POST', '/api/v1/namespaces/default/events', {
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
      reason: 'R',
      message: 'text',
      type: 'Normal',
    });
    const event = await watch.next();
    assert.equal(at(event?.object, 'apiVersion'), 'events.k8s.io/v1');
    assert.equal(at(event?.object, 'note'), 'text');
    assert.equal(at(event?.object, 'regarding.name'), 'p');
  });

  it('leaves nothing behind when its reader goes away', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    const watch = await OpenWatch.open(transport, `${CONFIG_MAPS}?watch=true`);
    const pending = watch.next();
    await FakeClock.settle();
    assert.equal(server.faults.openWatches, 1);
    await watch[Symbol.asyncDispose]();
    await assert.rejects(pending, /the test is over/);
    await FakeClock.settle();
    assert.equal(server.faults.openWatches, 0);
  });

  it('ends when the server closes', async () => {
    const server = new ApiServer();
    const watch = await OpenWatch.open(server.transport(), `${CONFIG_MAPS}?watch=true`);
    const pending = watch.next();
    await FakeClock.settle();
    await server.close();
    await assert.rejects(pending, /the API server is closed/);
  });
});
