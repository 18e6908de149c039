import type { DeepReadonly, EndpointSlice, Service } from '@kubewright/apimachinery';

const serviceNameLabel = 'kubernetes.io/service-name';
/** The domain of the cluster, as almost every cluster has it. */
const clusterDomain = 'cluster.local';

/** A name below its namespace, and the addresses it stands for. */
export interface ServiceName {
  readonly namespace: string;
  /** `<service>`, or `<host>.<service>` for a pod of a headless one. */
  readonly name: string;
  readonly addresses: readonly string[];
}

/**
 * The names that the DNS of a cluster would know: each Service by its address, a headless one by the addresses of its
 * ready pods, and these pods by their own host names below it.
 *
 * @param addressOf where a Service with an address can really be reached
 */
export function serviceNames(
  services: readonly DeepReadonly<Service>[],
  slices: readonly DeepReadonly<EndpointSlice>[],
  addressOf: (service: DeepReadonly<Service>) => string | undefined,
): ServiceName[] {
  return services.flatMap((service): ServiceName[] => {
    const { namespace = '', name = '' } = service.metadata;
    if (service.spec?.type === 'ExternalName') return [];
    if (service.spec?.clusterIP !== 'None') {
      const address = addressOf(service);
      return address === undefined ? [] : [{ namespace, name, addresses: [address] }];
    }
    const ready = slices
      .filter(
        ({ metadata }) =>
          metadata.namespace === namespace && metadata.labels?.[serviceNameLabel] === name,
      )
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false);
    const hosts = Map.groupBy(
      ready.filter(({ hostname }) => hostname !== undefined),
      ({ hostname }) => hostname,
    );
    return [
      { namespace, name, addresses: addressesOf(ready) },
      ...[...hosts].map(([hostname, endpoints]) => ({
        namespace,
        name: `${hostname ?? ''}.${name}`,
        addresses: addressesOf(endpoints),
      })),
    ];
  });
}

function addressesOf(endpoints: readonly { readonly addresses: readonly string[] }[]): string[] {
  return [...new Set(endpoints.flatMap(({ addresses }) => addresses))].sort();
}

/**
 * The names as the pods of a namespace may use them, as the text of a hosts file (hosts(5)): in full, and as short as the
 * search domains of a pod allow.
 */
export function hostsFile(names: readonly ServiceName[], namespace: string): string {
  return names
    .flatMap((each) => {
      const spellings = [
        `${each.name}.${each.namespace}.svc.${clusterDomain}`,
        `${each.name}.${each.namespace}.svc`,
        `${each.name}.${each.namespace}`,
        ...(each.namespace === namespace ? [each.name] : []),
      ];
      return each.addresses.map((address) => `${address} ${spellings.join(' ')}\n`);
    })
    .sort()
    .join('');
}
