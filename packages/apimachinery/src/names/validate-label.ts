import { byteLength } from './byte-length.ts';
import { validateDnsSubdomain } from './dns-name.ts';

const name = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const namePattern = new RegExp(`^${name}$`);
const valuePattern = new RegExp(`^(${name})?$`);
const nameRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const nameExample = `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${name}')`;

/** Longest label value and longest name part of a label key, in bytes. */
export const maxLabelLength = 63;

/**
 * What is wrong with a label key (also an annotation key or a finalizer): an optional DNS subdomain and `/`, then a name.
 * Empty when nothing is; messages are worded as the API server words them.
 */
export function validateLabelKey(key: string): string[] {
  const parts = key.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key ${nameRule} ${nameExample} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const faults: string[] = [];
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (prefix === '') faults.push('prefix part must be non-empty');
  else if (prefix !== undefined) {
    for (const fault of validateDnsSubdomain(prefix)) {
      // Lengths of names are told in characters, those of key parts in bytes.
      faults.push(
        `prefix part ${fault.replace(/^(must be no more than \d+) characters$/, '$1 bytes')}`,
      );
    }
  }
  const last = parts.at(-1) ?? '';
  if (last === '') faults.push('name part must be non-empty');
  else if (byteLength(last) > maxLabelLength) {
    faults.push(`name part must be no more than ${maxLabelLength} bytes`);
  }
  if (!namePattern.test(last)) faults.push(`name part ${nameRule} ${nameExample}`);
  return faults;
}

/** What is wrong with a label value; empty when nothing is. Messages are worded as the API server words them. */
export function validateLabelValue(value: string): string[] {
  const faults: string[] = [];
  if (byteLength(value) > maxLabelLength) {
    faults.push(`must be no more than ${maxLabelLength} bytes`);
  }
  if (!valuePattern.test(value)) {
    faults.push(
      `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${name})?')`,
    );
  }
  return faults;
}
