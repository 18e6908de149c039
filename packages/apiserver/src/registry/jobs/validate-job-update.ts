import { deepEqual, isConditionTrue } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { invalid, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, objectAt } from '../json-read.ts';
import { immutable } from '../validation/value-rules.ts';
import { shownSelector } from './job-selector.ts';
import { shownFailurePolicy } from './validate-failure-policy.ts';
import { shownSuccessPolicy } from './validate-success-policy.ts';

/** Rules for a change of the specification of a Job: its pods are made by one template, and counted by one rule. */
export function validateJobSpecUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const before = objectAt(old, 'spec');
  const unchangeable = (
    name: string,
    shown: (value: JsonObject) => unknown = (value) => value,
  ): FieldError[] =>
    deepEqual(spec[name], before[name])
      ? []
      : // A value that is shown in another form is an object, by its type.
        [immutable(`spec.${name}`, spec[name] && shown(spec[name] as JsonObject))];
  return [
    ...validateCompletions(spec, before),
    ...unchangeable('selector', shownSelector),
    ...validateTemplateUpdate(object, old),
    ...unchangeable('completionMode'),
    ...unchangeable('podFailurePolicy', shownFailurePolicy),
    ...unchangeable('backoffLimitPerIndex'),
    ...unchangeable('managedBy'),
    ...unchangeable('successPolicy', shownSuccessPolicy),
  ];
}

function validateCompletions(spec: JsonObject, before: JsonObject): FieldError[] {
  const completions = numberAt(spec, 'completions');
  if (completions === numberAt(before, 'completions')) return [];
  if (spec['completionMode'] !== 'Indexed') return [immutable('spec.completions', completions)];
  if (completions === undefined || completions === numberAt(spec, 'parallelism')) return [];
  const text = 'can only be modified in tandem with spec.parallelism';
  return [invalid('spec.completions', completions, text)];
}

/** Nothing has been made from the template, or all of it is gone. */
function isAtRest(job: JsonObject): boolean {
  const status = objectAt(job, 'status');
  // Decoded: a list of conditions.
  const conditions = listAt(status, 'conditions') as { type: string; status: string }[];
  return (
    objectAt(job, 'spec')['suspend'] === true &&
    (status['startTime'] === undefined || isConditionTrue(conditions, 'Suspended')) &&
    (numberAt(status, 'active') ?? 0) === 0
  );
}

/** A Job at rest may still be placed elsewhere and be given other resources. */
function validateTemplateUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  const template = objectAt(objectAt(object, 'spec'), 'template');
  const before = objectAt(objectAt(old, 'spec'), 'template');
  if (!isAtRest(old)) {
    return deepEqual(template, before) ? [] : [immutable('spec.template', template)];
  }
  const pod = objectAt(template, 'spec');
  const allowed = withNewResources(withNewPlacement(objectAt(before, 'spec'), pod), pod);
  return deepEqual(pod, allowed) ? [] : [immutable('spec.template.spec', pod)];
}

const PLACEMENT = ['nodeSelector', 'tolerations', 'schedulingGates'];

/** The old pod with what says where it may run as in the new one. */
function withNewPlacement(before: JsonObject, pod: JsonObject): JsonObject {
  const { affinity: oldAffinity, ...rest } = before;
  const { nodeAffinity: _, ...kept } = (oldAffinity ?? {}) as JsonObject;
  const nodeAffinity: unknown = objectAt(pod, 'affinity')['nodeAffinity'];
  const affinity = nodeAffinity === undefined ? kept : { ...kept, nodeAffinity };
  const hasAffinity = Object.keys(affinity).length > 0 || pod['affinity'] !== undefined;
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([name]) => !PLACEMENT.includes(name))),
    ...Object.fromEntries(Object.entries(pod).filter(([name]) => PLACEMENT.includes(name))),
    ...(hasAffinity ? { affinity } : {}),
  };
}

/** The old pod with the resources of the new one. */
function withNewResources(before: JsonObject, pod: JsonObject): JsonObject {
  const changed: JsonObject = { ...before };
  for (const name of ['containers', 'initContainers']) {
    const containers = listAt(pod, name);
    const old = listAt(before, name);
    if (old.length === 0 || old.length !== containers.length) continue;
    changed[name] = old.map((container, index) =>
      container['name'] === containers[index]?.['name']
        ? { ...container, resources: containers[index]?.['resources'] as unknown }
        : container,
    );
  }
  return changed;
}
