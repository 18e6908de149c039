import {
  deepEqual,
  Endpoints,
  EndpointSlice,
  fromLabelSelector,
  isAlreadyExists,
  isNotFound,
  ownerReference,
  Pod,
  Service,
  type DeepReadonly,
  type EndpointAddress,
  type Stored,
} from '@kubewright/apimachinery';
import {
  createController,
  done,
  watch,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
  type Request,
  type Result,
} from '@kubewright/runtime';
import { unlessMoot } from '../ownership/moot.ts';
import { endpointGroups, type EndpointGroup } from './endpoint-slice.ts';

const serviceNameLabel = 'kubernetes.io/service-name';
const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
const managedBy = 'endpointslice-controller.k8s.io';

/** Keeps EndpointSlices and Endpoints in step with the pods that Services select. */
export function createEndpointsController(host: ControllerHost): Controller {
  return createController(host, {
    name: 'endpoints',
    for: Service,
    owns: [EndpointSlice],
    watches: [
      watch(Pod, {
        map: (event) => {
          const labels = [event.object.metadata.labels ?? {}];
          if (event.type === 'updated') labels.push(event.old.metadata.labels ?? {});
          const { namespace } = event.object.metadata;
          return host.cache
            .list(Service, { namespace })
            .filter((service) => labels.some((set) => selects(service, set)))
            .map((service) => ({ namespace, name: service.metadata.name }));
        },
      }),
    ],
    concurrency: 4,
    reconcile: (request, context) => unlessMoot(() => reconcile(request, context)),
  });
}

function selects(
  service: DeepReadonly<Service>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const selector = service.spec?.selector;
  // Without a selector the endpoints are somebody else's to write.
  if (selector === undefined || Object.keys(selector).length === 0) return false;
  return fromLabelSelector({ matchLabels: { ...selector } }).matches(labels);
}

async function reconcile(request: Request, context: ReconcileContext): Promise<Result> {
  const { cache } = context;
  const service = cache.get(Service, request);
  if (service?.metadata.deletionTimestamp !== undefined || service?.spec?.type === 'ExternalName')
    return done();
  if (service === undefined || Object.keys(service.spec?.selector ?? {}).length === 0)
    return done();
  const pods = cache
    .list(Pod, { namespace: request.namespace })
    .filter((pod) => selects(service, pod.metadata.labels ?? {}));
  const groups = endpointGroups(service, pods);
  await syncSlices(service, groups.length > 0 ? groups : [{ ports: [], endpoints: [] }], context);
  await syncEndpoints(service, groups, context);
  return done();
}

async function syncSlices(
  service: DeepReadonly<Stored<Service>>,
  groups: readonly EndpointGroup[],
  { cache, client, signal }: ReconcileContext,
): Promise<void> {
  const { name, namespace } = service.metadata;
  const labels = { [serviceNameLabel]: name, [managedByLabel]: managedBy };
  const own = cache
    .list(EndpointSlice, { namespace })
    .filter(({ metadata }) =>
      Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
    )
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const [i, { ports, endpoints }] of groups.entries()) {
    const slice = own[i];
    const content = { addressType: 'IPv4', ports: [...ports], endpoints: [...endpoints] };
    if (slice === undefined) {
      const metadata = {
        generateName: `${name}-`,
        namespace,
        labels,
        ownerReferences: [ownerReference(service)],
      };
      await client.create(EndpointSlice, { metadata, ...content }, { signal });
    } else if (
      !deepEqual(
        { ports: slice.ports ?? [], endpoints: slice.endpoints ?? [] },
        { ports, endpoints },
      )
    ) {
      // Copied into the request, not changed: dropping the mark is safe.
      await client.update(
        EndpointSlice,
        { ...(slice as Stored<EndpointSlice>), ...content },
        { signal },
      );
    }
  }
  for (const { metadata } of own.slice(groups.length)) {
    await client
      .delete(
        EndpointSlice,
        { name: metadata.name, namespace },
        { preconditions: { uid: metadata.uid }, signal },
      )
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }
}

async function syncEndpoints(
  service: DeepReadonly<Stored<Service>>,
  groups: readonly EndpointGroup[],
  { cache, client, signal }: ReconcileContext,
): Promise<void> {
  const { name, namespace } = service.metadata;
  const subsets = groups.map(({ ports, endpoints }) => {
    const addresses = (isReady: boolean): EndpointAddress[] =>
      endpoints
        .filter(({ conditions }) => (conditions?.ready ?? true) === isReady)
        .map(({ addresses: [ip = ''], nodeName, targetRef }) => ({ ip, nodeName, targetRef }));
    const [ready, notReady] = [addresses(true), addresses(false)];
    return {
      ...(ready.length > 0 ? { addresses: ready } : {}),
      ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
      ports: ports.map(({ name: portName, port = 0, protocol }) => ({
        ...(portName ? { name: portName } : {}),
        port,
        protocol,
      })),
    };
  });
  const existing = cache.get(Endpoints, { name, namespace });
  const metadata = {
    name,
    namespace,
    labels: {
      ...service.metadata.labels,
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    },
  };
  if (existing === undefined) {
    await client.create(Endpoints, { metadata, subsets }, { signal }).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  } else if (!deepEqual(existing.subsets ?? [], subsets)) {
    // As above.
    await client.update(Endpoints, { ...(existing as Stored<Endpoints>), subsets }, { signal });
  }
}
