import { byteLength } from './byte-length.ts';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const labelPattern = new RegExp(`^${label}$`);
const serviceLabel = '[a-z]([-a-z0-9]*[a-z0-9])?';
const serviceLabelPattern = new RegExp(`^${serviceLabel}$`);
const subdomain = `${label}(\\.${label})*`;
const subdomainPattern = new RegExp(`^${subdomain}$`);

/** Longest DNS label, in characters (RFC 1123). */
export const maxDnsLabelLength = 63;
/** Longest DNS subdomain, in characters (RFC 1123). */
export const maxDnsSubdomainLength = 253;

/**
 * What is wrong with a name that must be a DNS label, such as that of a namespace; empty when nothing is.
 * Messages are worded as the API server words them.
 */
export function validateDnsLabel(name: string): string[] {
  return [
    ...tooLong(name, maxDnsLabelLength),
    ...(labelPattern.test(name)
      ? []
      : subdomainPattern.test(name)
        ? ['must not contain dots']
        : [
            `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`,
          ]),
  ];
}

/** What is wrong with a name that must be a DNS label beginning with a letter; empty when nothing is. */
export function validateDns1035Label(name: string): string[] {
  return [
    ...tooLong(name, maxDnsLabelLength),
    ...(serviceLabelPattern.test(name)
      ? []
      : [
          `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${serviceLabel}')`,
        ]),
  ];
}

/** What is wrong with a name that must be a DNS subdomain, as of most objects; empty when nothing is. */
export function validateDnsSubdomain(name: string): string[] {
  return [
    ...tooLong(name, maxDnsSubdomainLength),
    ...(subdomainPattern.test(name)
      ? []
      : [
          `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`,
        ]),
  ];
}

function tooLong(name: string, max: number): string[] {
  return byteLength(name) > max ? [`must be no more than ${max} characters`] : [];
}
