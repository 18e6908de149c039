import type { JsonObject } from '../../contracts.ts';
import { duplicate, forbidden, invalid, notSupported, type FieldError } from '../../field-error.ts';
import { parseIpAddress } from '../../schema/ip-address.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { placeOf } from '../validation/address-rules.ts';
import { addressBlock, ipAddress, portNumber, qualifiedName } from '../validation/value-rules.ts';

/** What goes with some types of Service only. */
export function validateTypeFields(spec: JsonObject): FieldError[] {
  const type = textAt(spec, 'type');
  const address = textAt(spec, 'clusterIP');
  if (type === 'ExternalName') {
    return ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy']
      .filter((field) => (field === 'clusterIPs' ? address !== '' : spec[field] !== undefined))
      .map((field) => forbidden(`spec.${field}`, 'may not be set for ExternalName services'));
  }
  const needsAddress = type === 'NodePort' || type === 'LoadBalancer';
  return needsAddress && address === 'None'
    ? [invalid('spec.clusterIPs[0]', address, `may not be set to 'None' for ${type} services`)]
    : [];
}

const LONGEST_AFFINITY_SECONDS = 86_400;

/** How long a client may stay with its endpoint. */
export function validateAffinityTime(affinity: string, spec: JsonObject): FieldError[] {
  if (affinity !== 'ClientIP') return [];
  const client = objectAt(objectAt(spec, 'sessionAffinityConfig'), 'clientIP');
  const seconds = numberAt(client, 'timeoutSeconds') ?? 0;
  const rule = `must be greater than 0 and less than ${LONGEST_AFFINITY_SECONDS}`;
  return seconds > 0 && seconds <= LONGEST_AFFINITY_SECONDS
    ? []
    : [invalid('spec.sessionAffinityConfig.clientIP.timeoutSeconds', seconds, rule)];
}

const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

/** Families of addresses: this cluster has those of IPv4, and headless Services need none. */
export function validateFamilies(spec: JsonObject): FieldError[] {
  if (textAt(spec, 'type') === 'ExternalName') return [];
  const families = stringsAt(spec, 'ipFamilies');
  const errors = families.flatMap((family, index) =>
    FAMILIES.includes(family) ? [] : [notSupported(`spec.ipFamilies[${index}]`, family, FAMILIES)],
  );
  const policy = textAt(spec, 'ipFamilyPolicy');
  if (policy !== '' && !FAMILY_POLICIES.includes(policy)) {
    errors.push(notSupported('spec.ipFamilyPolicy', policy, FAMILY_POLICIES));
  }
  const needsAddresses = textAt(spec, 'clusterIP') !== 'None';
  const index = families.indexOf('IPv6');
  if (errors.length === 0 && needsAddresses && index >= 0) {
    errors.push(invalid(`spec.ipFamilies[${index}]`, 'IPv6', 'not configured on this cluster'));
  }
  return errors;
}

function validateExternalAddress(path: string, value: string): FieldError[] {
  const bytes = parseIpAddress(value);
  if (bytes === undefined) return ipAddress(path, value);
  switch (placeOf(bytes)) {
    case 'unspecified':
      return [invalid(path, value, 'may not be unspecified (0.0.0.0 or ::)')];
    case 'loopback':
      return [invalid(path, value, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')];
    default:
      return [];
  }
}

function validateNodePorts(spec: JsonObject): FieldError[] {
  const hasNodePorts = textAt(spec, 'type') !== 'ClusterIP';
  const taken = new Set<string>();
  return listAt(spec, 'ports').flatMap((port, index) => {
    const number = numberAt(port, 'nodePort') ?? 0;
    if (number === 0) return [];
    const field = `spec.ports[${index}].nodePort`;
    if (!hasNodePorts) {
      return [forbidden(field, "may not be used when `type` is 'ClusterIP'")];
    }
    const key = `${textAt(port, 'protocol')}/${number}`;
    if (taken.has(key)) return [duplicate(field, number)];
    taken.add(key);
    return [];
  });
}

const POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

/** Whether a Service can be reached from outside the cluster. */
export function isReached(spec: JsonObject): boolean {
  const type = textAt(spec, 'type');
  return (
    type === 'NodePort' || type === 'LoadBalancer' || stringsAt(spec, 'externalIPs').length > 0
  );
}

function validateTraffic(spec: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const external = textAt(spec, 'externalTrafficPolicy');
  const field = 'spec.externalTrafficPolicy';
  if (isReached(spec)) {
    if (external !== '' && !POLICIES.includes(external)) {
      errors.push(notSupported(field, external, POLICIES));
    }
  } else if (external !== '') {
    errors.push(invalid(field, external, 'may only be set for externally-accessible services'));
  }
  return errors;
}

function validateHealthCheck(spec: JsonObject, type: string): FieldError[] {
  const health = numberAt(spec, 'healthCheckNodePort') ?? 0;
  if (health === 0) return [];
  const field = 'spec.healthCheckNodePort';
  const rule =
    "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  return type === 'LoadBalancer' && textAt(spec, 'externalTrafficPolicy') === 'Local'
    ? portNumber(field, health)
    : [invalid(field, health, rule)];
}

function validateLoadBalancer(spec: JsonObject, type: string): FieldError[] {
  const isBalanced = type === 'LoadBalancer';
  const only = "may only be used when `type` is 'LoadBalancer'";
  const ranges = stringsAt(spec, 'loadBalancerSourceRanges');
  const errors: FieldError[] = [];
  // Told by the name of the API's own structures.
  const field = 'spec.LoadBalancerSourceRanges';
  if (ranges.length > 0 && !isBalanced) errors.push(forbidden(field, only));
  for (const [index, range] of ranges.entries()) {
    errors.push(...addressBlock(`${field}[${index}]`, range.trim()));
  }
  const className = spec['loadBalancerClass'] as string | undefined;
  if (className === undefined) return errors;
  return [
    ...errors,
    ...(isBalanced
      ? qualifiedName('spec.loadBalancerClass', className)
      : [forbidden('spec.loadBalancerClass', only)]),
  ];
}

/** Rules for the ways in which a Service is reached from outside, and its traffic is led. */
export function validateAccess(spec: JsonObject): FieldError[] {
  const type = textAt(spec, 'type');
  const inner = textAt(spec, 'internalTrafficPolicy');
  const distribution = textAt(spec, 'trafficDistribution');
  return [
    ...stringsAt(spec, 'externalIPs').flatMap((address, index) =>
      validateExternalAddress(`spec.externalIPs[${index}]`, address),
    ),
    ...validateNodePorts(spec),
    ...validateTraffic(spec),
    ...validateLoadBalancer(spec, type),
    ...validateHealthCheck(spec, type),
    ...(inner === '' || POLICIES.includes(inner)
      ? []
      : [notSupported('spec.internalTrafficPolicy', inner, POLICIES)]),
    ...(distribution === '' || DISTRIBUTIONS.includes(distribution)
      ? []
      : [notSupported('spec.trafficDistribution', distribution, DISTRIBUTIONS)]),
  ];
}
