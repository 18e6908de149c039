import { dirname, isAbsolute, resolve } from 'node:path';
import type { JsonValue } from '@kubewright/apimachinery';
import type {
  ClusterEntry,
  ContextEntry,
  ExecEntry,
  ImpersonationEntry,
  KubeConfigEntries,
  PemSource,
  UserEntry,
} from './entries.ts';
import { YamlMapping } from './yaml-reader.ts';

/** Where a kubeconfig comes from. */
export interface KubeConfigOrigin {
  /** Path of the file: relative paths in it are relative to its folder. Undefined for a text of no file. */
  readonly path?: string | undefined;
}

const execExtension = 'client.authentication.k8s.io/exec';

/**
 * Reads a kubeconfig (`apiVersion: v1`, `kind: Config`).
 *
 * @throws KubeConfigError `INVALID_YAML`, `INVALID`, with file and line.
 */
export function parseKubeConfig(text: string, { path }: KubeConfigOrigin = {}): KubeConfigEntries {
  const config = YamlMapping.parse(text, path ?? '(text)');
  const kind = config.text('kind');
  if (kind !== undefined && kind !== 'Config') {
    throw config.error('kind', `must be Config, not "${kind}": is this a kubeconfig?`);
  }
  const absolute = pathResolver(path);
  return {
    clusters: config.mappings('clusters').map((entry) => clusterOf(entry, absolute)),
    users: config.mappings('users').map((entry) => userOf(entry, absolute)),
    contexts: config.mappings('contexts').map(contextOf),
    currentContext: config.text('current-context'),
  };
}

type PathResolver = (path: string) => string;

function pathResolver(file: string | undefined): PathResolver {
  const folder = file === undefined ? process.cwd() : dirname(resolve(file));
  return (path) => (isAbsolute(path) ? path : resolve(folder, path));
}

function required(mapping: YamlMapping, key: string): string {
  const text = mapping.text(key);
  if (text === undefined) throw mapping.error(key, 'is missing');
  return text;
}

function clusterOf(entry: YamlMapping, absolute: PathResolver): ClusterEntry {
  const cluster = entry.mapping('cluster');
  const extension = cluster
    .mappings('extensions')
    .find((candidate) => candidate.text('name') === execExtension);
  return {
    name: required(entry, 'name'),
    server: cluster.text('server') ?? '',
    certificateAuthority: pemOf(cluster, 'certificate-authority', absolute),
    tlsServerName: cluster.text('tls-server-name'),
    insecureSkipTlsVerify: cluster.flag('insecure-skip-tls-verify'),
    proxyUrl: cluster.text('proxy-url'),
    disableCompression: cluster.flag('disable-compression'),
    // YAML without tags yields what JSON can say.
    execConfig: extension?.value('extension') as JsonValue | undefined,
  };
}

function userOf(entry: YamlMapping, absolute: PathResolver): UserEntry {
  const user = entry.mapping('user');
  const tokenFile = user.text('tokenFile');
  const token = user.text('token');
  const username = user.text('username');
  if (username !== undefined && (token !== undefined || tokenFile !== undefined)) {
    throw user.error('username', 'stands beside a token: only one way to authenticate is allowed');
  }
  if (user.has('auth-provider')) {
    const provider = user.mapping('auth-provider').text('name') ?? '';
    throw user.error(
      'auth-provider',
      `"${provider}" is of a kind that Kubernetes removed in 1.26: use an exec plug-in instead`,
    );
  }
  return {
    name: required(entry, 'name'),
    clientCertificate: pemOf(user, 'client-certificate', absolute),
    clientKey: pemOf(user, 'client-key', absolute),
    token,
    tokenFile: tokenFile === undefined ? undefined : absolute(tokenFile),
    username,
    password: user.text('password'),
    exec: user.has('exec') ? execOf(user.mapping('exec'), absolute) : undefined,
    impersonate: impersonationOf(user),
  };
}

function contextOf(entry: YamlMapping): ContextEntry {
  const context = entry.mapping('context');
  return {
    name: required(entry, 'name'),
    cluster: context.text('cluster') ?? '',
    user: context.text('user') ?? '',
    namespace: context.text('namespace'),
  };
}

/** PEM from `<key>-data` (base64), which wins, or from the file `<key>`. */
function pemOf(mapping: YamlMapping, key: string, absolute: PathResolver): PemSource | undefined {
  const data = mapping.text(`${key}-data`);
  if (data !== undefined) {
    const compact = data.replace(/\s+/g, '');
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact) || compact.length % 4 !== 0) {
      throw mapping.error(`${key}-data`, 'must be base64');
    }
    return { from: 'data', pem: Buffer.from(compact, 'base64').toString('utf8') };
  }
  const path = mapping.text(key);
  return path === undefined ? undefined : { from: 'file', path: absolute(path) };
}

function execOf(exec: YamlMapping, absolute: PathResolver): ExecEntry {
  const apiVersion = required(exec, 'apiVersion');
  if (
    apiVersion !== 'client.authentication.k8s.io/v1' &&
    apiVersion !== 'client.authentication.k8s.io/v1beta1'
  ) {
    throw exec.error(
      'apiVersion',
      `"${apiVersion}" is not supported: update the plug-in and set client.authentication.k8s.io/v1`,
    );
  }
  const command = required(exec, 'command');
  const interactiveMode = exec.text('interactiveMode') ?? 'IfAvailable';
  if (
    interactiveMode !== 'Never' &&
    interactiveMode !== 'IfAvailable' &&
    interactiveMode !== 'Always'
  ) {
    throw exec.error(
      'interactiveMode',
      `must be Never, IfAvailable or Always, not "${interactiveMode}"`,
    );
  }
  return {
    apiVersion,
    // As the shell does: a name without a slash is looked up in PATH.
    command: /[/\\]/.test(command) ? absolute(command) : command,
    args: exec.texts('args'),
    env: Object.fromEntries(
      exec
        .mappings('env')
        .map((variable) => [required(variable, 'name'), variable.text('value') ?? '']),
    ),
    installHint: exec.text('installHint'),
    provideClusterInfo: exec.flag('provideClusterInfo'),
    interactiveMode,
  };
}

function impersonationOf(user: YamlMapping): ImpersonationEntry | undefined {
  const as = user.text('as');
  const uid = user.text('as-uid');
  const groups = user.texts('as-groups');
  const extraMapping = user.mapping('as-user-extra');
  const extra = Object.fromEntries(
    extraMapping.keys().map((name) => [name, extraMapping.texts(name)]),
  );
  if (as !== undefined) return { user: as, uid, groups, extra };
  if (uid !== undefined || groups.length > 0 || Object.keys(extra).length > 0) {
    throw user.error(
      '',
      'says as-uid, as-groups or as-user-extra without "as": name the user to act as',
    );
  }
  return undefined;
}
