import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { forbidden, invalid, required, tooLong, type FieldError } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { numberAt, objectAt, textAt } from '../json-read.ts';
import { keepMetadata } from '../status-isolation.ts';
import { driverName } from '../validation/storage-rules.ts';
import { dnsSubdomain, immutable } from '../validation/value-rules.ts';

/** Most bytes that a driver may tell of an attached volume. */
const LARGEST_METADATA = 256 * 1024;
const LONGEST_MESSAGE = 1024;

function validateSource(path: string, source: JsonObject): FieldError[] {
  const name = source['persistentVolumeName'] as string | undefined;
  const isInline = source['inlineVolumeSpec'] !== undefined;
  const rule = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (name === undefined) return isInline ? [] : [required(path, rule)];
  if (isInline) return [forbidden(path, rule)];
  const empty = 'must specify non empty persistentVolumeName';
  return name === '' ? [required(`${path}.persistentVolumeName`, empty)] : [];
}

function validateProblem(path: string, problem: JsonObject): FieldError[] {
  const code = numberAt(problem, 'errorCode');
  return [
    // The real server names the bound of another field.
    ...(Buffer.byteLength(textAt(problem, 'message')) > LONGEST_MESSAGE
      ? [tooLong(`${path}.message`, LARGEST_METADATA)]
      : []),
    ...(code !== undefined && code < 0
      ? [invalid(`${path}.errorCode`, code, 'must be between 0 and 2147483647, inclusive')]
      : []),
  ];
}

function validateStatus(status: JsonObject): FieldError[] {
  const told = Object.entries(objectAt(status, 'attachmentMetadata'));
  const size = told.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
  return [
    ...(size > LARGEST_METADATA ? [tooLong('status.attachmentMetadata', LARGEST_METADATA)] : []),
    ...['attachError', 'detachError'].flatMap((member) =>
      validateProblem(`status.${member}`, objectAt(status, member)),
    ),
  ];
}

function validateAttachment(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const source = objectAt(spec, 'source');
  const volume = source['persistentVolumeName'] as string | undefined;
  return [
    ...driverName('spec.attacher', textAt(spec, 'attacher')),
    ...validateSource('spec.source', source),
    ...dnsSubdomain('spec.nodeName', textAt(spec, 'nodeName')),
    ...validateStatus(objectAt(object, 'status')),
    ...(volume === undefined ? [] : dnsSubdomain('spec.source.persistentVolumeName', volume)),
  ];
}

/** An attachment, as messages show it: in the words of the server's internal type. */
function internalSpec(spec: JsonObject): JsonObject {
  const source = objectAt(spec, 'source');
  return {
    Attacher: textAt(spec, 'attacher'),
    Source: {
      PersistentVolumeName: (source['persistentVolumeName'] ?? null) as unknown,
      InlineVolumeSpec: (source['inlineVolumeSpec'] ?? null) as unknown,
    },
    NodeName: textAt(spec, 'nodeName'),
  };
}

function validateAttachmentUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  return [
    ...validateAttachment(object),
    ...(deepEqual(spec, old['spec']) ? [] : [immutable('spec', internalSpec(spec))]),
  ];
}

/** The behaviour of VolumeAttachments. */
export const volumeAttachment: Partial<Strategy> = {
  resetFields: { '': [['status']], status: [['metadata'], ['spec']] },
  prepareForStatusUpdate(object, old) {
    setOrDelete(object, 'spec', old['spec']);
    keepMetadata(object, old);
  },
  validate: validateAttachment,
  validateUpdate: validateAttachmentUpdate,
  validateStatusUpdate: validateAttachmentUpdate,
};
