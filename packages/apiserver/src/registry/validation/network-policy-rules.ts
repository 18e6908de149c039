import type { JsonObject } from '../../contracts.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { parseAddressBlock, type AddressBlock } from '../../schema/ip-address.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { validateSelector } from './selector-rules.ts';
import { addressBlock, portName, portNumber } from './value-rules.ts';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const TYPES = ['Ingress', 'Egress'];

function validateEndPort(path: string, port: unknown, endPort: number | undefined): FieldError[] {
  if (endPort === undefined) return [];
  const field = `${path}.endPort`;
  if (port === undefined) {
    return [invalid(field, endPort, 'may not be specified when `port` is not specified')];
  }
  if (typeof port !== 'number') {
    return [invalid(field, endPort, 'may not be specified when `port` is non-numeric')];
  }
  return [
    ...(endPort < port ? [invalid(field, port, 'must be greater than or equal to `port`')] : []),
    ...portNumber(field, endPort),
  ];
}

function validatePort(path: string, rule: JsonObject): FieldError[] {
  const protocol = textAt(rule, 'protocol');
  const port: unknown = rule['port'] ?? undefined;
  const endPort = validateEndPort(path, port, numberAt(rule, 'endPort'));
  const field = `${path}.port`;
  return [
    ...(protocol === '' || PROTOCOLS.includes(protocol)
      ? []
      : [notSupported(`${path}.protocol`, protocol, PROTOCOLS)]),
    ...(typeof port === 'number' ? [...portNumber(field, port), ...endPort] : endPort),
    ...(typeof port === 'string' ? portName(field, port) : []),
  ];
}

/** Whether `inner` is a part of `outer`, and not all of it. */
function isWithin(inner: AddressBlock, outer: AddressBlock): boolean {
  if (inner.address.length !== outer.address.length) return false;
  if (inner.prefixBits <= outer.prefixBits) return false;
  return outer.address.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, outer.prefixBits - index * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((inner.address[index] ?? 0) & mask);
  });
}

function validateBlock(path: string, block: JsonObject): FieldError[] {
  const cidr = textAt(block, 'cidr');
  if (cidr === '') return [required(`${path}.cidr`)];
  const outer = parseAddressBlock(cidr);
  if (outer === undefined) return addressBlock(`${path}.cidr`, cidr);
  return stringsAt(block, 'except').flatMap((text, index) => {
    const field = `${path}.except[${index}]`;
    const inner = parseAddressBlock(text);
    if (inner === undefined) return addressBlock(field, text);
    return isWithin(inner, outer)
      ? []
      : [invalid(field, text, 'must be a strict subset of `cidr`')];
  });
}

function validatePeer(path: string, peer: JsonObject): FieldError[] {
  const present = ['podSelector', 'namespaceSelector', 'ipBlock'].filter(
    (name) => peer[name] !== undefined,
  );
  const errors = present.flatMap((name) =>
    (name === 'ipBlock' ? validateBlock : validateSelector)(
      `${path}.${name}`,
      objectAt(peer, name),
    ),
  );
  if (present.length === 0) return [required(path, 'must specify a peer')];
  return present.length > 1 && present.includes('ipBlock')
    ? [...errors, forbidden(path, 'may not specify both ipBlock and another peer')]
    : errors;
}

function validateRules(spec: JsonObject, list: string, peers: string): FieldError[] {
  return listAt(spec, list).flatMap((rule, at) => {
    const path = `spec.${list}[${at}]`;
    return [
      ...listAt(rule, 'ports').flatMap((port, index) =>
        validatePort(`${path}.ports[${index}]`, port),
      ),
      ...listAt(rule, peers).flatMap((peer, index) =>
        validatePeer(`${path}.${peers}[${index}]`, peer),
      ),
    ];
  });
}

/** Rules for the spec of a NetworkPolicy. */
export function validateNetworkPolicySpec(spec: JsonObject): FieldError[] {
  const errors = [
    ...validateSelector('spec.podSelector', objectAt(spec, 'podSelector')),
    ...validateRules(spec, 'ingress', 'from'),
    ...validateRules(spec, 'egress', 'to'),
  ];
  const types = stringsAt(spec, 'policyTypes');
  if (types.length > TYPES.length) {
    return [
      ...errors,
      invalid('spec.policyTypes', types, 'may not specify more than two policyTypes'),
    ];
  }
  return [
    ...errors,
    ...types.flatMap((type, index) =>
      TYPES.includes(type) ? [] : [notSupported(`spec.policyTypes[${index}]`, type, TYPES)],
    ),
  ];
}
