import {
  validateDnsSubdomain,
  validateLabelKey,
  validateLabelValue,
} from '@kubewright/apimachinery';
import type { JsonObject, ResourceType } from '../contracts.ts';
import { forbidden, invalid, required, tooLong, type FieldError } from '../field-error.ts';

/** Most bytes of all annotations of an object together, keys and values. */
const MAX_ANNOTATION_BYTES = 256 * 1024;

/** Finalizers that need no `group/` in front. */
const PLAIN_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function nameErrors(type: ResourceType, metadata: JsonObject): FieldError[] {
  const check = type.strategy.validateName ?? ((name: string) => validateDnsSubdomain(name));
  const name = String(metadata['name'] ?? '');
  const base = String(metadata['generateName'] ?? '');
  const errors: FieldError[] = [];
  if (base !== '') {
    // The base may end where the random suffix begins.
    for (const text of check(base.endsWith('-') ? `${base.slice(0, -1)}a` : base, true)) {
      errors.push(invalid('metadata.generateName', base, text));
    }
  }
  if (name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else for (const text of check(name, false)) errors.push(invalid('metadata.name', name, text));
  return errors;
}

function namespaceErrors(type: ResourceType, { namespace }: JsonObject): FieldError[] {
  const isMissing = type.scope === 'Namespaced' && (namespace ?? '') === '';
  return isMissing ? [required('metadata.namespace', '')] : [];
}

function labelErrors(labels: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of sorted(labels)) {
    for (const text of validateLabelKey(key)) errors.push(invalid('metadata.labels', key, text));
    for (const text of validateLabelValue(String(value))) {
      errors.push(invalid('metadata.labels', value, text));
    }
  }
  return errors;
}

function annotationErrors(annotations: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of sorted(annotations)) {
    // Annotation keys are compared without regard to case.
    for (const text of validateLabelKey(key.toLowerCase())) {
      errors.push(invalid('metadata.annotations', key, text));
    }
    bytes += Buffer.byteLength(key) + Buffer.byteLength(String(value));
  }
  if (bytes > MAX_ANNOTATION_BYTES)
    errors.push(tooLong('metadata.annotations', MAX_ANNOTATION_BYTES));
  return errors;
}

function sorted(map: JsonObject): [string, unknown][] {
  return Object.entries(map).sort(([left], [right]) => (left < right ? -1 : 1));
}

function ownerErrors(owners: readonly JsonObject[]): FieldError[] {
  const errors: FieldError[] = [];
  let controller: JsonObject | undefined;
  const path = 'metadata.ownerReferences';
  for (const owner of owners) {
    const apiVersion = String(owner['apiVersion'] ?? '');
    const version = apiVersion.includes('/') ? apiVersion.split('/')[1] : apiVersion;
    if (version === '' || version === undefined) {
      errors.push(invalid(`${path}.apiVersion`, apiVersion, 'version must not be empty'));
    }
    for (const [field, text] of [
      ['kind', 'must not be empty'],
      ['name', 'must not be empty'],
      ['uid', 'must not be empty'],
    ] as const) {
      const value = String(owner[field] ?? '');
      if (value === '') errors.push(invalid(`${path}.${field}`, value, text));
    }
    if (apiVersion === 'v1' && owner['kind'] === 'Event') {
      errors.push(invalid(path, owner, 'v1, Kind=Event is disallowed from being an owner'));
    }
    if (owner['controller'] === true) {
      if (controller !== undefined) {
        errors.push(
          invalid(
            path,
            owners,
            `Only one reference can have Controller set to true. Found "true" in references for ${describeOwner(controller)} and ${describeOwner(owner)}`,
          ),
        );
      }
      controller = owner;
    }
  }
  return errors;
}

function describeOwner(owner: JsonObject): string {
  return `${String(owner['kind'])}/${String(owner['name'])}`;
}

function finalizerErrors(finalizers: readonly unknown[]): FieldError[] {
  const errors: FieldError[] = [];
  const path = 'metadata.finalizers';
  for (const [index, finalizer] of finalizers.map(String).entries()) {
    const texts = validateLabelKey(finalizer);
    for (const text of texts) errors.push(invalid(path, finalizer, text));
    if (texts.length === 0 && !finalizer.includes('/') && !PLAIN_FINALIZERS.has(finalizer)) {
      errors.push(
        invalid(
          `${path}[${index}]`,
          finalizer,
          'name is neither a standard finalizer name nor is it fully qualified',
        ),
      );
    }
  }
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(
      invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'),
    );
  }
  return errors;
}

/** The rules that hold for the metadata of every object. */
export function validateMetadata(type: ResourceType, object: JsonObject): FieldError[] {
  // Objects get here decoded: members of metadata have their types.
  const metadata = object['metadata'] as JsonObject;
  return [
    ...nameErrors(type, metadata),
    ...namespaceErrors(type, metadata),
    ...labelErrors((metadata['labels'] ?? {}) as JsonObject),
    ...annotationErrors((metadata['annotations'] ?? {}) as JsonObject),
    ...ownerErrors((metadata['ownerReferences'] ?? []) as JsonObject[]),
    ...finalizerErrors((metadata['finalizers'] ?? []) as unknown[]),
  ];
}

const IMMUTABLE_FIELDS = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** What an update may not do to metadata. */
export function validateMetadataUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  // Both have passed decoding.
  const metadata = object['metadata'] as JsonObject;
  const before = old['metadata'] as JsonObject;
  const errors: FieldError[] = [];
  const added = newFinalizers(metadata, before);
  if (before['deletionTimestamp'] !== undefined && added.length > 0) {
    const listed = added.map((name) => JSON.stringify(name)).join(', ');
    errors.push(
      forbidden(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${listed}}`,
      ),
    );
  }
  for (const field of IMMUTABLE_FIELDS) {
    if (metadata[field] !== before[field]) {
      errors.push(invalid(`metadata.${field}`, metadata[field], 'field is immutable'));
    }
  }
  return errors;
}

function newFinalizers(metadata: JsonObject, before: JsonObject): string[] {
  // As above.
  const present = new Set((before['finalizers'] ?? []) as string[]);
  return ((metadata['finalizers'] ?? []) as string[]).filter((name) => !present.has(name));
}
