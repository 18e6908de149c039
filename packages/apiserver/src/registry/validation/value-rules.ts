import {
  validateDns1035Label,
  validateDnsLabel,
  validateDnsSubdomain,
  validateLabelKey,
} from '@kubewright/apimachinery';
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { parseAddressBlock, parseIpAddress } from '../../schema/ip-address.ts';

/** A number that counts something: absent is fine. */
export function nonNegative(path: string, value: number | undefined): FieldError[] {
  return value === undefined || value >= 0
    ? []
    : [invalid(path, value, 'must be greater than or equal to 0')];
}

/** A port number, 1 to 65535. */
export function portNumber(path: string, value: number): FieldError[] {
  return Number.isInteger(value) && value >= 1 && value <= 65535
    ? []
    : [invalid(path, value, 'must be between 1 and 65535, inclusive')];
}

/** The name of a port: at most 15 characters, lower case, at least one letter. */
export function portName(path: string, name: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name.length > 15) errors.push(invalid(path, name, 'must be no more than 15 characters'));
  if (!/^[-a-z0-9]+$/.test(name)) {
    errors.push(
      invalid(path, name, 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'),
    );
  }
  if (!/[a-z]/.test(name)) {
    errors.push(invalid(path, name, 'must contain at least one letter (a-z)'));
  }
  if (name.includes('--')) {
    errors.push(invalid(path, name, 'must not contain consecutive hyphens'));
  }
  if (name.startsWith('-') || name.endsWith('-')) {
    errors.push(invalid(path, name, 'must not begin or end with a hyphen'));
  }
  return errors;
}

/** A port by number or by name. */
export function portReference(path: string, value: unknown): FieldError[] {
  return typeof value === 'number' ? portNumber(path, value) : portName(path, String(value));
}

/** One of a few words. Required when `value` is empty. */
export function oneOf(path: string, value: string, choices: readonly string[]): FieldError[] {
  if (value === '') return [required(path)];
  return choices.includes(value) ? [] : [notSupported(path, value, choices)];
}

/** A DNS label, by the wording of the API. */
export function dnsLabel(path: string, value: string): FieldError[] {
  return validateDnsLabel(value).map((text) => invalid(path, value, text));
}

/** A DNS label that begins with a letter. */
export function dns1035Label(path: string, value: string): FieldError[] {
  return validateDns1035Label(value).map((text) => invalid(path, value, text));
}

/** A DNS subdomain. */
export function dnsSubdomain(path: string, value: string): FieldError[] {
  return validateDnsSubdomain(value).map((text) => invalid(path, value, text));
}

/** What is wrong with a name that only has to fit into a path, such as that of a role. */
export function validatePathSegment(name: string, prefix: boolean): string[] {
  if (name === '.' || name === '..') return prefix ? [] : [`may not be '${name}'`];
  return ['/', '%']
    .filter((character) => name.includes(character))
    .map((character) => `may not contain '${character}'`);
}

/** A name that must be there and fit into a path. */
export function pathSegment(path: string, value: string): FieldError[] {
  if (value === '') return [required(path)];
  return validatePathSegment(value, false).map((text) => invalid(path, value, text));
}

const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;
const MAX_CONFIG_KEY_LENGTH = 253;

/** What is wrong with a key of a ConfigMap or Secret. */
export function validateConfigKey(key: string): string[] {
  const texts: string[] = [];
  if (key.length > MAX_CONFIG_KEY_LENGTH) {
    texts.push(`must be no more than ${MAX_CONFIG_KEY_LENGTH} characters`);
  }
  if (!CONFIG_KEY.test(key)) {
    texts.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  }
  if (key === '.') texts.push("must not be '.'");
  else if (key === '..') texts.push("must not be '..'");
  else if (key.startsWith('..')) texts.push("must not start with '..'");
  return texts;
}

/** An address, as fields take it that are older than the strict rule. */
export function ipAddress(path: string, value: string): FieldError[] {
  return parseIpAddress(value) === undefined
    ? [invalid(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
    : [];
}

/** A block of addresses, as fields take it that are older than the strict rule. */
export function addressBlock(path: string, value: string): FieldError[] {
  return parseAddressBlock(value) === undefined
    ? [invalid(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
    : [];
}

/** A name with or without a domain before it: `name`, `example.com/name`. */
export function qualifiedName(path: string, value: string): FieldError[] {
  return validateLabelKey(value).map((text) => invalid(path, value, text));
}

/** The refusal of a field that may not change. */
export function immutable(path: string, value: unknown): FieldError {
  return invalid(path, value, 'field is immutable');
}

/** The places of values that stood before in the list. Looks at each once, however many there are. */
export function repeatedAt(values: readonly string[]): ReadonlySet<number> {
  const seen = new Set<string>();
  const places = new Set<number>();
  for (const [index, value] of values.entries()) {
    if (seen.has(value)) places.add(index);
    seen.add(value);
  }
  return places;
}
