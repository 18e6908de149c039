import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { isInCluster, type InClusterOptions } from './in-cluster.ts';
import { KubeConfig } from './kube-config.ts';
import { KubeConfigError } from './kube-config-error.ts';

/** Where to look for a kubeconfig. */
export interface LoadKubeConfigOptions extends InClusterOptions {
  /** One file to read instead of looking for any. */
  readonly path?: string | undefined;
  /** Context to use instead of the current one. */
  readonly context?: string | undefined;
  /**
   * `auto`: the pod's service account when there is no kubeconfig. `always`: nothing else. `never`: not at all.
   * Default `auto`.
   */
  readonly inCluster?: 'auto' | 'always' | 'never' | undefined;
  /** Folder with `.kube/config`. Default: the user's home. */
  readonly home?: string | undefined;
}

/**
 * Finds the configuration as kubectl does: the option `path`, else the files of `KUBECONFIG` merged (those that do not
 * exist are left out), else `~/.kube/config`, else the service account of the pod.
 *
 * **Caveats:** a `KUBECONFIG` none of whose files exists is an error, not a reason to look elsewhere: a typing mistake
 * must not lead to another cluster.
 *
 * @throws KubeConfigError
 */
export async function loadKubeConfig(options: LoadKubeConfigOptions = {}): Promise<KubeConfig> {
  const { context } = options;
  const config = await find(options);
  return context === undefined ? config : config.withContext(context);
}

async function find(options: LoadKubeConfigOptions): Promise<KubeConfig> {
  const { path, env = process.env, inCluster = 'auto', home = homedir() } = options;
  if (inCluster === 'always') return KubeConfig.fromCluster(options);
  if (path !== undefined) return KubeConfig.fromFile(path);
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (listed.length > 0) return mergeFiles(listed);
  const usual = join(home, '.kube', 'config');
  const atHome = await readIfExists(usual);
  if (atHome !== undefined) return atHome;
  if (inCluster === 'auto' && isInCluster(env)) return KubeConfig.fromCluster(options);
  throw new KubeConfigError(
    'NOT_FOUND',
    `no kubeconfig: KUBECONFIG is not set, ${usual} does not exist, and this is not a pod; ` +
      'set KUBECONFIG to the file of your cluster',
  );
}

async function mergeFiles(paths: readonly string[]): Promise<KubeConfig> {
  const read = await Promise.all(paths.map(readIfExists));
  const found = read.filter((config) => config !== undefined);
  if (found.length === 0) {
    throw new KubeConfigError(
      'NOT_FOUND',
      `KUBECONFIG names ${paths.join(', ')}, which ${paths.length === 1 ? 'does' : 'do'} not exist`,
    );
  }
  return KubeConfig.merge(found);
}

async function readIfExists(path: string): Promise<KubeConfig | undefined> {
  try {
    return await KubeConfig.fromFile(path);
  } catch (error) {
    if (error instanceof KubeConfigError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
