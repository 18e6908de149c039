import { deepEqual } from '@kubewright/apimachinery';
import { recordUpdate } from '../../apply/track-managers.ts';
import type { JsonObject, ServerResponse } from '../../contracts.ts';
import { forbidden, type FieldError } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { listAt, objectAt, textAt } from '../../registry/json-read.ts';
import {
  validateContainer,
  validateContainerName,
} from '../../registry/pods/validate-container.ts';
import { containerScene, uniqueName } from '../../registry/pods/validate-containers.ts';
import { validateVolumes } from '../../registry/pods/validate-volume.ts';
import { answerUnstored } from '../create.ts';
import { decodeObjectBody } from '../decode-object.ts';
import { answerRecord } from '../get.ts';
import { contentTypeOf } from '../media-type.ts';
import { parsePatchBody } from '../patch-body.ts';
import { decodePatched } from '../patch.ts';
import { replaceObject, type Replacement } from '../replace-object.ts';
import type { Operation } from '../services.ts';
import { parseWriteOptions, type WriteOptions } from '../write-options.ts';

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

async function write(
  operation: Operation,
  options: WriteOptions,
  propose: Replacement['propose'],
  isPut: boolean,
): Promise<ServerResponse> {
  const { type, services } = operation;
  const result = await replaceObject(operation, {
    subresource: 'ephemeralcontainers',
    dryRun: options.dryRun,
    isPut,
    propose,
    track: (object, live) =>
      recordUpdate({
        type,
        registry: services.registry,
        object,
        live,
        manager: options.manager,
        subresource: 'ephemeralcontainers',
        nowMs: services.clock.now(),
      }),
    prepare(object, old) {
      const containers: unknown = objectAt(object, 'spec')[LIST];
      object['spec'] = { ...objectAt(old, 'spec') };
      setOrDelete(objectAt(object, 'spec'), LIST, containers);
      setOrDelete(object, 'status', old['status']);
      return validateUpdate(objectAt(object, 'spec'), objectAt(old, 'spec'));
    },
  });
  return result.record === undefined
    ? answerUnstored(operation, result.object)
    : answerRecord(operation, result.record, 200);
}

/** PUT of `pods/ephemeralcontainers`. */
export async function updateEphemeralContainers(operation: Operation): Promise<ServerResponse> {
  const { request } = operation;
  const options = parseWriteOptions(request.query, 'UpdateOptions', request.headers['user-agent']);
  const proposed = decodeObjectBody(operation, options.fieldValidation);
  return write(operation, options, () => structuredClone(proposed), true);
}

/** PATCH of `pods/ephemeralcontainers`: how `kubectl debug` adds one. */
export async function patchEphemeralContainers(operation: Operation): Promise<ServerResponse> {
  const { request } = operation;
  const options = parseWriteOptions(request.query, 'PatchOptions', request.headers['user-agent']);
  const body = parsePatchBody(operation, contentTypeOf(request.headers));
  const propose = (current: JsonObject) =>
    decodePatched(operation, body, body.apply(current), options);
  return write(operation, options, propose, false);
}
