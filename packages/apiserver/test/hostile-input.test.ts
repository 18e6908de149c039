import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiServer } from '../src/index.ts';
import { APPLY, at, call, CONFIG_MAPS, MERGE } from './server-fixture.ts';

describe('hostile input', () => {
  it('keeps a key named __proto__ as data and nothing else', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    const body = '{"metadata":{"name":"a"},"data":{"__proto__":"x","constructor":"y"}}';
    const created = await call(transport, 'POST', CONFIG_MAPS, body);
    assert.equal(created.status, 201);
    assert.match(created.text, /"data":\{"__proto__":"x","constructor":"y"\}/);
    const patch = '{"data":{"__proto__":"z"}}';
    const patched = await call(transport, 'PATCH', `${CONFIG_MAPS}/a`, patch, {
      contentType: MERGE,
    });
    assert.match(patched.text, /"__proto__":"z"/);
    const configuration =
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"__proto__":"w"}}';
    const applied = await call(
      transport,
      'PATCH',
      `${CONFIG_MAPS}/a?fieldManager=m&force=true`,
      configuration,
      { contentType: APPLY },
    );
    assert.match(applied.text, /"__proto__":"w"/);
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });

  it('refuses bodies that nest too deep, whatever their form', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    assert.equal((await call(transport, 'POST', CONFIG_MAPS, deep)).status, 400);
    await call(transport, 'POST', CONFIG_MAPS, { metadata: { name: 'a' } });
    const patch = `{"metadata":{"annotations":${deep}}}`;
    const patched = await call(transport, 'PATCH', `${CONFIG_MAPS}/a`, patch, {
      contentType: MERGE,
    });
    assert.equal(patched.status, 400);
    const yaml = `${'['.repeat(2_000)}${']'.repeat(2_000)}`;
    const posted = await call(transport, 'POST', CONFIG_MAPS, yaml, {
      contentType: 'application/yaml',
    });
    assert.equal(posted.status, 400);
  });

  it('does not let a small YAML text unfold into a huge object', async () => {
    await using server = new ApiServer();
    const levels = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (const [name, below] of [
      ['b', 'a'],
      ['c', 'b'],
      ['d', 'c'],
      ['e', 'd'],
      ['f', 'e'],
      ['g', 'f'],
    ]) {
      levels.push(
        `${String(name)}: &${String(name)} [${Array(9)
          .fill(`*${String(below)}`)
          .join(',')}]`,
      );
    }
    const answer = await call(server.transport(), 'POST', CONFIG_MAPS, levels.join('\n'), {
      contentType: 'application/yaml',
    });
    assert.equal(answer.status, 400);
  });

  it('refuses a body of more than 3 MiB', async () => {
    await using server = new ApiServer();
    const body = { metadata: { name: 'a' }, data: { k: 'v'.repeat(3 * 1024 * 1024) } };
    const answer = await call(server.transport(), 'POST', CONFIG_MAPS, body);
    assert.equal(answer.status, 413);
    assert.equal(at(answer.body, 'reason'), 'RequestEntityTooLarge');
    assert.equal(at(answer.body, 'message'), 'Request entity too large: limit is 3145728');
  });

  it('does not take an escaped slash in a name for one segment', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    const answer = await call(transport, 'GET', `${CONFIG_MAPS}/..%2F..%2Fsecrets%2Fx`);
    assert.equal(answer.status, 404);
    const named = await call(transport, 'POST', CONFIG_MAPS, { metadata: { name: '../x' } });
    assert.equal(named.status, 422);
    const broken = await call(transport, 'GET', `${CONFIG_MAPS}/%zz`);
    assert.equal(broken.status, 400);
  });

  it('does not put line breaks of a body into a header', async () => {
    await using server = new ApiServer();
    const body = '{"metadata":{"name":"a"},"evil\\r\\nx-header: 1":true}';
    const answer = await call(server.transport(), 'POST', CONFIG_MAPS, body);
    assert.equal(answer.status, 201);
    assert.doesNotMatch(answer.headers['warning'] ?? '', /[\r\n]/);
  });

  it('refuses what only pretends to be protobuf, and answers JSON to a client that prefers protobuf', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    const posted = await call(transport, 'POST', CONFIG_MAPS, 'k8s\u0000', {
      contentType: 'application/vnd.kubernetes.protobuf',
    });
    assert.equal(posted.status, 400);
    const listed = await call(transport, 'GET', CONFIG_MAPS, undefined, {
      headers: { accept: 'application/vnd.kubernetes.protobuf,application/json' },
    });
    assert.equal(listed.headers['content-type'], 'application/json');
  });
});
