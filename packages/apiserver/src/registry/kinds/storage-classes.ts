import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { forbidden, notSupported, required, type FieldError } from '../../field-error.ts';
import { listAt, objectAt, setDefaultText, textAt } from '../json-read.ts';
import { oldLabelText } from '../pods/pod-warnings.ts';
import {
  provisionerName,
  validateParameters,
  validateTopologies,
} from '../validation/storage-rules.ts';
import { immutable } from '../validation/value-rules.ts';

const RECLAIM_POLICIES = ['Delete', 'Retain'];
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];

function choice(object: JsonObject, field: string, choices: readonly string[]): FieldError[] {
  const value = textAt(object, field);
  return choices.includes(value) ? [] : [notSupported(field, value, choices)];
}

function validateStorageClass(object: JsonObject): FieldError[] {
  return [
    ...provisionerName('provisioner', textAt(object, 'provisioner')),
    ...validateParameters('parameters', objectAt(object, 'parameters')),
    ...choice(object, 'reclaimPolicy', RECLAIM_POLICIES),
    ...choice(object, 'volumeBindingMode', BINDING_MODES),
    ...validateTopologies('allowedTopologies', listAt(object, 'allowedTopologies')),
  ];
}

/** What volumes that were made may rely on. */
const LOCKED = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'];

/** The behaviour of StorageClasses. */
export const storageClass: Partial<Strategy> = {
  applyDefaults(object) {
    setDefaultText(object, 'reclaimPolicy', 'Delete');
    setDefaultText(object, 'volumeBindingMode', 'Immediate');
  },
  validate: validateStorageClass,
  validateUpdate: (object, old) => [
    ...validateStorageClass(object),
    ...LOCKED.flatMap((field) =>
      deepEqual(object[field], old[field]) ? [] : [immutable(field, object[field])],
    ),
  ],
  warnings: (object) =>
    listAt(object, 'allowedTopologies').flatMap((term, index) =>
      listAt(term, 'matchLabelExpressions').flatMap((expression, at) => {
        const text = oldLabelText(textAt(expression, 'key'));
        const path = `allowedTopologies[${index}].matchLabelExpressions[${at}].key`;
        return text === undefined ? [] : [`${path}: ${text}`];
      }),
    ),
};

function validateAttributesClass(object: JsonObject): FieldError[] {
  const parameters = objectAt(object, 'parameters');
  return [
    ...provisionerName('driverName', textAt(object, 'driverName')),
    ...validateParameters('parameters', parameters),
    ...(Object.keys(parameters).length === 0
      ? [required('parameters', 'must contain at least one key/value pair')]
      : []),
  ];
}

/** The behaviour of VolumeAttributesClasses. */
export const volumeAttributesClass: Partial<Strategy> = {
  validate: validateAttributesClass,
  validateUpdate: (object, old) => [
    ...['driverName', 'parameters'].flatMap((field) =>
      deepEqual(object[field], old[field])
        ? []
        : [forbidden(field, `updates to ${field} are forbidden.`)],
    ),
    ...validateAttributesClass(object),
  ],
};
