import type {
  DeepReadonly,
  EndpointConditions,
  EndpointSlice,
  Service,
} from '@kubewright/apimachinery';

/** Label that says which Service a slice belongs to. */
const serviceNameLabel = 'kubernetes.io/service-name';

/** A pod's port, as it was declared. */
export interface Backend {
  readonly namespace: string;
  readonly podUid: string;
  readonly port: number;
}

/** One port of a Service, and who serves it now. */
export interface ServicePortEntry {
  /** `namespace/name:port`, what tells it from all others. */
  readonly key: string;
  readonly clusterIp: string;
  readonly port: number;
  readonly nodePort: number | undefined;
  readonly backends: readonly Backend[];
}

/**
 * What a service proxy must serve: each TCP port of each Service that has an address, with its ready pods.
 * A Service without a cluster IP (headless, ExternalName) needs no proxy.
 */
export function serviceTable(
  services: readonly DeepReadonly<Service>[],
  slices: readonly DeepReadonly<EndpointSlice>[],
): ServicePortEntry[] {
  return services.flatMap((service) => {
    const { namespace = '', name = '' } = service.metadata;
    const clusterIp = service.spec?.clusterIP;
    if (clusterIp === undefined || clusterIp === '' || clusterIp === 'None') return [];
    const own = slices.filter(
      (slice) =>
        slice.metadata.namespace === namespace &&
        slice.metadata.labels?.[serviceNameLabel] === name,
    );
    return (service.spec?.ports ?? [])
      .filter((port) => (port.protocol ?? 'TCP') === 'TCP')
      .map((port) => ({
        key: `${namespace}/${name}:${port.port}`,
        clusterIp,
        port: port.port,
        nodePort: port.nodePort === 0 ? undefined : port.nodePort,
        backends: backendsOf(own, port.name ?? '', namespace),
      }));
  });
}

/** The ready pods; while there are none, those that end and still serve, as kube-proxy does. */
function backendsOf(
  slices: readonly DeepReadonly<EndpointSlice>[],
  portName: string,
  namespace: string,
): Backend[] {
  const chosen = (isMeant: (conditions: DeepReadonly<EndpointConditions>) => boolean): Backend[] =>
    slices.flatMap((slice) => {
      const port = slice.ports?.find(({ name }) => (name ?? '') === portName)?.port;
      if (port === undefined) return [];
      return (slice.endpoints ?? [])
        .filter(({ conditions }) => isMeant(conditions ?? {}))
        .map(({ targetRef }) => targetRef?.uid)
        .filter((uid) => uid !== undefined)
        .map((podUid) => ({ namespace, podUid, port }));
    });
  const ready = chosen(({ ready: isReady }) => isReady !== false);
  if (ready.length > 0) return ready;
  return chosen(({ serving, terminating }) => serving === true && terminating === true);
}
