import type { JsonObject } from '../../contracts.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  type FieldError,
} from '../../field-error.ts';
import { objectAt, textAt } from '../json-read.ts';
import { dnsLabel, dnsSubdomain, pathSegment } from './value-rules.ts';

const LONGEST_CONTROLLER = 250;
const PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const PATH_PATTERN = new RegExp(`^${PATH}$`);
const SCOPES = ['Cluster', 'Namespace'];

/** A path that begins with the domain of whoever gave it: `example.com/name`. */
function domainPrefixedPath(path: string, value: string): FieldError[] {
  if (value === '') return [required(path)];
  const slash = value.indexOf('/');
  const [domain, rest] = [value.slice(0, slash), value.slice(slash + 1)];
  if (slash < 1 || rest === '') {
    return [invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const errors = dnsSubdomain(path, domain);
  return PATH_PATTERN.test(rest)
    ? errors
    : [...errors, invalid(path, rest, `Invalid path (regex used for validation is '${PATH}')`)];
}

function validateScope(path: string, reference: JsonObject): FieldError[] {
  const scope = textAt(reference, 'scope');
  // Here an empty namespace is not the same as none.
  const namespace = reference['namespace'] as string | undefined;
  const field = `${path}.namespace`;
  switch (scope) {
    case 'Namespace':
      return namespace === undefined
        ? [required(field, "`parameters.scope` is set to 'Namespace'")]
        : dnsLabel(field, namespace);
    case 'Cluster':
      return namespace === undefined
        ? []
        : [forbidden(field, "`parameters.scope` is set to 'Cluster'")];
    default:
      return [notSupported(`${path}.scope`, scope, SCOPES)];
  }
}

function validateParameters(path: string, reference: JsonObject): FieldError[] {
  const group = reference['apiGroup'] as string | undefined;
  return [
    ...(group === undefined ? [] : dnsSubdomain(`${path}.apiGroup`, group)),
    ...pathSegment(`${path}.kind`, textAt(reference, 'kind')),
    ...pathSegment(`${path}.name`, textAt(reference, 'name')),
    ...validateScope(path, reference),
  ];
}

/** Rules for the spec of an IngressClass. */
export function validateIngressClassSpec(spec: JsonObject): FieldError[] {
  const controller = textAt(spec, 'controller');
  return [
    ...(Buffer.byteLength(controller) > LONGEST_CONTROLLER
      ? [tooLong('spec.controller', LONGEST_CONTROLLER)]
      : []),
    ...domainPrefixedPath('spec.controller', controller),
    ...(spec['parameters'] === undefined
      ? []
      : validateParameters('spec.parameters', objectAt(spec, 'parameters'))),
  ];
}
