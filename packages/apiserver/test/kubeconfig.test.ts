import assert from 'node:assert/strict';
import test from 'node:test';
import { parse } from 'yaml';
import { renderKubeconfig } from '../src/access/kubeconfig.ts';

const BASE = { server: 'https://127.0.0.1:6443', caCertificate: 'CA', user: 'jane' };

function decode(text: unknown): string {
  return Buffer.from(String(text), 'base64').toString();
}

test('writes a client certificate and the authority inline', () => {
  const text = renderKubeconfig({
    ...BASE,
    credential: { type: 'certificate', certificate: 'CERT', key: 'KEY' },
  });

  const config = parse(text) as {
    clusters: [{ name: string; cluster: Record<string, string> }];
    users: [{ name: string; user: Record<string, string> }];
    contexts: [{ name: string; context: Record<string, string> }];
    'current-context': string;
  };
  assert.equal(config.clusters[0].cluster['server'], BASE.server);
  assert.equal(decode(config.clusters[0].cluster['certificate-authority-data']), 'CA');
  assert.equal(decode(config.users[0].user['client-certificate-data']), 'CERT');
  assert.equal(decode(config.users[0].user['client-key-data']), 'KEY');
  assert.deepEqual(config.contexts[0].context, { cluster: 'kubewright', user: 'jane' });
  assert.equal(config['current-context'], config.contexts[0].name);
});

test('writes a token and the namespace of the context', () => {
  const text = renderKubeconfig({
    ...BASE,
    credential: { type: 'token', token: 'abc' },
    namespace: 'team-a',
  });

  const config = parse(text) as {
    users: [{ user: unknown }];
    contexts: [{ context: { namespace: string } }];
  };
  assert.deepEqual(config.users[0].user, { token: 'abc' });
  assert.equal(config.contexts[0].context.namespace, 'team-a');
});

test('quotes names that YAML 1.1 would read as something else', () => {
  const text = renderKubeconfig({
    ...BASE,
    user: 'on',
    name: 'no',
    credential: { type: 'token', token: '1_000' },
  });

  const config = parse(text, { version: '1.1' }) as {
    users: [{ name: unknown; user: { token: unknown } }];
    'current-context': unknown;
  };
  assert.equal(config.users[0].name, 'on');
  assert.equal(config.users[0].user.token, '1_000');
  assert.equal(config['current-context'], 'no');
});
