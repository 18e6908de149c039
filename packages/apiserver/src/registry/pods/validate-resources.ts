import { parseQuantity, QuantityError, type ExactQuantity } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { forbidden, invalid, required, type FieldError } from '../../field-error.ts';
import { amountsAt, ZERO } from '../../resources/amounts.ts';
import {
  canOvercommit,
  COMPUTE,
  containerResourceName,
  isHugePages,
  isWholeNumber,
} from '../validation/resource-names.ts';

/** The size of one page, in bytes, of `hugepages-2Mi`; undefined when the name tells none. */
function pageSize(name: string): bigint | undefined {
  try {
    const size = parseQuantity(name.slice('hugepages-'.length));
    const isWhole = size.nanos > 0n && size.toMilli() % 1000n === 0n;
    return isWhole ? size.toBigInt() : undefined;
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}

function validateAmount(path: string, name: string, amount: ExactQuantity): FieldError[] {
  const errors = containerResourceName(path, name);
  const value = amount.toString();
  if (amount.compare(ZERO) < 0) {
    errors.push(invalid(path, value, 'must be greater than or equal to 0'));
  }
  if (isWholeNumber(name) && amount.toMilli() % 1000n !== 0n) {
    errors.push(invalid(path, value, 'must be an integer'));
  }
  if (isHugePages(name)) {
    const size = pageSize(name);
    if (size === undefined || amount.toBigInt() % size !== 0n) {
      errors.push(invalid(path, value, `${value} is not positive integer multiple of ${name}`));
    }
  }
  return errors;
}

/** What is asked for must not be more than the limit; of what cannot be promised twice it must be all of it. */
function validateOrder(
  path: string,
  name: string,
  request: ExactQuantity,
  limit: ExactQuantity | undefined,
): FieldError[] {
  const mayDiffer = canOvercommit(name);
  if (limit === undefined) {
    return mayDiffer
      ? []
      : [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')];
  }
  const order = request.compare(limit);
  if (mayDiffer ? order <= 0 : order === 0) return [];
  const rule = mayDiffer ? 'less than or equal' : 'equal';
  const text = `must be ${rule} to ${name} limit of ${limit.toString()}`;
  return [invalid(`${path}.requests`, request.toString(), text)];
}

/** Rules for the `resources` of a container. */
export function validateResources(path: string, resources: JsonObject): FieldError[] {
  const limits = amountsAt(resources, 'limits');
  const requests = amountsAt(resources, 'requests');
  const errors: FieldError[] = [];
  for (const [name, limit] of limits) {
    errors.push(...validateAmount(`${path}.limits[${name}]`, name, limit));
  }
  for (const [name, request] of requests) {
    errors.push(...validateAmount(`${path}.requests[${name}]`, name, request));
    errors.push(...validateOrder(path, name, request, limits.get(name)));
  }
  const names = [...limits.keys(), ...requests.keys()];
  if (names.some(isHugePages) && !names.some((name) => COMPUTE.includes(name))) {
    errors.push(forbidden(path, 'HugePages require cpu or memory'));
  }
  return errors;
}
