import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ApiServer } from '../src/index.ts';
import { InProcessTransport } from '../src/server/in-process-transport.ts';
import { at, call, CONFIG_MAPS, FakeClock, OpenWatch } from './server-fixture.ts';

setFlagsFromString('--expose-gc');
// The flag adds it to contexts that are made afterwards.
const collectGarbage = runInNewContext('gc') as () => void;

/** A transport to a server whose every answer has this body. */
function transportOf(
  body: AsyncIterable<Uint8Array>,
  onRequest: (signal: AbortSignal) => void = () => undefined,
): InProcessTransport {
  const refuse = () => Promise.reject(new Error('not a part of this test'));
  return new InProcessTransport({
    handle: async ({ signal }) => {
      onRequest(signal);
      return Promise.resolve({ status: 200, headers: {}, body });
    },
    acceptUpgrade: refuse,
    streams: {
      logs: refuse,
      connectWebSocket: refuse,
      serveSocket: refuse,
      refuse: () => ({ status: 400, headers: {}, body: new Uint8Array() }),
    },
    user: { username: 'tester', groups: [] },
    closed: new AbortController().signal,
    isUp: () => true,
  });
}

describe('the in-process transport', () => {
  it('acts as who it was made for', async () => {
    await using server = new ApiServer();
    const answer = await call(server.transport({ user: 'jane' }), 'GET', CONFIG_MAPS);
    assert.equal(answer.status, 403);
    assert.equal(
      at(answer.body, 'message'),
      'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "default"',
    );
  });

  it('hands out bytes that a reader may change without changing what is stored', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await call(transport, 'POST', CONFIG_MAPS, { metadata: { name: 'a' }, data: { k: 'v' } });
    const first = await transport.request({ method: 'GET', path: `${CONFIG_MAPS}/a` });
    for await (const chunk of first.body) chunk.fill(0);
    assert.deepEqual(at((await call(transport, 'GET', `${CONFIG_MAPS}/a`)).body, 'data'), {
      k: 'v',
    });
  });

  it('ends a request whose answer is left before it is read', async () => {
    const signals: AbortSignal[] = [];
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.from('x');
    }
    const transport = transportOf(endless(), (signal) => signals.push(signal));
    const { body } = await transport.request({ method: 'GET', path: '/' });
    await body[Symbol.asyncIterator]().return?.();
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true],
    );
  });

  it('refuses what was aborted before it began', async () => {
    await using server = new ApiServer();
    const signal = AbortSignal.abort(new Error('too late'));
    await assert.rejects(
      call(server.transport(), 'GET', CONFIG_MAPS, undefined, { signal }),
      /too late/,
    );
  });

  it('rejects with the reason of an abort while a watch is read, and leaves no listener', async () => {
    await using server = new ApiServer();
    const abort = new AbortController();
    const response = await server.transport().request({
      method: 'GET',
      path: `${CONFIG_MAPS}?watch=true`,
      signal: abort.signal,
    });
    const iterator = response.body[Symbol.asyncIterator]();
    const pending = iterator.next();
    await FakeClock.settle();
    abort.abort(new Error('enough'));
    await assert.rejects(pending, /enough/);
    assert.equal(getEventListeners(abort.signal, 'abort').length, 0);
  });

  it('holds on to nothing that was read of a body, however long that goes on', async () => {
    const made: WeakRef<Uint8Array>[] = [];
    const body = async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        const chunk = new Uint8Array(1);
        made.push(new WeakRef(chunk));
        yield await Promise.resolve(chunk);
      }
    };
    const abort = new AbortController();
    const transport = transportOf(body());
    const { signal } = abort;
    const response = await transport.request({ method: 'GET', path: '/', signal });
    const iterator = response.body[Symbol.asyncIterator]();
    for (let count = 0; count < 1000; count += 1) await iterator.next();
    const listeners = getEventListeners(signal, 'abort').length;
    // A weak reference that was just made holds until the end of its turn of the event loop.
    await setImmediate();
    collectGarbage();
    assert.ok(made.filter((chunk) => chunk.deref() !== undefined).length <= 2);
    assert.equal(listeners, 0);
    await iterator.return?.();
  });

  it('takes no requests after it was closed', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await using watch = await OpenWatch.open(transport, `${CONFIG_MAPS}?watch=true`);
    const pending = watch.next();
    await FakeClock.settle();
    await transport.close();
    await assert.rejects(pending, /the transport is closed/);
    await assert.rejects(call(transport, 'GET', CONFIG_MAPS), /the transport is closed/);
  });

  it('answers a HEAD with headers alone', async () => {
    await using server = new ApiServer();
    const answer = await call(server.transport(), 'HEAD', '/version');
    assert.equal(answer.text, '');
    // No resource has this method.
    assert.equal((await call(server.transport(), 'HEAD', CONFIG_MAPS)).status, 405);
  });
});
