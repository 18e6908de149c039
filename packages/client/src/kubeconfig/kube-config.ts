import { readFile } from 'node:fs/promises';
import type { ClusterEntry, ContextEntry, KubeConfigEntries, UserEntry } from './entries.ts';
import { inClusterEntries, type InClusterOptions } from './in-cluster.ts';
import { KubeConfigError } from './kube-config-error.ts';
import { parseKubeConfig, type KubeConfigOrigin } from './parse-kube-config.ts';

/** What a context comes to. */
export interface CurrentContext {
  /** Name of the context. */
  readonly name: string;
  /** Where the API server is. */
  readonly cluster: ClusterEntry;
  /** Undefined when the context names no user. */
  readonly user: UserEntry | undefined;
  /** Namespace of the context; `default` when it names none. */
  readonly namespace: string;
}

/**
 * Clusters, users and contexts. Nothing is connected to and no certificate is read until the configuration is used.
 *
 * @example
 * ```ts
 * const config = await KubeConfig.fromFile('/etc/kubernetes/admin.conf');
 * const { cluster, namespace } = config.withContext('staging').current();
 * ```
 */
export class KubeConfig implements KubeConfigEntries {
  /** All clusters that it names. */
  readonly clusters: readonly ClusterEntry[];
  /** All users that it names. */
  readonly users: readonly UserEntry[];
  /** All contexts that it names. */
  readonly contexts: readonly ContextEntry[];
  readonly currentContext: string | undefined;
  /** Where it was read from, for messages. */
  readonly origin: string;

  constructor(entries: KubeConfigEntries, origin = 'kubeconfig') {
    this.clusters = entries.clusters;
    this.users = entries.users;
    this.contexts = entries.contexts;
    this.currentContext = entries.currentContext;
    this.origin = origin;
  }

  /**
   * Reads a text.
   *
   * @param from - The file it comes from: relative paths are relative to its folder. Default: the working directory.
   * @throws KubeConfigError `INVALID_YAML`, `INVALID`.
   */
  static fromString(text: string, from: KubeConfigOrigin = {}): KubeConfig {
    return new KubeConfig(parseKubeConfig(text, from), from.path);
  }

  /**
   * Reads a file.
   *
   * @throws KubeConfigError `NOT_FOUND`, `UNREADABLE`, `INVALID_YAML`, `INVALID`.
   */
  static async fromFile(path: string): Promise<KubeConfig> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (cause) {
      const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
      throw isMissing
        ? new KubeConfigError('NOT_FOUND', `kubeconfig ${path}: no such file`, { cause })
        : new KubeConfigError('UNREADABLE', `kubeconfig ${path}: ${String(cause)}`, { cause });
    }
    return KubeConfig.fromString(text, { path });
  }

  /** The configuration of a pod: its service account at the API server of its cluster. */
  static async fromCluster(options: InClusterOptions = {}): Promise<KubeConfig> {
    return new KubeConfig(await inClusterEntries(options), 'the service account of this pod');
  }

  /**
   * Several configurations as one. Where two define the same cluster, user or context, or both name a current context,
   * the first wins, as in kubectl.
   */
  static merge(configs: readonly KubeConfig[]): KubeConfig {
    const entries: KubeConfigEntries = {
      clusters: firstOfEachName(configs.flatMap(({ clusters }) => clusters)),
      users: firstOfEachName(configs.flatMap(({ users }) => users)),
      contexts: firstOfEachName(configs.flatMap(({ contexts }) => contexts)),
      currentContext: configs.find(({ currentContext }) => currentContext !== undefined)
        ?.currentContext,
    };
    return new KubeConfig(entries, configs.map(({ origin }) => origin).join(', '));
  }

  /** The same configuration with another current context; {@link current} reports one that does not exist. */
  withContext(name: string): KubeConfig {
    const { clusters, users, contexts, origin } = this;
    return new KubeConfig({ clusters, users, contexts, currentContext: name }, origin);
  }

  /**
   * The current context with its cluster and user.
   *
   * @throws KubeConfigError `NO_SUCH_ENTRY`, `INVALID`.
   */
  current(): CurrentContext {
    const context = this.#currentContext();
    const cluster = this.clusters.find(({ name }) => name === context.cluster);
    if (cluster === undefined) {
      throw this.#missing(
        'cluster',
        context.cluster,
        this.clusters,
        ` of context "${context.name}"`,
      );
    }
    const user = this.users.find(({ name }) => name === context.user);
    if (user === undefined && context.user !== '') {
      throw this.#missing('user', context.user, this.users, ` of context "${context.name}"`);
    }
    if (cluster.server === '') {
      throw new KubeConfigError(
        'INVALID',
        `${this.origin}: cluster "${cluster.name}" has no server; set it with: kubectl config set-cluster ${cluster.name} --server=https://…`,
      );
    }
    return { name: context.name, cluster, user, namespace: context.namespace ?? 'default' };
  }

  #currentContext(): ContextEntry {
    if (this.currentContext === undefined) {
      const [only] = this.contexts;
      if (only !== undefined && this.contexts.length === 1) return only;
      throw new KubeConfigError(
        'NO_SUCH_ENTRY',
        `${this.origin}: no current context; ${
          only === undefined
            ? 'it has no contexts at all'
            : `choose one with: kubectl config use-context ${only.name} (there are: ${namesOf(this.contexts)})`
        }`,
      );
    }
    const context = this.contexts.find(({ name }) => name === this.currentContext);
    if (context === undefined)
      throw this.#missing('context', this.currentContext, this.contexts, '');
    return context;
  }

  #missing(
    what: string,
    name: string,
    there: readonly { readonly name: string }[],
    where: string,
  ): KubeConfigError {
    return new KubeConfigError(
      'NO_SUCH_ENTRY',
      `${this.origin}: the ${what} "${name}"${where} does not exist; there ${
        there.length === 0 ? `are no ${what}s` : `are: ${namesOf(there)}`
      }`,
    );
  }
}

function namesOf(entries: readonly { readonly name: string }[]): string {
  return entries.map(({ name }) => name).join(', ');
}

function firstOfEachName<E extends { readonly name: string }>(entries: readonly E[]): E[] {
  const byName = new Map<string, E>();
  for (const entry of entries) {
    if (!byName.has(entry.name)) byName.set(entry.name, entry);
  }
  return [...byName.values()];
}
