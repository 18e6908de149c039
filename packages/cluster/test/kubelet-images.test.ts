import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImageStore } from '../src/kubelet/index.ts';
import { canonicalImageName, parseImageReference } from '../src/kubelet/images/reference.ts';

function nameOf(text: string): string {
  const reference = parseImageReference(text);
  return typeof reference === 'string' ? reference : canonicalImageName(reference);
}

test('completes short image names as container runtimes do', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const cases: Record<string, string> = {
    nginx: 'docker.io/library/nginx:latest',
    'nginx:1.27': 'docker.io/library/nginx:1.27',
    'bitnami/redis': 'docker.io/bitnami/redis:latest',
    'localhost/app': 'localhost/app:latest',
    'localhost:5000/app:v1': 'localhost:5000/app:v1',
    'ghcr.io/owner/app': 'ghcr.io/owner/app:latest',
    [`nginx@${digest}`]: `docker.io/library/nginx@${digest}`,
  };
  for (const [text, expected] of Object.entries(cases)) assert.equal(nameOf(text), expected);
});

test('refuses what is no image reference', () => {
  for (const text of [
    '',
    'https://shop.test/api:9',
    'a b',
    'app:',
    'app:-x',
    '-app',
    'app@sha256:1',
  ]) {
    assert.equal(nameOf(text), 'invalid reference format', text);
  }
  assert.equal(nameOf('MyApp:1'), 'repository name must be lowercase');
});

test('finds an image under each of its names', () => {
  const images = new ImageStore({ 'app:1': { command: ['true'] } });
  assert.ok(images.get('docker.io/library/app:1'));
  assert.deepEqual(images.names(), ['docker.io/library/app:1']);
  assert.throws(() => images.register('A B', { command: ['true'] }), TypeError);
  assert.throws(() => images.register('played', { lives: [] }), TypeError);
});
