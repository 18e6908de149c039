import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import {
  ensureObject,
  numberAt,
  objectAt,
  setDefault,
  setDefaultText,
  textAt,
} from '../json-read.ts';
import { defaultPodTemplate } from '../pods/pod-spec-defaults.ts';
import { podSpecWarnings, templateWarnings } from '../pods/pod-warnings.ts';
import {
  magnitude,
  validateCounts,
  validateIntOrPercent,
  validateSelectorUpdate,
  validateWorkloadSelector,
  validateWorkloadTemplate,
  validateTemplate,
} from '../validation/workload-rules.ts';

/** Deployments keep this many old replica sets, StatefulSets and DaemonSets this many revisions. */
const REVISION_HISTORY = 10;

function specOf(object: JsonObject): JsonObject {
  const spec = ensureObject(object, 'spec');
  defaultPodTemplate(ensureObject(spec, 'template'));
  return spec;
}

function annotationsChanged(object: JsonObject, old: JsonObject): boolean {
  const annotations = (of: JsonObject) => objectAt(objectAt(of, 'metadata'), 'annotations');
  return !deepEqual(annotations(object), annotations(old));
}

function specChanged(object: JsonObject, old: JsonObject): boolean {
  return !deepEqual(object['spec'], old['spec']);
}

function validateDeployment(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const errors = [
    ...validateCounts(spec, ['replicas']),
    ...validateWorkloadSelector(spec, 'deployment'),
    ...validateWorkloadTemplate(spec),
    ...validateStrategy(objectAt(spec, 'strategy')),
    ...validateCounts(spec, ['minReadySeconds', 'revisionHistoryLimit']),
  ];
  const progress = numberAt(spec, 'progressDeadlineSeconds');
  if (progress !== undefined) {
    errors.push(...validateCounts(spec, ['progressDeadlineSeconds']));
    if (progress <= (numberAt(spec, 'minReadySeconds') ?? 0)) {
      errors.push(
        invalid('spec.progressDeadlineSeconds', progress, 'must be greater than minReadySeconds'),
      );
    }
  }
  return errors;
}

function validateStrategy(strategy: JsonObject): FieldError[] {
  const type = textAt(strategy, 'type');
  const rolling = strategy['rollingUpdate'] as JsonObject | undefined;
  const path = 'spec.strategy';
  if (type === 'Recreate') {
    return rolling === undefined
      ? []
      : [
          forbidden(
            `${path}.rollingUpdate`,
            "may not be specified when strategy `type` is 'Recreate'",
          ),
        ];
  }
  if (type !== 'RollingUpdate') {
    return [notSupported(path, internalStrategy(type), ['Recreate', 'RollingUpdate'])];
  }
  if (rolling === undefined) {
    return [required(`${path}.rollingUpdate`, 'this should be defaulted and never be nil')];
  }
  const { maxUnavailable, maxSurge } = rolling as Record<string, unknown>;
  const errors = [
    ...validateIntOrPercent(`${path}.rollingUpdate.maxUnavailable`, maxUnavailable),
    ...validateIntOrPercent(`${path}.rollingUpdate.maxSurge`, maxSurge),
  ];
  if (magnitude(maxUnavailable) === 0 && magnitude(maxSurge) === 0) {
    errors.push(
      invalid(
        `${path}.rollingUpdate.maxUnavailable`,
        maxUnavailable,
        'may not be 0 when `maxSurge` is 0',
      ),
    );
  }
  if (typeof maxUnavailable === 'string' && magnitude(maxUnavailable) > 100) {
    errors.push(
      invalid(
        `${path}.rollingUpdate.maxUnavailable`,
        maxUnavailable,
        'must not be greater than 100%',
      ),
    );
  }
  return errors;
}

/** A strategy of an unknown type, as messages show it: in the words of the server's internal type. */
function internalStrategy(type: string): JsonObject {
  return { Type: type, RollingUpdate: null };
}

/** The behaviour of Deployments. */
export const deployment: Partial<Strategy> = {
  applyDefaults(object) {
    const spec = specOf(object);
    setDefault(spec, 'replicas', 1);
    const strategy = ensureObject(spec, 'strategy');
    setDefaultText(strategy, 'type', 'RollingUpdate');
    if (strategy['type'] === 'RollingUpdate') {
      const rolling = ensureObject(strategy, 'rollingUpdate');
      setDefault(rolling, 'maxUnavailable', '25%');
      setDefault(rolling, 'maxSurge', '25%');
    }
    setDefault(spec, 'revisionHistoryLimit', REVISION_HISTORY);
    setDefault(spec, 'progressDeadlineSeconds', 600);
  },
  changesGeneration: (object, old) => specChanged(object, old) || annotationsChanged(object, old),
  validate: validateDeployment,
  validateUpdate: (object, old) => [
    ...validateDeployment(object),
    ...validateSelectorUpdate(object, old),
  ],
  warnings: templateWarnings,
};

function validateReplicaSet(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  return [
    ...validateCounts(spec, ['replicas', 'minReadySeconds']),
    ...validateWorkloadSelector(spec, 'replicaset'),
    ...validateWorkloadTemplate(spec),
  ];
}

/** The behaviour of ReplicaSets. */
export const replicaSet: Partial<Strategy> = {
  applyDefaults: (object) => setDefault(specOf(object), 'replicas', 1),
  validate: validateReplicaSet,
  validateUpdate: (object, old) => [
    ...validateReplicaSet(object),
    ...validateSelectorUpdate(object, old),
  ],
  warnings: templateWarnings,
};

/** The behaviour of PodTemplates. */
export const podTemplate: Partial<Strategy> = {
  hasGeneration: true,
  applyDefaults: (object) => defaultPodTemplate(ensureObject(object, 'template')),
  validate: (object) => validateTemplate('template', objectAt(object, 'template')),
  validateUpdate: (object) => validateTemplate('template', objectAt(object, 'template')),
  warnings: (object, old) =>
    deepEqual(object['template'], old?.['template'])
      ? []
      : podSpecWarnings('template.spec', objectAt(objectAt(object, 'template'), 'spec')),
};

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

function templateGeneration(object: JsonObject): number {
  const annotations = objectAt(objectAt(object, 'metadata'), 'annotations');
  return Number(annotations[TEMPLATE_GENERATION] ?? 0);
}

function setTemplateGeneration(object: JsonObject, generation: number): void {
  const annotations = ensureObject(ensureObject(object, 'metadata'), 'annotations');
  annotations[TEMPLATE_GENERATION] = String(generation);
}

function validateDaemonSet(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const type = textAt(objectAt(spec, 'updateStrategy'), 'type');
  return [
    ...validateWorkloadSelector(spec, 'daemonset'),
    ...validateWorkloadTemplate(spec),
    ...(['OnDelete', 'RollingUpdate'].includes(type)
      ? []
      : [
          notSupported('spec.updateStrategy', internalStrategy(type), [
            'RollingUpdate',
            'OnDelete',
          ]),
        ]),
    ...validateCounts(spec, ['minReadySeconds', 'revisionHistoryLimit']),
  ];
}

/** The behaviour of DaemonSets. */
export const daemonSet: Partial<Strategy> = {
  applyDefaults(object) {
    const spec = specOf(object);
    const strategy = ensureObject(spec, 'updateStrategy');
    setDefaultText(strategy, 'type', 'RollingUpdate');
    if (strategy['type'] === 'RollingUpdate') {
      const rolling = ensureObject(strategy, 'rollingUpdate');
      setDefault(rolling, 'maxUnavailable', 1);
      setDefault(rolling, 'maxSurge', 0);
    }
    setDefault(spec, 'revisionHistoryLimit', REVISION_HISTORY);
    if (templateGeneration(object) === 0) setTemplateGeneration(object, 0);
  },
  prepareForCreate(object) {
    delete object['status'];
    setTemplateGeneration(object, Math.max(1, templateGeneration(object)));
  },
  prepareForUpdate(object, old) {
    setOrDelete(object, 'status', old['status']);
    const changed = !deepEqual(
      objectAt(object, 'spec')['template'],
      objectAt(old, 'spec')['template'],
    );
    setTemplateGeneration(object, templateGeneration(old) + (changed ? 1 : 0));
  },
  validate: validateDaemonSet,
  validateUpdate: (object, old) => [
    ...validateDaemonSet(object),
    ...validateSelectorUpdate(object, old),
  ],
  warnings: templateWarnings,
};
