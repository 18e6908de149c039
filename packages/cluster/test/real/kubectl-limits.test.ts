import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findKubectl, Kubectl } from '../../../apiserver/test/real/kubectl.ts';
import { EmbeddedCluster } from '../../src/index.ts';

const deployment = (replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: web}]
`;

describe('the limits of a namespace, as kubectl shows them', () => {
  let cluster: EmbeddedCluster;
  let home: string;
  let kubectl: Kubectl;

  before(async () => {
    const program = findKubectl();
    home = await mkdtemp(join(tmpdir(), 'kubewright-kubectl-'));
    cluster = await EmbeddedCluster.start({ hasNode: false });
    kubectl = new Kubectl(program, cluster.kubeconfigPath, home);
    await kubectl.succeed(['create', 'namespace', 'shop']);
    await kubectl.succeed([
      'wait',
      '-n=shop',
      '--for=create',
      'serviceaccount/default',
      '--timeout=120s',
    ]);
  });
  after(async () => {
    await cluster.stop();
    await rm(home, { recursive: true, force: true });
  });

  const shop = (...args: string[]): Promise<string> => kubectl.succeed(['-n=shop', ...args]);

  test('makes a quota, and describes what is used of it', async () => {
    const hard = '--hard=pods=2,requests.cpu=1,count/deployments.apps=1';
    assert.equal(await shop('create', 'quota', 'small', hard), 'resourcequota/small created\n');
    await shop('wait', '--for=jsonpath={.status.used.pods}=0', 'quota/small', '--timeout=120s');
    const lines = (await shop('describe', 'quota', 'small')).trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => line.split(/\s+/)),
      [
        ['Name:', 'small'],
        ['Namespace:', 'shop'],
        ['Resource', 'Used', 'Hard'],
        ['--------', '----', '----'],
        ['count/deployments.apps', '0', '1'],
        ['pods', '0', '2'],
        ['requests.cpu', '0', '1'],
      ],
    );
  });

  test('tells why a pod was not let in', async () => {
    const { exitCode, stderr } = await kubectl.run(['-n=shop', 'run', 'silent', '--image=a']);
    assert.equal(exitCode, 1);
    assert.equal(
      stderr,
      'Error from server (Forbidden): pods "silent" is forbidden: failed quota: small: must specify requests.cpu for: silent\n',
    );
  });

  test('fills what a pod leaves open once there is a limit range', async () => {
    await kubectl.succeed(
      ['apply', '-f', '-'],
      `
apiVersion: v1
kind: LimitRange
metadata: {name: defaults, namespace: shop}
spec:
  limits: [{type: Container, defaultRequest: {cpu: 250m}}]
`,
    );
    assert.equal(
      await kubectl.succeed(['apply', '-f', '-'], deployment(3)),
      'deployment.apps/web created\n',
    );
    await shop('wait', '--for=jsonpath={.status.used.pods}=2', 'quota/small', '--timeout=120s');
    assert.match(
      await shop('get', 'quota', 'small'),
      /count\/deployments\.apps: 1\/1, pods: 2\/2, requests\.cpu: 500m\/1/,
    );
  });

  test('shows a Deployment that cannot grow, and why', async () => {
    await shop('wait', '--for=condition=ReplicaFailure', 'deployment/web', '--timeout=120s');
    const text = await shop('describe', 'deployment', 'web');
    assert.match(text, /ReplicaFailure\s+True\s+FailedCreate/);
    // Events are written apart, a moment later perhaps.
    let events = '';
    for (let tries = 0; !events.includes('exceeded quota') && tries < 100; tries += 1) {
      events = await shop('get', 'events', '--field-selector=reason=FailedCreate');
    }
    assert.match(
      events,
      /Error creating: pods "web-\S+" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2/,
    );
  });

  test('lets it grow once the quota does', async () => {
    await shop('patch', 'quota', 'small', '--type=merge', '-p={"spec":{"hard":{"pods":"3"}}}');
    await shop('wait', '--for=jsonpath={.status.replicas}=3', 'deployment/web', '--timeout=120s');
  });

  test('prints the warnings of a level, and refuses what is beyond it', async () => {
    await kubectl.succeed(['create', 'namespace', 'safe']);
    await kubectl.succeed([
      'wait',
      '-n=safe',
      '--for=create',
      'serviceaccount/default',
      '--timeout=120s',
    ]);
    await kubectl.succeed([
      'label',
      'namespace/safe',
      'pod-security.kubernetes.io/enforce=baseline',
      'pod-security.kubernetes.io/warn=restricted',
      'pod-security.kubernetes.io/warn-version=v1.7',
    ]);
    const made = await kubectl.run(['-n=safe', 'create', 'deployment', 'web', '--image=a']);
    assert.equal(made.exitCode, 0);
    assert.equal(made.stdout, 'deployment.apps/web created\n');
    assert.equal(
      made.stderr,
      'Warning: would violate PodSecurity "restricted:v1.7": runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)\n',
    );
    const privileged = await kubectl.run(['-n=safe', 'run', 'root', '--image=a', '--privileged']);
    assert.equal(privileged.exitCode, 1);
    assert.equal(
      privileged.stderr,
      'Error from server (Forbidden): pods "root" is forbidden: violates PodSecurity "baseline:latest": privileged (container "root" must not set securityContext.privileged=true)\n',
    );
  });
});
