import { X509Certificate } from 'node:crypto';
import {
  defaultLifetimes,
  issueClientCertificate,
  renewMaterial,
  type CertificateLifetimes,
  type CertificateMaterial,
  type Clock,
} from '@kubewright/runtime';
import type { SecretKeeper } from '../apply/secret-keeper.ts';
import type { ClusterContext } from '../objects/cluster-context.ts';
import { podDomain, podName } from '../objects/names.ts';
import { secret } from '../objects/secrets.ts';

/** Clocks may differ by so much, in milliseconds. */
const clockSkewMs = 5 * 60 * 1000;

/**
 * Keeps the certificates of clusters that want TLS: an authority for each cluster, whose key is mounted nowhere; a
 * certificate of the servers; and one of the user, where users prove themselves by it. All are renewed in time; the agents
 * have the servers read the new ones.
 */
export class ServerCertificates {
  readonly #clock: Clock;
  readonly #lifetimes: CertificateLifetimes;

  constructor(clock: Clock, lifetimes: CertificateLifetimes = defaultLifetimes) {
    this.#clock = clock;
    this.#lifetimes = lifetimes;
  }

  /** Makes and renews the Secrets with certificates, if the cluster wants TLS. */
  async ensure(context: ClusterContext, secrets: SecretKeeper): Promise<void> {
    const { names, namespace, settings } = context;
    if (!settings.tls) return;
    const material = await this.#renew(context, secrets);
    const { bundle, authorityKey, serving } = material;
    // The authority first: what it has signed is worth nothing without it.
    await secrets.ensure(namespace, names.authority, () =>
      secret(context, names.authority, { 'ca.crt': bundle, 'ca.key': authorityKey }),
    );
    await secrets.ensure(namespace, names.tls, () =>
      secret(context, names.tls, {
        'ca.crt': bundle,
        'tls.crt': serving.certificate,
        'tls.key': serving.key,
      }),
    );
    if (settings.authentication === 'cert') await this.#ensureClient(context, material, secrets);
  }

  async #renew(context: ClusterContext, secrets: SecretKeeper): Promise<CertificateMaterial> {
    const { names, namespace } = context;
    const authority = await secrets.texts(namespace, names.authority);
    const server = await secrets.texts(namespace, names.tls);
    const [bundle, authorityKey] = [authority['ca.crt'], authority['ca.key']];
    const [certificate, key] = [server['tls.crt'], server['tls.key']];
    const current =
      bundle === undefined || authorityKey === undefined
        ? undefined
        : {
            bundle,
            authorityKey,
            ...(certificate === undefined || key === undefined
              ? {}
              : { serving: { certificate, key } }),
          };
    return renewMaterial(current, hostsOf(context), this.#clock.now(), this.#lifetimes);
  }

  async #ensureClient(
    context: ClusterContext,
    { bundle, authorityKey }: CertificateMaterial,
    secrets: SecretKeeper,
  ): Promise<void> {
    const { names, namespace, settings } = context;
    const present = await secrets.texts(namespace, names.client);
    const now = this.#clock.now();
    const isGood = isGoodFor(present['tls.crt'], settings.username, bundle, now);
    const client = isGood
      ? { certificate: present['tls.crt'] ?? '', key: present['tls.key'] ?? '' }
      : await issueClientCertificate(
          { certificate: bundle, key: authorityKey },
          settings.username,
          {
            notBefore: new Date(now - clockSkewMs),
            notAfter: new Date(now + this.#lifetimes.servingMs),
          },
        );
    await secrets.ensure(namespace, names.client, () =>
      secret(context, names.client, {
        'ca.crt': bundle,
        'tls.crt': client.certificate,
        'tls.key': client.key,
      }),
    );
  }
}

/** All names that clients and standbys reach the servers by. */
function hostsOf({ name, namespace, names, settings }: ClusterContext): string[] {
  const services = [names.cluster, names.readOnly, names.external];
  const domain = podDomain(name, namespace);
  return [
    ...services.flatMap((service) => [
      service,
      `${service}.${namespace}`,
      `${service}.${namespace}.svc`,
      `${service}.${namespace}.svc.cluster.local`,
    ]),
    ...Array.from(
      { length: settings.instances },
      (_, ordinal) => `${podName(name, ordinal)}.${domain}`,
    ),
  ];
}

/** Whether a certificate is that of a user, signed by the authority in use, and good for a third of its life yet. */
function isGoodFor(
  pem: string | undefined,
  username: string,
  bundle: string,
  nowMs: number,
): boolean {
  if (pem === undefined) return false;
  try {
    const certificate = new X509Certificate(pem);
    const authority = new X509Certificate(bundle); // the first of the bundle signs
    const [from, until] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
    return (
      certificate.subject === `CN=${username}` &&
      certificate.verify(authority.publicKey) &&
      nowMs < from + ((until - from) * 2) / 3
    );
  } catch {
    return false;
  }
}
