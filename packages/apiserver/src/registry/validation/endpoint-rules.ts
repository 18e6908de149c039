import {
  validateDnsLabel,
  validateDnsSubdomain,
  validateLabelValue,
} from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import {
  duplicate,
  invalid,
  notSupported,
  required,
  tooMany,
  type FieldError,
} from '../../field-error.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { canonicalAddress, unambiguousAddress, type EndpointAddressRule } from './address-rules.ts';
import { dnsLabel, dnsSubdomain, portNumber, qualifiedName, repeatedAt } from './value-rules.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const MOST_ENDPOINTS = 1000;
const MOST_ADDRESSES = 100;
const MOST_PORTS = 20_000;
/** Most zones, and most nodes, for which an endpoint is meant. */
const MOST_HINTS = 8;

function optional(
  object: JsonObject,
  member: string,
  check: (value: string) => FieldError[],
): FieldError[] {
  const value = object[member] as string | undefined;
  return value === undefined ? [] : check(value);
}

function protocolErrors(path: string, port: JsonObject): FieldError[] {
  const protocol = textAt(port, 'protocol');
  return PROTOCOLS.includes(protocol) ? [] : [notSupported(path, protocol, PROTOCOLS)];
}

function validateOldAddress(
  path: string,
  address: JsonObject,
  rule: EndpointAddressRule,
): FieldError[] {
  const ip = textAt(address, 'ip');
  const hostname = textAt(address, 'hostname');
  return [
    ...unambiguousAddress(`${path}.ip`, ip),
    ...(hostname === '' ? [] : dnsLabel(`${path}.hostname`, hostname)),
    ...optional(address, 'nodeName', (name) => dnsSubdomain(`${path}.nodeName`, name)),
    ...rule(`${path}.ip`, ip),
  ];
}

function validateOldPort(path: string, port: JsonObject, needsName: boolean): FieldError[] {
  const name = textAt(port, 'name');
  return [
    ...(name === '' && needsName ? [required(`${path}.name`)] : []),
    ...(name === '' ? [] : dnsLabel(`${path}.name`, name)),
    ...portNumber(`${path}.port`, numberAt(port, 'port') ?? 0),
    ...protocolErrors(`${path}.protocol`, port),
    ...optional(port, 'appProtocol', (value) => qualifiedName(`${path}.appProtocol`, value)),
  ];
}

/** Rules for the `subsets` of Endpoints. */
export function validateSubsets(
  subsets: readonly JsonObject[],
  rule: EndpointAddressRule,
): FieldError[] {
  return subsets.flatMap((subset, index) => {
    const path = `subsets[${index}]`;
    const lists = ['addresses', 'notReadyAddresses'];
    const ports = listAt(subset, 'ports');
    return [
      ...(lists.every((list) => listAt(subset, list).length === 0)
        ? [required(path, 'must specify `addresses` or `notReadyAddresses`')]
        : []),
      ...lists.flatMap((list) =>
        listAt(subset, list).flatMap((address, at) =>
          validateOldAddress(`${path}.${list}[${at}]`, address, rule),
        ),
      ),
      ...ports.flatMap((port, at) =>
        validateOldPort(`${path}.ports[${at}]`, port, ports.length > 1),
      ),
    ];
  });
}

/** What the addresses of an EndpointSlice have to be. */
export interface SliceAddresses {
  /** Its `addressType`. */
  readonly type: string;
  readonly rule: EndpointAddressRule;
}

function domainName(path: string, value: string): FieldError[] {
  if (value === '') return [required(path)];
  const name = value.replace(/\.$/, '');
  const problems = validateDnsSubdomain(name);
  if (problems.length > 0) return [invalid(path, name, problems.join(','))];
  const labels = name.split('.');
  if (labels.length < 2) {
    return [invalid(path, name, 'should be a domain with at least two segments separated by dots')];
  }
  const broken = labels.find((label) => validateDnsLabel(label).length > 0);
  return broken === undefined ? [] : [invalid(path, broken, validateDnsLabel(broken).join(','))];
}

function validateAddress(
  list: string,
  index: number,
  value: string,
  { type, rule }: SliceAddresses,
): FieldError[] {
  const path = `${list}[${index}]`;
  if (type === 'FQDN') return domainName(path, value);
  if (!ADDRESS_TYPES.includes(type)) return [];
  const errors = type === 'IPv4' ? unambiguousAddress(path, value) : canonicalAddress(path, value);
  if (errors.length > 0) return errors;
  const isOther = value.includes(':') === (type === 'IPv4');
  return [
    ...(isOther ? [invalid(list, value, `must be an ${type} address`)] : []),
    ...rule(path, value),
  ];
}

function validateHints(
  path: string,
  hints: readonly JsonObject[],
  check: (name: string) => readonly string[],
): FieldError[] {
  if (hints.length > MOST_HINTS) return [tooMany(path, hints.length, MOST_HINTS)];
  const names = hints.map((hint) => textAt(hint, 'name'));
  const repeated = repeatedAt(names);
  return names.flatMap((name, index) => {
    const place = `${path}[${index}].name`;
    return [
      ...(repeated.has(index) ? [duplicate(place, name)] : []),
      ...check(name).map((text) => invalid(place, name, text)),
    ];
  });
}

function validateEndpoint(
  path: string,
  endpoint: JsonObject,
  expected: SliceAddresses,
): FieldError[] {
  const list = `${path}.addresses`;
  const addresses = stringsAt(endpoint, 'addresses');
  const hints = objectAt(endpoint, 'hints');
  return [
    ...(addresses.length === 0 ? [required(list, 'must contain at least 1 address')] : []),
    ...(addresses.length > MOST_ADDRESSES ? [tooMany(list, addresses.length, MOST_ADDRESSES)] : []),
    ...addresses.flatMap((value, index) => validateAddress(list, index, value, expected)),
    ...optional(endpoint, 'nodeName', (name) => dnsSubdomain(`${path}.nodeName`, name)),
    ...optional(endpoint, 'hostname', (name) => dnsLabel(`${path}.hostname`, name)),
    ...validateHints(`${path}.hints.forZones`, listAt(hints, 'forZones'), validateLabelValue),
    ...validateHints(`${path}.hints.forNodes`, listAt(hints, 'forNodes'), validateDnsSubdomain),
  ];
}

/** Rules for the `endpoints` of an EndpointSlice. */
export function validateEndpoints(
  endpoints: readonly JsonObject[],
  expected: SliceAddresses,
): FieldError[] {
  if (endpoints.length > MOST_ENDPOINTS) {
    return [tooMany('endpoints', endpoints.length, MOST_ENDPOINTS)];
  }
  return endpoints.flatMap((endpoint, index) =>
    validateEndpoint(`endpoints[${index}]`, endpoint, expected),
  );
}

/** Rules for the `ports` of an EndpointSlice. */
export function validateSlicePorts(ports: readonly JsonObject[]): FieldError[] {
  if (ports.length > MOST_PORTS) return [tooMany('ports', ports.length, MOST_PORTS)];
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const path = `ports[${index}]`;
    const name = textAt(port, 'name');
    const isRepeated = names.has(name);
    names.add(name);
    return [
      ...(name === '' ? [] : dnsLabel(`${path}.name`, name)),
      ...(isRepeated ? [duplicate(`${path}.name`, name)] : []),
      ...protocolErrors(`${path}.protocol`, port),
      ...optional(port, 'appProtocol', (value) => qualifiedName(`${path}.appProtocol`, value)),
    ];
  });
}

/** Rules for the `addressType` of an EndpointSlice. */
export function validateAddressType(type: string): FieldError[] {
  if (type === '') return [required('addressType')];
  return ADDRESS_TYPES.includes(type) ? [] : [notSupported('addressType', type, ADDRESS_TYPES)];
}
