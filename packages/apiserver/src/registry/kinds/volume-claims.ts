import { deepEqual, formatTime } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { forbidden, notSupported, required, type FieldError } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { ensureObject, objectAt, setDefault, setDefaultText, stringsAt } from '../json-read.ts';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** Fills the defaults of a claim, or of a claim template. */
export function defaultClaim(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  setDefaultText(spec, 'volumeMode', 'Filesystem');
  ensureObject(spec, 'resources');
}

function validateAccessModes(spec: JsonObject, detail: string): FieldError[] {
  const modes = stringsAt(spec, 'accessModes');
  if (modes.length === 0) {
    return [required('spec.accessModes', detail)];
  }
  return modes
    .filter((mode) => !ACCESS_MODES.includes(mode))
    .map((mode) => notSupported('spec.accessModes', mode, ACCESS_MODES));
}

function validateClaim(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const requests = objectAt(objectAt(spec, 'resources'), 'requests');
  return [
    ...validateAccessModes(spec, 'at least 1 access mode is required'),
    ...(requests['storage'] === undefined ? [required('spec.resources[storage]')] : []),
  ];
}

/** What may change in a claim: what it asks for, the attributes class, and the volume that is bound to it. */
function immutablePart(object: JsonObject, hadClass: boolean): JsonObject {
  const {
    resources: _,
    volumeAttributesClassName: __,
    volumeName: ___,
    ...rest
  } = objectAt(object, 'spec');
  // A claim made before there was a default class may be given one.
  const { storageClassName: ____, ...classless } = rest;
  return hadClass ? rest : classless;
}

function hasClass(object: JsonObject): boolean {
  return objectAt(object, 'spec')['storageClassName'] !== undefined;
}

/** The behaviour of PersistentVolumeClaims. */
export const persistentVolumeClaim: Partial<Strategy> = {
  applyDefaults: defaultClaim,
  prepareForCreate: (object) => void (object['status'] = { phase: 'Pending' }),
  prepareForUpdate: (object, old) => setOrDelete(object, 'status', old['status']),
  validate: validateClaim,
  validateUpdate: (object, old) => [
    ...validateClaim(object),
    ...(deepEqual(immutablePart(object, hasClass(old)), immutablePart(old, hasClass(old)))
      ? []
      : [
          forbidden(
            'spec',
            'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
          ),
        ]),
  ],
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
    ...validateAccessModes(spec, ''),
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
  validate: validateVolume,
};
