import type { JsonObject } from '../../contracts.ts';
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { parseIpAddress } from '../../schema/ip-address.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { dnsLabel, dnsSubdomain, pathSegment, portName, portNumber } from './value-rules.ts';

const WILDCARD = '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const WILDCARD_NAME = new RegExp(`^${WILDCARD}$`);

/** The name of a host, or of all hosts of a domain. */
function hostName(path: string, host: string): FieldError[] {
  if (!host.includes('*')) return dnsSubdomain(path, host);
  const rule = `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '${WILDCARD}')`;
  return WILDCARD_NAME.test(host) ? [] : [invalid(path, host, rule)];
}

/** A reference to an object of any kind beside this one. */
export function typedReference(path: string, reference: JsonObject): FieldError[] {
  const group = textAt(reference, 'apiGroup');
  const errors = group === '' ? [] : dnsSubdomain(`${path}.apiGroup`, group);
  return [
    ...errors,
    ...['kind', 'name'].flatMap((member) =>
      pathSegment(`${path}.${member}`, textAt(reference, member)),
    ),
  ];
}

function validateServiceBackend(path: string, service: JsonObject): FieldError[] {
  const name = textAt(service, 'name');
  const field = `${path}.service`;
  const errors = name === '' ? [required(`${field}.name`)] : dnsLabel(`${field}.name`, name);
  const port = objectAt(service, 'port');
  const ofName = textAt(port, 'name');
  const ofNumber = numberAt(port, 'number') ?? 0;
  if (ofName !== '' && ofNumber !== 0) {
    return [...errors, invalid(path, '', 'cannot set both port name & port number')];
  }
  if (ofName !== '') return [...errors, ...portName(`${field}.port.name`, ofName)];
  if (ofNumber !== 0) return [...errors, ...portNumber(`${field}.port.number`, ofNumber)];
  return [...errors, required(path, 'port name or number is required')];
}

function validateBackend(path: string, backend: JsonObject): FieldError[] {
  const hasResource = backend['resource'] !== undefined;
  const hasService = backend['service'] !== undefined;
  if (hasResource && hasService) {
    return [invalid(path, '', 'cannot set both resource and service backends')];
  }
  if (hasResource) return typedReference(`${path}.resource`, objectAt(backend, 'resource'));
  if (hasService) return validateServiceBackend(path, objectAt(backend, 'service'));
  return [invalid(path, '', 'resource or service backend is required')];
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const BAD_PARTS = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_ENDS = ['/..', '/.'];

function validatePath(path: string, route: JsonObject): FieldError[] {
  const type = textAt(route, 'pathType');
  if (type === '') return [required(`${path}.pathType`, 'pathType must be specified')];
  const value = textAt(route, 'path');
  const errors: FieldError[] = [];
  const broken = (rule: string) => errors.push(invalid(`${path}.path`, value, rule));
  if (!PATH_TYPES.includes(type)) errors.push(notSupported(`${path}.pathType`, type, PATH_TYPES));
  else if (!value.startsWith('/') && (value !== '' || type !== 'ImplementationSpecific')) {
    broken('must be an absolute path');
  }
  if (type === 'Exact' || type === 'Prefix') {
    for (const part of BAD_PARTS) if (value.includes(part)) broken(`must not contain '${part}'`);
    for (const end of BAD_ENDS) if (value.endsWith(end)) broken(`cannot end with '${end}'`);
  }
  return [...errors, ...validateBackend(`${path}.backend`, objectAt(route, 'backend'))];
}

function validateRule(path: string, rule: JsonObject): FieldError[] {
  const host = textAt(rule, 'host');
  const errors: FieldError[] = [];
  if (parseIpAddress(host) !== undefined) {
    errors.push(invalid(`${path}.host`, host, 'must be a DNS name, not an IP address'));
  }
  if (host !== '') errors.push(...hostName(`${path}.host`, host));
  if (rule['http'] === undefined) return errors;
  const routes = listAt(objectAt(rule, 'http'), 'paths');
  const field = `${path}.http.paths`;
  if (routes.length === 0) return [...errors, required(field)];
  return [
    ...errors,
    ...routes.flatMap((route, index) => validatePath(`${field}[${index}]`, route)),
  ];
}

function validateTls(path: string, tls: JsonObject): FieldError[] {
  const secret = textAt(tls, 'secretName');
  return [
    ...stringsAt(tls, 'hosts').flatMap((host, index) => hostName(`${path}.hosts[${index}]`, host)),
    ...(secret === '' ? [] : dnsSubdomain(`${path}.secretName`, secret)),
  ];
}

/** Rules for the spec of an Ingress. */
export function validateIngressSpec(spec: JsonObject): FieldError[] {
  const rules = listAt(spec, 'rules');
  const errors: FieldError[] = [];
  if (spec['defaultBackend'] !== undefined) {
    errors.push(...validateBackend('spec.defaultBackend', objectAt(spec, 'defaultBackend')));
  } else if (rules.length === 0) {
    const text = 'either `defaultBackend` or `rules` must be specified';
    errors.push(invalid('spec', spec['rules'], text));
  }
  const className = textAt(spec, 'ingressClassName');
  return [
    ...errors,
    ...rules.flatMap((rule, index) => validateRule(`spec.rules[${index}]`, rule)),
    ...listAt(spec, 'tls').flatMap((tls, index) => validateTls(`spec.tls[${index}]`, tls)),
    ...(className === '' ? [] : dnsSubdomain('spec.ingressClassName', className)),
  ];
}
