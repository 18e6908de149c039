import { parseQuantity, validateLabelKey } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { invalid, required, type FieldError } from '../../field-error.ts';
import { objectAt } from '../json-read.ts';

const STANDARD = new Set(['cpu', 'memory', 'ephemeral-storage']);

function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** May be promised more often than it is there: cpu, memory and ephemeral storage. */
function canOvercommit(name: string): boolean {
  return STANDARD.has(name);
}

function validateName(path: string, name: string): FieldError[] {
  const texts = validateLabelKey(name);
  if (texts.length > 0) return texts.map((text) => invalid(path, name, text));
  if (name.includes('/') || STANDARD.has(name) || isHugePages(name)) return [];
  return [
    invalid(path, name, 'must be a standard resource type or fully qualified'),
    invalid(path, name, 'must be a standard resource for containers'),
  ];
}

function validateAmount(path: string, name: string, value: unknown): FieldError[] {
  // Decoding has refused what is no quantity.
  const quantity = parseQuantity(value as string);
  if (quantity.compare(parseQuantity('0')) < 0) {
    return [invalid(path, value, 'must be greater than or equal to 0')];
  }
  if (!canOvercommit(name) && !isHugePages(name) && !Number.isInteger(quantity.toNumber())) {
    return [invalid(path, value, 'must be an integer')];
  }
  return [];
}

/** Rules for the `resources` of a container. */
export function validateResources(path: string, resources: JsonObject): FieldError[] {
  const limits = objectAt(resources, 'limits');
  const requests = objectAt(resources, 'requests');
  const errors: FieldError[] = [];
  for (const [name, value] of Object.entries(limits)) {
    errors.push(...validateName(`${path}.limits[${name}]`, name));
    errors.push(...validateAmount(`${path}.limits[${name}]`, name, value));
  }
  for (const [name, value] of Object.entries(requests)) {
    errors.push(...validateName(`${path}.requests[${name}]`, name));
    errors.push(...validateAmount(`${path}.requests[${name}]`, name, value));
    // As above.
    const limit = limits[name] as string | undefined;
    if (limit === undefined) {
      if (!canOvercommit(name)) {
        errors.push(
          required(`${path}.limits`, 'Limit must be set for non overcommitable resources'),
        );
      }
      continue;
    }
    // As above.
    const order = parseQuantity(value as string).compare(parseQuantity(limit));
    if (!canOvercommit(name) && order !== 0) {
      errors.push(invalid(`${path}.requests`, value, `must be equal to ${name} limit of ${limit}`));
    } else if (order > 0) {
      errors.push(
        invalid(
          `${path}.requests`,
          value,
          `must be less than or equal to ${name} limit of ${limit}`,
        ),
      );
    }
  }
  return errors;
}
