import assert from 'node:assert/strict';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { createServer, request } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import test, { type TestContext } from 'node:test';
import { cat } from '../scripted-node.ts';
import { kubectlFixture, storeRunningPod, type KubectlFixture } from './kubectl-fixture.ts';

/** The two ways that kubectl has for each stream. */
const WAYS = [
  { name: 'WebSockets', env: {} },
  {
    name: 'SPDY',
    env: {
      KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false',
      KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false',
    },
  },
] as const;

/** Every process on the node has ended. */
async function ended({ node }: KubectlFixture): Promise<void> {
  while (node.running > 0) await new Promise((resolve) => setImmediate(resolve));
}

async function withPod(context: TestContext): Promise<KubectlFixture> {
  const fixture = await kubectlFixture(context);
  await storeRunningPod(fixture, 'web', 'app');
  return fixture;
}

/** An HTTP server that the scripted node reaches as port 80 of the pod. */
async function serveHttp(context: TestContext, { node }: KubectlFixture): Promise<void> {
  const web = createServer((message, response) => {
    const size = Number(message.url?.slice(1));
    if (size > 0) {
      response.end(Buffer.alloc(size, 0x61));
      return;
    }
    let received = 0;
    message.on('data', (chunk: Buffer) => (received += chunk.length));
    message.on('end', () => response.end(String(received)));
  });
  context.after(() => {
    web.closeAllConnections();
    web.close();
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  const { port } = web.address() as AddressInfo;
  node.ports.set(80, async (): Promise<Duplex> => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  });
}

async function call(port: number, path: string, body?: Buffer): Promise<Buffer> {
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    method: body === undefined ? 'GET' : 'POST',
    agent: false,
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer>];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Starts a port-forward of a free local port. */
async function forward(
  { start }: KubectlFixture,
  env: Readonly<Record<string, string>>,
  remote: number,
): Promise<{
  readonly port: number;
  /** Resolves when it has written this to its standard error; rejects when it ends without. */
  readonly told: (what: RegExp) => Promise<void>;
  readonly stop: () => Promise<void>;
}> {
  const child = start(['port-forward', 'pod/web', `:${remote}`, '--address', '127.0.0.1'], { env });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const closed = once(child, 'close');
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(line)?.[1]);
  assert.ok(port > 0, line);
  return {
    port,
    told: async (what) => {
      while (!what.test(errors)) {
        assert.ok(child.exitCode === null && child.signalCode === null, errors);
        await Promise.race([once(child.stderr, 'data'), closed]);
      }
    },
    stop: async () => {
      child.kill();
      await closed;
    },
  };
}

for (const { name, env } of WAYS) {
  test(`kubectl exec over ${name} carries output, errors and the exit code`, async (context) => {
    const fixture = await withPod(context);
    fixture.node.scripts.set('sh', async ({ stdout, stderr, command }) => {
      stdout.write('to stdout\n');
      stderr.write('to stderr\n');
      return Number(command[1]);
    });

    const good = await fixture.run(['exec', 'web', '--', 'sh', '0'], { env });
    assert.equal(good.code, 0);
    assert.equal(good.stdout.toString(), 'to stdout\n');
    assert.equal(good.stderr, 'to stderr\n');

    const bad = await fixture.run(['exec', 'web', '--', 'sh', '42'], { env });
    assert.equal(bad.code, 42);
    assert.match(bad.stderr, /command terminated with exit code 42/);

    const none = await fixture.run(['exec', 'web', '--', 'nope'], { env });
    assert.equal(none.code, 1);
    assert.match(none.stderr, /exec: "nope": executable file not found in \$PATH/);
  });

  test(`kubectl exec -i over ${name} carries large input and output unharmed`, async (context) => {
    const fixture = await withPod(context);
    fixture.node.scripts.set('cat', cat);
    const blob = randomBytes(16 * 1024 * 1024);

    const { code, stdout } = await fixture.run(['exec', '-i', 'web', '--', 'cat'], {
      env,
      input: blob,
    });

    assert.equal(code, 0);
    assert.ok(stdout.equals(blob));
    await ended(fixture);
  });

  test(`kubectl exec -i over ${name} ends when the command stops reading early`, async (context) => {
    const fixture = await withPod(context);
    fixture.node.scripts.set('head', async ({ stdin, stdout }) => {
      const [piece] = (await once(stdin, 'data')) as [Buffer];
      stdin.destroy();
      stdout.write(piece.subarray(0, 3));
      return 0;
    });

    const { code, stdout } = await fixture.run(['exec', '-i', 'web', '--', 'head'], {
      env,
      input: Buffer.alloc(4 * 1024 * 1024, 0x61),
    });

    assert.equal(code, 0);
    assert.equal(stdout.toString(), 'aaa');
  });

  test(`kubectl cp over ${name} brings files both ways`, async (context) => {
    const fixture = await withPod(context);
    let archive = Buffer.alloc(0);
    fixture.node.scripts.set('test', async () => 1);
    fixture.node.scripts.set('tar', async ({ command, stdin, stdout }) => {
      if (command.includes('cf')) {
        stdout.write(archive);
        return 0;
      }
      archive = Buffer.concat((await stdin.toArray()) as Buffer[]);
      return 0;
    });
    const source = fixture.kubeconfig;
    const copy = `${fixture.kubeconfig}-copy`;

    await fixture.ok(['cp', source, 'web:/file'], { env });
    assert.ok(archive.includes('apiVersion: v1'));
    await fixture.ok(['cp', 'web:file', copy], { env });
    const { code } = await fixture.run(['--kubeconfig', copy, 'version']);

    assert.equal(code, 0);
  });

  test(`an interrupted kubectl exec over ${name} ends the command`, async (context) => {
    const fixture = await withPod(context);
    fixture.node.scripts.set('wait', async ({ stdout, killed }) => {
      stdout.write('started\n');
      await killed;
      return 137;
    });
    const child = fixture.start(['exec', '-i', 'web', '--', 'wait'], { env });
    await once(child.stdout, 'data');
    assert.equal(fixture.node.running, 1);

    child.kill('SIGKILL');
    await ended(fixture);
  });

  test(`kubectl attach over ${name} follows the container`, async (context) => {
    const fixture = await withPod(context);
    fixture.node.scripts.set('attach', async ({ stdout }) => {
      stdout.write('one\n');
      stdout.write('two\n');
      return 0;
    });

    const { code, stdout } = await fixture.run(['attach', 'web'], { env });

    assert.equal(code, 0);
    assert.equal(stdout.toString(), 'one\ntwo\n');
  });

  test(`kubectl port-forward over ${name} carries many large bodies at once`, async (context) => {
    const fixture = await withPod(context);
    await serveHttp(context, fixture);
    const { port, stop } = await forward(fixture, env, 80);
    const size = 5 * 1024 * 1024;
    const upload = randomBytes(size);

    const bodies = await Promise.all([
      ...Array.from({ length: 6 }, () => call(port, `/${size}`)),
      ...Array.from({ length: 3 }, () => call(port, '/', upload)),
    ]);
    // One more, when the first have gone.
    bodies.push(await call(port, '/7'));
    await stop();

    assert.deepEqual(
      bodies.map((body) => body.length),
      [...Array.from({ length: 6 }, () => size), ...Array.from({ length: 3 }, () => 7), 7],
    );
    assert.deepEqual(bodies[6]?.toString(), String(size));
  });

  test(`kubectl port-forward over ${name} says why a port cannot be reached`, async (context) => {
    const fixture = await withPod(context);
    const { port, told, stop } = await forward(fixture, env, 81);
    await assert.rejects(call(port, '/'));
    // It may tell after it has closed the connection.
    await told(/an error occurred forwarding \d+ -> 81: connect to port 81: connection refused/);
    await stop();
  });
}

test('kubectl exec with a terminal tells its size and its kind', async (context) => {
  const fixture = await withPod(context);
  fixture.node.scripts.set('top', async ({ stdin, stdout, options }) => {
    await once(stdin, 'data');
    stdout.write(`tty=${options.tty} stderr=${options.stderr}\n`);
    return 0;
  });

  // Without a terminal of its own kubectl asks for none, and says so.
  const { code, stdout, stderr } = await fixture.run(['exec', '-it', 'web', '--', 'top'], {
    input: 'q',
  });

  assert.equal(code, 0);
  assert.match(stderr, /Unable to use a TTY/);
  assert.equal(stdout.toString(), 'tty=false stderr=true\n');
});

test('kubectl logs reads, follows and refuses as against a real node', async (context) => {
  const fixture = await withPod(context);
  await storeRunningPod(fixture, 'two', 'a', 'b');
  fixture.node.log = async ({ container }, { follow, tailLines, timestamps }) =>
    (async function* lines() {
      yield Buffer.from(
        `${container} follow=${follow} tail=${tailLines} timestamps=${timestamps}\n`,
      );
      if (follow) yield Buffer.from('more\n');
    })();

  assert.equal(
    await fixture.ok(['logs', 'web']),
    'app follow=false tail=undefined timestamps=false\n',
  );
  assert.equal(
    await fixture.ok(['logs', '-f', 'web', '--tail=5', '--timestamps']),
    'app follow=true tail=5 timestamps=true\nmore\n',
  );
  assert.match(await fixture.ok(['logs', 'two', '-c', 'b']), /^b /);
  const { code, stderr } = await fixture.run([
    'get',
    '--raw',
    '/api/v1/namespaces/default/pods/two/log',
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /a container name must be specified for pod two, choose one of: \[a b\]/);
});

test('an interrupted kubectl logs -f lets go of the log', async (context) => {
  const fixture = await withPod(context);
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
  fixture.node.log = async (_target, { signal }) =>
    (async function* endless() {
      try {
        yield Buffer.from('first\n');
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      } finally {
        release(undefined);
      }
    })();
  const child = fixture.start(['logs', '-f', 'web']);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');

  await released;
});
