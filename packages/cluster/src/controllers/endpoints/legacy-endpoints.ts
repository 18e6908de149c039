import {
  deepEqual,
  Endpoints,
  isAlreadyExists,
  isNotFound,
  type DeepReadonly,
  type EndpointAddress,
  type EndpointPort,
  type EndpointSubset,
  type Pod,
  type Service,
  type Stored,
} from '@kubewright/apimachinery';
import type { ReconcileContext, Request } from '@kubewright/runtime';
import { isPodReady } from '../pods/pod-state.ts';
import { endpointPortsOf, hostnameFor, isEndpoint, isHeadless } from './endpoint-slice.ts';

const managedByLabel = 'endpoints.kubernetes.io/managed-by';
const headlessLabel = 'service.kubernetes.io/headless';

/**
 * Computes the subsets of the older API: pods that serve the same ports together, those that are not ready apart.
 * Pods that end are left out unless the Service wants all addresses.
 */
export function endpointSubsets(
  service: DeepReadonly<Service>,
  pods: readonly DeepReadonly<Stored<Pod>>[],
): EndpointSubset[] {
  const publishesAll = service.spec?.publishNotReadyAddresses === true;
  const subsets = new Map<
    string,
    { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }
  >();
  for (const pod of pods) {
    const isLeaving = pod.metadata.deletionTimestamp !== undefined && !publishesAll;
    if (!isEndpoint(pod) || isLeaving) continue;
    const ports = endpointPortsOf(service, pod).map(({ name, ...port }) => ({
      ...(name ? { name } : {}),
      ...port,
      port: port.port ?? 0,
    }));
    // A Service with ports none of which this pod has; a headless one may have no ports at all.
    if (ports.length === 0 && (service.spec?.ports ?? []).length > 0) continue;
    const key = JSON.stringify(ports);
    let subset = subsets.get(key);
    if (subset === undefined) subsets.set(key, (subset = { ports, ready: [], notReady: [] }));
    const isReady = publishesAll || isPodReady(pod);
    (isReady ? subset.ready : subset.notReady).push(addressOf(service, pod));
  }
  return [...subsets]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length > 0 ? { addresses: ready.sort(byIp) } : {}),
      ...(notReady.length > 0 ? { notReadyAddresses: notReady.sort(byIp) } : {}),
      ...(ports.length > 0 ? { ports } : {}),
    }));
}

function addressOf(
  service: DeepReadonly<Service>,
  pod: DeepReadonly<Stored<Pod>>,
): EndpointAddress {
  const { name, namespace, uid } = pod.metadata;
  const hostname = hostnameFor(service, pod);
  return {
    ip: pod.status?.podIP ?? '',
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

function byIp(a: EndpointAddress, b: EndpointAddress): number {
  const key = ({ ip }: EndpointAddress): string =>
    ip
      .split('.')
      .map((part) => part.padStart(3, '0'))
      .join('.');
  return key(a) < key(b) ? -1 : 1;
}

/** Writes the Endpoints of a Service when they are not right. */
export async function syncEndpoints(
  service: DeepReadonly<Stored<Service>>,
  pods: readonly DeepReadonly<Stored<Pod>>[],
  { cache, client, signal }: ReconcileContext,
): Promise<void> {
  const { name, namespace } = service.metadata;
  const subsets = endpointSubsets(service, pods);
  const labels = {
    ...service.metadata.labels,
    ...(isHeadless(service) ? { [headlessLabel]: '' } : {}),
    [managedByLabel]: 'endpoint-controller',
  };
  const existing = cache.get(Endpoints, { name, namespace });
  if (existing === undefined) {
    const metadata = { name, namespace, labels };
    await client.create(Endpoints, { metadata, subsets }, { signal }).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
    return;
  }
  const isRight =
    deepEqual(existing.subsets ?? [], subsets) && deepEqual(existing.metadata.labels ?? {}, labels);
  if (isRight) return;
  // Copied into the request, not changed: dropping the mark is safe.
  const draft = existing as Stored<Endpoints>;
  await client.update(
    Endpoints,
    { ...draft, metadata: { ...draft.metadata, labels }, subsets },
    { signal },
  );
}

/** Deletes the Endpoints of a Service that is gone, unless they were written by somebody else. */
export async function deleteEndpoints(
  { name, namespace }: Request,
  { cache, client, signal }: ReconcileContext,
): Promise<void> {
  const existing = cache.get(Endpoints, { name, namespace });
  if (existing?.metadata.labels?.[managedByLabel] === undefined) return;
  const { uid } = existing.metadata;
  await client
    .delete(Endpoints, { name, namespace }, { preconditions: { uid }, signal })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
}
