import { applyFields, type ApplyConflict } from '../apply/apply-configuration.ts';
import type { JsonObject, ServerResponse } from '../contracts.ts';
import { badRequest, failure } from '../status.ts';
import { answerUnstored, createObject } from './create.ts';
import { apiVersionOfKind, applyDefaults, metadataOf } from './decode-object.ts';
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
  const byOwner = new Map<string, string[]>();
  for (const { text, field } of described) byOwner.set(text, [...(byOwner.get(text) ?? []), field]);
  const [first] = described;
  const summary =
    described.length === 1 && first !== undefined
      ? `Apply failed with 1 conflict: ${first.text}: ${first.field}`
      : `Apply failed with ${described.length} conflicts: ${[...byOwner]
          .map(([text, fields]) => `${text}:\n${fields.map((field) => `- ${field}`).join('\n')}`)
          .join('\n')}`;
  return failure(409, 'Conflict', summary, {
    causes: described.map(({ text, field }) => ({
      reason: 'FieldManagerConflict',
      message: text,
      field,
    })),
  });
}

/** Reads and checks the configuration, as a fresh object at each call. */
function configurationOf(operation: Operation, options: WriteOptions): () => JsonObject {
  const { type, request, info } = operation;
  const { object, duplicateFields } = parseApplyBody(request.body);
  const apiVersion = String(object['apiVersion'] ?? '');
  const kind = String(object['kind'] ?? '');
  if (apiVersion !== apiVersionOfKind(type) || kind !== type.kind) {
    const slash = apiVersion.indexOf('/');
    const group = slash < 0 ? '' : apiVersion.slice(0, slash);
    throw badRequest(`invalid object type: ${group}/${apiVersion.slice(slash + 1)}, Kind=${kind}`);
  }
  const name = (object['metadata'] as JsonObject | undefined)?.['name'] as unknown;
  if (name !== undefined && name !== '' && name !== info.name) {
    throw badRequest(
      `the name of the object (${JSON.stringify(name).replace(/^"|"$/g, '')}) does not match the name on the URL (${info.name})`,
    );
  }
  const managedFields = (object['metadata'] as JsonObject | undefined)?.[
    'managedFields'
  ] as unknown;
  if (managedFields !== undefined && managedFields !== null) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const { unknownFields } = type.schema.decode(object);
  if (type.origin === 'builtin' && unknownFields.length > 0) {
    const [unknownField = ''] = unknownFields;
    const path = /"(.*)"/.exec(unknownField)?.[1] ?? unknownField;
    throw failure(
      500,
      'InternalError',
      `failed to create typed patch object (${info.namespace}/${info.name}; ${apiVersion}, Kind=${kind}): .${path}: field not declared in schema`,
    );
  }
  const problems = [...duplicateFields, ...unknownFields];
  if (options.fieldValidation === 'Warn') operation.warnings.push(...problems);
  if (options.fieldValidation === 'Strict' && problems.length > 0) {
    throw badRequest(`error decoding YAML: strict decoding error: ${problems.join(', ')}`);
  }
  metadataOf(object)['name'] = info.name;
  return () => structuredClone(object);
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
  const configuration = configurationOf(operation, options);
  const { subresource } = info;
  const merged = (live: JsonObject): JsonObject => {
    const outcome = applyFields({
      type,
      live,
      configuration: configuration(),
      manager: options.manager,
      subresource,
      force: options.force,
      nowMs: services.clock.now(),
    });
    if (outcome.kind === 'conflict') throw conflictError(outcome.conflicts);
    applyDefaults(type, outcome.object);
    return outcome.object;
  };
  const exists =
    services.store.find(type.storageKey, namespaceOf(operation), info.name) !== undefined;
  // Ownership is settled by the merge.
  const track = () => undefined;
  if (!exists && subresource === '') {
    return createObject(operation, merged({ metadata: {} }), options, track);
  }
  const result = await replaceObject(operation, {
    subresource,
    dryRun: options.dryRun,
    isPut: false,
    propose: (current) => {
      const object = merged(current);
      // What the decoder drops (emptied maps) must not count as a change.
      type.schema.decode(object);
      return object;
    },
    track,
  });
  return result.record === undefined
    ? answerUnstored(operation, result.object)
    : answerRecord(operation, result.record, 200);
}
