import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiServer, type RequestRecord } from '../src/index.ts';
import { at, call, CONFIG_MAPS, FakeClock, OpenWatch } from './server-fixture.ts';

describe('faults', () => {
  it('refuse the requests they match, as often as they were told', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    const fault = server.faults.inject({
      match: { verb: 'list', resource: 'configmaps' },
      status: { code: 429, details: { retryAfterSeconds: 3 } },
      times: 2,
    });
    const codes = [];
    for (let count = 0; count < 3; count += 1) {
      codes.push((await call(transport, 'GET', CONFIG_MAPS)).status);
    }
    assert.deepEqual(codes, [429, 429, 200]);
    assert.equal(fault.struck, 2);
  });

  it('give a refusal its reason and its Retry-After', async () => {
    await using server = new ApiServer();
    using _fault = server.faults.inject({
      status: { code: 503, details: { retryAfterSeconds: 7 } },
    });
    const answer = await call(server.transport(), 'GET', CONFIG_MAPS);
    assert.equal(at(answer.body, 'reason'), 'ServiceUnavailable');
    assert.equal(answer.headers['retry-after'], '7');
  });

  it('end when they are disposed of', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    {
      using _fault = server.faults.inject({ status: { code: 500 } });
      assert.equal((await call(transport, 'GET', CONFIG_MAPS)).status, 500);
    }
    assert.equal((await call(transport, 'GET', CONFIG_MAPS)).status, 200);
  });

  it('delay by the server’s own clock', async () => {
    const clock = new FakeClock();
    await using server = new ApiServer({ clock });
    server.faults.inject({ latencyMs: 5_000 });
    let answered = false;
    const answer = call(server.transport(), 'GET', CONFIG_MAPS).then((result) => {
      answered = true;
      return result;
    });
    await FakeClock.settle();
    clock.advance(4_999);
    await FakeClock.settle();
    assert.equal(answered, false);
    clock.advance(1);
    assert.equal((await answer).status, 200);
  });

  it('break a connection without an answer', async () => {
    await using server = new ApiServer();
    server.faults.inject({ reset: true });
    await assert.rejects(call(server.transport(), 'GET', CONFIG_MAPS), { code: 'ECONNRESET' });
  });

  it('lose the answer to a write that happened', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    server.faults.inject({ match: { verb: 'create' }, loseAnswer: true, times: 1 });
    const create = call(transport, 'POST', CONFIG_MAPS, { metadata: { name: 'a' } });
    await assert.rejects(create, { code: 'ECONNRESET' });
    assert.equal((await call(transport, 'GET', `${CONFIG_MAPS}/a`)).status, 200);
  });

  it('cut the watches of one kind and leave the others', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await using maps = await OpenWatch.open(transport, `${CONFIG_MAPS}?watch=true`);
    await using secrets = await OpenWatch.open(
      transport,
      '/api/v1/namespaces/default/secrets?watch=true',
    );
    const cut = maps.next();
    const kept = secrets.next();
    await FakeClock.settle();
    assert.equal(server.faults.cutWatches('reset', 'configmaps'), 1);
    await assert.rejects(cut);
    await call(transport, 'POST', '/api/v1/namespaces/default/secrets', {
      metadata: { name: 's' },
    });
    assert.equal((await kept)?.type, 'ADDED');
  });

  it('end watches politely when told so', async () => {
    await using server = new ApiServer();
    await using watch = await OpenWatch.open(server.transport(), `${CONFIG_MAPS}?watch=true`);
    const pending = watch.next();
    await FakeClock.settle();
    server.faults.cutWatches('end');
    assert.equal(await pending, undefined);
  });

  it('take the server down and bring it back with all it has stored', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await call(transport, 'POST', CONFIG_MAPS, { metadata: { name: 'a' } });
    await using watch = await OpenWatch.open(
      transport,
      `${CONFIG_MAPS}?watch=true&resourceVersion=1`,
    );
    const pending = watch.summaries(5);
    await FakeClock.settle();
    await server.faults.takeDown();
    await assert.rejects(pending);
    await assert.rejects(call(transport, 'GET', CONFIG_MAPS), { code: 'ECONNREFUSED' });
    await server.faults.bringUp();
    assert.equal((await call(transport, 'GET', `${CONFIG_MAPS}/a`)).status, 200);
  });
});

describe('the request log', () => {
  it('names verb, resource, user and code of each request', async () => {
    const records: RequestRecord[] = [];
    await using server = new ApiServer({ onRequest: (record) => records.push(record) });
    await call(server.transport(), 'GET', `${CONFIG_MAPS}/none`);
    await call(server.transport({ user: 'jane' }), 'DELETE', CONFIG_MAPS);
    const seen = records.map(
      ({ verb, resource, namespace, name, user, code }) =>
        `${verb} ${resource} ${namespace} ${name} ${user?.username ?? ''} ${code}`,
    );
    assert.deepEqual(seen, [
      'get configmaps default none kubernetes-admin 404',
      'deletecollection configmaps default  jane 403',
    ]);
  });
});
