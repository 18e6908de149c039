import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Container } from '@kubewright/apimachinery';

/** Where Kubernetes mounts a pod's ServiceAccount. */
const serviceAccountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Where a container finds the API server. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Writes a kubeconfig into a container's root folder, because its programs cannot find the mounted
 * ServiceAccount at the absolute path they know. It names the mounted files, so that renewed tokens are used.
 *
 * @returns its path, to be told as `KUBECONFIG`; undefined when the pod mounts no ServiceAccount.
 */
export async function writeContainerKubeconfig(
  container: Container,
  rootDir: string,
  server: ServerAddress,
  namespace: string,
): Promise<string | undefined> {
  const isMounted = (container.volumeMounts ?? []).some(
    (mount) => mount.mountPath.replace(/\/$/, '') === serviceAccountPath,
  );
  if (!isMounted) return undefined;
  const folder = join(rootDir, serviceAccountPath);
  const name = 'in-cluster';
  // JSON is YAML that every reader of a kubeconfig understands.
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: `https://${server.host}:${String(server.port)}`,
          'certificate-authority': join(folder, 'ca.crt'),
        },
      },
    ],
    users: [{ name, user: { tokenFile: join(folder, 'token') } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    'current-context': name,
  };
  const path = join(rootDir, '.kube', 'config');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  return path;
}
