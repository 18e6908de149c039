import { formatTime } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { setOrDelete } from '../metadata/system-metadata.ts';
import { conflict, notFound } from '../status.ts';
import type { StoredRecord } from '../storage/stored-record.ts';
import type { DeleteOptions, PropagationPolicy } from './delete-options.ts';
import { namespaceOf, type Operation } from './services.ts';
import { admissionAttributes } from './strategy-context.ts';
import { fromStoredVersion, readRecord, toStoredVersion } from '../storage/version-reader.ts';

/** What became of a deletion. */
export type DeletionResult =
  /** The object is gone; `object` is its last state. */
  | { readonly kind: 'removed'; readonly object: JsonObject }
  /** The object is marked and waits for its finalizers, or for its grace period. */
  | {
      readonly kind: 'pending';
      readonly object: JsonObject;
      readonly record: StoredRecord | undefined;
    };

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

function checkPreconditions(
  operation: Operation,
  record: StoredRecord,
  options: DeleteOptions,
): void {
  const { type } = operation;
  // Here the real server names the kind where it names the resource elsewhere.
  const subject = { group: type.group, plural: type.kind };
  if (options.uid !== undefined && options.uid !== record.uid) {
    throw conflict(
      subject,
      record.name,
      `the UID in the precondition (${options.uid}) does not match the UID in record (${record.uid}). The object might have been deleted and then recreated`,
    );
  }
  const wanted = options.resourceVersion;
  if (wanted !== undefined && wanted !== String(record.revision)) {
    throw conflict(
      subject,
      record.name,
      `the ResourceVersion in the precondition (${wanted}) does not match the ResourceVersion in record (${record.revision}). The object might have been modified`,
    );
  }
}

/** The finalizers by which the garbage collector learns what to do with the dependents. */
function finalizersFor(
  present: readonly string[],
  policy: PropagationPolicy | undefined,
  fallback: 'background' | 'orphan',
): string[] {
  const others = present.filter((name) => name !== ORPHAN && name !== FOREGROUND);
  switch (policy) {
    case 'Orphan':
      return [...others, ORPHAN];
    case 'Foreground':
      return [...others, FOREGROUND];
    case 'Background':
      return others;
    case undefined:
      // A wish that stands in the object already counts.
      if (present.includes(ORPHAN) || present.includes(FOREGROUND)) return [...present];
      return fallback === 'orphan' ? [...others, ORPHAN] : others;
  }
}

function mark(operation: Operation, metadata: JsonObject, graceSeconds: number): void {
  const deletedAtMs = operation.services.clock.now() + graceSeconds * 1000;
  metadata['deletionTimestamp'] = formatTime(new Date(deletedAtMs));
  metadata['deletionGracePeriodSeconds'] = graceSeconds;
  const isCounted = operation.type.strategy.keepsGenerationOnDelete !== true;
  if (isCounted && Number(metadata['generation'] ?? 0) > 0) {
    metadata['generation'] = Number(metadata['generation']) + 1;
  }
}

/** The earlier mark stays, unless the new request is more impatient. */
function shortenGrace(operation: Operation, metadata: JsonObject, graceSeconds: number): void {
  const before = Number(metadata['deletionGracePeriodSeconds'] ?? 0);
  if (before === 0 || graceSeconds >= before) return;
  const shortened = Date.parse(String(metadata['deletionTimestamp'])) - before * 1000;
  metadata['deletionTimestamp'] = formatTime(
    new Date(Math.max(shortened + graceSeconds * 1000, operation.services.clock.now())),
  );
  metadata['deletionGracePeriodSeconds'] = graceSeconds;
}

/** The strategy's grace period in seconds: 0 for all kinds but those that somebody has to shut down. */
function gracePeriod(operation: Operation, object: JsonObject, options: DeleteOptions): number {
  const requested = options.gracePeriodSeconds;
  // A negative period asks for the shortest graceful one.
  const wanted = requested !== undefined && requested < 0 ? 1 : requested;
  return operation.type.strategy.gracePeriodSeconds?.(object, wanted) ?? 0;
}

/** The options as webhooks are told them: with the grace period that the kind gives. */
function reviewedOptions(
  operation: Operation,
  object: JsonObject,
  options: DeleteOptions,
): JsonObject {
  const gracePeriodSeconds =
    operation.type.strategy.gracePeriodSeconds === undefined
      ? options.gracePeriodSeconds
      : gracePeriod(operation, object, options);
  const { uid, resourceVersion, propagationPolicy } = options;
  const preconditions = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  return {
    kind: 'DeleteOptions',
    apiVersion: 'meta.k8s.io/v1',
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(options.dryRun ? { dryRun: ['All'] } : {}),
  };
}

/**
 * Deletes one object: at once, or by marking it while finalizers or a grace period hold it.
 *
 * @throws StatusError 404, 409 for preconditions, or what admission says
 */
export async function deleteObject(
  operation: Operation,
  name: string,
  namespace: string | undefined,
  options: DeleteOptions,
): Promise<DeletionResult> {
  const { services, type } = operation;
  const { store } = services;
  const found = store.find(type.storageKey, namespace, name);
  if (found === undefined) throw notFound(type, name);
  const old = await readRecord(type, found);
  if (options.isAdmitted !== true) {
    const attributes = {
      ...admissionAttributes(operation, {
        operation: 'DELETE',
        // The deletion of a collection names no object.
        name: operation.info.name,
        object: undefined,
        old,
        dryRun: options.dryRun,
        options: reviewedOptions(operation, old, options),
      }),
      ...(type.storageKey === 'namespaces' ? {} : { namespace }),
    };
    await services.admission.admit(attributes);
    await services.admission.validate(attributes);
  }
  const { deletionWarning } = type.strategy;
  if (deletionWarning !== undefined && options.propagationPolicy === undefined) {
    operation.warnings.push(deletionWarning);
  }
  for (;;) {
    // Admission may have waited: what counts is what is stored now.
    const record = store.find(type.storageKey, namespace, name);
    if (record === undefined) throw notFound(type, name);
    const result = await deleteRecord(operation, record, options);
    if (result !== 'overtaken') return result;
  }
}

/** Deletes this version of an object, unless another has taken its place meanwhile. */
async function deleteRecord(
  operation: Operation,
  record: StoredRecord,
  options: DeleteOptions,
): Promise<DeletionResult | 'overtaken'> {
  const { services, type } = operation;
  const { store } = services;
  const { namespace, name } = record;
  const isOvertaken = () => store.find(type.storageKey, namespace, name) !== record;
  checkPreconditions(operation, record, options);
  const old = await readRecord(type, record);
  const object = structuredClone(old);
  // Stored objects have metadata.
  const metadata = object['metadata'] as JsonObject;
  const before = JSON.stringify(object);
  const finalizers = finalizersFor(
    (metadata['finalizers'] ?? []) as string[],
    options.propagationPolicy,
    type.strategy.defaultPropagation ?? 'background',
  );
  setOrDelete(metadata, 'finalizers', finalizers.length === 0 ? undefined : finalizers);
  const graceSeconds = gracePeriod(operation, object, options);
  if (metadata['deletionTimestamp'] === undefined) {
    if (
      graceSeconds > 0 ||
      finalizers.length > 0 ||
      type.strategy.holdsDeleted?.(object) === true
    ) {
      mark(operation, metadata, graceSeconds);
    }
  } else {
    shortenGrace(operation, metadata, graceSeconds);
  }
  const isHeld =
    finalizers.length > 0 ||
    Number(metadata['deletionGracePeriodSeconds'] ?? 0) > 0 ||
    type.strategy.holdsDeleted?.(object) === true;
  if (isHeld) {
    type.strategy.prepareForDeletion?.(object);
    if (options.dryRun) {
      const answer = await fromStoredVersion(type, await toStoredVersion(type, object));
      return { kind: 'pending', object: answer, record: undefined };
    }
    if (JSON.stringify(object) === before) return { kind: 'pending', object, record };
    const next = await toStoredVersion(type, object);
    if (isOvertaken()) return 'overtaken';
    const stored = store.put(type.storageKey, next);
    return { kind: 'pending', object: await readRecord(type, stored), record: stored };
  }
  if (!options.dryRun) {
    const last = await toStoredVersion(type, object);
    if (isOvertaken()) return 'overtaken';
    store.delete(type.storageKey, namespace, name, last);
    type.strategy.afterDelete?.(old);
  }
  return { kind: 'removed', object };
}

/** As {@link deleteObject}, for the object that the URL names. */
export function deleteRequested(
  operation: Operation,
  options: DeleteOptions,
): Promise<DeletionResult> {
  return deleteObject(operation, operation.info.name, namespaceOf(operation), options);
}
