import type {
  DeepReadonly,
  DiscoveryV1EndpointPort,
  Endpoint,
  Pod,
  Service,
  ServicePort,
  Stored,
} from '@kubewright/apimachinery';
import { isFinishedPod, isPodReady } from '../pods/pod-state.ts';

/** Endpoints that one slice may hold, as in the field's controller. */
const maxEndpoints = 100;

/** Whether a Service has no address of its own. */
export function isHeadless({ spec }: DeepReadonly<Service>): boolean {
  return !spec?.clusterIP || spec.clusterIP === 'None';
}

/** Whether a pod can be reached at all. */
export function isEndpoint(pod: DeepReadonly<Pod>): boolean {
  return Boolean(pod.status?.podIP) && !isFinishedPod(pod);
}

/** The name of a pod below its Service's, in DNS; undefined when it asks for none, or of another Service. */
export function hostnameFor(
  service: DeepReadonly<Service>,
  pod: DeepReadonly<Pod>,
): string | undefined {
  const isOurs = pod.spec?.subdomain === service.metadata.name;
  return pod.spec?.hostname && isOurs ? pod.spec.hostname : undefined;
}

/** The port of a pod that a Service's port leads to; undefined when the pod has no port of that name. */
export function targetPortOf(
  port: DeepReadonly<ServicePort>,
  pod: DeepReadonly<Pod>,
): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  const containers = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always'),
  ];
  return containers
    .flatMap((container) => container.ports ?? [])
    .find(
      ({ name, protocol }) => name === target && (protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    )?.containerPort;
}

/** The ports of a Service as one pod serves them. */
export function endpointPortsOf(
  service: DeepReadonly<Service>,
  pod: DeepReadonly<Pod>,
): DiscoveryV1EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((port): DiscoveryV1EndpointPort[] => {
    const target = targetPortOf(port, pod);
    if (target === undefined) return [];
    return [
      {
        name: port.name ?? '',
        protocol: port.protocol ?? 'TCP',
        port: target,
        ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
      },
    ];
  });
}

/** Endpoints that share one list of ports; no more than fit into one slice. */
export interface EndpointGroup {
  readonly ports: readonly DiscoveryV1EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/**
 * The endpoints of a Service, grouped by the ports they serve: named ports may differ from pod to pod.
 * A pod that is not ready is listed as such; one that ends is `terminating` and serves while it is ready.
 */
export function endpointGroups(
  service: DeepReadonly<Service>,
  pods: readonly DeepReadonly<Stored<Pod>>[],
): EndpointGroup[] {
  const groups = new Map<string, { ports: DiscoveryV1EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of [...pods].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    if (!isEndpoint(pod)) continue;
    const ports = endpointPortsOf(service, pod);
    const key = JSON.stringify(ports);
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { ports, endpoints: [] }));
    group.endpoints.push(endpointOf(service, pod));
  }
  return [...groups.values()].flatMap(({ ports, endpoints }) =>
    Array.from({ length: Math.ceil(endpoints.length / maxEndpoints) }, (_, i) => ({
      ports,
      endpoints: endpoints.slice(i * maxEndpoints, (i + 1) * maxEndpoints),
    })),
  );
}

function endpointOf(service: DeepReadonly<Service>, pod: DeepReadonly<Stored<Pod>>): Endpoint {
  const isTerminating = pod.metadata.deletionTimestamp !== undefined;
  const isServing = isPodReady(pod);
  const isPublished = service.spec?.publishNotReadyAddresses === true;
  const { name, namespace, uid } = pod.metadata;
  const hostname = hostnameFor(service, pod);
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: {
      ready: isPublished || (isServing && !isTerminating),
      serving: isServing,
      terminating: isTerminating,
    },
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}
