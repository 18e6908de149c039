import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeConfig as PeerConfig } from '@kubernetes/client-node';
import { KubeConfig, type PemSource } from '../src/index.ts';
import { TemporaryFolder } from './temporary-folder.ts';

// The same files, read by us and by the official client.

const data = (text: string): string => Buffer.from(text).toString('base64');

const configs: Record<string, string> = {
  'certificates as data': `
apiVersion: v1
kind: Config
clusters:
- name: kind
  cluster:
    server: https://127.0.0.1:6443
    certificate-authority-data: ${data('CA')}
users:
- name: admin
  user:
    client-certificate-data: ${data('CERT')}
    client-key-data: ${data('KEY')}
contexts:
- name: kind
  context: {cluster: kind, user: admin, namespace: apps}
current-context: kind
`,
  'certificates in files': `
apiVersion: v1
kind: Config
clusters:
- name: prod
  cluster: {server: 'https://prod:443/path', certificate-authority: pki/ca.crt, tls-server-name: api.internal}
users:
- name: operator
  user: {client-certificate: pki/c.crt, client-key: pki/c.key}
contexts:
- name: prod
  context: {cluster: prod, user: operator}
current-context: prod
`,
  'tokens, passwords and impersonation': `
apiVersion: v1
kind: Config
clusters:
- name: a
  cluster: {server: 'https://a', insecure-skip-tls-verify: true}
- name: b
  cluster: {server: 'http://b:8080', proxy-url: 'http://proxy:3128'}
users:
- name: token
  user: {token: abc}
- name: basic
  user: {username: u, password: "p:w"}
- name: robot
  user: {token: abc, as: system:robot}
contexts:
- name: one
  context: {cluster: a, user: token}
- name: two
  context: {cluster: b, user: basic, namespace: ns}
- name: three
  context: {cluster: b, user: robot}
current-context: two
`,
  'a plug-in': `
apiVersion: v1
kind: Config
clusters:
- name: eks
  cluster: {server: 'https://eks'}
users:
- name: eks
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: aws
      args: [--region, eu-west-1, eks, get-token]
      env:
      - {name: AWS_PROFILE, value: prod}
      interactiveMode: IfAvailable
      provideClusterInfo: false
contexts:
- name: eks
  context: {cluster: eks, user: eks}
current-context: eks
`,
};

function pemOf(source: PemSource | undefined): { data?: string; file?: string } {
  if (source === undefined) return {};
  return source.from === 'data' ? { data: data(source.pem) } : { file: source.path };
}

for (const [what, text] of Object.entries(configs)) {
  test(`reads ${what} as the official client does`, async () => {
    await using folder = await TemporaryFolder.make();
    const path = await folder.write('config', text);
    const peer = new PeerConfig();
    peer.loadFromFile(path);
    const own = await KubeConfig.fromFile(path);

    assert.equal(own.currentContext, peer.currentContext);
    for (const { name } of peer.contexts) {
      const { cluster, user, namespace } = own.withContext(name).current();
      const peerContext = peer.getContextObject(name);
      const peerCluster = peer.getCluster(peerContext?.cluster ?? '');
      const peerUser = peer.getUser(peerContext?.user ?? '');
      assert.ok(peerContext && peerCluster && peerUser);
      assert.equal(namespace, peerContext.namespace ?? 'default');
      assert.deepEqual(
        {
          server: cluster.server,
          ca: pemOf(cluster.certificateAuthority),
          skip: cluster.insecureSkipTlsVerify,
          serverName: cluster.tlsServerName,
          proxy: cluster.proxyUrl,
        },
        {
          server: peerCluster.server,
          ca: defined({ data: peerCluster.caData, file: peerCluster.caFile }),
          skip: peerCluster.skipTLSVerify,
          serverName: peerCluster.tlsServerName,
          proxy: peerCluster.proxyUrl,
        },
      );
      // The official client keeps a plug-in as the YAML has it.
      const peerExec = peerUser.exec as
        { command: string; args: string[]; env: { name: string; value: string }[] } | undefined;
      assert.deepEqual(
        {
          name: user?.name,
          certificate: pemOf(user?.clientCertificate),
          key: pemOf(user?.clientKey),
          token: user?.token,
          username: user?.username,
          password: user?.password,
          as: user?.impersonate?.user,
          exec: user?.exec && [user.exec.command, user.exec.args, user.exec.env],
        },
        {
          name: peerUser.name,
          certificate: defined({ data: peerUser.certData, file: peerUser.certFile }),
          key: defined({ data: peerUser.keyData, file: peerUser.keyFile }),
          token: peerUser.token,
          username: peerUser.username,
          password: peerUser.password,
          as: peerUser.impersonateUser,
          exec: peerExec && [
            peerExec.command,
            peerExec.args,
            Object.fromEntries(peerExec.env.map((each) => [each.name, each.value])),
          ],
        },
      );
    }
  });
}

function defined(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

// Of entries of one name the first wins with us, as in kubectl; the official client refuses them.
test('merges the files of KUBECONFIG as the official client does', async () => {
  await using folder = await TemporaryFolder.make();
  const paths = await Promise.all(
    Object.values(configs).map((text, index) => folder.write(`config-${index}`, text)),
  );
  const peer = new PeerConfig();
  paths.forEach((path, index) => {
    if (index === 0) peer.loadFromFile(path);
    else {
      const next = new PeerConfig();
      next.loadFromFile(path);
      peer.mergeConfig(next, true);
    }
  });
  const own = KubeConfig.merge(await Promise.all(paths.map((path) => KubeConfig.fromFile(path))));
  assert.deepEqual(
    [own.contexts, own.clusters, own.users].map((entries) =>
      entries.map(({ name }) => name).sort(),
    ),
    [peer.contexts, peer.clusters, peer.users].map((entries) =>
      entries.map(({ name }) => name).sort(),
    ),
  );
  assert.equal(own.currentContext, peer.currentContext);
});
