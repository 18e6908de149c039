import type { JsonObject, StrategyContext } from '../../contracts.ts';
import { invalid, type FieldError } from '../../field-error.ts';
import { internalError, invalidError } from '../../status.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { isAddress, offsetOf } from './address-range.ts';
import type { ServiceAddresses } from './service-addresses.ts';

const SERVICE = { group: '', kind: 'Service' };

function refuse(object: JsonObject, error: FieldError): Error {
  return invalidError(SERVICE, textAt(objectAt(object, 'metadata'), 'name'), [error]);
}

function addressError(addresses: ServiceAddresses, address: string): FieldError {
  const value = [address];
  if (isAddress(address) && offsetOf(addresses.range, address) === undefined) {
    return invalid(
      'spec.clusterIPs',
      value,
      `failed to allocate IP ${address}: the provided IP (${address}) is not in the valid range. The range of valid IPs is ${addresses.cidr}`,
    );
  }
  return invalid(
    'spec.clusterIPs',
    value,
    `failed to allocate IP ${address}: provided IP is already allocated`,
  );
}

/** Gives a service its address, or takes the one it asks for. */
export function allocateAddress(
  object: JsonObject,
  addresses: ServiceAddresses,
  context: StrategyContext,
): void {
  const spec = objectAt(object, 'spec');
  if (textAt(spec, 'type') === 'ExternalName') return;
  const wanted = textAt(spec, 'clusterIP') || (stringsAt(spec, 'clusterIPs')[0] ?? '');
  if (wanted === 'None') {
    spec['clusterIP'] = 'None';
    spec['clusterIPs'] = ['None'];
    return;
  }
  let address: string | undefined = wanted;
  if (wanted === '') {
    address = addresses.takeAnyAddress();
    if (address === undefined) throw internalError('failed to allocate a serviceIP: range is full');
  } else if (!isAddress(wanted)) {
    throw refuse(
      object,
      invalid(
        'spec.clusterIPs[0]',
        wanted,
        'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ),
    );
  } else if (!addresses.takeAddress(wanted)) {
    throw refuse(object, addressError(addresses, wanted));
  }
  const taken = address;
  context.onRollback(() => addresses.releaseAddress(taken));
  spec['clusterIP'] = taken;
  spec['clusterIPs'] = [taken];
}

/** Whether a service of this type is reached through the ports of nodes. */
export function needsNodePorts(spec: JsonObject): boolean {
  const type = textAt(spec, 'type');
  if (type === 'NodePort') return true;
  return type === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false;
}

/** Gives the ports of a service their node ports, or takes those it asks for; `held` are its own already. */
export function allocateNodePorts(
  object: JsonObject,
  addresses: ServiceAddresses,
  context: StrategyContext,
  held: ReadonlySet<number>,
): void {
  const spec = objectAt(object, 'spec');
  // Two protocols of one service may share a number.
  const own = new Set(held);
  for (const [index, port] of listAt(spec, 'ports').entries()) {
    const wanted = numberAt(port, 'nodePort') ?? 0;
    if (wanted === 0) {
      if (!needsNodePorts(spec)) continue;
      const free = addresses.takeAnyPort();
      if (free === undefined) throw internalError('failed to allocate a nodePort: range is full');
      context.onRollback(() => addresses.releasePort(free));
      port['nodePort'] = free;
      own.add(free);
      continue;
    }
    if (own.has(wanted)) continue;
    const path = `spec.ports[${index}].nodePort`;
    if (!addresses.isNodePort(wanted)) {
      throw refuse(
        object,
        invalid(
          path,
          wanted,
          'provided port is not in the valid range. The range of valid ports is 30000-32767',
        ),
      );
    }
    if (!addresses.takePort(wanted)) {
      throw refuse(object, invalid(path, wanted, 'provided port is already allocated'));
    }
    context.onRollback(() => addresses.releasePort(wanted));
    own.add(wanted);
  }
}
