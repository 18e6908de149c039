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

/** Endpoints that share one list of ports. */
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
    const address = pod.status?.podIP;
    if (!address || isFinishedPod(pod)) continue;
    const ports = (service.spec?.ports ?? []).flatMap((port): DiscoveryV1EndpointPort[] => {
      const target = targetPortOf(port, pod);
      return target === undefined
        ? []
        : [
            {
              name: port.name ?? '',
              protocol: port.protocol ?? 'TCP',
              port: target,
              ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
            },
          ];
    });
    const key = JSON.stringify(ports);
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { ports, endpoints: [] }));
    group.endpoints.push(endpointOf(service, pod, address));
  }
  return [...groups.values()];
}

function endpointOf(
  service: DeepReadonly<Service>,
  pod: DeepReadonly<Stored<Pod>>,
  address: string,
): Endpoint {
  const isTerminating = pod.metadata.deletionTimestamp !== undefined;
  const isServing = isPodReady(pod);
  const isPublished = service.spec?.publishNotReadyAddresses === true;
  const { name, namespace, uid } = pod.metadata;
  return {
    addresses: [address],
    conditions: {
      ready: isPublished || (isServing && !isTerminating),
      serving: isServing,
      terminating: isTerminating,
    },
    ...(pod.spec?.hostname && pod.spec.subdomain === service.metadata.name
      ? { hostname: pod.spec.hostname }
      : {}),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}
