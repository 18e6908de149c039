import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject, ResourceType } from '../contracts.ts';
import { invalid, type FieldError } from '../field-error.ts';
import { carryMetadata, setOrDelete } from '../metadata/system-metadata.ts';
import { validateMetadata, validateMetadataUpdate } from '../metadata/validate-metadata.ts';
import { changesGeneration, keepForStatusWrite } from '../registry/status-isolation.ts';
import { badRequest, conflict, invalidError, qualifiedName, unclassifiedError } from '../status.ts';
import type { StoredRecord } from '../storage/stored-record.ts';
import { checkStoredSize } from '../storage/stored-size.ts';
import { dedupeOwnersWithWarning } from './create.ts';
import { findRequested } from './get.ts';
import { parseRevision, revisionSyntaxMessage } from './read-options.ts';
import { namespaceOf, type Operation } from './services.ts';
import {
  admissionAttributes,
  strategyContext,
  WriteEffects,
  writeOptionsOf,
} from './strategy-context.ts';
import { fromStoredVersion, readRecord, toStoredVersion } from '../storage/version-reader.ts';

/** A change of one stored object. */
export interface Replacement {
  /** `''` for the main resource, `status`, or another subresource with rules of its own. */
  readonly subresource: string;
  readonly dryRun: boolean;
  /** Makes the proposed object from a fresh copy of the current one. */
  propose(current: JsonObject): JsonObject | Promise<JsonObject>;
  /** Sets `managedFields` of the proposed object. */
  track(object: JsonObject, live: JsonObject): void | Promise<void>;
  /** A PUT names what it replaces: its uid is a precondition and it may have to give a resourceVersion. */
  readonly isPut: boolean;
  /** The write does not count as a change of what is wanted (binding a pod to a node). */
  readonly keepsGeneration?: true | undefined;
  /** How admission sees the change; default: as an update of the whole object. */
  readonly admission?: ReplacementAdmission | undefined;
  /** For other subresources than status: takes over from `old` all that they may not change, and checks the rest. */
  readonly prepare?: ((object: JsonObject, old: JsonObject) => readonly FieldError[]) | undefined;
}

/** The steps of admission, for a change that is not told as one of the whole object. */
export interface ReplacementAdmission {
  /** May change the object. */
  admit(object: JsonObject, old: JsonObject): Promise<void>;
  validate(object: JsonObject, old: JsonObject): Promise<void>;
  /** In the turn in which the object is stored. */
  commit(object: JsonObject, old: JsonObject): void;
}

/** What became of a replacement. */
export interface ReplacementResult {
  /** The object in the version of the request. */
  readonly object: JsonObject;
  /** What is stored; undefined after a dry run, or when the update completed a deletion. */
  readonly record: StoredRecord | undefined;
}

const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

/** How often a change without a resourceVersion is made anew when another write came between. */
const ATTEMPTS = 5;

function checkIdentity(operation: Operation, object: JsonObject, isPut: boolean): void {
  const { info, type } = operation;
  // Decoding has made metadata an object.
  const metadata = object['metadata'] as JsonObject;
  const name = metadata['name'] as string | undefined;
  if (name === undefined || name === '') {
    if (isPut) {
      throw badRequest(
        `the name of the object (${info.name} based on URL) was undeterminable: name must be provided`,
      );
    }
    metadata['name'] = info.name;
  } else if (name !== info.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${info.name})`,
    );
  }
  const namespace = metadata['namespace'] as string | undefined;
  const expected = namespaceOf(operation);
  if (namespace !== undefined && namespace !== '' && namespace !== expected) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  setOrDelete(metadata, 'namespace', type.scope === 'Cluster' ? undefined : expected);
}

/** Optimistic concurrency: a given resourceVersion must be the stored one. */
function checkRevision(operation: Operation, object: JsonObject, record: StoredRecord): void {
  const { type, info } = operation;
  // As above.
  const metadata = object['metadata'] as JsonObject;
  const text = String(metadata['resourceVersion'] ?? '');
  if (text === '' || text === '0') {
    if (!type.strategy.allowUnconditionalUpdate) {
      const error: FieldError = {
        ...invalid('metadata.resourceVersion', '', ''),
        message: 'Invalid value: 0: must be specified for an update',
      };
      // Here the real server names the resource where it names the kind elsewhere.
      throw invalidError({ group: type.group, kind: type.plural }, info.name, [error]);
    }
    return;
  }
  const revision = parseRevision(text);
  if (revision === undefined) throw unclassifiedError(revisionSyntaxMessage(text));
  if (revision !== record.revision) throw conflict(type, info.name, MODIFIED);
}

function checkUid(operation: Operation, object: JsonObject, record: StoredRecord): void {
  const { type, info } = operation;
  // As above.
  const uid = String((object['metadata'] as JsonObject)['uid'] ?? '');
  if (uid === '' || uid === record.uid) return;
  const namespace = namespaceOf(operation);
  const key = `/registry/${qualifiedName(type)}/${namespace === undefined ? '' : `${namespace}/`}${info.name}`;
  throw conflict(
    type,
    info.name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${record.uid}`,
  );
}

/** Whether an object marked as being deleted has nothing left that holds it. */
export function isDeletionComplete(type: ResourceType, object: JsonObject): boolean {
  // Stored objects have metadata.
  const metadata = object['metadata'] as JsonObject;
  const finalizers = (metadata['finalizers'] ?? []) as unknown[];
  const grace = Number(metadata['deletionGracePeriodSeconds'] ?? 0);
  return (
    metadata['deletionTimestamp'] !== undefined &&
    finalizers.length === 0 &&
    grace === 0 &&
    type.strategy.holdsDeleted?.(object) !== true
  );
}

/** The rules of built-in kinds repeat those of all objects: each breach makes two causes. */
function metadataUpdateErrors(
  type: ResourceType,
  object: JsonObject,
  old: JsonObject,
): FieldError[] {
  const errors = validateMetadataUpdate(object, old);
  return type.origin === 'builtin' ? [...errors, ...errors] : errors;
}

function validateReplacement(
  operation: Operation,
  subresource: string,
  object: JsonObject,
  old: JsonObject,
): FieldError[] {
  const { type } = operation;
  const { strategy, schema } = type;
  const common = [...validateMetadata(type, object), ...metadataUpdateErrors(type, object, old)];
  if (subresource === 'status') {
    return [
      ...common,
      ...(strategy.validateStatusUpdate?.(object, old) ?? []),
      ...schema.validateStatus(object, old),
    ];
  }
  return [
    ...common,
    ...(strategy.validateUpdate?.(object, old) ?? []),
    ...schema.validate(object, old),
  ];
}

/** For a change that admission has seen as the creation of something else. */
export const alreadyAdmitted: ReplacementAdmission = {
  admit: () => Promise.resolve(),
  validate: () => Promise.resolve(),
  commit: () => undefined,
};

function updateAdmission(operation: Operation, change: Replacement): ReplacementAdmission {
  const { admission } = operation.services;
  const attributes = (object: JsonObject, old: JsonObject) =>
    admissionAttributes(
      operation,
      {
        operation: 'UPDATE',
        name: operation.info.name,
        object,
        old,
        dryRun: change.dryRun,
        options: writeOptionsOf(operation, 'UpdateOptions'),
      },
      change.subresource,
    );
  return {
    admit: async (object, old) => admission.admit(attributes(object, old)),
    validate: async (object, old) => admission.validate(attributes(object, old)),
    commit(object, old) {
      admission.commit(attributes(object, old));
    },
  };
}

async function attempt(
  operation: Operation,
  change: Replacement,
): Promise<ReplacementResult | 'overtaken'> {
  const { services, type, info } = operation;
  const { strategy } = type;
  const { store } = services;
  using effects = new WriteEffects();
  const context = strategyContext(operation, change.dryRun, effects);
  const record = findRequested(operation);
  const old = await readRecord(type, record);
  const object = await change.propose(structuredClone(old));
  checkIdentity(operation, object, change.isPut);
  if (change.isPut) checkUid(operation, object, record);
  checkRevision(operation, object, record);
  // Decoding has made metadata an object; stored objects have it.
  const metadata = object['metadata'] as JsonObject;
  metadata['resourceVersion'] = String(record.revision);
  carryMetadata(object, old);
  dedupeOwnersWithWarning(operation, object);
  await change.track(object, old);
  const admission = change.admission ?? updateAdmission(operation, change);
  await admission.admit(object, old);
  const extraErrors: FieldError[] = [];
  if (change.prepare !== undefined) {
    extraErrors.push(...change.prepare(object, old));
  } else if (change.subresource === 'status') {
    if (strategy.prepareForStatusUpdate === undefined) keepForStatusWrite(type, object, old);
    else strategy.prepareForStatusUpdate(object, old, context);
  } else {
    strategy.prepareForUpdate?.(object, old, context);
  }
  const counts = change.subresource !== 'status' && change.keepsGeneration !== true;
  if (strategy.hasGeneration && counts) {
    const before = Number((old['metadata'] as JsonObject)['generation'] ?? 0);
    if (changesGeneration(type, object, old)) metadata['generation'] = before + 1;
  }
  const errors = [
    ...extraErrors,
    ...(change.prepare === undefined
      ? validateReplacement(operation, change.subresource, object, old)
      : metadataUpdateErrors(type, object, old)),
  ];
  if (errors.length > 0) {
    const kind = { group: strategy.refusalGroup ?? type.group, kind: type.kind };
    throw invalidError(kind, info.name, errors);
  }
  services.access.checkEscalation(operation.user, type, object, old);
  await admission.validate(object, old);
  for (const warning of strategy.warnings?.(object, old) ?? []) operation.warnings.push(warning);

  const isChanged = !deepEqual(object, old);
  const next = isChanged ? await toStoredVersion(type, object) : undefined;
  // From here on nothing is waited for: what was decided is still true when it is stored.
  if (store.find(type.storageKey, namespaceOf(operation), info.name) !== record) return 'overtaken';
  if (next === undefined) return { object: old, record };
  if (change.dryRun) return { object: await fromStoredVersion(type, next), record: undefined };
  checkStoredSize(next, record.bytes.byteLength + operation.request.body.byteLength);
  admission.commit(object, old);
  effects.commit();
  if (isDeletionComplete(type, object)) {
    store.delete(type.storageKey, namespaceOf(operation), info.name, next);
    strategy.afterDelete?.(old);
    metadata['resourceVersion'] = String(record.revision);
    return { object, record: undefined };
  }
  const stored = store.put(type.storageKey, next);
  return { object: await readRecord(type, stored), record: stored };
}

/**
 * Changes one object: proposes, admits, validates and stores, all or nothing. When another write comes between, it
 * begins anew with the newer object; a proposal that carries a resourceVersion then ends in a 409.
 *
 * @throws StatusError as the real server would
 */
export async function replaceObject(
  operation: Operation,
  change: Replacement,
): Promise<ReplacementResult> {
  for (let count = 0; count < ATTEMPTS; count += 1) {
    const result = await attempt(operation, change);
    if (result !== 'overtaken') return result;
  }
  throw conflict(operation.type, operation.info.name, MODIFIED);
}
