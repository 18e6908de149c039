import { randomBytes } from 'node:crypto';
import type { Secret } from '@kubewright/apimachinery';
import { ownedMetadata, type ClusterContext } from './cluster-context.ts';

/** A new password: 256 bits, of letters, digits, dashes and underscores. */
export function newPassword(): string {
  return randomBytes(32).toString('base64url');
}

/** The texts in a Secret. */
export function textsOf(secret: {
  readonly data?: Readonly<Record<string, string>> | undefined;
}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString('utf8'),
    ]),
  );
}

/** The Secret of the cluster itself. What it has already stays. */
export function internalSecret(
  context: ClusterContext,
  present: Readonly<Record<string, string>>,
): Secret {
  return secret(context, context.names.internal, {
    'replicator-password': present['replicator-password'] || newPassword(),
  });
}

/** The Secret for the users of the database: all that a client needs. The password that it has already stays. */
export function credentialsSecret(
  context: ClusterContext,
  present: Readonly<Record<string, string>>,
): Secret {
  const { names, namespace, settings } = context;
  const { username, port, tls } = settings;
  const password = present['password'] || newPassword();
  const host = `${names.cluster}.${namespace}.svc`;
  const query = tls ? '?sslmode=verify-full' : '';
  return secret(context, names.credentials, {
    username,
    password,
    host,
    port: String(port),
    database: username,
    uri: `postgresql://${username}:${encodeURIComponent(password)}@${host}:${String(port)}/${username}${query}`,
  });
}

/** A Secret of texts. */
export function secret(
  context: ClusterContext,
  name: string,
  texts: Readonly<Record<string, string>>,
): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ownedMetadata(context, name),
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    ),
  };
}
