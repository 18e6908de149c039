import {
  ConfigMap,
  deepEqual,
  isAlreadyExists,
  Namespace,
  ServiceAccount,
  type DeepReadonly,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import {
  createController,
  done,
  watch,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
  type Source,
} from '@kubewright/runtime';
import { unlessMoot } from '../ownership/moot.ts';

/** Name of the ConfigMap with the cluster's certificate authority; pods find it in their token volume. */
const rootCertificates = 'kube-root-ca.crt';

const descriptionKey = 'kubernetes.io/description';
const annotations = {
  [descriptionKey]:
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
};

function isRight(stored: DeepReadonly<ConfigMap>, data: Readonly<Record<string, string>>): boolean {
  const hasDescription = stored.metadata.annotations?.[descriptionKey] !== undefined;
  return hasDescription && deepEqual(stored.data, data);
}

/** Gives each namespace what its pods need: the `default` ServiceAccount and the certificate authority. */
export function createServiceAccountController(
  host: ControllerHost,
  caCertificate: string,
): Controller {
  return createController(host, {
    name: 'serviceaccount',
    for: Namespace,
    watches: [namespaceOf(ServiceAccount, 'default'), namespaceOf(ConfigMap, rootCertificates)],
    reconcile: ({ name }, context) =>
      unlessMoot(async () => {
        const namespace = context.cache.get(Namespace, { name });
        if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined)
          return done();
        await ensure(context, ServiceAccount, { metadata: { name: 'default', namespace: name } });
        const metadata = { name: rootCertificates, namespace: name };
        const data = { 'ca.crt': caCertificate };
        await ensure(context, ConfigMap, { metadata: { ...metadata, annotations }, data });
        const stored = context.cache.get(ConfigMap, metadata);
        if (stored !== undefined && !isRight(stored, data)) {
          // Copied into the request, not changed: dropping the mark is safe.
          const { metadata: own, ...rest } = stored as Stored<ConfigMap>;
          const described = { ...own, annotations: { ...own.annotations, ...annotations } };
          const object = { ...rest, metadata: described, data };
          await context.client.update(ConfigMap, object, { signal: context.signal });
        }
        return done();
      }),
  });
}

/** Makes the object unless the cache or the server has it. */
async function ensure<T extends KubernetesObject>(
  { cache, client, signal }: ReconcileContext,
  resource: Resource<T>,
  object: T & { readonly metadata: { readonly name: string; readonly namespace: string } },
): Promise<void> {
  if (cache.get(resource, object.metadata) !== undefined) return;
  try {
    await client.create(resource, object, { signal });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** Any change to the object of this name leads to its namespace. */
function namespaceOf<T extends KubernetesObject>(resource: Resource<T>, name: string): Source {
  return watch(resource, {
    map: ({ object: { metadata } }) =>
      metadata.name === name && metadata.namespace !== undefined
        ? [{ name: metadata.namespace }]
        : [],
  });
}
