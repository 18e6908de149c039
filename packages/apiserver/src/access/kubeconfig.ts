import { writeYaml } from '@kubewright/apimachinery';

/** How the user of a kubeconfig proves who they are. */
export type KubeconfigCredential =
  | { readonly type: 'certificate'; readonly certificate: string; readonly key: string }
  | { readonly type: 'token'; readonly token: string };

/** What {@link renderKubeconfig} writes down. */
export interface KubeconfigOptions {
  /** URL of the server. */
  readonly server: string;
  /** PEM. */
  readonly caCertificate: string;
  /** Name of the user's entry. */
  readonly user: string;
  readonly credential: KubeconfigCredential;
  /** Name of the cluster's entry and of the context. Default `kubewright`. */
  readonly name?: string | undefined;
  /** Namespace of the context. Default: none, which clients read as `default`. */
  readonly namespace?: string | undefined;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** A kubeconfig (YAML) with one cluster, one user and one context, all data inline. */
export function renderKubeconfig(options: KubeconfigOptions): string {
  const { credential, name = 'kubewright' } = options;
  const user =
    credential.type === 'token'
      ? { token: credential.token }
      : {
          'client-certificate-data': base64(credential.certificate),
          'client-key-data': base64(credential.key),
        };
  return writeYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: options.server,
          'certificate-authority-data': base64(options.caCertificate),
        },
      },
    ],
    users: [{ name: options.user, user }],
    contexts: [
      {
        name,
        context: {
          cluster: name,
          user: options.user,
          ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
        },
      },
    ],
    'current-context': name,
  });
}
