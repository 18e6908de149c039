import { fixedCredentials } from '../credentials/credentials.ts';
import { pemReader } from '../credentials/pem-reader.ts';
import { UserCredentials, type UserCredentialsOptions } from '../credentials/user-credentials.ts';
import { KubeConfigError } from '../kubeconfig/kube-config-error.ts';
import type { KubeConfig } from '../kubeconfig/kube-config.ts';
import { HttpTransport, type HttpTransportOptions } from './http-transport.ts';
import { parseProxy, proxyFromEnvironment } from './proxy-choice.ts';

/** How to connect, besides what the kubeconfig says. */
export interface ConnectOptions extends Pick<
  HttpTransportOptions,
  | 'connectTimeoutMs'
  | 'headersTimeoutMs'
  | 'bodyTimeoutMs'
  | 'suspectAfterMs'
  | 'keepAliveMs'
  | 'maxCallConnections'
  | 'compression'
  | 'retries'
> {
  /** Environment of plug-ins, and with `HTTPS_PROXY` and `NO_PROXY`. Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Surroundings of a credential plug-in. */
  readonly plugin?: Omit<UserCredentialsOptions, 'env'> | undefined;
}

/**
 * A transport to the cluster of the current context, as its user. Certificates and tokens are read here once, so that
 * a missing file is reported at the start; no connection is opened before the first request.
 *
 * @throws KubeConfigError when the context is incomplete, CredentialError when a file cannot be read.
 */
export async function connect(
  config: KubeConfig,
  options: ConnectOptions = {},
): Promise<HttpTransport> {
  const { env = process.env, plugin, ...transportOptions } = options;
  const { cluster, user } = config.current();
  const what = `${config.origin}: cluster "${cluster.name}"`;
  if (!URL.canParse(cluster.server) || !/^https?:\/\//i.test(cluster.server)) {
    throw new KubeConfigError(
      'INVALID',
      `${what}: server must be a URL that begins with https://, not "${cluster.server}"`,
    );
  }
  if (cluster.insecureSkipTlsVerify && cluster.certificateAuthority !== undefined) {
    throw new KubeConfigError(
      'INVALID',
      `${what}: insecure-skip-tls-verify and certificate-authority contradict each other; remove one`,
    );
  }
  const server = new URL(cluster.server);
  const certificateAuthority = pemReader(cluster.certificateAuthority);
  await certificateAuthority();
  return new HttpTransport({
    ...transportOptions,
    server,
    certificateAuthority,
    serverName: cluster.tlsServerName,
    insecureSkipTlsVerify: cluster.insecureSkipTlsVerify,
    compression: cluster.disableCompression ? false : options.compression,
    proxy: proxyOf(cluster.proxyUrl, what, server, env),
    credentials:
      user === undefined
        ? fixedCredentials()
        : new UserCredentials(user, cluster, { ...plugin, env }),
  });
}

function proxyOf(
  proxyUrl: string | undefined,
  what: string,
  server: URL,
  env: Readonly<Record<string, string | undefined>>,
): URL | undefined {
  try {
    return proxyUrl === undefined
      ? proxyFromEnvironment(server, env)
      : parseProxy(proxyUrl, 'proxy-url');
  } catch (cause) {
    throw new KubeConfigError('INVALID', `${what}: ${String(cause)}`, { cause });
  }
}
