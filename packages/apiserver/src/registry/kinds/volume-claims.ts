import { deepEqual, formatTime, parseQuantity } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import {
  ensureObject,
  objectAt,
  setDefault,
  setDefaultText,
  stringsAt,
  textAt,
} from '../json-read.ts';
import { validateNodeSelector } from '../pods/validate-affinity.ts';
import { noBacksteps } from '../validation/path-rules.ts';
import { validateSelector } from '../validation/selector-rules.ts';
import { dnsSubdomain } from '../validation/value-rules.ts';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
/** The access mode that goes with no other. */
const ALONE = 'ReadWriteOncePod';
const VOLUME_MODES = ['Block', 'Filesystem'];

/** Fills the defaults of a claim, or of a claim template. */
export function defaultClaim(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  setDefaultText(spec, 'volumeMode', 'Filesystem');
  ensureObject(spec, 'resources');
}

function validateAccessModes(path: string, spec: JsonObject): FieldError[] {
  const modes = stringsAt(spec, 'accessModes');
  const known = modes.filter((mode) => ACCESS_MODES.includes(mode));
  const isMixed = known.includes(ALONE) && known.some((mode) => mode !== ALONE);
  return [
    ...modes
      .filter((mode) => !ACCESS_MODES.includes(mode))
      .map((mode) => notSupported(`${path}.accessModes`, mode, ACCESS_MODES)),
    ...(isMixed
      ? [forbidden(`${path}.accessModes`, `may not use ${ALONE} with other access modes`)]
      : []),
  ];
}

/** An amount of storage: more than nothing. */
function positiveAmount(path: string, amount: unknown): FieldError[] {
  const text = String(amount);
  return parseQuantity(text).nanos > 0n ? [] : [invalid(path, text, 'must be greater than zero')];
}

function validateClassAndMode(path: string, spec: JsonObject): FieldError[] {
  const className = textAt(spec, 'storageClassName');
  const mode = textAt(spec, 'volumeMode');
  return [
    ...(className === '' ? [] : dnsSubdomain(`${path}.storageClassName`, className)),
    ...(mode === '' || VOLUME_MODES.includes(mode)
      ? []
      : [notSupported(`${path}.volumeMode`, mode, VOLUME_MODES)]),
  ];
}

/** Rules for the spec of a claim, or of a claim template. */
export function validateClaimSpec(path: string, spec: JsonObject): FieldError[] {
  const { storage } = objectAt(objectAt(spec, 'resources'), 'requests') as Record<string, unknown>;
  const field = `${path}.resources[storage]`;
  return [
    ...(stringsAt(spec, 'accessModes').length === 0
      ? [required(`${path}.accessModes`, 'at least 1 access mode is required')]
      : []),
    ...validateSelector(`${path}.selector`, objectAt(spec, 'selector')),
    ...validateAccessModes(path, spec),
    ...(storage === undefined ? [required(field)] : positiveAmount(field, storage)),
    ...validateClassAndMode(path, spec),
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

const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];

/** Members that a source of a volume cannot do without; of other sources none is looked into. */
const SOURCE_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  hostPath: ['path'],
  local: ['path'],
  nfs: ['server', 'path'],
  csi: ['driver', 'volumeHandle'],
};

function validateVolumeSource(spec: JsonObject): FieldError[] {
  const order = Object.keys(SOURCE_MEMBERS);
  const [source, ...others] = Object.keys(spec)
    .filter((field) => !VOLUME_FACTS.has(field))
    .sort((left, right) => order.indexOf(left) - order.indexOf(right));
  if (source === undefined) return [required('spec', 'must specify a volume type')];
  const value = objectAt(spec, source);
  const errors = (SOURCE_MEMBERS[source] ?? [])
    .filter((member) => textAt(value, member) === '')
    .map((member) => required(`spec.${source}.${member}`));
  if (source === 'hostPath' || source === 'local') {
    errors.push(...noBacksteps(`spec.${source}.path`, textAt(value, 'path')));
  }
  if (source === 'local' && spec['nodeAffinity'] === undefined) {
    errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
  }
  return [
    ...errors,
    ...others.map((other) => forbidden(`spec.${other}`, 'may not specify more than 1 volume type')),
  ];
}

function validateVolume(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const capacity = objectAt(spec, 'capacity');
  const names = Object.keys(capacity);
  const policy = textAt(spec, 'persistentVolumeReclaimPolicy');
  const affinity = objectAt(spec, 'nodeAffinity')['required'] as JsonObject | undefined;
  const isRoot = /^\/+$/.test(textAt(objectAt(spec, 'hostPath'), 'path'));
  return [
    ...(stringsAt(spec, 'accessModes').length === 0 ? [required('spec.accessModes')] : []),
    ...validateAccessModes('spec', spec),
    ...(names.length === 0 ? [required('spec.capacity')] : []),
    ...(capacity['storage'] === undefined || names.length > 1
      ? [notSupported('spec.capacity', spec['capacity'], ['storage'])]
      : []),
    ...names.flatMap((name) => positiveAmount(`spec.capacity[${name}]`, capacity[name])),
    ...(RECLAIM_POLICIES.includes(policy)
      ? []
      : [notSupported('spec.persistentVolumeReclaimPolicy', policy, RECLAIM_POLICIES)]),
    ...(affinity === undefined ? [] : validateNodeSelector('spec.nodeAffinity.required', affinity)),
    ...validateVolumeSource(spec),
    ...(isRoot && policy === 'Recycle'
      ? [
          forbidden(
            'spec.persistentVolumeReclaimPolicy',
            "may not be 'recycle' for a hostPath mount of '/'",
          ),
        ]
      : []),
    ...validateClassAndMode('spec', spec),
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
