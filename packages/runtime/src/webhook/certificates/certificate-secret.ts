import {
  isConflict,
  isNotFound,
  Secret,
  type NamespacedName,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import {
  renewMaterial,
  type CertificateLifetimes,
  type CertificateMaterial,
} from './certificate-plan.ts';

/** The Secret that the replicas of an operator share their certificates through. */
export interface CertificateSecretOptions {
  readonly client: Pick<Client, 'get' | 'apply' | 'patch'>;
  readonly ref: NamespacedName;
  readonly hosts: readonly string[];
  readonly lifetimes: CertificateLifetimes;
}

/** What the replicas use from now on. */
export interface Agreement {
  readonly material: CertificateMaterial;
  /** The Secret with it; one that is deleted and made anew has another uid. */
  readonly secret: Pick<Stored<Secret>, 'apiVersion' | 'kind'> & {
    readonly metadata: NamespacedName & { readonly uid: string };
  };
  /** What this replica has written for it: nothing, a renewed certificate, or another authority too. */
  readonly wrote: 'nothing' | 'certificate' | 'authority';
}

/** How often another replica may be first before that is a failure; each time its work is taken over. */
const maxAttempts = 5;

/**
 * The certificates that all replicas use: those in the Secret, renewed there first when they are due, and made where there are none.
 *
 * Guarantees: whatever number of replicas come at once, and whoever deletes the Secret meanwhile, they end with the same
 * certificates: these are written at the version that was read, and whoever loses reads what the other wrote.
 *
 * Assumptions: `get`, `patch` and `create` on Secrets, all three limited to the name. What is missing is created empty, by
 * server-side apply: the server then asks whether an object of this name may be created, whereas a POST needs the permission to
 * create Secrets of any name. All replicas apply the same, so that none of them takes anything from another.
 *
 * @throws StatusError when the server refuses.
 */
export async function agreeOnMaterial(
  { client, ref, hosts, lifetimes }: CertificateSecretOptions,
  nowMs: number,
  signal: AbortSignal,
): Promise<Agreement> {
  for (let attempt = 1; ; attempt += 1) {
    const secret = await readOrCreate(client, ref, signal);
    const current = materialOf(secret);
    const material = await renewMaterial(current, hosts, nowMs, lifetimes);
    if (material === current) return { material, secret: referenceTo(secret), wrote: 'nothing' };
    // The version makes it a conflict when somebody was first; of an object deleted meanwhile there is nothing to patch.
    const { resourceVersion } = secret.metadata;
    const body = { metadata: { resourceVersion }, data: dataOf(material) };
    try {
      const written = await client.patch(Secret, ref, { type: 'merge', body }, { signal });
      const isSameAuthority = material.authorityKey === current?.authorityKey;
      return {
        material,
        secret: referenceTo(written),
        wrote: isSameAuthority ? 'certificate' : 'authority',
      };
    } catch (error) {
      if (attempt >= maxAttempts || !(isConflict(error) || isNotFound(error))) throw error;
    }
  }
}

async function readOrCreate(
  client: Pick<Client, 'get' | 'apply'>,
  ref: NamespacedName,
  signal: AbortSignal,
): Promise<Stored<Secret>> {
  try {
    return await client.get(Secret, ref, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  // Without the certificates: applied, they would take the place of those that another replica has applied meanwhile. The type
  // is there because an apply of nothing at all is a change of who owns what, each time.
  return client.apply(Secret, { metadata: { ...ref }, type: 'Opaque' }, { signal });
}

function referenceTo({ apiVersion, kind, metadata }: Stored<Secret>): Agreement['secret'] {
  const { namespace, name, uid } = metadata;
  return { apiVersion, kind, metadata: { namespace, name, uid } };
}

/** Keys as cert-manager names them, and `ca.key` for the renewal. */
function dataOf({ bundle, authorityKey, serving }: CertificateMaterial): Record<string, string> {
  return {
    'ca.crt': encode(bundle),
    'ca.key': encode(authorityKey),
    'tls.crt': encode(serving.certificate),
    'tls.key': encode(serving.key),
  };
}

function materialOf({ data }: Secret): Partial<CertificateMaterial> | undefined {
  if (data === undefined) return undefined;
  const { 'ca.crt': bundle, 'ca.key': authorityKey, 'tls.crt': certificate, 'tls.key': key } = data;
  return {
    ...(bundle === undefined ? {} : { bundle: decode(bundle) }),
    ...(authorityKey === undefined ? {} : { authorityKey: decode(authorityKey) }),
    ...(certificate === undefined || key === undefined
      ? {}
      : { serving: { certificate: decode(certificate), key: decode(key) } }),
  };
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString();
}
