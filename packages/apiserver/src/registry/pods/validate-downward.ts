import { parseQuantity, QuantityError, validateLabelKey } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { textAt } from '../json-read.ts';

/** What of a pod a variable can hold. */
export const FIELDS_OF_VARIABLES: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
/** What of a pod a file can hold. */
export const FIELDS_OF_FILES: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
/** All that can be named, if not everywhere. */
const FIELDS: ReadonlySet<string> = new Set([
  ...FIELDS_OF_VARIABLES,
  ...FIELDS_OF_FILES,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
  'spec.host',
]);

/** Rules for a `fieldRef`; `allowed` are the fields that can be had here. */
export function validateFieldRef(
  path: string,
  reference: JsonObject,
  allowed: readonly string[],
): FieldError[] {
  const version = textAt(reference, 'apiVersion');
  const field = textAt(reference, 'fieldPath');
  if (version === '') return [required(`${path}.apiVersion`)];
  if (field === '') return [required(`${path}.fieldPath`)];
  const unknown = (text: string) => [
    invalid(`${path}.fieldPath`, field, `error converting fieldPath: ${text}`),
  ];
  if (version !== 'v1') return unknown(`unsupported pod version: ${version}`);
  const [, map, key = ''] = /^([^[]+)\['(.*)'\]$/s.exec(field) ?? [];
  if (map !== undefined) {
    if (map !== 'metadata.annotations' && map !== 'metadata.labels') {
      return unknown(`field label does not support subscript: ${field}`);
    }
    const name = map === 'metadata.annotations' ? key.toLowerCase() : key;
    return validateLabelKey(name).map((text) => invalid(path, name, text));
  }
  if (!FIELDS.has(field)) return unknown(`field label not supported: ${field}`);
  const name = field === 'spec.host' ? 'spec.nodeName' : field;
  return allowed.includes(name) ? [] : [notSupported(`${path}.fieldPath`, name, allowed)];
}

const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const HUGE_PAGES = /^(limits|requests)\.hugepages-/;
const SIZES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

function unitsOf(resource: string): { readonly name: string; readonly units: readonly string[] } {
  if (resource.endsWith('.cpu')) return { name: 'cpu', units: ['1m', '1'] };
  if (resource.endsWith('.memory')) return { name: 'memory', units: SIZES };
  if (HUGE_PAGES.test(resource)) return { name: 'hugepages', units: SIZES };
  return { name: 'local ephemeral storage', units: SIZES };
}

function isZero(divisor: string): boolean {
  try {
    return parseQuantity(divisor).nanos === 0n;
  } catch (error) {
    // Decoding has refused what is no quantity.
    if (error instanceof QuantityError) return true;
    throw error;
  }
}

/**
 * Rules for a `resourceFieldRef`.
 *
 * @param isFile a file of a volume has to say which container is meant
 */
export function validateResourceRef(
  path: string,
  reference: JsonObject,
  isFile: boolean,
): FieldError[] {
  const resource = textAt(reference, 'resource');
  const isKnown = RESOURCES.includes(resource) || HUGE_PAGES.test(resource);
  const errors: FieldError[] = [];
  if (isFile && textAt(reference, 'containerName') === '') {
    errors.push(required(`${path}.containerName`));
  } else if (resource === '') errors.push(required(`${path}.resource`));
  else if (!isKnown) errors.push(notSupported(`${path}.resource`, resource, RESOURCES));
  const divisor = String(reference['divisor'] ?? '0');
  if (!isKnown || isZero(divisor)) return errors;
  const { name, units } = unitsOf(resource);
  if (units.includes(divisor)) return errors;
  const choices = units.length === 2 ? units.join(' and ') : units.join(', ');
  const text = `only divisor's values ${choices} are supported with the ${name} resource`;
  return [...errors, invalid(`${path}.divisor`, resource, text)];
}
