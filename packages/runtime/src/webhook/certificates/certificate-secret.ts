import {
  isAlreadyExists,
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
  readonly client: Pick<Client, 'get' | 'create' | 'update'>;
  readonly ref: NamespacedName;
  readonly hosts: readonly string[];
  readonly lifetimes: CertificateLifetimes;
}

/** How often another replica may be first before that is a failure; each time its work is taken over. */
const maxAttempts = 5;

/**
 * The certificates that all replicas use: those in the Secret, renewed there first when they are due.
 *
 * Guarantees: whatever number of replicas come at once, they end with the same certificates: the Secret is created or
 * replaced at the version that was read, and whoever loses reads what the other wrote.
 *
 * @throws StatusError when the server refuses.
 */
export async function agreeOnMaterial(
  { client, ref, hosts, lifetimes }: CertificateSecretOptions,
  nowMs: number,
  signal: AbortSignal,
): Promise<CertificateMaterial> {
  for (let attempt = 1; ; attempt += 1) {
    const secret = await readSecret(client, ref, signal);
    const current = materialOf(secret);
    const material = await renewMaterial(current, hosts, nowMs, lifetimes);
    if (material === current) return material;
    try {
      if (secret === undefined) {
        await client.create(Secret, newSecret(ref, material), { signal });
      } else {
        await client.update(Secret, { ...secret, data: dataOf(material, secret.data) }, { signal });
      }
      return material;
    } catch (error) {
      if (attempt >= maxAttempts || !(isConflict(error) || isAlreadyExists(error))) throw error;
    }
  }
}

async function readSecret(
  client: Pick<Client, 'get'>,
  ref: NamespacedName,
  signal: AbortSignal,
): Promise<Stored<Secret> | undefined> {
  try {
    return await client.get(Secret, ref, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function newSecret({ namespace, name }: NamespacedName, material: CertificateMaterial): Secret {
  return {
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    type: 'kubernetes.io/tls',
    data: dataOf(material, undefined),
  };
}

/** Keys as cert-manager names them, and `ca.key` for the renewal. */
function dataOf(
  { bundle, authorityKey, serving }: CertificateMaterial,
  others: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  return {
    ...others,
    'ca.crt': encode(bundle),
    'ca.key': encode(authorityKey),
    'tls.crt': encode(serving.certificate),
    'tls.key': encode(serving.key),
  };
}

function materialOf(secret: Secret | undefined): Partial<CertificateMaterial> | undefined {
  const data = secret?.data;
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
