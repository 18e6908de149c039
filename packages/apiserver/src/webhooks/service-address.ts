import type { JsonObject, StoreReader } from '../contracts.ts';
import { listAt, objectAt, textAt } from '../registry/json-read.ts';
import { WebhookError } from './webhook-error.ts';

/** A place to connect to. */
export interface NetworkAddress {
  readonly host: string;
  readonly port: number;
}

/** A port of a Service, by number. */
export interface ServicePort {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** Where the cluster serves a Service on this machine; undefined when that is the Service's own address. */
export type ServiceRouter = (service: ServicePort) => NetworkAddress | undefined;

/**
 * The address of a Service, by the rules of the real server when it routes by cluster addresses.
 *
 * @throws WebhookError when there is no such Service or port.
 */
export function serviceAddress(
  store: StoreReader,
  { namespace, name, port }: ServicePort,
): NetworkAddress {
  const service = store.get('services', namespace, name);
  if (service === undefined) throw new WebhookError(`service ${JSON.stringify(name)} not found`);
  const spec: JsonObject = objectAt(service, 'spec');
  const type = textAt(spec, 'type');
  const clusterIp = textAt(spec, 'clusterIP');
  if (type === 'ExternalName') return { host: textAt(spec, 'externalName'), port };
  if (type === 'ClusterIP' && clusterIp === 'None') {
    throw new WebhookError('cannot route to service with ClusterIP "None"');
  }
  if (!listAt(spec, 'ports').some((each) => each['port'] === port)) {
    throw new WebhookError(`no service port ${port} found for service ${JSON.stringify(name)}`);
  }
  return { host: clusterIp, port };
}
