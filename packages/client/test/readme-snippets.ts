// The snippets of ../README.md, compiled with the tests; readme.test.ts holds the two together.
import process from 'node:process';

// #region quick
import { ConfigMap, Deployment, isNotFound, Pod } from '@kubewright/apimachinery';
import { Client, retryOnConflict } from '@kubewright/client';

/** Prints the pods of a namespace, with the kubeconfig that kubectl would use. */
export async function printPods(namespace: string): Promise<void> {
  await using client = await Client.fromKubeConfig();
  for await (const pod of client.listAll(Pod, { namespace, labelSelector: 'app=web' })) {
    process.stdout.write(`${pod.metadata.name} ${pod.status?.phase ?? ''}\n`);
  }
}
// #endregion

// #region writes
/** Creates, changes, applies and deletes. */
export async function write(client: Client): Promise<void> {
  await client.create(ConfigMap, { metadata: { name: 'settings' }, data: { level: 'info' } });

  // Read, change, write; again when somebody else was faster.
  await retryOnConflict(async () => {
    const settings = await client.get(ConfigMap, { name: 'settings' });
    await client.update(ConfigMap, { ...settings, data: { ...settings.data, level: 'debug' } });
  });

  // Server-side apply: what this field manager wants, and nothing else.
  await client.apply(
    Deployment,
    { metadata: { name: 'web' }, spec: { replicas: 3 } },
    { fieldManager: 'scaler', force: true },
  );

  await client.patch(
    ConfigMap,
    { name: 'settings' },
    { type: 'json', operations: [{ op: 'remove', path: '/data/level' }] },
  );
  await client.delete(ConfigMap, { name: 'settings' }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}
// #endregion

// #region watch
/** Follows the pods of a node: first those there are, then what changes, until the signal aborts. */
export async function follow(client: Client, node: string, signal: AbortSignal): Promise<void> {
  const fieldSelector = `spec.nodeName=${node}`;
  for await (const event of client.watch(Pod, { fieldSelector, sendInitialEvents: true, signal })) {
    if (event.type === 'BOOKMARK') continue;
    process.stdout.write(`${event.type} ${event.object.metadata.name}\n`);
  }
}
// #endregion

// #region connect
import { connect, loadKubeConfig } from '@kubewright/client';

/** A client for one context, with bounds and hooks of our own. */
export async function staging(): Promise<Client> {
  const config = await loadKubeConfig({ context: 'staging' });
  const transport = await connect(config, {
    connectTimeoutMs: 3_000,
    maxCallConnections: 16,
    retries: { maxRetries: 3 },
  });
  return new Client({
    transport,
    namespace: config.current().namespace,
    fieldManager: 'my-operator',
    userAgent: 'my-operator/1.2',
    onWarning: (text, attempt) => process.stderr.write(`${attempt}: ${text}\n`),
    onRequest: ({ verb, code, durationMs }) => {
      process.stderr.write(`${verb} ${code} ${durationMs.toFixed(0)} ms\n`);
    },
  });
}
// #endregion

// #region streams
/** Logs, a command, and a local port, all of one pod. */
export async function visit(client: Client, signal: AbortSignal): Promise<number> {
  const pod = { namespace: 'default', name: 'web-0' };

  process.stdout.write(await client.logText(pod, { tailLines: 20 }));
  for await (const bytes of await client.logs(pod, { follow: true, signal })) {
    process.stdout.write(bytes);
  }

  await using forwarder = await client.forwardPort(pod, 8080);
  await fetch(`http://127.0.0.1:${forwarder.localPort}/health`);

  await using session = await client.exec(pod, {
    command: ['sh', '-c', 'cat > /tmp/input && wc -c /tmp/input'],
    stdin: process.stdin,
    stderr: false,
    signal,
  });
  for await (const bytes of session.stdout) process.stdout.write(bytes);
  const { exitCode } = await session.exit;
  return exitCode;
}
// #endregion
