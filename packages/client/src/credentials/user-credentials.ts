import { readFile } from 'node:fs/promises';
import type { ClusterEntry, PemSource, UserEntry } from '../kubeconfig/entries.ts';
import { CachedFile } from './cached-file.ts';
import { CredentialError } from './credential-error.ts';
import type {
  ClientCertificate,
  Credential,
  CredentialHeaders,
  Credentials,
} from './credentials.ts';
import type { ExecCredential } from './exec-credential.ts';
import { ExecPlugin, type ExecPluginOptions } from './exec-plugin.ts';
import { impersonationHeaders } from './impersonation.ts';
import { pemReader, type PemReader } from './pem-reader.ts';

/** Surroundings of a user's credentials. */
export type UserCredentialsOptions = Omit<ExecPluginOptions, 'clusterInfo'>;

/** What the last credential was made of. */
interface Made {
  readonly authorization: string | undefined;
  readonly clientCertificate: ClientCertificate | undefined;
  readonly fromPlugin: ExecCredential | undefined;
  readonly credential: Credential;
}

/**
 * The credentials of a user of a kubeconfig. Files are read again once a minute and after a 401; a plug-in runs when
 * needed. A token (or user name) in the kubeconfig makes a plug-in superfluous.
 */
export class UserCredentials implements Credentials {
  readonly #user: UserEntry;
  readonly #certificate: PemReader;
  readonly #key: PemReader;
  readonly #tokenFile: CachedFile | undefined;
  readonly #plugin: ExecPlugin | undefined;
  readonly #fixedHeaders: CredentialHeaders;
  #made: Made | undefined;

  constructor(user: UserEntry, cluster: ClusterEntry, options: UserCredentialsOptions = {}) {
    this.#user = user;
    this.#certificate = pemReader(user.clientCertificate);
    this.#key = pemReader(user.clientKey);
    this.#tokenFile = user.tokenFile === undefined ? undefined : new CachedFile(user.tokenFile);
    const needsPlugin =
      user.exec !== undefined && user.token === undefined && user.username === undefined;
    this.#plugin = needsPlugin
      ? new ExecPlugin(user.exec, { ...options, clusterInfo: () => clusterInfoOf(cluster) })
      : undefined;
    this.#fixedHeaders = impersonationHeaders(user.impersonate);
  }

  async current(signal?: AbortSignal): Promise<Credential> {
    const fromPlugin = await this.#plugin?.credential(signal);
    const authorization = await this.#authorization(fromPlugin);
    const clientCertificate = fromPlugin?.clientCertificate ?? (await this.#clientCertificate());
    const made = this.#made;
    if (
      made !== undefined &&
      made.authorization === authorization &&
      made.clientCertificate?.certificate === clientCertificate?.certificate &&
      made.clientCertificate?.key === clientCertificate?.key
    ) {
      this.#made = { ...made, fromPlugin };
      return made.credential;
    }
    const credential: Credential = {
      headers: {
        ...this.#fixedHeaders,
        ...(authorization === undefined ? {} : { authorization }),
      },
      clientCertificate,
    };
    this.#made = { authorization, clientCertificate, fromPlugin, credential };
    return credential;
  }

  async renew(rejected: Credential, signal?: AbortSignal): Promise<boolean> {
    const made = this.#made;
    // Somebody else's 401 has led to another credential already.
    if (made?.credential !== rejected) return made !== undefined;
    if (this.#plugin === undefined && this.#tokenFile === undefined) return false;
    if (made.fromPlugin !== undefined) this.#plugin?.expire(made.fromPlugin);
    this.#tokenFile?.expire();
    return (await this.current(signal)) !== rejected;
  }

  async close(): Promise<void> {
    await this.#plugin?.close();
  }

  async #authorization(fromPlugin: ExecCredential | undefined): Promise<string | undefined> {
    const { token, username, password = '' } = this.#user;
    if (username !== undefined) {
      return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    }
    const bearer = (await this.#tokenFromFile()) ?? token ?? fromPlugin?.token;
    return bearer === undefined ? undefined : `Bearer ${bearer}`;
  }

  /** The file's token wins over the one in the kubeconfig, as in kubectl, unless it cannot be read. */
  async #tokenFromFile(): Promise<string | undefined> {
    if (this.#tokenFile === undefined) return undefined;
    try {
      return (await this.#tokenFile.read()).trim();
    } catch (error) {
      if (this.#user.token !== undefined) return undefined;
      throw error;
    }
  }

  async #clientCertificate(): Promise<ClientCertificate | undefined> {
    const [certificate, key] = await Promise.all([this.#certificate(), this.#key()]);
    if (certificate === undefined && key === undefined) return undefined;
    if (certificate === undefined || key === undefined) {
      const missing = certificate === undefined ? 'client-certificate' : 'client-key';
      throw new CredentialError(
        'UNREADABLE_FILE',
        `user "${this.#user.name}" of the kubeconfig has no ${missing}: certificate and key belong together`,
      );
    }
    return { certificate, key };
  }
}

/** The cluster as a plug-in is told of it (`Cluster` of client.authentication.k8s.io). */
async function clusterInfoOf(cluster: ClusterEntry): Promise<object> {
  return {
    server: cluster.server,
    'tls-server-name': cluster.tlsServerName,
    'insecure-skip-tls-verify': cluster.insecureSkipTlsVerify ? true : undefined,
    'certificate-authority-data': await base64Of(cluster.certificateAuthority),
    'proxy-url': cluster.proxyUrl,
    'disable-compression': cluster.disableCompression ? true : undefined,
    config: cluster.execConfig,
  };
}

async function base64Of(source: PemSource | undefined): Promise<string | undefined> {
  if (source === undefined) return undefined;
  const pem = source.from === 'data' ? Buffer.from(source.pem) : await readFile(source.path);
  return pem.toString('base64');
}
