import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import type { TestContext } from 'node:test';
import { ApiServer } from '../../src/index.ts';
import { ScriptedNode } from '../scripted-node.ts';
import { findKubectl } from './kubectl.ts';

/** How a kubectl has ended. */
export interface KubectlResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface KubectlOptions {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
}

/** A server with one node, `n1`, and kubectl pointed at it. */
export interface KubectlFixture {
  readonly server: ApiServer;
  readonly node: ScriptedNode;
  readonly kubeconfig: string;
  readonly run: (args: readonly string[], options?: KubectlOptions) => Promise<KubectlResult>;
  /** As {@link run}, for one that must succeed; its output as text. */
  readonly ok: (args: readonly string[], options?: KubectlOptions) => Promise<string>;
  /** Starts one that goes on by itself; it is ended with the test. */
  readonly start: (
    args: readonly string[],
    options?: KubectlOptions,
  ) => ChildProcessWithoutNullStreams;
  readonly send: (method: 'POST' | 'PUT', path: string, body: unknown) => Promise<unknown>;
}

async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function kubectlFixture(context: TestContext): Promise<KubectlFixture> {
  const kubectl = findKubectl();
  const folder = await mkdtemp(join(tmpdir(), 'kubewright-kubectl-'));
  const server = new ApiServer();
  const children = new Set<ChildProcessWithoutNullStreams>();
  context.after(async () => {
    for (const child of children) child.kill();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  await server.listen();
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, await server.kubeconfig());
  const node = new ScriptedNode();
  server.connectNode('n1', node);
  const start = (args: readonly string[], options: KubectlOptions = {}) => {
    const child = spawn(kubectl, args, {
      env: { PATH: env['PATH'], HOME: folder, KUBECONFIG: kubeconfig, ...options.env },
    });
    children.add(child);
    child.once('close', () => children.delete(child));
    // One that does not read its input to the end is no failure of the test.
    child.stdin.on('error', () => undefined);
    return child;
  };
  const run = async (
    args: readonly string[],
    options: KubectlOptions = {},
  ): Promise<KubectlResult> => {
    const child = start(args, options);
    child.stdin.end(options.input ?? '');
    const [stdout, stderr, [code]] = await Promise.all([
      readAll(child.stdout),
      readAll(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { code: code ?? -1, stdout, stderr: stderr.toString() };
  };
  const ok = async (args: readonly string[], options?: KubectlOptions) => {
    const { code, stdout, stderr } = await run(args, options);
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
    return stdout.toString();
  };
  const transport = server.transport();
  const send = async (method: 'POST' | 'PUT', path: string, body: unknown) => {
    const answer = await transport.request({
      method,
      path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = (await readAll(answer.body)).toString();
    assert.ok(answer.status < 300, `${method} ${path}: ${text}`);
    return JSON.parse(text) as unknown;
  };
  await send('POST', '/api/v1/namespaces/default/serviceaccounts', {
    metadata: { name: 'default' },
  });
  return { server, node, kubeconfig, run, ok, start, send };
}

/** Stores a pod on node `n1` whose containers run. */
export async function storeRunningPod(
  { send }: KubectlFixture,
  name: string,
  ...containers: readonly string[]
): Promise<void> {
  const path = '/api/v1/namespaces/default/pods';
  const pod = (await send('POST', path, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      nodeName: 'n1',
      containers: containers.map((container) => ({ name: container, image: 'x' })),
    },
  })) as object;
  await send('PUT', `${path}/${name}/status`, {
    ...pod,
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: containers.map((container) => ({
        name: container,
        image: 'x',
        imageID: 'x',
        ready: true,
        restartCount: 0,
        state: { running: { startedAt: '2030-01-01T00:00:00Z' } },
      })),
    },
  });
}
