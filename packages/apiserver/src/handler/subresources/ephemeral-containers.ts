import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { forbidden, type FieldError } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { listAt, objectAt, textAt } from '../../registry/json-read.ts';
import {
  validateContainer,
  validateContainerName,
} from '../../registry/pods/validate-container.ts';
import { containerScene, uniqueName } from '../../registry/pods/validate-containers.ts';
import { validateVolumes } from '../../registry/pods/validate-volume.ts';
import { preparedSubresource } from './prepared-subresource.ts';

const LIST = 'ephemeralContainers';

/** What is there already may neither change nor go. */
function validateUpdate(spec: JsonObject, before: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const path = `spec.${LIST}`;
  const others = [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')];
  const taken = new Set(others.map((container) => textAt(container, 'name')));
  const scene = containerScene(spec, validateVolumes('spec', spec).volumes);
  for (const [index, container] of listAt(spec, LIST).entries()) {
    const field = `${path}[${index}]`;
    errors.push(
      ...validateContainerName(field, container),
      ...validateContainer(field, container, scene),
      ...uniqueName(field, container, taken),
    );
    for (const denied of [
      'ports',
      'livenessProbe',
      'readinessProbe',
      'startupProbe',
      'lifecycle',
    ]) {
      if (container[denied] !== undefined) {
        errors.push(forbidden(`${field}.${denied}`, 'cannot be set for an Ephemeral Container'));
      }
    }
  }
  for (const old of listAt(before, LIST)) {
    const name = textAt(old, 'name');
    const now = listAt(spec, LIST).find((container) => container['name'] === name);
    if (now === undefined) {
      errors.push(
        forbidden(
          path,
          `existing ephemeral containers ${JSON.stringify(name)} may not be removed\n`,
        ),
      );
    } else if (!deepEqual(now, old)) {
      errors.push(
        forbidden(path, `existing ephemeral containers ${JSON.stringify(name)} may not be changed`),
      );
    }
  }
  return errors;
}

/** PUT and PATCH of `pods/ephemeralcontainers`: how `kubectl debug` adds one. */
export const ephemeralContainers = preparedSubresource(
  'ephemeralcontainers',
  (_operation, object, old) => {
    const containers: unknown = objectAt(object, 'spec')[LIST];
    object['spec'] = { ...objectAt(old, 'spec') };
    setOrDelete(objectAt(object, 'spec'), LIST, containers);
    setOrDelete(object, 'status', old['status']);
    return validateUpdate(objectAt(object, 'spec'), objectAt(old, 'spec'));
  },
);
