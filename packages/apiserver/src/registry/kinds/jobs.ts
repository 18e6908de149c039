import { deepEqual, fromLabelSelector, validateDnsSubdomain } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { ensureObject, objectAt, setDefault, setDefaultText, textAt } from '../json-read.ts';
import { defaultPodTemplate } from '../pods/pod-spec-defaults.ts';
import { validateSchedule } from '../validation/cron-schedule.ts';
import { immutable } from '../validation/value-rules.ts';
import { validateCounts, validateTemplate } from '../validation/workload-rules.ts';

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';
/** The names of these labels before they had a prefix; still set. */
const OLD_CONTROLLER_UID = 'controller-uid';
const OLD_JOB_NAME = 'job-name';

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
];

function defaultJobSpec(spec: JsonObject): void {
  const { completions, parallelism } = spec as Record<string, unknown>;
  if (completions === undefined && parallelism === undefined) {
    spec['completions'] = 1;
    spec['parallelism'] = 1;
  }
  setDefault(spec, 'parallelism', 1);
  if (spec['backoffLimitPerIndex'] === undefined) setDefault(spec, 'backoffLimit', 6);
  else setDefault(spec, 'backoffLimit', 2 ** 31 - 1);
  setDefaultText(spec, 'completionMode', 'NonIndexed');
  setDefault(spec, 'suspend', false);
  setDefault(spec, 'manualSelector', false);
  const hasFailurePolicy = spec['podFailurePolicy'] !== undefined;
  setDefaultText(spec, 'podReplacementPolicy', hasFailurePolicy ? 'Failed' : 'TerminatingOrFailed');
}

/** The selector of a job is made from its uid, so that no two jobs ever take each other's pods. */
function generateSelector(object: JsonObject): void {
  const spec = objectAt(object, 'spec');
  if (spec['manualSelector'] === true) return;
  const { uid, name } = objectAt(object, 'metadata') as { uid: string; name: string };
  const labels = ensureObject(ensureObject(ensureObject(spec, 'template'), 'metadata'), 'labels');
  labels[CONTROLLER_UID] = uid;
  labels[JOB_NAME] = name;
  labels[OLD_CONTROLLER_UID] = uid;
  labels[OLD_JOB_NAME] = name;
  const selector = ensureObject(spec, 'selector');
  ensureObject(selector, 'matchLabels')[CONTROLLER_UID] = uid;
}

function validateRestartPolicy(path: string, template: JsonObject): FieldError[] {
  const policy = textAt(objectAt(template, 'spec'), 'restartPolicy');
  const field = `${path}.spec.restartPolicy`;
  if (policy === '' || policy === 'Always') {
    return [required(field, 'valid values: "OnFailure", "Never"')];
  }
  return ['Never', 'OnFailure'].includes(policy)
    ? []
    : [notSupported(field, policy, ['OnFailure', 'Never'])];
}

function validateJobSpec(path: string, spec: JsonObject): FieldError[] {
  const template = objectAt(spec, 'template');
  return [
    ...validateCounts(spec, COUNTS).map((error) => ({
      ...error,
      field: error.field.replace(/^spec/, path),
    })),
    ...validateTemplate(`${path}.template`, template),
    ...validateRestartPolicy(`${path}.template`, template),
  ];
}

function validateGeneratedSelector(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const selector = objectAt(spec, 'selector');
  const labels = objectAt(objectAt(objectAt(spec, 'template'), 'metadata'), 'labels');
  const errors: FieldError[] = [];
  if (spec['manualSelector'] !== true) {
    const uid = textAt(objectAt(object, 'metadata'), 'uid');
    const expected = [CONTROLLER_UID, OLD_CONTROLLER_UID].map((label) => ({
      matchLabels: { [label]: uid },
    }));
    if (!expected.some((generated) => deepEqual(selector, generated))) {
      errors.push(invalid('spec.selector', selector, '`selector` not auto-generated'));
    }
  }
  // Decoded: a selector and labels of the declared types.
  if (!fromLabelSelector(selector).matches(labels)) {
    const text = '`selector` does not match template `labels`';
    errors.push(invalid('spec.template.metadata.labels', labels, text));
  }
  return errors;
}

function validateJob(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  return [
    ...((spec['selector'] ?? undefined) === undefined ? [required('spec.selector')] : []),
    ...validateGeneratedSelector(object),
    ...validateJobSpec('spec', spec),
  ];
}

function validateJobUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const before = objectAt(old, 'spec');
  const errors = validateJob(object);
  for (const field of ['selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex']) {
    if (!deepEqual(spec[field], before[field]))
      errors.push(immutable(`spec.${field}`, spec[field]));
  }
  const isIndexed = spec['completionMode'] === 'Indexed';
  if (!isIndexed && spec['completions'] !== before['completions']) {
    errors.push(immutable('spec.completions', spec['completions']));
  }
  // A suspended job that never started may still be moved elsewhere.
  const isFresh = before['suspend'] === true && objectAt(old, 'status')['startTime'] === undefined;
  if (!isFresh && !deepEqual(spec['template'], before['template'])) {
    errors.push(immutable('spec.template', spec['template']));
  }
  return errors;
}

/** The behaviour of Jobs. */
export const job: Partial<Strategy> = {
  defaultPropagation: 'orphan',
  deletionWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  applyDefaults(object) {
    const spec = ensureObject(object, 'spec');
    const template = ensureObject(spec, 'template');
    defaultPodTemplate(template);
    defaultJobSpec(spec);
    const labels = objectAt(objectAt(template, 'metadata'), 'labels');
    const metadata = ensureObject(object, 'metadata');
    if (metadata['labels'] === undefined && Object.keys(labels).length > 0) {
      metadata['labels'] = { ...labels };
    }
  },
  prepareForCreate(object) {
    delete object['status'];
    const metadata = objectAt(object, 'metadata');
    const template = objectAt(objectAt(objectAt(object, 'spec'), 'template'), 'metadata');
    // Labels taken over from the template follow what is added to it.
    const follows = deepEqual(metadata['labels'] ?? {}, template['labels'] ?? {});
    generateSelector(object);
    if (follows) metadata['labels'] = { ...objectAt(template, 'labels') };
  },
  prepareForUpdate: (object, old) => setOrDelete(object, 'status', old['status']),
  validate: validateJob,
  validateUpdate: validateJobUpdate,
};

/** Jobs of a CronJob are named after it, with 11 more characters. */
const MAX_CRON_NAME_LENGTH = 52;

function validateCronJob(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const template = objectAt(spec, 'jobTemplate');
  const name = textAt(objectAt(object, 'metadata'), 'name');
  const errors: FieldError[] = [];
  const schedule = textAt(spec, 'schedule');
  if (schedule === '') errors.push(required('spec.schedule'));
  else errors.push(...validateSchedule('spec.schedule', schedule));
  errors.push(...validateCounts(spec, ['startingDeadlineSeconds']));
  const policy = textAt(spec, 'concurrencyPolicy');
  if (!['Allow', 'Forbid', 'Replace'].includes(policy)) {
    errors.push(notSupported('spec.concurrencyPolicy', policy, ['Allow', 'Forbid', 'Replace']));
  }
  errors.push(
    ...validateCounts(spec, ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit']),
    ...validateJobSpec('spec.jobTemplate.spec', objectAt(template, 'spec')),
  );
  if (name.length > MAX_CRON_NAME_LENGTH) {
    errors.push(
      invalid('metadata.name', name, `must be no more than ${MAX_CRON_NAME_LENGTH} characters`),
    );
  }
  return errors;
}

/** The behaviour of CronJobs. */
export const cronJob: Partial<Strategy> = {
  applyDefaults(object) {
    const spec = ensureObject(object, 'spec');
    setDefaultText(spec, 'concurrencyPolicy', 'Allow');
    setDefault(spec, 'suspend', false);
    setDefault(spec, 'successfulJobsHistoryLimit', 3);
    setDefault(spec, 'failedJobsHistoryLimit', 1);
    const template = ensureObject(spec, 'jobTemplate');
    ensureObject(template, 'metadata');
    defaultPodTemplate(ensureObject(ensureObject(template, 'spec'), 'template'));
  },
  validateName: (name) => validateDnsSubdomain(name),
  validate: validateCronJob,
  validateUpdate: validateCronJob,
};
