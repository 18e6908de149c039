import {
  deepEqual,
  Endpoints,
  EndpointSlice,
  fromLabelSelector,
  isNotFound,
  Node,
  ownerReference,
  Pod,
  Service,
  type DeepReadonly,
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
import { endpointGroups, isHeadless, type EndpointGroup } from './endpoint-slice.ts';
import { deleteEndpoints, syncEndpoints } from './legacy-endpoints.ts';

const serviceNameLabel = 'kubernetes.io/service-name';
const headlessLabel = 'service.kubernetes.io/headless';
const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
const managedBy = 'endpointslice-controller.k8s.io';

/** Keeps EndpointSlices and Endpoints in step with the pods that Services select. */
export function createEndpointsController(host: ControllerHost): Controller {
  host.cache.informer(Endpoints);
  const servicesOf = ({ metadata }: DeepReadonly<Stored<Pod>>): Request[] =>
    host.cache
      .list(Service, { namespace: metadata.namespace })
      .filter((service) => selects(service, metadata.labels ?? {}))
      .map((service) => ({ namespace: metadata.namespace, name: service.metadata.name }));
  return createController(host, {
    name: 'endpoints',
    for: Service,
    owns: [EndpointSlice],
    watches: [
      watch(Pod, {
        map: (event) => [
          ...servicesOf(event.object),
          ...(event.type === 'updated' ? servicesOf(event.old) : []),
        ],
      }),
      watch(Node, {
        // A pod counts only while its node is there.
        map: ({ type, object }) => {
          if (type === 'updated') return [];
          const pods = host.cache
            .list(Pod)
            .filter(({ spec }) => spec?.nodeName === object.metadata.name);
          return pods.flatMap(servicesOf);
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
  if (!hasSelector(service)) return false;
  return fromLabelSelector({ matchLabels: { ...service.spec?.selector } }).matches(labels);
}

/** Without a selector the endpoints are somebody else's to write. */
function hasSelector(service: DeepReadonly<Service>): boolean {
  return Object.keys(service.spec?.selector ?? {}).length > 0;
}

async function reconcile(request: Request, context: ReconcileContext): Promise<Result> {
  const { cache } = context;
  const service = cache.get(Service, request);
  if (service === undefined) {
    // Slices have their Service as an owner and go with it; the older API has no such reference.
    await deleteEndpoints(request, context);
    return done();
  }
  if (service.metadata.deletionTimestamp !== undefined) return done();
  if (service.spec?.type === 'ExternalName' || !hasSelector(service)) return done();
  const pods = cache
    .list(Pod, { namespace: request.namespace })
    .filter((pod) => selects(service, pod.metadata.labels ?? {}));
  const isOnNode = ({ spec }: DeepReadonly<Pod>): boolean =>
    cache.get(Node, { name: spec?.nodeName ?? '' }) !== undefined;
  const publishesAll = service.spec?.publishNotReadyAddresses === true;
  const groups = endpointGroups(
    service,
    pods.filter((pod) => publishesAll || isOnNode(pod)),
  );
  await syncSlices(service, groups.length > 0 ? groups : [{ ports: [], endpoints: [] }], context);
  await syncEndpoints(service, pods, context);
  return done();
}

async function syncSlices(
  service: DeepReadonly<Stored<Service>>,
  groups: readonly EndpointGroup[],
  { cache, client, signal }: ReconcileContext,
): Promise<void> {
  const { name, namespace } = service.metadata;
  const marks = { [serviceNameLabel]: name, [managedByLabel]: managedBy };
  const labels = {
    ...service.metadata.labels,
    ...(isHeadless(service) ? { [headlessLabel]: '' } : {}),
    ...marks,
  };
  const own = cache
    .list(EndpointSlice, { namespace })
    .filter(({ metadata }) =>
      Object.entries(marks).every(([key, value]) => metadata.labels?.[key] === value),
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
        {
          labels: slice.metadata.labels,
          ports: slice.ports ?? [],
          endpoints: slice.endpoints ?? [],
        },
        { labels, ports, endpoints },
      )
    ) {
      // Copied into the request, not changed: dropping the mark is safe.
      const draft = slice as Stored<EndpointSlice>;
      const metadata = { ...draft.metadata, labels };
      await client.update(EndpointSlice, { ...draft, ...content, metadata }, { signal });
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
