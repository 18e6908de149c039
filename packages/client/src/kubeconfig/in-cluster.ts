import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeConfigEntries } from './entries.ts';
import { KubeConfigError } from './kube-config-error.ts';

/** Where a pod finds its configuration. */
export interface InClusterOptions {
  /** Environment with `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`. Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Folder with `token`, `ca.crt` and `namespace`. Default: where Kubernetes mounts it. */
  readonly serviceAccountFolder?: string | undefined;
}

const mountedFolder = '/var/run/secrets/kubernetes.io/serviceaccount';
const entryName = 'in-cluster';

/** Whether the environment is that of a container in a pod. */
export function isInCluster(env: Readonly<Record<string, string | undefined>>): boolean {
  return (
    (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && (env['KUBERNETES_SERVICE_PORT'] ?? '') !== ''
  );
}

/**
 * The entries a pod's environment and service account come to.
 *
 * @throws KubeConfigError `NOT_FOUND` outside a pod, or in a pod without a mounted token.
 */
export async function inClusterEntries(options: InClusterOptions): Promise<KubeConfigEntries> {
  const { env = process.env, serviceAccountFolder = mountedFolder } = options;
  if (!isInCluster(env)) {
    throw new KubeConfigError(
      'NOT_FOUND',
      'not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set',
    );
  }
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '';
  const tokenFile = join(serviceAccountFolder, 'token');
  await readMounted(tokenFile);
  const namespace = await readMounted(join(serviceAccountFolder, 'namespace')).catch(() => '');
  return {
    clusters: [
      {
        name: entryName,
        server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
        certificateAuthority: { from: 'file', path: join(serviceAccountFolder, 'ca.crt') },
        insecureSkipTlsVerify: false,
        disableCompression: false,
      },
    ],
    users: [{ name: entryName, tokenFile }],
    contexts: [
      {
        name: entryName,
        cluster: entryName,
        user: entryName,
        namespace: namespace.trim() || undefined,
      },
    ],
    currentContext: entryName,
  };
}

async function readMounted(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new KubeConfigError(
      'NOT_FOUND',
      `${path} cannot be read: does the pod set automountServiceAccountToken: false?`,
      { cause },
    );
  }
}
