import { deepEqual, validateDnsLabel, validateDnsSubdomain } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { invalid, required, type FieldError } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import {
  generateSelector,
  validateGeneratedSelector,
  validateSelectorMatch,
} from '../jobs/job-selector.ts';
import { validateCronJob } from '../jobs/validate-cron-job.ts';
import { defaultFailurePolicy } from '../jobs/validate-failure-policy.ts';
import { validateJobSpec } from '../jobs/validate-job-spec.ts';
import { validateJobStatusUpdate } from '../jobs/validate-job-status.ts';
import { validateJobSpecUpdate } from '../jobs/validate-job-update.ts';
import {
  ensureObject,
  numberAt,
  objectAt,
  setDefault,
  setDefaultText,
  textAt,
} from '../json-read.ts';
import { defaultPodTemplate } from '../pods/pod-spec-defaults.ts';
import { podNameWarnings, podSpecWarnings } from '../pods/pod-warnings.ts';
import { validateSelector } from '../validation/selector-rules.ts';

const MAX_INT32 = 2 ** 31 - 1;
/** From here on an Indexed Job may have more to tell than its status can hold. */
const MANY_COMPLETIONS = 100_000;
const MUCH_PARALLELISM = 10_000;

function defaultJobSpec(spec: JsonObject): void {
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) {
    spec['completions'] = 1;
    spec['parallelism'] = 1;
  }
  setDefault(spec, 'parallelism', 1);
  setDefault(spec, 'backoffLimit', spec['backoffLimitPerIndex'] === undefined ? 6 : MAX_INT32);
  setDefaultText(spec, 'completionMode', 'NonIndexed');
  setDefault(spec, 'suspend', false);
  setDefault(spec, 'manualSelector', false);
  const hasFailurePolicy = spec['podFailurePolicy'] !== undefined;
  setDefaultText(spec, 'podReplacementPolicy', hasFailurePolicy ? 'Failed' : 'TerminatingOrFailed');
}

/** A Job without labels of its own has those of its template, and they are then the very same. */
function shareLabels(object: JsonObject): void {
  const metadata = ensureObject(object, 'metadata');
  const template = objectAt(objectAt(object, 'spec'), 'template');
  const labels = objectAt(template, 'metadata')['labels'] as JsonObject | undefined;
  const hasOwn = Object.keys(objectAt(metadata, 'labels')).length > 0;
  if (labels !== undefined && !hasOwn) metadata['labels'] = labels;
}

/** Rules for the parts of a Job's specification; told twice on an update, as by the real server. */
function validateSpecWithSelector(spec: JsonObject): FieldError[] {
  const selector = spec['selector'] as JsonObject | undefined;
  return [
    ...validateJobSpec('spec', spec),
    ...(selector === undefined
      ? [required('spec.selector')]
      : validateSelector('spec.selector', selector)),
    ...validateSelectorMatch('spec', spec),
  ];
}

function validateJob(object: JsonObject, old?: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const errors = [...validateGeneratedSelector(object, old), ...validateSpecWithSelector(spec)];
  const completions = numberAt(spec, 'completions') ?? 0;
  if (spec['completionMode'] !== 'Indexed' || completions <= 0) return errors;
  // Pods have the name with their index as host name.
  const name = textAt(objectAt(object, 'metadata'), 'name');
  const longest = `${name}-${completions - 1}`;
  if (validateDnsLabel(longest).length > 0) {
    const text = `will not able to create pod with invalid DNS label: ${longest}`;
    errors.push(invalid('metadata.name', name, text));
  }
  return errors;
}

function specWarnings(path: string, spec: JsonObject): string[] {
  const isLarge =
    spec['completionMode'] === 'Indexed' &&
    (numberAt(spec, 'completions') ?? 0) > MANY_COMPLETIONS &&
    (numberAt(spec, 'parallelism') ?? 0) > MUCH_PARALLELISM;
  const template = objectAt(spec, 'template');
  const ofPods = podSpecWarnings(`${path}.template.spec`, objectAt(template, 'spec'));
  return isLarge
    ? [
        ...ofPods,
        `${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
      ]
    : ofPods;
}

/** The behaviour of Jobs. */
export const job: Partial<Strategy> = {
  defaultPropagation: 'orphan',
  deletionWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  applyDefaults(object) {
    const spec = ensureObject(object, 'spec');
    defaultPodTemplate(ensureObject(spec, 'template'));
    defaultFailurePolicy(spec);
    defaultJobSpec(spec);
    shareLabels(object);
  },
  prepareForCreate(object) {
    delete object['status'];
    generateSelector(object);
    shareLabels(object);
    const metadata = objectAt(object, 'metadata');
    // From here on they go their own ways.
    if (metadata['labels'] !== undefined) metadata['labels'] = { ...objectAt(metadata, 'labels') };
  },
  prepareForUpdate: (object, old) => setOrDelete(object, 'status', old['status']),
  validate: (object) => validateJob(object),
  validateUpdate: (object, old) => [
    ...validateJob(object, old),
    ...validateSpecWithSelector(objectAt(object, 'spec')),
    ...validateJobSpecUpdate(object, old),
  ],
  validateStatusUpdate: validateJobStatusUpdate,
  warnings: (object, old) => [
    ...(old === undefined ? podNameWarnings(object) : []),
    ...(deepEqual(object['spec'], old?.['spec'])
      ? []
      : specWarnings('spec', objectAt(object, 'spec'))),
  ],
};

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
    const jobSpec = ensureObject(template, 'spec');
    defaultPodTemplate(ensureObject(jobSpec, 'template'));
    defaultFailurePolicy(jobSpec);
  },
  validateName: (name) => validateDnsSubdomain(name),
  validate: (object) => validateCronJob(object, undefined),
  validateUpdate: validateCronJob,
  warnings(object, old) {
    const spec = objectAt(object, 'spec');
    return [
      ...(old === undefined ? podNameWarnings(object) : []),
      ...specWarnings('spec.jobTemplate.spec', objectAt(objectAt(spec, 'jobTemplate'), 'spec')),
      ...(old !== undefined && textAt(spec, 'schedule').includes('TZ')
        ? [
            'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
          ]
        : []),
    ];
  },
};
