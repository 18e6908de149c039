import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { PodStatus } from '@kubewright/apimachinery';
import type { Container } from '@kubewright/apimachinery';
import { listProcesses } from '../src/kubelet/runtime/process-tree.ts';
import { InMemoryKubeletApi } from './kubelet-api-in-memory.ts';
import { nodeProgram, startTestNode } from './kubelet-node.ts';

/** A server that listens where it is told and answers with its port. */
const server = nodeProgram(`
  require('node:http')
    .createServer((request, response) => response.end('from ' + process.env.PORT))
    .listen(process.env.PORT, process.env.HOST, () => console.log('ready'));
  process.on('SIGTERM', () => process.exit(0));
`);

/** The server as a container that is ready once it listens. */
const listening: Container = {
  name: 'app',
  image: 'node:24',
  ports: [{ containerPort: 8080 }],
  readinessProbe: { httpGet: { port: 8080, path: '/' }, periodSeconds: 1 },
  ...server,
};

function isReady(status: PodStatus | undefined): boolean {
  return (
    status?.conditions?.some((entry) => entry.type === 'Ready' && entry.status === 'True') === true
  );
}

test('reports the signal that ended a process as 128 and its number', async () => {
  await using node = await startTestNode();
  const pod = node.run({
    restartPolicy: 'Never',
    containers: [
      { name: 'app', image: 'node:24', ...nodeProgram('process.kill(process.pid, "SIGSEGV")') },
    ],
  });
  const status = await node.api.until(pod.metadata.uid, (entry) => entry?.phase === 'Failed');
  assert.equal(status?.containerStatuses?.[0]?.state?.terminated?.exitCode, 139);
  assert.equal(status.containerStatuses[0].state.terminated.reason, 'Error');
});

test('keeps what an earlier life said as the previous log', async () => {
  await using node = await startTestNode();
  const pod = node.run({
    containers: [
      {
        name: 'app',
        image: 'node:24',
        env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        ...nodeProgram(`
          const fs = require('node:fs');
          const marker = process.env.KUBEWRIGHT_ROOT + '/been-here';
          const first = !fs.existsSync(marker);
          fs.writeFileSync(marker, '');
          console.log(first ? 'first life of ' + process.env.POD : 'second life');
          if (first) process.exit(3);
          setInterval(() => {}, 1000);
        `),
      },
    ],
  });
  await node.api.until(
    pod.metadata.uid,
    (status) =>
      status?.containerStatuses?.[0]?.restartCount === 1 &&
      status.containerStatuses[0].state?.running !== undefined,
  );
  const target = {
    namespace: 'default',
    pod: pod.metadata.name,
    uid: pod.metadata.uid,
    container: 'app',
  };
  const previous = await textOf(await node.backend.logs(target, { previous: true }));
  assert.equal(previous, `first life of ${pod.metadata.name}\n`);
  const stop = new AbortController();
  for await (const part of await node.backend.logs(target, { follow: true, signal: stop.signal })) {
    assert.equal(Buffer.from(part).toString(), 'second life\n');
    stop.abort();
  }
});

test('serves two pods that declare the same privileged port', async () => {
  await using node = await startTestNode();
  const spec = {
    containers: [
      {
        name: 'app',
        image: 'node:24',
        ports: [{ containerPort: 80 }],
        readinessProbe: { httpGet: { port: 80, path: '/' }, periodSeconds: 1 },
        ...server,
      },
    ],
  };
  const pods = [node.run(spec), node.run(spec)];
  const answers = await Promise.all(
    pods.map(async (pod) => {
      const status = await node.api.until(pod.metadata.uid, isReady);
      const target = await node.ports.resolve(pod.metadata.uid, 80);
      const response = await fetch(`http://${target?.host ?? ''}:${String(target?.port)}/`);
      return { ip: status?.podIP, host: target?.host, text: await response.text() };
    }),
  );
  for (const { text } of answers) assert.match(text, /^from \d+$/);
  if (process.platform === 'linux') {
    assert.notEqual(answers[0]?.ip, answers[1]?.ip);
    for (const { ip, host } of answers) assert.equal(host, ip);
  }
});

test('finds the port of a process that listens where nobody told it to', async () => {
  await using node = await startTestNode();
  const pod = node.run({
    containers: [
      {
        name: 'app',
        image: 'node:24',
        ports: [{ containerPort: 80 }],
        readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 },
        ...nodeProgram(`require('node:net').createServer().listen(0, '127.0.0.1');`),
      },
    ],
  });
  await node.api.until(pod.metadata.uid, isReady);
  const target = await node.ports.resolve(pod.metadata.uid, 80);
  assert.equal(target?.host, '127.0.0.1');
  assert.notEqual(target.port, 80);
});

test('kills a process that holds more memory than its limit', async () => {
  await using node = await startTestNode();
  const pod = node.run({
    restartPolicy: 'Never',
    containers: [
      {
        name: 'app',
        image: 'node:24',
        resources: { limits: { memory: '150Mi' }, requests: { memory: '150Mi' } },
        ...nodeProgram(`
          // Twice the limit and no more, however late it is noticed: the machine has other things to do.
          const kept = Array.from({ length: 15 }, () => Buffer.alloc(20 * 1024 * 1024, 1));
          setInterval(() => kept.length, 1000);
        `),
      },
    ],
  });
  const status = await node.api.until(pod.metadata.uid, (entry) => entry?.phase === 'Failed');
  const terminated = status?.containerStatuses?.[0]?.state?.terminated;
  assert.equal(terminated?.reason, 'OOMKilled');
  assert.equal(terminated.exitCode, 137);
});

test('leaves no descendant behind, not even one that went its own way', async () => {
  await using node = await startTestNode();
  const pod = node.run({
    restartPolicy: 'Never',
    containers: [
      {
        name: 'app',
        image: 'node:24',
        ...nodeProgram(`
          const { spawn } = require('node:child_process');
          const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
          child.unref();
          console.log(child.pid);
        `),
      },
    ],
  });
  await node.api.until(pod.metadata.uid, (entry) => entry?.phase === 'Succeeded');
  const target = {
    namespace: 'default',
    pod: pod.metadata.name,
    uid: pod.metadata.uid,
    container: 'app',
  };
  const pid = Number(await textOf(await node.backend.logs(target, {})));
  const left = (await listProcesses()).filter((info) => info.pid === pid);
  assert.deepEqual(left, []);
});

test('gives containers nothing of our environment but PATH', async () => {
  process.env['KUBELET_TEST_SECRET'] = 'not for containers';
  await using node = await startTestNode();
  const pod = node.run({
    restartPolicy: 'Never',
    containers: [
      {
        name: 'app',
        image: 'node:24',
        args: ['$(GREETING) $$(GREETING) $(NOBODY)'],
        env: [{ name: 'GREETING', value: 'hello' }],
        ...nodeProgram('console.log(JSON.stringify([process.env, process.argv.slice(1)]))'),
      },
    ],
  });
  await node.api.until(pod.metadata.uid, (entry) => entry?.phase === 'Succeeded');
  delete process.env['KUBELET_TEST_SECRET'];
  const target = {
    namespace: 'default',
    pod: pod.metadata.name,
    uid: pod.metadata.uid,
    container: 'app',
  };
  const text = await textOf(await node.backend.logs(target, {}));
  const [env, args] = JSON.parse(text) as [Record<string, string>, string[]];
  assert.equal(env['KUBELET_TEST_SECRET'], undefined);
  assert.equal(env['PATH'], process.env['PATH']);
  assert.equal(env['KUBERNETES_SERVICE_PORT'], '6443');
  assert.deepEqual(args, ['hello $(GREETING) $(NOBODY)']);
});

test('runs commands in a container and says when there is none', async () => {
  await using node = await startTestNode();
  const pod = node.run({
    containers: [{ name: 'app', image: 'node:24', ...server, ports: [{ containerPort: 8080 }] }],
  });
  await node.api.until(pod.metadata.uid, isReady);
  const target = {
    namespace: 'default',
    pod: pod.metadata.name,
    uid: pod.metadata.uid,
    container: 'app',
  };
  const options = { stdin: true, stdout: true, stderr: true, tty: false };
  const run = await node.backend.exec(target, { ...options, command: ['sh', '-c', 'cat; exit 4'] });
  run.stdin?.end('through and through');
  run.stderr.resume();
  const [output, exit] = await Promise.all([textOf(run.stdout), run.exit]);
  assert.equal(output, 'through and through');
  assert.equal(exit.exitCode, 4);
  await assert.rejects(node.backend.exec(target, { ...options, command: ['no-such-program'] }), {
    message: /exec: "no-such-program": executable file not found in \$PATH/,
  });
});

test('refuses to attach to a container whose process has ended, from that moment on', async () => {
  await using node = await startTestNode();
  const pod = node.run({ restartPolicy: 'Never', containers: [listening] });
  await node.api.until(pod.metadata.uid, isReady);
  const target = {
    namespace: 'default',
    pod: pod.metadata.name,
    uid: pod.metadata.uid,
    container: 'app',
  };
  const options = { stdin: true, stdout: true, stderr: true, tty: false };
  const [record] = node.runtime.podState(pod.metadata.uid).containers;
  assert.ok(record !== undefined);
  // Ends by itself, and what it leaves has to be looked for before its end is recorded.
  node.runtime.running(record.id)?.signal('SIGKILL');
  while (node.runtime.running(record.id)?.hasEnded === false) await setImmediate();
  // So that whoever attaches reads the log instead of nothing.
  await assert.rejects(node.backend.attach(target, options), {
    message: /container is in CONTAINER_EXITED state/,
  });
});

test('removes a deleted pod once its process has ended', async () => {
  await using node = await startTestNode();
  const pod = node.run({ containers: [listening] });
  await node.api.until(pod.metadata.uid, isReady);
  node.delete(pod, 30);
  await node.api.until(pod.metadata.uid, (status) => status === undefined);
  const last = node.api.statuses.at(-1);
  assert.equal(last?.status.phase, 'Succeeded');
  assert.equal(last.status.containerStatuses?.[0]?.state?.terminated?.exitCode, 0);
});

test('says which containers were lost when the node went down, and starts them again', async () => {
  const first = await startTestNode();
  const pod = first.run({ containers: [listening] });
  await first.api.until(pod.metadata.uid, isReady);
  await first.stop();
  const present = first.api.pod(pod.metadata.uid);
  assert.ok(present);
  const api = new InMemoryKubeletApi(() => Date.now());
  api.put(present);
  await using second = await startTestNode({}, {}, first.dataDir, api);
  const status = await second.api.until(
    pod.metadata.uid,
    (entry) => entry?.containerStatuses?.[0]?.restartCount === 1 && isReady(entry),
  );
  const lost = status?.containerStatuses?.[0]?.lastState?.terminated;
  assert.equal(lost?.reason, 'Unknown');
  assert.equal(lost.exitCode, 255);
  assert.equal((await second.api.untilEvent('SandboxChanged')).type, 'Normal');
});

async function textOf(parts: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all).toString('utf8');
}
