import type { ClusterContext } from '../objects/cluster-context.ts';
import type { SecretKeeper } from '../apply/secret-keeper.ts';

/** Keeps the certificates of clusters that want TLS. */
export interface ServerCertificates {
  /** Makes and renews the Secrets with certificates, if the cluster wants TLS. */
  ensure(context: ClusterContext, secrets: SecretKeeper): Promise<void>;
}
