import type { JsonValue } from '@kubewright/apimachinery';

/** PEM text given in the kubeconfig itself, or the absolute path of a file with it. */
export type PemSource =
  | { readonly from: 'data'; readonly pem: string }
  | { readonly from: 'file'; readonly path: string };

/** Where an API server is, and how it proves who it is. */
export interface ClusterEntry {
  readonly name: string;
  /** URL of the API server. */
  readonly server: string;
  readonly certificateAuthority?: PemSource | undefined;
  /** Name in the server's certificate, where it differs from the host of the URL. */
  readonly tlsServerName?: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly proxyUrl?: string | undefined;
  /** Do not ask for compressed answers. */
  readonly disableCompression: boolean;
  /** What a plug-in is told about the cluster: the extension `client.authentication.k8s.io/exec`. */
  readonly execConfig?: JsonValue | undefined;
}

/** A program that obtains credentials. */
export interface ExecEntry {
  readonly apiVersion: 'client.authentication.k8s.io/v1' | 'client.authentication.k8s.io/v1beta1';
  /** Absolute path, or a name to look up in PATH. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What to tell the user when the program does not exist. */
  readonly installHint?: string | undefined;
  readonly provideClusterInfo: boolean;
  readonly interactiveMode: 'Never' | 'IfAvailable' | 'Always';
}

/** Whom to act as. */
export interface ImpersonationEntry {
  readonly user: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** How to prove who asks. */
export interface UserEntry {
  readonly name: string;
  readonly clientCertificate?: PemSource | undefined;
  readonly clientKey?: PemSource | undefined;
  readonly token?: string | undefined;
  /** Absolute path of a file with a bearer token that is read again from time to time. */
  readonly tokenFile?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly exec?: ExecEntry | undefined;
  readonly impersonate?: ImpersonationEntry | undefined;
}

/** A user at a cluster, with a namespace to begin in. */
export interface ContextEntry {
  readonly name: string;
  readonly cluster: string;
  /** Name of the user; the empty string for none. */
  readonly user: string;
  readonly namespace?: string | undefined;
}

/** What one kubeconfig says. */
export interface KubeConfigEntries {
  readonly clusters: readonly ClusterEntry[];
  readonly users: readonly UserEntry[];
  readonly contexts: readonly ContextEntry[];
  /** Name of the context to use; undefined when the kubeconfig names none. */
  readonly currentContext?: string | undefined;
}
