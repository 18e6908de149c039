import type { JsonObject } from '../../contracts.ts';
import { forbidden, invalid, required, tooLong, type FieldError } from '../../field-error.ts';
import { listAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { dnsSubdomain, ipAddress } from '../validation/value-rules.ts';

const MOST_NAMESERVERS = 3;
const MOST_SEARCHES = 32;
const LONGEST_SEARCH_LIST = 2048;
const LONGEST_SUBDOMAIN = 253;
const SEARCH = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*';
const SEARCH_NAME = new RegExp(`^${SEARCH}$`);

function validateSearch(path: string, value: string): FieldError[] {
  if (value === '.') return [];
  const name = value.replace(/\.$/, '');
  const errors: FieldError[] = [];
  if (name.length > LONGEST_SUBDOMAIN) {
    errors.push(invalid(path, name, `must be no more than ${LONGEST_SUBDOMAIN} characters`));
  }
  if (!SEARCH_NAME.test(name)) {
    const rule = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SEARCH}')`;
    errors.push(invalid(path, name, rule));
  }
  return errors;
}

/** Rules for how a pod looks up names. */
export function validateDns(path: string, spec: JsonObject): FieldError[] {
  const field = `${path}.dnsConfig`;
  const config = objectAt(spec, 'dnsConfig');
  const nameservers = stringsAt(config, 'nameservers');
  const searches = stringsAt(config, 'searches');
  if (textAt(spec, 'dnsPolicy') === 'None') {
    if (spec['dnsConfig'] === undefined) {
      return [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    }
    if (nameservers.length === 0) {
      const rule = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      return [required(`${field}.nameservers`, rule)];
    }
  }
  const errors: FieldError[] = [];
  if (nameservers.length > MOST_NAMESERVERS) {
    const rule = `must not have more than ${MOST_NAMESERVERS} nameservers`;
    errors.push(invalid(`${field}.nameservers`, nameservers, rule));
  }
  for (const [index, server] of nameservers.entries()) {
    errors.push(...ipAddress(`${field}.nameservers[${index}]`, server));
  }
  if (searches.length > MOST_SEARCHES) {
    const rule = `must not have more than ${MOST_SEARCHES} search paths`;
    errors.push(invalid(`${field}.searches`, searches, rule));
  }
  if (searches.join(' ').length > LONGEST_SEARCH_LIST) {
    const rule = `must not have more than ${LONGEST_SEARCH_LIST} characters (including spaces) in the search list`;
    errors.push(invalid(`${field}.searches`, searches, rule));
  }
  for (const [index, search] of searches.entries()) {
    errors.push(...validateSearch(`${field}.searches[${index}]`, search));
  }
  for (const [index, option] of listAt(config, 'options').entries()) {
    if (textAt(option, 'name') === '') {
      errors.push(required(`${field}.options[${index}]`, 'must not be empty'));
    }
  }
  return errors;
}

/** Rules for the names that a pod's own hosts file has. */
export function validateHostAliases(path: string, spec: JsonObject): FieldError[] {
  return listAt(spec, 'hostAliases').flatMap((alias, index) => {
    const field = `${path}.hostAliases[${index}]`;
    return [
      ...ipAddress(`${field}.ip`, textAt(alias, 'ip')),
      ...stringsAt(alias, 'hostnames').flatMap((name, at) =>
        dnsSubdomain(`${field}.hostnames[${at}]`, name),
      ),
    ];
  });
}

const LONGEST_HOSTNAME = 64;

/** Rules for a host name that stands in place of the pod's. */
export function validateHostnameOverride(path: string, spec: JsonObject): FieldError[] {
  const name = spec['hostnameOverride'] as string | null | undefined;
  if (name === undefined || name === null) return [];
  const field = `${path}.hostnameOverride`;
  const errors: FieldError[] = ['setHostnameAsFQDN', 'hostNetwork']
    .filter((flag) => spec[flag] === true)
    .map((flag) => forbidden(field, `may not be specified when ${flag} is true`));
  if (name.length > LONGEST_HOSTNAME) errors.push(tooLong(field, LONGEST_HOSTNAME));
  return [...errors, ...dnsSubdomain(field, name)];
}
