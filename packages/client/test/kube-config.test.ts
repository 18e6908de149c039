import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { KubeConfig, KubeConfigError, loadKubeConfig } from '../src/index.ts';
import { TemporaryFolder } from './temporary-folder.ts';

const config = (name: string, extra = ''): string => `
apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster: {server: 'https://${name}.example.com'}
users:
- name: ${name}
  user: {token: ${name}-token}
contexts:
- name: ${name}
  context: {cluster: ${name}, user: ${name}, namespace: ${name}-ns}
${extra}
`;

function failureOf(text: string, path = '/etc/k.yaml'): KubeConfigError {
  try {
    KubeConfig.fromString(text, { path });
  } catch (error) {
    assert.ok(error instanceof KubeConfigError);
    return error;
  }
  return assert.fail('it was accepted');
}

test('resolves the current context to its cluster, user and namespace', () => {
  const { name, cluster, user, namespace } = KubeConfig.fromString(
    config('a', 'current-context: a'),
  ).current();
  assert.deepEqual(
    [name, cluster.server, user?.token, namespace],
    ['a', 'https://a.example.com', 'a-token', 'a-ns'],
  );
});

test('uses the namespace default and no user where the context names none', () => {
  const text =
    'clusters: [{name: c, cluster: {server: "https://c"}}]\ncontexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x';
  const { user, namespace } = KubeConfig.fromString(text).current();
  assert.deepEqual([user, namespace], [undefined, 'default']);
});

test('takes the only context when none is current', () => {
  assert.equal(KubeConfig.fromString(config('a')).current().name, 'a');
});

test('takes texts as they are written, whatever YAML would make of them', () => {
  const text = `
clusters: [{name: 1.10, cluster: {server: https://x}}]
users: [{name: on, user: {token: 0123}}, {name: null, user: {token: 1e3}}]
contexts: [{name: "~", context: {cluster: 1.10, user: on, namespace: 007}}]
`;
  const { name, cluster, user, namespace } = KubeConfig.fromString(
    text.replace('name: null', 'name: "null"'),
  ).current();
  assert.deepEqual(
    [name, cluster.name, user?.name, user?.token, namespace],
    ['~', '1.10', 'on', '0123', '007'],
  );
});

test('resolves anchors and aliases', () => {
  const text = `
clusters: [{name: c, cluster: &cluster {server: https://x}}, {name: d, cluster: *cluster}]
contexts: [{name: x, context: {cluster: d}}]
`;
  assert.equal(KubeConfig.fromString(text).current().cluster.server, 'https://x');
});

test('makes relative paths relative to the file that holds them', () => {
  const text = `
clusters: [{name: c, cluster: {server: https://x, certificate-authority: pki/ca.crt}}]
users:
- name: u
  user: {client-certificate: ../c.crt, client-key: /abs/c.key, tokenFile: token}
- name: e
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/plugin}}
- name: f
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: plugin}}
`;
  const { clusters, users } = KubeConfig.fromString(text, { path: '/home/me/.kube/config' });
  assert.deepEqual(clusters[0]?.certificateAuthority, {
    from: 'file',
    path: '/home/me/.kube/pki/ca.crt',
  });
  const [u, e, f] = users;
  assert.deepEqual(
    [u?.clientCertificate, u?.clientKey, u?.tokenFile, e?.exec?.command, f?.exec?.command],
    [
      { from: 'file', path: '/home/me/c.crt' },
      { from: 'file', path: '/abs/c.key' },
      '/home/me/.kube/token',
      '/home/me/.kube/bin/plugin',
      'plugin',
    ],
  );
});

test('prefers data to a file', () => {
  const data = Buffer.from('PEM').toString('base64');
  const text = `clusters: [{name: c, cluster: {server: https://x, certificate-authority: ca.crt, certificate-authority-data: ${data}}}]`;
  assert.deepEqual(KubeConfig.fromString(text).clusters[0]?.certificateAuthority, {
    from: 'data',
    pem: 'PEM',
  });
});

test('reports broken YAML with file and line', () => {
  const error = failureOf('apiVersion: v1\nclusters:\n- name: a\n  cluster: {server: "x\n');
  assert.equal(error.code, 'INVALID_YAML');
  assert.match(error.message, /^kubeconfig \/etc\/k\.yaml:\d+:\d+: not valid YAML: /);
});

const invalid: Record<string, readonly [text: string, message: string]> = {
  'a list in place of the document': ['- a', '/etc/k.yaml:1:1: the document must be a mapping'],
  'another kind of object': [
    'kind: Deployment',
    '/etc/k.yaml:1:7: kind must be Config, not "Deployment": is this a kubeconfig?',
  ],
  'clusters that are no list': ['clusters: {a: b}', '/etc/k.yaml:1:11: clusters must be a list'],
  'a cluster without a name': [
    'clusters:\n- cluster: {server: https://x}',
    '/etc/k.yaml:2:3: clusters[0].name is missing',
  ],
  'a server that is a list': [
    'clusters:\n- name: a\n  cluster:\n    server: [x]',
    '/etc/k.yaml:4:13: clusters[0].cluster.server must be a text',
  ],
  'a flag that is neither true nor false': [
    'clusters:\n- name: a\n  cluster:\n    insecure-skip-tls-verify: maybe',
    '/etc/k.yaml:4:31: clusters[0].cluster.insecure-skip-tls-verify must be true or false, not "maybe"',
  ],
  'data that is not base64': [
    'clusters:\n- name: a\n  cluster:\n    certificate-authority-data: "!"',
    '/etc/k.yaml:4:33: clusters[0].cluster.certificate-authority-data must be base64',
  ],
  'two ways to authenticate': [
    'users:\n- name: a\n  user:\n    username: u\n    token: t',
    '/etc/k.yaml:4:15: users[0].user.username stands beside a token: only one way to authenticate is allowed',
  ],
  'an auth-provider': [
    'users:\n- name: a\n  user:\n    auth-provider: {name: gcp}',
    '/etc/k.yaml:4:20: users[0].user.auth-provider "gcp" is of a kind that Kubernetes removed in 1.26: use an exec plug-in instead',
  ],
  'a plug-in of an unknown version': [
    'users:\n- name: a\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1alpha1\n      command: x',
    '/etc/k.yaml:5:19: users[0].user.exec.apiVersion "client.authentication.k8s.io/v1alpha1" is not supported: update the plug-in and set client.authentication.k8s.io/v1',
  ],
  'a plug-in without a command': [
    'users:\n- name: a\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1',
    '/etc/k.yaml:5:7: users[0].user.exec.command is missing',
  ],
  'an interactive mode that does not exist': [
    'users: [{name: a, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Maybe}}}]',
    '/etc/k.yaml:1:107: users[0].user.exec.interactiveMode must be Never, IfAvailable or Always, not "Maybe"',
  ],
  'groups without a user to act as': [
    'users:\n- name: a\n  user:\n    as-groups: [g]',
    '/etc/k.yaml:4:5: users[0].user says as-uid, as-groups or as-user-extra without "as": name the user to act as',
  ],
};
for (const [what, [text, message]] of Object.entries(invalid)) {
  test(`reports ${what}, with file and line`, () => {
    const error = failureOf(text);
    assert.equal(error.code, 'INVALID');
    assert.equal(error.message, `kubeconfig ${message}`);
  });
}

test('says which contexts, clusters and users there are when one is missing', () => {
  const both = KubeConfig.merge([
    KubeConfig.fromString(config('a'), { path: '/a' }),
    KubeConfig.fromString(config('b'), { path: '/b' }),
  ]);
  const messageOf = (broken: KubeConfig): string => {
    try {
      broken.current();
    } catch (error) {
      assert.ok(error instanceof KubeConfigError);
      assert.equal(error.code, 'NO_SUCH_ENTRY');
      return error.message;
    }
    return assert.fail('it was accepted');
  };
  assert.equal(
    messageOf(both),
    '/a, /b: no current context; choose one with: kubectl config use-context a (there are: a, b)',
  );
  assert.equal(
    messageOf(both.withContext('c')),
    '/a, /b: the context "c" does not exist; there are: a, b',
  );
  const without = (part: string): KubeConfig =>
    KubeConfig.fromString(config('a').replace(new RegExp(`${part}:[^]*?(?=^\\w)`, 'm'), ''), {
      path: '/a',
    });
  assert.equal(
    messageOf(without('clusters')),
    '/a: the cluster "a" of context "a" does not exist; there are no clusters',
  );
  assert.equal(
    messageOf(without('users')),
    '/a: the user "a" of context "a" does not exist; there are no users',
  );
  assert.equal(
    messageOf(KubeConfig.fromString('', { path: '/a' })),
    '/a: no current context; it has no contexts at all',
  );
});

test('reports a cluster without a server', () => {
  const text = 'clusters: [{name: c}]\ncontexts: [{name: x, context: {cluster: c}}]';
  assert.throws(() => KubeConfig.fromString(text, { path: '/a' }).current(), {
    code: 'INVALID',
    message:
      '/a: cluster "c" has no server; set it with: kubectl config set-cluster c --server=https://…',
  });
});

test('merges files: the first to define something wins', () => {
  const first = KubeConfig.fromString(config('a') + 'current-context: ""');
  const second = KubeConfig.fromString(
    config('a', 'current-context: b').replaceAll('example.com', 'other') + 'preferences: {}\n',
  );
  const third = KubeConfig.fromString(config('b', 'current-context: a'));
  const merged = KubeConfig.merge([first, second, third]);
  assert.deepEqual(
    merged.clusters.map(({ server }) => server),
    ['https://a.example.com', 'https://b.example.com'],
  );
  assert.deepEqual(
    merged.users.map(({ name }) => name),
    ['a', 'b'],
  );
  assert.equal(merged.currentContext, 'b');
});

test('reads the files of KUBECONFIG, leaving out those that do not exist', async () => {
  await using folder = await TemporaryFolder.make();
  const a = await folder.write('a', config('a'));
  const b = await folder.write('b', config('b', 'current-context: b'));
  const env = { KUBECONFIG: ['', a, join(folder.path, 'missing'), b].join(delimiter) };
  const loaded = await loadKubeConfig({ env, home: folder.path });
  assert.equal(loaded.current().name, 'b');
  assert.deepEqual(
    loaded.contexts.map(({ name }) => name),
    ['a', 'b'],
  );
  assert.equal((await loadKubeConfig({ env, context: 'a' })).current().name, 'a');
});

test('does not look elsewhere when no file of KUBECONFIG exists', async () => {
  await using folder = await TemporaryFolder.make();
  await mkdir(join(folder.path, '.kube'));
  await folder.write('.kube/config', config('home'));
  await assert.rejects(loadKubeConfig({ env: { KUBECONFIG: '/no/such' }, home: folder.path }), {
    code: 'NOT_FOUND',
    message: 'KUBECONFIG names /no/such, which does not exist',
  });
});

test('reads ~/.kube/config when KUBECONFIG is not set', async () => {
  await using folder = await TemporaryFolder.make();
  await mkdir(join(folder.path, '.kube'));
  await folder.write('.kube/config', config('home'));
  const loaded = await loadKubeConfig({ env: { KUBECONFIG: '' }, home: folder.path });
  assert.equal(loaded.current().name, 'home');
});

test('reads one file when it is named, and says when it does not exist', async () => {
  await using folder = await TemporaryFolder.make();
  const path = await folder.write('a', config('a'));
  assert.equal((await loadKubeConfig({ path, env: { KUBECONFIG: 'x' } })).current().name, 'a');
  await assert.rejects(loadKubeConfig({ path: '/no/such' }), {
    code: 'NOT_FOUND',
    message: 'kubeconfig /no/such: no such file',
  });
  await assert.rejects(loadKubeConfig({ path: folder.path }), { code: 'UNREADABLE' });
});

test('says where it looked when there is no configuration at all', async () => {
  await using folder = await TemporaryFolder.make();
  await assert.rejects(loadKubeConfig({ env: {}, home: folder.path }), {
    code: 'NOT_FOUND',
    message: /KUBECONFIG is not set, .*\.kube\/config does not exist, and this is not a pod/,
  });
});

const podEnv = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

test('uses the service account of a pod', async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write('token', 't');
  await folder.write('namespace', 'ns\n');
  const options = { env: podEnv, home: folder.path, serviceAccountFolder: folder.path };
  const { cluster, user, namespace } = (await loadKubeConfig(options)).current();
  assert.deepEqual(
    [cluster.server, cluster.certificateAuthority, user?.tokenFile, namespace],
    [
      'https://10.0.0.1:443',
      { from: 'file', path: join(folder.path, 'ca.crt') },
      join(folder.path, 'token'),
      'ns',
    ],
  );
  await assert.rejects(loadKubeConfig({ ...options, inCluster: 'never' }), { code: 'NOT_FOUND' });
});

test('brackets the IPv6 address of the API server', async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write('token', 't');
  const loaded = await KubeConfig.fromCluster({
    env: { ...podEnv, KUBERNETES_SERVICE_HOST: 'fd00::1' },
    serviceAccountFolder: folder.path,
  });
  assert.equal(loaded.current().cluster.server, 'https://[fd00::1]:443');
});

test('says what is missing outside a pod, and in a pod without a token', async () => {
  await using folder = await TemporaryFolder.make();
  await assert.rejects(KubeConfig.fromCluster({ env: {} }), {
    code: 'NOT_FOUND',
    message: 'not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set',
  });
  await assert.rejects(
    loadKubeConfig({ env: podEnv, serviceAccountFolder: folder.path, inCluster: 'always' }),
    { code: 'NOT_FOUND', message: /automountServiceAccountToken/ },
  );
});
