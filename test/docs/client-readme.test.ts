import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ConfigMap, Deployment, isNotFound, Pod } from '@kubewright/apimachinery';
import { EmbeddedCluster } from '@kubewright/cluster';
import { untilObject } from '../e2e/until-object.ts';
import { documentedSnippets } from './doc-files.ts';
import { WrittenPrograms, type Ending } from './written-programs.ts';

/** What the pod of the README runs: a server that says that it is there, and answers. */
const server = `
  const answer = (_request, response) => response.end('well');
  require('node:http').createServer(answer).listen(process.env.PORT, process.env.HOST, () => console.log('listening'));
`;

const file = 'packages/client/README.md';
const snippets = (await documentedSnippets()).filter((each) => each.file === file);
const exported = /^export (?:async )?function (\w+)/gm;
const functions = snippets.flatMap(({ code }) =>
  [...code.matchAll(exported)].map(([, name]) => name),
);

describe(`the functions of ${file}`, () => {
  let programs: WrittenPrograms;
  let cluster: EmbeddedCluster;
  const called = new Set<string>();

  before(async () => {
    programs = await WrittenPrograms.write(snippets.filter(({ language }) => language === 'ts'));
    const images = { web: { command: [process.execPath, '-e', server] } };
    cluster = await EmbeddedCluster.start({ images });
    const labels = { app: 'web' };
    const containers = [{ name: 'web', image: 'web', ports: [{ containerPort: 8080 }] }];
    await cluster.client.create(Pod, {
      metadata: { name: 'web-0', namespace: 'default', labels },
      spec: { containers },
    });
    // Its log and its status come by ways of their own.
    await untilObject(
      cluster.client,
      Pod,
      { namespace: 'default', name: 'web-0' },
      ({ status }) => status?.phase === 'Running',
    );
    for (;;) {
      const log = await cluster.client.logText({ namespace: 'default', name: 'web-0' });
      if (log.includes('listening')) break;
      await setTimeout(20);
    }
    await cluster.client.create(Deployment, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'other' } },
        template: { metadata: { labels: { app: 'other' } }, spec: { containers } },
      },
    });
  });

  after(async () => {
    await programs[Symbol.asyncDispose]();
    await cluster.stop();
  });

  /** Runs a program that calls a function of the README. */
  async function call(
    name: string,
    program: string,
    more: { kubeconfig?: string; input?: string } = {},
  ): Promise<Ending> {
    called.add(name);
    const snippet = snippets.find(({ code }) => code.includes(`function ${name}(`));
    assert.ok(snippet, `${file} has no function ${name}`);
    const { kubeconfig = cluster.kubeconfigPath, input } = more;
    const ending = await programs.call(snippet, program, { KUBECONFIG: kubeconfig }, input);
    assert.equal(ending.code, 0, ending.stderr);
    return ending;
  }

  /** The beginning of a program that has a client, and a signal that aborts when something is printed. */
  const withClient = `
    import { Client } from '@kubewright/client';
    await using client = await Client.fromKubeConfig();
    const stop = new AbortController();
    function abortWhenPrinted(text) {
      const write = process.stdout.write.bind(process.stdout);
      process.stdout.write = (piece) => {
        if (String(piece).includes(text)) stop.abort(new Error('seen'));
        return write(piece);
      };
    }
    const untilSeen = (error) => {
      if (error.message !== 'seen') throw error;
    };
  `;

  test('printPods prints pods', async () => {
    const { stdout } = await call('printPods', `await snippet.printPods('default');`);
    assert.equal(stdout, 'web-0 Running\n');
  });

  test('write creates, changes, applies and deletes', async () => {
    await call('write', `${withClient} await snippet.write(client);`);
    const { client } = cluster;
    await assert.rejects(client.get(ConfigMap, { name: 'settings' }), isNotFound);
    const { spec, metadata } = await client.get(Deployment, { name: 'web' });
    assert.equal(spec?.replicas, 3);
    assert.ok(metadata.managedFields?.some(({ manager }) => manager === 'scaler'));
  });

  test('follow tells of the pods of a node', async () => {
    const { spec } = await cluster.client.get(Pod, { name: 'web-0' });
    const { stdout } = await call(
      'follow',
      `${withClient}
      abortWhenPrinted('web-0');
      await snippet.follow(client, '${spec?.nodeName ?? ''}', stop.signal).catch(untilSeen);`,
    );
    assert.match(stdout, /^ADDED web-0$/m);
  });

  test('staging connects to the context of that name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kubewright-staging-'));
    const kubeconfig = join(folder, 'kubeconfig');
    const text = await readFile(cluster.kubeconfigPath, 'utf8');
    const [, context = ''] = /^current-context: *(\S+)$/m.exec(text) ?? [];
    await writeFile(
      kubeconfig,
      text.replaceAll(context, 'staging').replace(/^current-context:.*$/m, 'current-context: ""'),
    );
    try {
      const { stdout, stderr } = await call(
        'staging',
        `await using client = await snippet.staging();
        const { major } = await client.serverVersion();
        console.log(client.namespace, major);`,
        { kubeconfig },
      );
      assert.equal(stdout, 'default 1\n');
      assert.match(stderr, /^get 200 \d+ ms$/m);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('followLog shows the log', async () => {
    const { stdout } = await call(
      'followLog',
      `${withClient}
      abortWhenPrinted('listening');
      await snippet.followLog(client, stop.signal).catch(untilSeen);`,
    );
    assert.equal(stdout, 'listening\n');
  });

  test('visit shows log and health, and counts what it is sent', async () => {
    const { stdout } = await call(
      'visit',
      `${withClient} console.log('exit', await snippet.visit(client, stop.signal));`,
      { input: 'hello' },
    );
    assert.match(stdout, /^listening\n200\n\s*5\nexit 0\n$/);
  });

  test('are all called', () => {
    assert.deepEqual(functions, [...called]);
  });
});
