import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Container, PodSpec } from '@kubewright/apimachinery';
import { startTestNode, type TestNode } from './kubelet-node.ts';

const isRoot = process.getuid?.() === 0;
/** Said aloud where the user cannot be changed. */
const rootOnly = isRoot ? {} : { skip: 'NOT RUN: only root can start programs as another user' };
const images = { shell: { command: ['/bin/sh', '-c'] } };

const shell = (script: string, more: Partial<Container> = {}): Container => ({
  name: 'app',
  image: 'shell',
  args: [script],
  terminationMessagePath: '/dev/termination-log',
  ...more,
});

/** Runs a pod to its end; its container's last words and status. */
async function run(node: TestNode, spec: PodSpec) {
  const pod = node.run({ restartPolicy: 'Never', ...spec });
  const status = await node.api.until(
    pod.metadata.uid,
    (found) => found?.phase === 'Succeeded' || found?.phase === 'Failed',
  );
  const [container] = status?.containerStatuses ?? [];
  return { pod, container, words: container?.state?.terminated?.message ?? '' };
}

const tell = (command: string): string => `${command} > "$KUBEWRIGHT_TERMINATION_LOG"`;

test('runs a container as the user and the groups that its pod asks for', rootOnly, async () => {
  await using node = await startTestNode(images);
  const { container, words } = await run(node, {
    securityContext: { runAsUser: 65_000, runAsGroup: 65_001, fsGroup: 65_002 },
    containers: [shell(tell('echo $(id -u) $(id -g) $(id -G)'))],
  });
  assert.equal(words, '65000 65001 65001 65002\n');
  assert.deepEqual(container?.user?.linux, {
    uid: 65_000,
    gid: 65_001,
    supplementalGroups: [65_001, 65_002],
  });
});

test("lets a container's own user win over its pod's", rootOnly, async () => {
  await using node = await startTestNode(images);
  const { words } = await run(node, {
    securityContext: { runAsUser: 65_000 },
    containers: [shell(tell('id -u'), { securityContext: { runAsUser: 65_009 } })],
  });
  assert.equal(words, '65009\n');
});

test('takes a user of the image for the one that it is on this machine', rootOnly, async () => {
  await using node = await startTestNode({
    shell: { ...images.shell, users: { 999: { uid: 65_100, gid: 65_101 } } },
  });
  const { words } = await run(node, {
    securityContext: { runAsUser: 999 },
    containers: [shell(tell('echo $(id -u) $(id -g)'))],
  });
  assert.equal(words, '65100 65101\n');
});

test('executes commands in a container as its user', rootOnly, async () => {
  await using node = await startTestNode(images);
  const { words } = await run(node, {
    securityContext: { runAsUser: 65_000 },
    containers: [
      shell('while ! [ -e "$KUBEWRIGHT_ROOT/done" ]; do sleep 0.05; done', {
        lifecycle: {
          postStart: {
            exec: {
              command: ['/bin/sh', '-c', `${tell('id -u')}; : > "$KUBEWRIGHT_ROOT/done"`],
            },
          },
        },
      }),
    ],
  });
  assert.equal(words, '65000\n');
});

test('gives volumes to the group of the pod', rootOnly, async () => {
  await using node = await startTestNode(images);
  node.api.secrets.set('default/password', {
    metadata: { name: 'password', namespace: 'default' },
    data: { password: Buffer.from('open sesame').toString('base64') },
  });
  const { words } = await run(node, {
    securityContext: { runAsUser: 65_000, runAsGroup: 65_001, fsGroup: 65_002 },
    volumes: [
      { name: 'scratch', emptyDir: {} },
      { name: 'secret', secret: { secretName: 'password', defaultMode: 0o400 } },
    ],
    containers: [
      shell(
        tell(
          'cd "$HOME" && touch scratch/new && echo $(cat secret/password) $(stat -c %g scratch/new)',
        ),
        {
          volumeMounts: [
            { name: 'scratch', mountPath: '/scratch' },
            { name: 'secret', mountPath: '/secret' },
          ],
        },
      ),
    ],
  });
  assert.equal(words, 'open sesame 65002\n');
});

test('lets any user write to its own root and to fresh volumes', rootOnly, async () => {
  await using node = await startTestNode(images);
  const { container } = await run(node, {
    securityContext: { runAsUser: 65_000 },
    volumes: [{ name: 'scratch', emptyDir: {} }],
    containers: [
      shell('cd "$HOME" && touch here tmp/there scratch/new', {
        volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
      }),
    ],
  });
  assert.equal(container?.state?.terminated?.exitCode, 0);
});

test('keeps other users from looking around in its folders', rootOnly, async () => {
  await using node = await startTestNode(images);
  const { container } = await run(node, {
    securityContext: { runAsUser: 65_000 },
    containers: [
      shell(`ls ${node.dataDir} || ls ${node.dataDir}/pods || ls ${node.dataDir}/runtime`),
    ],
  });
  assert.notEqual(container?.state?.terminated?.exitCode, 0);
});

test(
  'says so when the program is closed to the user, and runs it as its own',
  rootOnly,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kubewright-closed-'));
    try {
      const program = join(folder, 'program.sh');
      await writeFile(program, `#!/bin/sh\n${tell('id -u')}\n`);
      await chmod(program, 0o755);
      await using node = await startTestNode({ closed: { command: [program] } });
      const { container, words } = await run(node, {
        securityContext: { runAsUser: 65_000 },
        containers: [{ name: 'app', image: 'closed' }],
      });
      assert.equal(words, '0\n');
      assert.equal(container?.user?.linux?.uid, 0);
      const event = await node.api.untilEvent('OtherUser');
      assert.equal(event.message, `Container runs as user 0: user 65000 may not read ${program}`);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

test('refuses to run as root what must not', async () => {
  await using node = await startTestNode(images);
  const pod = node.run({
    securityContext: { runAsNonRoot: true, runAsUser: 0 },
    containers: [shell('true')],
  });
  const status = await node.api.until(
    pod.metadata.uid,
    (found) =>
      found?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
  );
  assert.equal(
    status?.containerStatuses?.[0]?.state?.waiting?.message,
    `container's runAsUser breaks non-root policy (pod: "${pod.metadata.name}_default(${pod.metadata.uid})", container: app)`,
  );
});

test('asks a container to stop with the signal of its image', async () => {
  await using node = await startTestNode({
    shell: { ...images.shell, stopSignal: 'SIGINT' },
  });
  const pod = node.run({
    containers: [
      shell(
        `trap 'exit 7' INT; trap 'exit 8' TERM; : > "$HOME/ready"; while :; do sleep 0.05; done`,
        {
          readinessProbe: {
            exec: { command: ['/bin/sh', '-c', '[ -e "$HOME/ready" ]'] },
            periodSeconds: 1,
          },
        },
      ),
    ],
    terminationGracePeriodSeconds: 30,
  });
  await node.api.until(pod.metadata.uid, (found) => found?.containerStatuses?.[0]?.ready === true);
  node.delete(pod, 30);
  const status = await node.api.until(
    pod.metadata.uid,
    (found) => found?.containerStatuses?.[0]?.state?.terminated !== undefined,
  );
  assert.equal(status?.containerStatuses?.[0]?.state?.terminated?.exitCode, 7);
});

test(
  'runs a container as its own user where it cannot change it, and says so',
  { skip: isRoot && 'NOT RUN: root can start programs as any user' },
  async () => {
    await using node = await startTestNode(images);
    const { container, words } = await run(node, {
      securityContext: { runAsUser: 65_000, fsGroup: 65_001 },
      containers: [shell(tell('id -u'))],
    });
    const own = String(process.getuid?.());
    assert.equal(words, `${own}\n`);
    assert.equal(String(container?.user?.linux?.uid), own);
    const { message } = await node.api.untilEvent('OtherUser');
    assert.equal(
      message,
      `Container runs as user ${own}: only root can start programs as user 65000`,
    );
    const { mode } = await stat(node.dataDir);
    assert.equal(mode & 0o077, 0);
  },
);
