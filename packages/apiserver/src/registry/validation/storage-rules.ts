import { validateDnsSubdomain } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { duplicate, invalid, required, tooLong, type FieldError } from '../../field-error.ts';
import { listAt, stringsAt, textAt } from '../json-read.ts';
import { qualifiedName, repeatedAt } from './value-rules.ts';

const LONGEST_DRIVER = 63;
const MOST_PARAMETERS = 512;
/** Most bytes of the parameters of a class together, keys and values. */
const LARGEST_PARAMETERS = 256 * 1024;

/** The name of a CSI driver. */
export function driverName(path: string, name: string): FieldError[] {
  if (name === '') return [required(path)];
  return [
    ...(name.length > LONGEST_DRIVER ? [tooLong(path, LONGEST_DRIVER)] : []),
    ...validateDnsSubdomain(name.toLowerCase()).map((text) => invalid(path, name, text)),
  ];
}

/** The name of whatever makes volumes of a class. */
export function provisionerName(path: string, name: string): FieldError[] {
  return name === '' ? [required(path)] : qualifiedName(path, name.toLowerCase());
}

/** What a class tells its driver. */
export function validateParameters(path: string, parameters: JsonObject): FieldError[] {
  const entries = Object.entries(parameters) as [string, string][];
  if (entries.length > MOST_PARAMETERS) return [tooLong(path, MOST_PARAMETERS)];
  const size = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return [
    ...(Object.hasOwn(parameters, '') ? [invalid(path, '', 'field can not be empty.')] : []),
    ...(size > LARGEST_PARAMETERS ? [tooLong(path, LARGEST_PARAMETERS)] : []),
  ];
}

function validateTopologyTerm(path: string, term: JsonObject): FieldError[] {
  const keys = new Set<string>();
  return listAt(term, 'matchLabelExpressions').flatMap((expression, index) => {
    const place = `${path}.matchLabelExpressions[${index}]`;
    const values = stringsAt(expression, 'values');
    const key = textAt(expression, 'key');
    const errors = values.length === 0 ? [required(`${place}.values`)] : [];
    for (const at of repeatedAt(values)) {
      errors.push(duplicate(`${place}.values[${at}]`, values[at]));
    }
    errors.push(...qualifiedName(`${place}.key`, key));
    if (keys.has(key)) errors.push(duplicate(`${place}.key`, key));
    keys.add(key);
    return errors;
  });
}

/** What a term asks for, whatever the order in which it does; of two expressions of one key the last counts. */
function termIdentity(term: JsonObject): string {
  const asked = new Map(
    listAt(term, 'matchLabelExpressions').map((expression) => [
      textAt(expression, 'key'),
      [...new Set(stringsAt(expression, 'values'))].sort(),
    ]),
  );
  return JSON.stringify([...asked].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Where volumes of a class may be. */
export function validateTopologies(path: string, terms: readonly JsonObject[]): FieldError[] {
  // The real server refuses a term that asks for nothing as if there were two.
  const seen = new Set([termIdentity({})]);
  return terms.flatMap((term, index) => {
    const place = `${path}[${index}]`;
    const errors = validateTopologyTerm(place, term);
    const identity = termIdentity(term);
    if (seen.has(identity)) errors.push(duplicate(`${place}.matchLabelExpressions`, ''));
    seen.add(identity);
    return errors;
  });
}
