import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import test from 'node:test';
import { kubectlFixture } from './kubectl-fixture.ts';

test('kubectl auth whoami shows users of every kind', async (context) => {
  const { ok } = await kubectlFixture(context);

  const admin = await ok(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo}']);
  assert.deepEqual((JSON.parse(admin) as { groups: string[] }).groups, [
    'system:masters',
    'system:authenticated',
  ]);
  const jane = await ok([
    'auth',
    'whoami',
    '--as=jane',
    '--as-group=team',
    '-o',
    'jsonpath={.status.userInfo}',
  ]);
  assert.deepEqual(JSON.parse(jane), {
    username: 'jane',
    groups: ['team', 'system:authenticated'],
  });
});

test('kubectl create token makes a token that acts as the service account', async (context) => {
  const { ok, run, server, kubeconfig } = await kubectlFixture(context);
  await ok(['create', 'serviceaccount', 'bot']);
  const token = (await ok(['create', 'token', 'bot', '--duration=1h'])).trim();
  const url = await ok(['config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}']);
  const ca = `${kubeconfig}-ca`;
  const config = await ok(['config', 'view', '--raw', '-o', 'json']);
  const { clusters } = JSON.parse(config) as {
    clusters: [{ cluster: { 'certificate-authority-data': string } }];
  };
  await writeFile(ca, Buffer.from(clusters[0].cluster['certificate-authority-data'], 'base64'));
  const asBot = ['--kubeconfig=/dev/null', `--server=${url}`, `--certificate-authority=${ca}`];

  const name = await ok([
    ...asBot,
    `--token=${token}`,
    'auth',
    'whoami',
    '-o',
    'jsonpath={.status.userInfo.username}',
  ]);
  assert.equal(name, 'system:serviceaccount:default:bot');

  const pods = await run([...asBot, `--token=${token}`, 'get', 'pods', '-n', 'default']);
  assert.equal(pods.code, 1);
  assert.equal(
    pods.stderr,
    'Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:default:bot" cannot list resource "pods" in API group "" in the namespace "default"\n',
  );

  const wrong = await run([...asBot, `--token=${token}x`, 'get', 'pods', '-n', 'default']);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /You must be logged in to the server/);
  await server.ready();
});

test('kubectl create role and rolebinding give rights at once', async (context) => {
  const { ok, run } = await kubectlFixture(context);
  const may = async (...args: string[]) =>
    (await run(['auth', 'can-i', ...args, '--as=jane'])).stdout.toString().trim();
  assert.equal(await may('list', 'pods'), 'no');

  await ok(['create', 'role', 'reader', '--verb=get,list', '--resource=pods,pods/log']);
  await ok(['create', 'rolebinding', 'reader', '--role=reader', '--user=jane']);

  assert.equal(await may('list', 'pods'), 'yes');
  assert.equal(await may('get', 'pods', '--subresource=log'), 'yes');
  assert.equal(await may('delete', 'pods'), 'no');
  assert.equal(await may('list', 'pods', '-n', 'kube-system'), 'no');
  const list = await ok(['auth', 'can-i', '--list', '--as=jane']);
  assert.match(list, /^pods\/log\s+\[\]\s+\[\]\s+\[get list\]$/m);
  assert.match(list, /^selfsubjectreviews\.authentication\.k8s\.io\s+\[\]\s+\[\]\s+\[create\]$/m);
});

test('kubectl is told in the words of the real server that rights cannot be handed on', async (context) => {
  const { ok, run } = await kubectlFixture(context);
  await ok(['create', 'role', 'owner', '--verb=*', '--resource=roles.rbac.authorization.k8s.io']);
  await ok(['create', 'rolebinding', 'owner', '--role=owner', '--user=jane']);

  const { code, stderr } = await run([
    'create',
    'role',
    'bad',
    '--verb=get',
    '--resource=secrets',
    '--as=bob',
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /User "bob" cannot create resource "roles"/);

  await ok([
    'create',
    'role',
    'mk',
    '--verb=create,get',
    '--resource=roles.rbac.authorization.k8s.io',
  ]);
  await ok(['create', 'rolebinding', 'mk', '--role=mk', '--user=bob']);
  const escalated = await run([
    'create',
    'role',
    'bad',
    '--verb=get',
    '--resource=secrets',
    '--as=bob',
  ]);
  assert.equal(escalated.code, 1);
  assert.match(
    escalated.stderr,
    /roles\.rbac\.authorization\.k8s\.io "bad" is forbidden: user "bob" \(groups=\["system:authenticated"\]\) is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\[""\], Resources:\["secrets"\], Verbs:\["get"\]\}/,
  );
});

test('kubectl creates objects of many kinds from its own flags', async (context) => {
  const { ok } = await kubectlFixture(context);
  await ok(['create', 'namespace', 'team']);
  await ok(['create', 'configmap', 'c', '--from-literal=a=b']);
  await ok(['create', 'secret', 'generic', 's', '--from-literal=k=v']);
  await ok(['create', 'deployment', 'd', '--image=x', '--replicas=0']);
  await ok(['create', 'service', 'clusterip', 'svc', '--tcp=80:web']);
  await ok(['create', 'quota', 'q', '--hard=cpu=1500m,memory=1Gi']);
  await ok(['create', 'poddisruptionbudget', 'p', '--selector=a=b', '--min-available=50%']);
  await ok(['create', 'cronjob', 'cj', '--image=x', '--schedule=* * * * *']);
  const read = (kind: string, path: string) =>
    ok(['get', ...kind.split(' '), '-o', `jsonpath={${path}}`]);

  assert.equal(await read('deployment d', '.spec.replicas'), '0');
  assert.equal(await read('secret s', '.data.k'), 'dg==');
  assert.equal(await read('service svc', '.spec.ports[0].targetPort'), 'web');
  assert.equal(await read('quota q', '.spec.hard.cpu'), '1500m');
  assert.equal(await read('poddisruptionbudget p', '.spec.minAvailable'), '50%');
  assert.equal(await read('cronjob cj', '.spec.schedule'), '* * * * *');
});
