import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { forbidden, invalid, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, objectAt, textAt } from '../json-read.ts';
import { validatePodSpec } from './validate-pod-spec.ts';

const SPEC_RULE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** The parts of a spec that may change, replaced by those of the stored one. */
function withOldMutables(spec: JsonObject, before: JsonObject): JsonObject {
  const undone: JsonObject = { ...spec };
  for (const list of ['containers', 'initContainers']) {
    if (spec[list] === undefined) continue;
    const old = listAt(before, list);
    undone[list] = listAt(spec, list).map((container, index) => ({
      ...container,
      image: old[index]?.['image'] as unknown,
    }));
  }
  for (const field of ['activeDeadlineSeconds', 'tolerations']) {
    undone[field] = before[field] as unknown;
  }
  const grace = numberAt(before, 'terminationGracePeriodSeconds');
  if (grace !== undefined && grace < 0 && spec['terminationGracePeriodSeconds'] === 1) {
    undone['terminationGracePeriodSeconds'] = grace;
  }
  // Gates may be taken away before the pod is placed.
  if (listAt(before, 'schedulingGates').length > 0) {
    const names = new Set(listAt(before, 'schedulingGates').map((gate) => textAt(gate, 'name')));
    if (listAt(spec, 'schedulingGates').every((gate) => names.has(textAt(gate, 'name')))) {
      undone['schedulingGates'] = before['schedulingGates'] as unknown;
    }
  }
  return undone;
}

/** The lines in which two specs differ. */
function describeChange(before: JsonObject, after: JsonObject): string {
  const lines = (value: JsonObject) => JSON.stringify(value, null, 2).split('\n');
  const old = new Set(lines(before));
  const now = new Set(lines(after));
  return [
    ...[...old].filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...[...now].filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ].join('\n');
}

function validateTolerationsUpdate(spec: JsonObject, before: JsonObject): FieldError[] {
  const kept = listAt(before, 'tolerations').every((old) =>
    listAt(spec, 'tolerations').some((toleration) => {
      const { tolerationSeconds: _, ...one } = toleration;
      const { tolerationSeconds: __, ...other } = old;
      return deepEqual(one, other);
    }),
  );
  return kept
    ? []
    : [
        forbidden(
          'spec.tolerations',
          'existing toleration can not be modified except its tolerationSeconds',
        ),
      ];
}

function validateDeadlineUpdate(spec: JsonObject, before: JsonObject): FieldError[] {
  const was = numberAt(before, 'activeDeadlineSeconds');
  const is = numberAt(spec, 'activeDeadlineSeconds');
  if (was === undefined) return [];
  if (is === undefined) {
    return [
      invalid(
        'spec.activeDeadlineSeconds',
        is,
        'must not update from a positive integer to nil value',
      ),
    ];
  }
  return is > was
    ? [invalid('spec.activeDeadlineSeconds', is, 'must be less than or equal to previous value')]
    : [];
}

/** What may change in a pod after its creation: images, tolerations to add, a shorter deadline. */
export function validatePodUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const before = objectAt(old, 'spec');
  const errors = validatePodSpec('spec', spec);
  for (const list of ['containers', 'initContainers']) {
    if (listAt(spec, list).length !== listAt(before, list).length) {
      return [...errors, forbidden(`spec.${list}`, 'pod updates may not add or remove containers')];
    }
  }
  errors.push(...validateDeadlineUpdate(spec, before), ...validateTolerationsUpdate(spec, before));
  const undone = withOldMutables(spec, before);
  if (!deepEqual(undone, before)) {
    errors.push(forbidden('spec', `${SPEC_RULE}\n${describeChange(before, undone)}`));
  }
  return errors;
}
