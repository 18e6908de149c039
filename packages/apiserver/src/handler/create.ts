import type { JsonObject, ServerResponse } from '../contracts.ts';
import type { AdmissionAttributes } from '../admission/chain.ts';
import { recordCreation } from '../apply/track-managers.ts';
import {
  dedupeOwners,
  fillGeneratedName,
  fillNamespace,
  fillNewMetadata,
} from '../metadata/system-metadata.ts';
import { validateMetadata } from '../metadata/validate-metadata.ts';
import { alreadyExists, invalidError, unclassifiedError } from '../status.ts';
import { encodeAnswer } from './answer.ts';
import { authorize } from './authorize.ts';
import { decodeObjectBody } from './decode-object.ts';
import { answerRecord } from './get.ts';
import { present } from './presentation.ts';
import { namespaceOf, type Operation } from './services.ts';
import {
  admissionAttributes,
  strategyContext,
  WriteEffects,
  writeOptionsOf,
} from './strategy-context.ts';
import { fromStoredVersion, toStoredVersion } from '../storage/version-reader.ts';
import { checkStoredSize } from '../storage/stored-size.ts';
import { parseWriteOptions, type WriteOptions } from './write-options.ts';

const DUPLICATE_OWNERS_WARNING =
  '.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests';

/** How often a generated name that is taken is made anew. */
const NAME_ATTEMPTS = 8;

/** Warns about owner references given twice, and drops them. */
export function dedupeOwnersWithWarning(operation: Operation, object: JsonObject): void {
  const dropped = dedupeOwners(object);
  if (dropped.length === 0) return;
  const observed = `duplicate UID(s) observed: ${dropped.join(', ')}`;
  operation.warnings.push(`${DUPLICATE_OWNERS_WARNING}; ${observed}`);
}

/**
 * Takes a decoded new object through naming, admission and validation into the store.
 *
 * @param track sets `managedFields`; runs before admission, so that what admission adds belongs to nobody
 * @returns the stored record, or the object of a dry run
 */
export async function createObject(
  operation: Operation,
  object: JsonObject,
  options: Pick<WriteOptions, 'dryRun'>,
  track: (object: JsonObject) => void,
): Promise<ServerResponse> {
  const { services, type } = operation;
  const { strategy } = type;
  const { store, clock } = services;
  using effects = new WriteEffects();
  const context = strategyContext(operation, options.dryRun, effects);
  fillNamespace(type, object, namespaceOf(operation));
  dedupeOwnersWithWarning(operation, object);
  track(object);
  const attributes = () =>
    admissionAttributes(operation, {
      operation: 'CREATE',
      // Decoding has made metadata an object.
      name: String((object['metadata'] as JsonObject)['name'] ?? ''),
      object,
      old: undefined,
      dryRun: options.dryRun,
      options: writeOptionsOf(operation, 'CreateOptions'),
    });
  await services.admission.admit(attributes());
  // Admission may have put other metadata in its place.
  fillNamespace(type, object, namespaceOf(operation));
  const metadata = object['metadata'] as JsonObject;
  const isGenerated = (metadata['name'] ?? '') === '' && (metadata['generateName'] ?? '') !== '';
  fillGeneratedName(object);
  dedupeOwners(object);
  const resourceVersion: unknown = metadata['resourceVersion'];
  fillNewMetadata(object, clock);
  strategy.prepareForCreate?.(object, context);
  if (strategy.hasGeneration) metadata['generation'] = 1;
  const own = [...(strategy.validate?.(object) ?? []), ...type.schema.validate(object, undefined)];
  const errors =
    strategy.checksMetadataLast === true && own.length > 0
      ? own
      : [...validateMetadata(type, object), ...own];
  const name = String(metadata['name'] ?? '');
  if (errors.length > 0) {
    const kind = { group: strategy.refusalGroup ?? type.group, kind: type.kind };
    throw invalidError(kind, name, errors);
  }
  services.access.checkEscalation(operation.user, type, object, undefined);
  // An apply or a replacement that creates: it was allowed as what it says it is. As on the real server the question carries
  // the name, which that of a POST does not.
  if (operation.info.verb !== 'create') {
    authorize(services.access, operation.info, operation.user, 'create');
  }
  await services.admission.validate(attributes());
  if (resourceVersion !== undefined && resourceVersion !== '') {
    throw unclassifiedError('resourceVersion should not be set on objects to be created');
  }
  for (const warning of strategy.warnings?.(object, undefined) ?? [])
    operation.warnings.push(warning);

  let stored: JsonObject;
  for (let attempt = 1; ; attempt += 1) {
    stored = await toStoredVersion(type, object);
    const taken = store.find(type.storageKey, namespaceOf(operation), String(metadata['name']));
    if (taken === undefined) break;
    if (!isGenerated || attempt === NAME_ATTEMPTS) {
      // Stored objects have metadata.
      const { deletionTimestamp } = taken.object['metadata'] as JsonObject;
      throw alreadyExists(type, name, deletionTimestamp !== undefined);
    }
    delete metadata['name'];
    fillGeneratedName(object);
  }
  if (options.dryRun) {
    delete metadata['resourceVersion'];
    // What converters make of it is part of the answer.
    const answer = await fromStoredVersion(type, stored);
    return answerUnstored(operation, answer, 201);
  }
  checkStoredSize(stored, operation.request.body.byteLength);
  services.admission.commit(attributes());
  effects.commit();
  const record = store.put(type.storageKey, stored);
  return await answerRecord(operation, record, 201);
}

/**
 * Takes what is created through a subresource or is never stored (a binding, a review) through admission.
 *
 * @param subject.kind of the object, when it is not that of the type
 */
export async function admitSubject(
  operation: Operation,
  subject: Pick<AdmissionAttributes, 'kind' | 'dryRun'> & { readonly object: JsonObject },
): Promise<void> {
  const { admission } = operation.services;
  const attributes = () =>
    admissionAttributes(operation, {
      ...subject,
      operation: 'CREATE',
      name: operation.info.name,
      old: undefined,
      options: writeOptionsOf(operation, 'CreateOptions'),
    });
  await admission.admit(attributes());
  await admission.validate(attributes());
}

/** POST to a collection. */
export async function create(operation: Operation): Promise<ServerResponse> {
  const { request, type, info, user, services } = operation;
  const options = parseWriteOptions(request.query, 'CreateOptions', request.headers['user-agent']);
  const object = decodeObjectBody(operation, options.fieldValidation);
  if (type.virtual !== undefined) {
    await admitSubject(operation, { object, dryRun: options.dryRun });
    const answer = await type.virtual.create(object, {
      user,
      namespace: info.namespace === '' ? undefined : info.namespace,
    });
    return encodeAnswer(201, answer, request, operation.format);
  }
  return createObject(operation, object, options, (decoded) =>
    recordCreation({
      type,
      object: decoded,
      manager: options.manager,
      subresource: '',
      nowMs: services.clock.now(),
    }),
  );
}

/** An object of the request's version as it would be answered, without having been stored. */
export function answerUnstored(
  operation: Operation,
  object: JsonObject,
  status = 200,
): ServerResponse {
  return encodeAnswer(status, present(operation, object), operation.request, operation.format);
}
