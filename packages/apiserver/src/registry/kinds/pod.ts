import { formatTime } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { forbidden, type FieldError } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { ensureObject, listAt, numberAt, objectAt, textAt } from '../json-read.ts';
import { readAppArmorAnnotations } from '../pods/app-armor.ts';
import { defaultPodSpec } from '../pods/pod-spec-defaults.ts';
import { podSpecWarnings } from '../pods/pod-warnings.ts';
import { qosClassOf } from '../pods/qos-class.ts';
import { validatePodSpec } from '../pods/validate-pod-spec.ts';
import { validatePodUpdate } from '../pods/validate-pod-update.ts';

/** Containers have this long to end when nobody says otherwise, in seconds. */
const DEFAULT_GRACE_SECONDS = 30;

/**
 * A pod that a node has taken is shut down by that node's kubelet, which confirms with a grace period of 0. A pod
 * nobody runs has nothing to wait for.
 */
function gracePeriodSeconds(object: JsonObject, requested: number | undefined): number {
  const spec = objectAt(object, 'spec');
  const phase = textAt(objectAt(object, 'status'), 'phase');
  if (textAt(spec, 'nodeName') === '') return 0;
  if (phase === 'Failed' || phase === 'Succeeded') return 0;
  const wanted =
    requested ?? numberAt(spec, 'terminationGracePeriodSeconds') ?? DEFAULT_GRACE_SECONDS;
  return wanted < 0 ? 1 : wanted;
}

/** A pod's address stands in two places; who writes only the old one means both. */
function mirrorAddress(status: JsonObject): void {
  const ip = textAt(status, 'podIP');
  const first = listAt(status, 'podIPs')[0];
  if (ip !== '' && first === undefined) status['podIPs'] = [{ ip }];
  else if (ip === '' && first !== undefined) status['podIP'] = textAt(first, 'ip');
}

/** The scheduler leaves a gated pod alone, so the API server says why it waits. */
function gatedCondition(nowMs: number): JsonObject {
  return {
    type: 'PodScheduled',
    status: 'False',
    lastProbeTime: null,
    lastTransitionTime: formatTime(new Date(nowMs)),
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  };
}

/** A new pod has no containers for a look inside yet, and is not placed before all its gates are open. */
function validatePod(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const errors = validatePodSpec('spec', spec);
  if (listAt(spec, 'ephemeralContainers').length > 0) {
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (textAt(spec, 'nodeName') !== '' && listAt(spec, 'schedulingGates').length > 0) {
    const rule = 'cannot be set until all schedulingGates have been cleared';
    errors.push(forbidden('spec.nodeName', rule));
  }
  return errors;
}

/** The behaviour of pods. */
export const pod: Partial<Strategy> = {
  hasGeneration: true,
  applyDefaults(object) {
    defaultPodSpec(ensureObject(object, 'spec'), true);
    mirrorAddress(ensureObject(object, 'status'));
  },
  prepareForCreate(object, context) {
    readAppArmorAnnotations(object, (text) => {
      context.warn(text);
    });
    const spec = objectAt(object, 'spec');
    // Less than nothing is as little as there can be.
    if ((numberAt(spec, 'terminationGracePeriodSeconds') ?? 0) < 0) {
      spec['terminationGracePeriodSeconds'] = 1;
    }
    const isGated = listAt(spec, 'schedulingGates').length > 0;
    object['status'] = {
      phase: 'Pending',
      ...(isGated ? { conditions: [gatedCondition(context.clock.now())] } : {}),
      qosClass: qosClassOf(spec),
    };
  },
  prepareForUpdate(object, old) {
    setOrDelete(object, 'status', old['status']);
  },
  prepareForStatusUpdate(object, old) {
    object['spec'] = old['spec'] as unknown;
    const metadata = objectAt(object, 'metadata');
    const before = objectAt(old, 'metadata');
    // Annotations and labels may be changed along with the status; who owns the pod may not.
    setOrDelete(metadata, 'ownerReferences', before['ownerReferences']);
    setOrDelete(metadata, 'deletionTimestamp', before['deletionTimestamp']);
    const status = ensureObject(object, 'status');
    if (textAt(status, 'qosClass') === '') {
      setOrDelete(status, 'qosClass', objectAt(old, 'status')['qosClass']);
    }
  },
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  warnings: (object, old) =>
    old === undefined ? podSpecWarnings('spec', objectAt(object, 'spec')) : [],
  gracePeriodSeconds,
};
