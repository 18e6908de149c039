import type { JsonObject, Strategy } from '../../contracts.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { ensureObject, numberAt, objectAt, setDefault, textAt } from '../json-read.ts';
import { defaultPodTemplate } from '../pods/pod-spec-defaults.ts';
import { podNameWarnings, templateWarnings } from '../pods/pod-warnings.ts';
import { nonNegative } from '../validation/value-rules.ts';
import { validateCounts, validateTemplate } from '../validation/workload-rules.ts';

type Labels = Readonly<Record<string, unknown>>;

function isEmpty(labels: Labels): boolean {
  return Object.keys(labels).length === 0;
}

function labelsOf(template: JsonObject): JsonObject {
  return objectAt(objectAt(template, 'metadata'), 'labels');
}

function validateOwnTemplate(template: JsonObject, selector: Labels): FieldError[] {
  const path = 'spec.template';
  const labels = labelsOf(template);
  const errors: FieldError[] = [];
  if (Object.entries(selector).some(([key, value]) => labels[key] !== value)) {
    const rule = '`selector` does not match template `labels`';
    const shown: unknown = objectAt(template, 'metadata')['labels'];
    errors.push(invalid(`${path}.metadata.labels`, shown, rule));
  }
  errors.push(...validateTemplate(path, template));
  const spec = objectAt(template, 'spec');
  const policy = textAt(spec, 'restartPolicy');
  if (policy !== 'Always') {
    errors.push(notSupported(`${path}.spec.restartPolicy`, policy, ['Always']));
  }
  if (numberAt(spec, 'activeDeadlineSeconds') !== undefined) {
    const rule = 'activeDeadlineSeconds in ReplicationController is not Supported';
    errors.push(forbidden(`${path}.spec.activeDeadlineSeconds`, rule));
  }
  return errors;
}

function validateController(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const selector = objectAt(spec, 'selector');
  return [
    ...validateCounts(spec, ['minReadySeconds']),
    ...(isEmpty(selector) ? [required('spec.selector')] : []),
    ...validateCounts(spec, ['replicas']),
    ...(spec['template'] === undefined
      ? [required('spec.template')]
      : validateOwnTemplate(objectAt(spec, 'template'), selector)),
  ];
}

/** Counts of the status, in the order in which they are looked at. */
const COUNTS = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'observedGeneration',
];
/** Those of them that are parts of all replicas. */
const PARTS = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];

function validateStatus(object: JsonObject): FieldError[] {
  const status = objectAt(object, 'status');
  const count = (name: string) => numberAt(status, name) ?? 0;
  const errors = COUNTS.flatMap((name) => nonNegative(`status.${name}`, count(name)));
  for (const part of PARTS.filter((name) => count(name) > count('replicas'))) {
    const rule = 'cannot be greater than status.replicas';
    errors.push(invalid(`status.${part}`, count(part), rule));
  }
  const available = count('availableReplicas');
  if (available > count('readyReplicas')) {
    const rule = 'cannot be greater than readyReplicas';
    errors.push(invalid('status.availableReplicas', available, rule));
  }
  return errors;
}

/** The behaviour of ReplicationControllers: the labels of the template are the selector when there is none. */
export const replicationController: Partial<Strategy> = {
  defaultPropagation: 'orphan',
  applyDefaults(object) {
    const spec = ensureObject(object, 'spec');
    setDefault(spec, 'replicas', 1);
    if (spec['template'] === undefined) return;
    defaultPodTemplate(ensureObject(spec, 'template'));
    const labels = labelsOf(objectAt(spec, 'template'));
    if (isEmpty(labels)) return;
    if (isEmpty(objectAt(spec, 'selector'))) spec['selector'] = { ...labels };
    const metadata = objectAt(object, 'metadata');
    if (isEmpty(objectAt(metadata, 'labels'))) metadata['labels'] = { ...labels };
  },
  validate: validateController,
  validateUpdate: validateController,
  validateStatusUpdate: validateStatus,
  warnings: (object, old) => [
    ...(old === undefined ? podNameWarnings(object) : []),
    ...templateWarnings(object, old),
  ],
};
