import { parseQuantity, type ExactQuantity } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { listAt, numberAt, objectAt, textAt } from '../registry/json-read.ts';
import { ONE, ZERO, type Amounts } from '../resources/amounts.ts';
import { countName, type QuotaMeter } from './quota-meter.ts';

const COUNT = countName('services');
const NAMES: ReadonlySet<string> = new Set([
  COUNT,
  'services',
  'services.nodeports',
  'services.loadbalancers',
]);

function typeOf(service: JsonObject): string {
  return textAt(objectAt(service, 'spec'), 'type');
}

/** Ports of the nodes that a Service has, or is going to get. */
function nodePorts(service: JsonObject): ExactQuantity {
  const spec = objectAt(service, 'spec');
  const ports = listAt(spec, 'ports');
  switch (typeOf(service)) {
    case 'NodePort':
      return parseQuantity(ports.length);
    case 'LoadBalancer': {
      const counted =
        spec['allocateLoadBalancerNodePorts'] === false
          ? ports.filter((port) => (numberAt(port, 'nodePort') ?? 0) !== 0)
          : ports;
      return parseQuantity(counted.length);
    }
    default:
      return ZERO;
  }
}

function usage(service: JsonObject): Amounts {
  return new Map([
    [COUNT, ONE],
    ['services', ONE],
    ['services.nodeports', nodePorts(service)],
    ['services.loadbalancers', typeOf(service) === 'LoadBalancer' ? ONE : ZERO],
  ]);
}

/** Services take ports of nodes and load balancers, by their type. */
export const serviceMeter: QuotaMeter = {
  covers: (name) => NAMES.has(name),
  isCharged: ({ subresource }) => subresource === '',
  isInScope: () => false,
  missing: () => undefined,
  usage,
  mayRelease: (service, old) => typeOf(service) !== typeOf(old),
};
