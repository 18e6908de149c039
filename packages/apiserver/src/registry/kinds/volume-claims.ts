import { deepEqual, formatTime, parseQuantity } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { forbidden, notSupported, required, type FieldError } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import {
  ensureObject,
  objectAt,
  setDefault,
  setDefaultText,
  stringsAt,
  textAt,
} from '../json-read.ts';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** Fills the defaults of a claim, or of a claim template. */
export function defaultClaim(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  setDefaultText(spec, 'volumeMode', 'Filesystem');
  ensureObject(spec, 'resources');
}

function validateAccessModes(path: string, spec: JsonObject, detail: string): FieldError[] {
  const modes = stringsAt(spec, 'accessModes');
  if (modes.length === 0) {
    return [required(`${path}.accessModes`, detail)];
  }
  return modes
    .filter((mode) => !ACCESS_MODES.includes(mode))
    .map((mode) => notSupported(`${path}.accessModes`, mode, ACCESS_MODES));
}

/** Rules for the spec of a claim, or of a claim template. */
export function validateClaimSpec(path: string, spec: JsonObject): FieldError[] {
  const requests = objectAt(objectAt(spec, 'resources'), 'requests');
  return [
    ...validateAccessModes(path, spec, 'at least 1 access mode is required'),
    ...(requests['storage'] === undefined ? [required(`${path}.resources[storage]`)] : []),
  ];
}

function validateClaim(object: JsonObject): FieldError[] {
  return validateClaimSpec('spec', objectAt(object, 'spec'));
}

/** What a write may not change: all but the volume while there is none, the class of a claim without one, and, once it is bound, its size and attributes. */
function immutablePart(of: JsonObject, old: JsonObject, isBound: boolean): JsonObject {
  const spec = { ...objectAt(of, 'spec') };
  const before = objectAt(old, 'spec');
  if (textAt(before, 'volumeName') === '') delete spec['volumeName'];
  // A claim made before there was a default class may be given one.
  if (before['storageClassName'] === undefined) delete spec['storageClassName'];
  if (!isBound) return spec;
  delete spec['volumeAttributesClassName'];
  const resources = objectAt(spec, 'resources');
  const { storage: _, ...requests } = objectAt(resources, 'requests');
  return { ...spec, resources: { ...resources, requests } };
}

function validateClaimUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  const errors = validateClaim(object);
  const status = objectAt(object, 'status');
  const isBound = textAt(status, 'phase') === 'Bound';
  if (!deepEqual(immutablePart(object, old, isBound), immutablePart(old, old, isBound))) {
    errors.push(
      forbidden(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ),
    );
  }
  const size = requestedBytes(object);
  const capacity = bytesOf(objectAt(objectAt(old, 'status'), 'capacity')['storage']);
  if (size < requestedBytes(old) && size <= capacity) {
    errors.push(
      forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'),
    );
  }
  return errors;
}

/** The size a claim asks for; 0 when it does not say, or not in a way that can be read. */
export function requestedBytes(claim: JsonObject): number {
  const resources = objectAt(objectAt(claim, 'spec'), 'resources');
  return bytesOf(objectAt(resources, 'requests')['storage']);
}

function bytesOf(amount: unknown): number {
  if (typeof amount !== 'string' && typeof amount !== 'number') return 0;
  try {
    return Number(parseQuantity(String(amount)).toBigInt());
  } catch {
    return 0; // refused where amounts are validated
  }
}

/** The behaviour of PersistentVolumeClaims. */
export const persistentVolumeClaim: Partial<Strategy> = {
  applyDefaults: defaultClaim,
  prepareForCreate: (object) => void (object['status'] = { phase: 'Pending' }),
  prepareForUpdate: (object, old) => setOrDelete(object, 'status', old['status']),
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
};

/** Members of a volume's spec that are no source of the volume. */
const VOLUME_FACTS = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

function validateVolume(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  return [
    ...validateAccessModes('spec', spec, ''),
    ...(objectAt(spec, 'capacity')['storage'] === undefined
      ? [required('spec.capacity'), notSupported('spec.capacity', spec['capacity'], ['storage'])]
      : []),
    ...(Object.keys(spec).some((field) => !VOLUME_FACTS.has(field))
      ? []
      : [required('spec', 'must specify a volume type')]),
  ];
}

/** The behaviour of PersistentVolumes. */
export const persistentVolume: Partial<Strategy> = {
  applyDefaults(object) {
    const spec = ensureObject(object, 'spec');
    setDefaultText(spec, 'persistentVolumeReclaimPolicy', 'Retain');
    setDefaultText(spec, 'volumeMode', 'Filesystem');
    if (spec['hostPath'] !== undefined) setDefault(ensureObject(spec, 'hostPath'), 'type', '');
  },
  prepareForCreate(object, { clock }) {
    const lastPhaseTransitionTime = formatTime(new Date(clock.now()));
    object['status'] = { phase: 'Pending', lastPhaseTransitionTime };
  },
  prepareForUpdate: (object, old) => setOrDelete(object, 'status', old['status']),
  prepareForStatusUpdate(object, old, { clock }) {
    setOrDelete(object, 'spec', old['spec']);
    const { metadata } = object as { metadata: JsonObject }; // decoded objects have it
    setOrDelete(metadata, 'labels', objectAt(old, 'metadata')['labels']);
    const status = ensureObject(object, 'status');
    const { phase, lastPhaseTransitionTime: before } = objectAt(old, 'status');
    const told: unknown = status['lastPhaseTransitionTime'];
    if (status['phase'] === phase) {
      setOrDelete(status, 'lastPhaseTransitionTime', told ?? before);
    } else if (told === undefined || told === before) {
      status['lastPhaseTransitionTime'] = formatTime(new Date(clock.now()));
    }
  },
  validate: validateVolume,
};
