import type { JsonObject } from '../contracts.ts';
import { listAt, objectAt, textAt } from '../registry/json-read.ts';
import { CONTAINER_LISTS } from '../registry/pods/pod-spec-defaults.ts';
import { internalError } from '../status.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './chain.ts';
import { refusal } from './refusal.ts';

const ACCOUNTS = 'serviceaccounts';
const DEFAULT_ACCOUNT = 'default';
/** Longest wait for the default account, in milliseconds: the least that the real server takes for its ten tries. */
const ACCOUNT_WAIT_MS = 900;
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
/** An hour and some slack, so that a token is renewed before programs that ask hourly see it expire. */
const TOKEN_SECONDS = 3607;
const FILE_MODE = 0o644;
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

function randomSuffix(): string {
  return Array.from({ length: 5 }, () =>
    SUFFIX_ALPHABET.charAt(Math.floor(Math.random() * SUFFIX_ALPHABET.length)),
  ).join('');
}

function tokenVolume(name: string): JsonObject {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        {
          configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] },
        },
        {
          downwardAPI: {
            items: [
              {
                path: 'namespace',
                fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' },
              },
            ],
          },
        },
      ],
      defaultMode: FILE_MODE,
    },
  };
}

function mountToken(spec: JsonObject): void {
  const present = listAt(spec, 'volumes').find((volume) =>
    textAt(volume, 'name').startsWith(VOLUME_PREFIX),
  );
  const name = present === undefined ? VOLUME_PREFIX + randomSuffix() : textAt(present, 'name');
  let isMounted = false;
  for (const list of CONTAINER_LISTS) {
    for (const container of listAt(spec, list)) {
      const mounts = listAt(container, 'volumeMounts');
      if (mounts.some((mount) => mount['mountPath'] === MOUNT_PATH)) continue;
      container['volumeMounts'] = [...mounts, { name, readOnly: true, mountPath: MOUNT_PATH }];
      isMounted = true;
    }
  }
  if (isMounted && present === undefined) {
    spec['volumes'] = [...listAt(spec, 'volumes'), tokenVolume(name)];
  }
}

function wantsToken(spec: JsonObject, account: JsonObject): boolean {
  const own: unknown =
    spec['automountServiceAccountToken'] ?? account['automountServiceAccountToken'];
  return own !== false;
}

/**
 * The account by its name. The default one of a namespace that was just made comes a moment later, from a controller: it is
 * waited for, as long as the real server tries.
 */
async function accountOf(
  { store, clock, namespace }: AdmissionAttributes,
  name: string,
): Promise<JsonObject | undefined> {
  const find = (): JsonObject | undefined => store.get(ACCOUNTS, namespace, name);
  const found = find();
  if (found !== undefined || name !== DEFAULT_ACCOUNT) return found;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  using _observer = store.observe(ACCOUNTS, (event) => {
    if (event.namespace === namespace && event.name === name) resolve(undefined);
  });
  const giveUp = (): void => {
    resolve(undefined);
  };
  using _limit = clock.schedule(ACCOUNT_WAIT_MS, giveUp, { keepsAlive: true });
  await promise;
  return find();
}

/** Pods act as a service account of their namespace, and get a volume with its token. */
export const serviceAccountAdmission: AdmissionPlugin = {
  name: 'ServiceAccount',
  async admit(attributes) {
    const { operation, type, subresource, namespace, object } = attributes;
    if (operation !== 'CREATE' || type.storageKey !== 'pods' || subresource !== '') return;
    if (object === undefined) throw internalError('a create without an object');
    const metadata = objectAt(object, 'metadata');
    const spec = objectAt(object, 'spec');
    // Pods that a kubelet runs by itself are only shown here.
    if (objectAt(metadata, 'annotations')['kubernetes.io/config.mirror'] !== undefined) {
      if (textAt(spec, 'serviceAccountName') !== '') {
        throw refusal(attributes, 'a mirror pod may not reference service accounts');
      }
      return;
    }
    if (textAt(spec, 'serviceAccountName') === '') spec['serviceAccountName'] = DEFAULT_ACCOUNT;
    const name = textAt(spec, 'serviceAccountName');
    spec['serviceAccount'] = name;
    const account = await accountOf(attributes, name);
    if (account === undefined) {
      throw refusal(
        attributes,
        `error looking up service account ${namespace ?? ''}/${name}: serviceaccount "${name}" not found`,
      );
    }
    if (wantsToken(spec, account)) mountToken(spec);
    const secrets = listAt(account, 'imagePullSecrets');
    if (listAt(spec, 'imagePullSecrets').length === 0 && secrets.length > 0) {
      spec['imagePullSecrets'] = secrets;
    }
  },
};
