import { deepEqual, parseQuantity } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { invalid, type FieldError } from '../../field-error.ts';
import { listAt, objectAt, textAt } from '../json-read.ts';
import { oldLabelText } from '../pods/pod-warnings.ts';
import { validateSelector } from '../validation/selector-rules.ts';
import { dnsSubdomain, immutable } from '../validation/value-rules.ts';

function validateCapacity(object: JsonObject): FieldError[] {
  // Decoding has refused what is no quantity.
  const capacity = object['capacity'] as string | undefined;
  return [
    ...validateSelector('nodeTopology', objectAt(object, 'nodeTopology')),
    ...dnsSubdomain('storageClassName', textAt(object, 'storageClassName')),
    ...(capacity !== undefined && parseQuantity(capacity).nanos < 0n
      ? [invalid('capacity', capacity, 'must be greater than or equal to 0')]
      : []),
  ];
}

function topologyWarnings(object: JsonObject): string[] {
  const topology = objectAt(object, 'nodeTopology');
  const ofExpressions = listAt(topology, 'matchExpressions').flatMap((expression, index) => {
    const key = textAt(expression, 'key');
    const text = oldLabelText(key);
    const path = `nodeTopology.matchExpressions[${index}].key`;
    return text === undefined ? [] : [`${path}: ${key} is ${text}`];
  });
  const ofLabels = Object.keys(objectAt(topology, 'matchLabels')).flatMap((label) => {
    const text = oldLabelText(label);
    return text === undefined ? [] : [`nodeTopology.matchLabels.${label}: ${text}`];
  });
  return [...ofExpressions, ...ofLabels];
}

/** The behaviour of CSIStorageCapacities: what a driver was asked stays, what it answered may change. */
export const storageCapacity: Partial<Strategy> = {
  validate: validateCapacity,
  validateUpdate: (object, old) => [
    ...validateCapacity(object),
    ...['nodeTopology', 'storageClassName'].flatMap((field) =>
      deepEqual(object[field], old[field]) ? [] : [immutable(field, object[field])],
    ),
  ],
  warnings: topologyWarnings,
};
