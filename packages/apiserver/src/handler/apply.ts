import { applyFields, type ApplyConflict } from '../apply/apply-configuration.ts';
import { checkConfiguration } from '../apply/check-configuration.ts';
import type { JsonObject, ResourceType, ServerResponse } from '../contracts.ts';
import { objectAt } from '../registry/json-read.ts';
import { isJsonObject } from '../schema/json-type.ts';
import { badRequest, failure, unclassifiedError } from '../status.ts';
import { answerUnstored, createObject } from './create.ts';
import {
  apiVersionOfKind,
  applyDefaults,
  metadataOf,
  reportStrictErrors,
} from './decode-object.ts';
import { answerRecord } from './get.ts';
import { parseApplyBody } from './patch-body.ts';
import { replaceObject } from './replace-object.ts';
import { namespaceOf, type Operation } from './services.ts';
import { parseWriteOptions, type WriteOptions } from './write-options.ts';

function ownerText({ owner }: ApplyConflict): string {
  const subresource =
    owner.subresource === '' ? '' : ` with subresource ${JSON.stringify(owner.subresource)}`;
  const version = owner.operation === 'Update' ? ` using ${owner.apiVersion}` : '';
  return `conflict with ${JSON.stringify(owner.manager)}${subresource}${version}`;
}

/** The 409 that names every field and who owns it. */
export function conflictError(conflicts: readonly ApplyConflict[]): Error {
  const described = conflicts.map((conflict) => ({
    text: ownerText(conflict),
    field: conflict.field,
  }));
  const byOwner = Map.groupBy(described, ({ text }) => text);
  const [first] = described;
  const summary =
    described.length === 1 && first !== undefined
      ? `Apply failed with 1 conflict: ${first.text}: ${first.field}`
      : `Apply failed with ${described.length} conflicts: ${[...byOwner]
          .map(([text, group]) => {
            const fields = group.map(({ field }) => `- ${field}`).join('\n');
            return `${text.replace(/^conflict /, 'conflicts ')}:\n${fields}`;
          })
          .join('\n')}`;
  return failure(409, 'Conflict', summary, {
    causes: described.map(({ text, field }) => ({
      reason: 'FieldManagerConflict',
      message: text,
      field,
    })),
  });
}

/** The body of an apply. */
export interface Configuration {
  /** A fresh copy at each call. */
  object(): JsonObject;
  /** The name that the body gives, which may be the empty string; undefined when it gives none. */
  readonly name: string | undefined;
  /** Whether the body has metadata at all. */
  readonly hasMetadata: boolean;
  /** As sent; the empty string when absent. */
  readonly resourceVersion: string;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** What the schema does not declare, or has another type, cannot be owned. */
function refuseUndeclared(problems: readonly string[], subject: string): void {
  const [first] = problems;
  if (first === undefined) return;
  const listed =
    problems.length === 1
      ? first
      : `errors:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
  throw unclassifiedError(`failed to create typed patch object (${subject}): ${listed}`);
}

/** @throws StatusError 400 when a configuration is of another kind */
export function checkAppliedKind(
  type: ResourceType,
  object: JsonObject,
): { readonly groupVersion: string; readonly kind: string } {
  const apiVersion = textOf(object['apiVersion']);
  const kind = textOf(object['kind']);
  const slash = apiVersion.indexOf('/');
  const groupVersion = slash < 0 ? `/${apiVersion}` : apiVersion;
  if (apiVersion !== apiVersionOfKind(type) || kind !== type.kind) {
    throw badRequest(`invalid object type: ${groupVersion}, Kind=${kind}`);
  }
  return { groupVersion, kind };
}

/** Reads the body of an apply as a configuration of the operation's kind. @throws StatusError 400 or 500 */
export function readConfiguration(operation: Operation, options: WriteOptions): Configuration {
  const { type, request } = operation;
  const { object, duplicateFields } = parseApplyBody(request.body);
  const { groupVersion, kind } = checkAppliedKind(type, object);
  const hasMetadata = 'metadata' in object;
  const sent = objectAt(object, 'metadata');
  const name = typeof sent['name'] === 'string' ? sent['name'] : undefined;
  if ((sent['managedFields'] ?? undefined) !== undefined) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const subject = `${textOf(sent['namespace'])}/${name ?? ''}; ${groupVersion}, Kind=${kind}`;
  refuseUndeclared(checkConfiguration(type.schema.root, object), subject);
  const { unknownFields } = type.schema.decode(object);
  const metadata = metadataOf(object);
  reportStrictErrors(
    operation,
    options.fieldValidation,
    [...duplicateFields, ...unknownFields],
    (detail) => badRequest(`error decoding YAML: ${detail}`),
  );
  return {
    object: () => structuredClone(object),
    name,
    hasMetadata,
    resourceVersion: textOf(metadata['resourceVersion']),
  };
}

/** @throws StatusError 400 for a body that is not about the object of the URL */
function checkName(
  { name, hasMetadata, resourceVersion }: Configuration,
  live: JsonObject,
  { info }: Operation,
  manager: string,
): void {
  const metadata = objectAt(live, 'metadata');
  const current: unknown = metadata['resourceVersion'];
  // An outdated resourceVersion is the more telling refusal, and comes later.
  if (resourceVersion !== '' && resourceVersion !== current) return;
  // What is there has its name, unless its manager gives up all metadata that it applied, and the name with it.
  const keepsName = current !== undefined && (hasMetadata || !ownsMetadata(metadata, manager));
  if (name === undefined && keepsName) return;
  if (name === undefined || name === '') {
    throw badRequest(
      `the name of the object (${info.name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (name !== info.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${info.name})`,
    );
  }
}

/** Whether a manager has applied something of the metadata. */
function ownsMetadata({ managedFields }: JsonObject, manager: string): boolean {
  if (!Array.isArray(managedFields)) return false;
  return managedFields.some(
    (entry) =>
      isJsonObject(entry) &&
      entry['manager'] === manager &&
      entry['operation'] === 'Apply' &&
      'f:metadata' in objectAt(entry, 'fieldsV1'),
  );
}

/**
 * Lays a configuration over what is there.
 *
 * @throws StatusError 409 when others own what would change, 400 when the configuration is of another object
 */
export async function mergeApplied(
  operation: Operation,
  live: JsonObject,
  configuration: Configuration,
  {
    manager,
    force,
    subresource,
  }: Pick<WriteOptions, 'manager' | 'force'> & {
    readonly subresource: string;
  },
): Promise<JsonObject> {
  const { type, services } = operation;
  const outcome = await applyFields({
    type,
    registry: services.registry,
    live,
    configuration: configuration.object(),
    manager,
    subresource,
    force,
    nowMs: services.clock.now(),
  });
  if (outcome.kind === 'conflict') throw conflictError(outcome.conflicts);
  checkName(configuration, live, operation, manager);
  // What the decoder drops (emptied maps) must not count as a change.
  type.schema.decode(outcome.object);
  applyDefaults(type, outcome.object);
  return outcome.object;
}

/** PATCH with a server-side apply configuration; creates the object when it does not exist. */
export async function applyConfiguration(operation: Operation): Promise<ServerResponse> {
  const { request, type, services, info } = operation;
  const options = parseWriteOptions(
    request.query,
    'PatchOptions',
    request.headers['user-agent'],
    true,
  );
  const configuration = readConfiguration(operation, options);
  const { subresource } = info;
  const merged = (live: JsonObject): Promise<JsonObject> =>
    mergeApplied(operation, live, configuration, { ...options, subresource });
  const exists =
    services.store.find(type.storageKey, namespaceOf(operation), info.name) !== undefined;
  // Ownership is settled by the merge.
  const track = () => undefined;
  if (!exists && subresource === '') {
    return createObject(operation, await merged({ metadata: {} }), options, track);
  }
  const result = await replaceObject(operation, {
    subresource,
    dryRun: options.dryRun,
    isPut: false,
    propose: merged,
    track,
  });
  return result.record === undefined
    ? answerUnstored(operation, result.object)
    : answerRecord(operation, result.record, 200);
}
