import {
  deepEqual,
  isNotFound,
  Secret,
  ServiceAccount,
  type DeepReadonly,
  type Stored,
} from '@kubewright/apimachinery';
import type { SecretTokenOptions } from '@kubewright/apiserver';
import {
  createController,
  done,
  requestFor,
  watch,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
} from '@kubewright/runtime';
import { unlessMoot } from '../ownership/moot.ts';

const accountNameKey = 'kubernetes.io/service-account.name';
const accountUidKey = 'kubernetes.io/service-account.uid';
/** The Secrets that want a token. */
const selection = { fieldSelector: 'type=kubernetes.io/service-account-token' };

/** What the tokens are made with. */
export interface TokenSecretOptions {
  /** PEM. */
  readonly caCertificate: string;
  readonly issueSecretToken: (secret: SecretTokenOptions) => string;
}

/**
 * Gives each Secret of type `kubernetes.io/service-account-token` its token, and takes it away when its account is gone
 * or another one of the same name. A token that is there stays, whatever it is.
 */
export function createTokenSecretController(
  host: ControllerHost,
  options: TokenSecretOptions,
): Controller {
  const secrets = host.cache.informer(Secret, selection);
  return createController(host, {
    name: 'serviceaccount-tokens',
    for: { resource: Secret, ...selection },
    watches: [
      watch(ServiceAccount, {
        map: ({ object: { metadata } }) =>
          secrets
            .list({ namespace: metadata.namespace })
            .filter((secret) => secret.metadata.annotations?.[accountNameKey] === metadata.name)
            .map(requestFor),
      }),
    ],
    reconcile: (request, context) =>
      unlessMoot(async () => {
        const secret = secrets.get(request);
        if (secret !== undefined && secret.metadata.deletionTimestamp === undefined) {
          await attend(secret, context, options);
        }
        return done();
      }),
  });
}

async function attend(
  secret: DeepReadonly<Stored<Secret>>,
  context: ReconcileContext,
  { caCertificate, issueSecretToken }: TokenSecretOptions,
): Promise<void> {
  const { client, signal } = context;
  const { namespace, name, uid, resourceVersion, annotations = {} } = secret.metadata;
  const accountName = annotations[accountNameKey];
  if (namespace === undefined || accountName === undefined) return;
  // From the server: nothing is deleted because a cache lags behind.
  const account = await accountOf(context, namespace, accountName);
  const claimed = annotations[accountUidKey] ?? '';
  if (account === undefined || (claimed !== '' && claimed !== account.metadata.uid)) {
    const preconditions = { uid, resourceVersion };
    await client.delete(Secret, { namespace, name }, { preconditions, signal });
    return;
  }
  const identity = { name: accountName, uid: account.metadata.uid };
  const data = {
    ...secret.data,
    'ca.crt': encoded(caCertificate),
    namespace: secret.data?.['namespace'] || encoded(namespace),
    token:
      secret.data?.['token'] ||
      encoded(issueSecretToken({ namespace, secretName: name, account: identity })),
  };
  const marked = { ...annotations, [accountUidKey]: identity.uid };
  if (deepEqual(data, secret.data) && deepEqual(marked, annotations)) return;
  // Copied into the request, not changed: dropping the mark is safe.
  const { metadata, ...rest } = secret as Stored<Secret>;
  const next = { ...rest, metadata: { ...metadata, annotations: marked }, data };
  await client.update(Secret, next, { signal });
}

async function accountOf(
  { client, signal }: ReconcileContext,
  namespace: string,
  name: string,
): Promise<Stored<ServiceAccount> | undefined> {
  try {
    return await client.get(ServiceAccount, { namespace, name }, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}
