import type { JsonObject } from '../../contracts.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { numberAt, objectAt, textAt } from '../json-read.ts';

const MOST_QUEUES = 10_000_000;
/** How much chance there is in the hash of a flow, in bits. */
const HASH_BITS = 60;
/** In what an older version of the API told zero from none. */
const OLD_ANNOTATION = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares';

function notNegative(path: string, value: number | undefined, rule: string): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(path, value, rule)] : [];
}

function validatePercent(path: string, value: number | undefined): FieldError[] {
  return value === undefined || (value >= 0 && value <= 100)
    ? []
    : [invalid(path, value, 'must be between 0 and 100, inclusive')];
}

function validateHand(path: string, hand: number, queues: number): FieldError[] {
  if (hand <= 0) return [invalid(path, hand, 'must be positive')];
  if (hand > queues) {
    return [invalid(path, hand, `should not be greater than queues (${queues})`)];
  }
  const rule = `required entropy bits of deckSize ${queues} and handSize ${hand} should not be greater than ${HASH_BITS}`;
  return Math.ceil(Math.log2(queues) * hand) > HASH_BITS ? [invalid(path, hand, rule)] : [];
}

function validateQueues(path: string, queuing: JsonObject): FieldError[] {
  const number = (member: string) => numberAt(queuing, member) ?? 0;
  const [length, queues] = [number('queueLengthLimit'), number('queues')];
  const errors =
    length > 0 ? [] : [invalid(`${path}.queueLengthLimit`, length, 'must be positive')];
  if (queues <= 0) errors.push(invalid(`${path}.queues`, queues, 'must be positive'));
  else if (queues > MOST_QUEUES) {
    errors.push(invalid(`${path}.queues`, queues, `must not be greater than ${MOST_QUEUES}`));
  }
  return [...errors, ...validateHand(`${path}.handSize`, number('handSize'), queues)];
}

function validateResponse(path: string, response: JsonObject): FieldError[] {
  const type = textAt(response, 'type');
  const field = `${path}.queuing`;
  const hasQueues = response['queuing'] !== undefined;
  switch (type) {
    case 'Reject':
      return hasQueues
        ? [forbidden(field, 'must be nil if limited.limitResponse.type is not Limited')]
        : [];
    case 'Queue':
      return hasQueues
        ? validateQueues(field, objectAt(response, 'queuing'))
        : [required(field, 'must not be empty if limited.limitResponse.type is Limited')];
    case '':
      return [required(`${path}.type`)];
    default:
      return [notSupported(`${path}.type`, type, ['Queue', 'Reject'])];
  }
}

function validateLimited(path: string, limited: JsonObject): FieldError[] {
  const shares = 'must be a non-negative integer';
  return [
    ...notNegative(
      `${path}.nominalConcurrencyShares`,
      numberAt(limited, 'nominalConcurrencyShares'),
      shares,
    ),
    ...validateResponse(`${path}.limitResponse`, objectAt(limited, 'limitResponse')),
    ...validatePercent(`${path}.lendablePercent`, numberAt(limited, 'lendablePercent')),
    ...notNegative(
      `${path}.borrowingLimitPercent`,
      numberAt(limited, 'borrowingLimitPercent'),
      'if specified, must be a non-negative integer',
    ),
  ];
}

function validateExempt(path: string, exempt: JsonObject): FieldError[] {
  return [
    ...notNegative(
      `${path}.nominalConcurrencyShares`,
      numberAt(exempt, 'nominalConcurrencyShares'),
      'must be a non-negative integer',
    ),
    ...validatePercent(`${path}.lendablePercent`, numberAt(exempt, 'lendablePercent')),
  ];
}

function validateType(spec: JsonObject): FieldError[] {
  const type = textAt(spec, 'type');
  const [limited, exempt] = ['spec.limited', 'spec.exempt'];
  switch (type) {
    case 'Exempt':
      return [
        ...(spec['limited'] === undefined
          ? []
          : [forbidden(limited, 'must be nil if the type is not Limited')]),
        ...validateExempt(exempt, objectAt(spec, 'exempt')),
      ];
    case 'Limited':
      return [
        ...(spec['exempt'] === undefined
          ? []
          : [forbidden(exempt, 'must be nil if the type is Limited')]),
        ...(spec['limited'] === undefined
          ? [required(limited, 'must not be empty when type is Limited')]
          : validateLimited(limited, objectAt(spec, 'limited'))),
      ];
    case '':
      return [required('spec.type')];
    default:
      return [notSupported('spec.type', type, ['Exempt', 'Limited'])];
  }
}

/** Rules for a PriorityLevelConfiguration, but for what those that the server brings along must say. */
export function validatePriorityLevel(object: JsonObject): FieldError[] {
  const metadata = objectAt(object, 'metadata');
  const spec = objectAt(object, 'spec');
  const isExempt = textAt(metadata, 'name') === 'exempt';
  const rule = "must be 'Exempt' if and only if `name` is 'exempt'";
  return [
    ...(objectAt(metadata, 'annotations')[OLD_ANNOTATION] === undefined
      ? []
      : [forbidden('metadata.annotations', `annotation '${OLD_ANNOTATION}' is forbidden`)]),
    ...(isExempt === (spec['type'] === 'Exempt')
      ? []
      : [invalid('spec.type', textAt(spec, 'type'), rule)]),
    ...validateType(spec),
  ];
}
