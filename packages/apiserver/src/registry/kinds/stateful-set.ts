import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { forbidden, invalid, notSupported, type FieldError } from '../../field-error.ts';
import {
  ensureObject,
  listAt,
  numberAt,
  objectAt,
  setDefault,
  setDefaultText,
  textAt,
} from '../json-read.ts';
import { defaultPodTemplate } from '../pods/pod-spec-defaults.ts';
import { templateWarnings } from '../pods/pod-warnings.ts';
import { dnsLabel, nonNegative } from '../validation/value-rules.ts';
import {
  validateCounts,
  validateWorkloadSelector,
  validateWorkloadTemplate,
} from '../validation/workload-rules.ts';
import { defaultClaim, validateClaimSpec } from './volume-claims.ts';

/** Revisions that are kept unless the set says otherwise. */
const REVISION_HISTORY = 10;
const RETENTION = ['Retain', 'Delete'];

function validateUpdateStrategy(strategy: JsonObject): FieldError[] {
  const path = 'spec.updateStrategy';
  const rolling = strategy['rollingUpdate'] as JsonObject | undefined;
  switch (textAt(strategy, 'type')) {
    case 'OnDelete':
      return rolling === undefined
        ? []
        : [
            invalid(
              `${path}.rollingUpdate`,
              { Partition: numberAt(rolling, 'partition') ?? 0, MaxUnavailable: null },
              "only allowed for updateStrategy 'RollingUpdate'",
            ),
          ];
    case 'RollingUpdate':
      return nonNegative(`${path}.rollingUpdate.partition`, numberAt(rolling ?? {}, 'partition'));
    default:
      return [
        invalid(
          path,
          // In the words of the server's internal type.
          { Type: textAt(strategy, 'type'), RollingUpdate: null },
          "must be 'RollingUpdate' or 'OnDelete'",
        ),
      ];
  }
}

function validateRetention(policy: JsonObject): FieldError[] {
  return ['whenDeleted', 'whenScaled'].flatMap((when) => {
    const path = `spec.persistentVolumeClaimRetentionPolicy.${when}`;
    const value = textAt(policy, when);
    return RETENTION.includes(value) ? [] : [notSupported(path, value, RETENTION.toSorted())];
  });
}

/** The template with what the controller will put into it: the volumes of the claims, and its own names. */
function completedTemplate(spec: JsonObject): JsonObject {
  const template = objectAt(spec, 'template');
  const { hostname: _, subdomain: __, ...podSpec } = objectAt(template, 'spec');
  const claimed = listAt(spec, 'volumeClaimTemplates').map((claim) => {
    const name = textAt(objectAt(claim, 'metadata'), 'name');
    return { name, persistentVolumeClaim: { claimName: name } };
  });
  const names = new Set(claimed.map(({ name }) => name));
  const own = listAt(podSpec, 'volumes').filter((volume) => !names.has(textAt(volume, 'name')));
  return { ...template, spec: { ...podSpec, volumes: [...claimed, ...own] } };
}

/** Rules for the spec; what cannot change is not looked at again in an update. */
function validateSpec(object: JsonObject, isUpdate: boolean): FieldError[] {
  const spec = objectAt(object, 'spec');
  const policy = textAt(spec, 'podManagementPolicy');
  const serviceName = textAt(spec, 'serviceName');
  return [
    ...(['OrderedReady', 'Parallel'].includes(policy)
      ? []
      : [invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")]),
    ...validateUpdateStrategy(objectAt(spec, 'updateStrategy')),
    ...validateRetention(objectAt(spec, 'persistentVolumeClaimRetentionPolicy')),
    ...(isUpdate
      ? []
      : listAt(spec, 'volumeClaimTemplates').flatMap((claim, i) =>
          validateClaimSpec(`spec.volumeClaimTemplates[${i}].spec`, objectAt(claim, 'spec')),
        )),
    ...validateCounts(spec, ['replicas', 'minReadySeconds']),
    ...nonNegative('spec.ordinals.start', numberAt(objectAt(spec, 'ordinals'), 'start')),
    ...(isUpdate || serviceName === '' ? [] : dnsLabel('spec.serviceName', serviceName)),
    ...validateWorkloadSelector(spec, 'statefulset'),
    ...validateWorkloadTemplate({ ...spec, template: completedTemplate(spec) }, 'StatefulSet'),
  ];
}

const MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
  'revisionHistoryLimit',
];

function validateUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  const immutablePart = (of: JsonObject) =>
    Object.fromEntries(
      Object.entries(objectAt(of, 'spec')).filter(([key]) => !MUTABLE.includes(key)),
    );
  const errors = validateSpec(object, true);
  if (!deepEqual(immutablePart(object), immutablePart(old))) {
    errors.push(
      forbidden(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  }
  return errors;
}

/** The behaviour of StatefulSets. */
export const statefulSet: Partial<Strategy> = {
  applyDefaults(object) {
    const spec = ensureObject(object, 'spec');
    defaultPodTemplate(ensureObject(spec, 'template'));
    setDefaultText(spec, 'podManagementPolicy', 'OrderedReady');
    const strategy = ensureObject(spec, 'updateStrategy');
    // Who names the strategy alone gets no bounds to it, and so may name the other one later.
    if (textAt(strategy, 'type') === '') {
      strategy['type'] = 'RollingUpdate';
      ensureObject(strategy, 'rollingUpdate');
    }
    if (strategy['type'] === 'RollingUpdate' && strategy['rollingUpdate'] !== undefined) {
      const rolling = ensureObject(strategy, 'rollingUpdate');
      setDefault(rolling, 'partition', 0);
      // Behind a feature gate that is off by default in 1.36: the server drops it.
      delete rolling['maxUnavailable'];
    }
    setDefault(spec, 'replicas', 1);
    setDefault(spec, 'revisionHistoryLimit', REVISION_HISTORY);
    const retention = ensureObject(spec, 'persistentVolumeClaimRetentionPolicy');
    setDefaultText(retention, 'whenDeleted', 'Retain');
    setDefaultText(retention, 'whenScaled', 'Retain');
    for (const claim of listAt(spec, 'volumeClaimTemplates')) {
      setDefaultText(claim, 'kind', 'PersistentVolumeClaim');
      setDefaultText(claim, 'apiVersion', 'v1');
      defaultClaim(claim);
      claim['status'] = { phase: 'Pending' };
    }
  },
  validate: (object) => validateSpec(object, false),
  validateUpdate,
  warnings: templateWarnings,
};
