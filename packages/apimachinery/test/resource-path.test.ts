import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deployment, Namespace, Pod, resourcePath } from '../src/index.ts';

test('leads to collections, objects and subresources', () => {
  assert.equal(resourcePath(Pod), '/api/v1/pods');
  assert.equal(resourcePath(Pod, { namespace: 'a' }), '/api/v1/namespaces/a/pods');
  assert.equal(
    resourcePath(Deployment, { namespace: 'a', name: 'b', subresource: 'scale' }),
    '/apis/apps/v1/namespaces/a/deployments/b/scale',
  );
  assert.equal(resourcePath(Namespace, { name: 'a' }), '/api/v1/namespaces/a');
});

test('keeps every name in its own segment', () => {
  assert.equal(
    resourcePath(Pod, { namespace: 'a?b', name: 'system:x%2F#y' }),
    '/api/v1/namespaces/a%3Fb/pods/system%3Ax%252F%23y',
  );
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (name) => {
      try {
        const path = resourcePath(Pod, { namespace: 'a', name });
        const url = new URL(path, 'http://server');
        assert.equal(url.pathname, path);
        assert.deepEqual(path.split('/').slice(0, -1).join('/'), '/api/v1/namespaces/a/pods');
        assert.equal(decodeURIComponent(path.split('/').at(-1) ?? ''), name);
      } catch (error) {
        assert.ok(error instanceof TypeError, String(error));
        assert.ok(name === '' || name === '.' || name === '..' || name.includes('/'), name);
      }
    }),
  );
});

test('refuses what would lead elsewhere', () => {
  const refusals: [options: Parameters<typeof resourcePath>[1], message: RegExp][] = [
    [{ name: '' }, /^the name of Pod is empty$/],
    [{ namespace: '', name: 'a' }, /^the namespace of Pod is empty$/],
    [{ name: '..' }, /^"\.\." cannot be a name of Pod/],
    [{ namespace: '.', name: 'a' }, /^"\." cannot be a namespace of Pod/],
    [{ name: '../secrets/a' }, /cannot be a name of Pod/],
    [{ name: 'a', subresource: '' }, /^the subresource of Pod is empty$/],
    [{ subresource: 'log' }, /^the subresource log of Pod needs a name$/],
  ];
  for (const [options, message] of refusals) {
    assert.throws(() => resourcePath(Pod, options), { name: 'TypeError', message });
  }
  assert.throws(() => resourcePath(Namespace, { namespace: 'a' }), /cluster-scoped/);
});
