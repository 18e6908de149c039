import type { JsonValue } from '@kubewright/apimachinery';

/** PEM text given in the kubeconfig itself, or the absolute path of a file with it. */
export type PemSource =
  | { readonly from: 'data'; readonly pem: string }
  | { readonly from: 'file'; readonly path: string };

/** Where an API server is, and how it proves who it is. */
export interface ClusterEntry {
  /** What contexts call it. */
  readonly name: string;
  /** URL of the API server. */
  readonly server: string;
  /** Who may have signed the server's certificate. Default: the authorities of the machine. */
  readonly certificateAuthority?: PemSource | undefined;
  /** Name in the server's certificate, where it differs from the host of the URL. */
  readonly tlsServerName?: string | undefined;
  /** Trust whoever answers. */
  readonly insecureSkipTlsVerify: boolean;
  /** HTTP or SOCKS5 proxy to go through. Default: what the environment names. */
  readonly proxyUrl?: string | undefined;
  /** Do not ask for compressed answers. */
  readonly disableCompression: boolean;
  /** What a plug-in is told about the cluster: the extension `client.authentication.k8s.io/exec`. */
  readonly execConfig?: JsonValue | undefined;
}

/** A program that obtains credentials. */
export interface ExecEntry {
  /** Version of the protocol that the program speaks. */
  readonly apiVersion: 'client.authentication.k8s.io/v1' | 'client.authentication.k8s.io/v1beta1';
  /** Absolute path, or a name to look up in PATH. */
  readonly command: string;
  /** Arguments, without the program. */
  readonly args: readonly string[];
  /** Variables that are added to those of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** What to tell the user when the program does not exist. */
  readonly installHint?: string | undefined;
  /** Tell the program which cluster the credentials are for. */
  readonly provideClusterInfo: boolean;
  /** Whether the program gets the terminal: never, when there is one, or it must have one. */
  readonly interactiveMode: 'Never' | 'IfAvailable' | 'Always';
}

/** Whom to act as. */
export interface ImpersonationEntry {
  /** User name; empty for none. */
  readonly user: string;
  /** Uid of the user. */
  readonly uid?: string | undefined;
  /** Groups instead of the user's own. */
  readonly groups: readonly string[];
  /** Further facts about the user, by lower-case name. */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** How to prove who asks. */
export interface UserEntry {
  /** What contexts call it. */
  readonly name: string;
  /** Certificate to show; it goes with {@link UserEntry.clientKey}. */
  readonly clientCertificate?: PemSource | undefined;
  /** Private key of the certificate. */
  readonly clientKey?: PemSource | undefined;
  /** Bearer token. */
  readonly token?: string | undefined;
  /** Absolute path of a file with a bearer token that is read again from time to time. */
  readonly tokenFile?: string | undefined;
  /** For basic authentication, with a password. */
  readonly username?: string | undefined;
  /** For basic authentication, with a user name. */
  readonly password?: string | undefined;
  /** Program that obtains the credentials. */
  readonly exec?: ExecEntry | undefined;
  /** Whom to act as, once the credentials are accepted. */
  readonly impersonate?: ImpersonationEntry | undefined;
}

/** A user at a cluster, with a namespace to begin in. */
export interface ContextEntry {
  /** What `--context` calls it. */
  readonly name: string;
  /** Name of the cluster. */
  readonly cluster: string;
  /** Name of the user; the empty string for none. */
  readonly user: string;
  /** For objects that name none. Default `default`. */
  readonly namespace?: string | undefined;
}

/** What one kubeconfig says. */
export interface KubeConfigEntries {
  /** In the order of the files; of equal names the first counts. */
  readonly clusters: readonly ClusterEntry[];
  /** In the order of the files; of equal names the first counts. */
  readonly users: readonly UserEntry[];
  /** In the order of the files; of equal names the first counts. */
  readonly contexts: readonly ContextEntry[];
  /** Name of the context to use; undefined when the kubeconfig names none. */
  readonly currentContext?: string | undefined;
}
