import { StatusError } from '@kubewright/apimachinery';
import { recordUpdate } from '../apply/track-managers.ts';
import type { JsonObject, ServerResponse } from '../contracts.ts';
import { applyConfiguration } from './apply.ts';
import { answerUnstored } from './create.ts';
import { applyDefaults, checkKind, metadataOf, reportStrictErrors } from './decode-object.ts';
import { answerRecord } from './get.ts';
import { contentTypeOf } from './media-type.ts';
import { invalidPatchResult, parsePatchBody, type ObjectPatch } from './patch-body.ts';
import { replaceObject } from './replace-object.ts';
import type { Operation } from './services.ts';
import { parseWriteOptions, type WriteOptions } from './write-options.ts';

/** The media types of a server-side apply. */
export const APPLY_TYPES: ReadonlySet<string> = new Set([
  'application/apply-patch+yaml',
  'application/apply-patch+cbor',
]);

function withoutPrefix(message: string): string {
  return message.replace(/^.*? cannot be handled as a [^:]*: /, '');
}

/** Decodes what a patch has made of an object; what does not fit the kind is the patch's fault: 422. */
export function decodePatched(
  operation: Operation,
  patch: Pick<ObjectPatch, 'quoted' | 'duplicateFields'>,
  patched: JsonObject,
  options: Pick<WriteOptions, 'fieldValidation'>,
): JsonObject {
  const { type } = operation;
  const quoted = patch.quoted(patched);
  let unknownFields: readonly string[];
  try {
    checkKind(operation, patched, type);
    ({ unknownFields } = type.schema.decode(patched));
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 400) throw error;
    throw invalidPatchResult(quoted, withoutPrefix(error.message));
  }
  reportStrictErrors(
    operation,
    options.fieldValidation,
    [...patch.duplicateFields, ...unknownFields],
    (detail) => invalidPatchResult(quoted, detail),
  );
  metadataOf(patched);
  applyDefaults(type, patched);
  return patched;
}

/** PATCH of an object or of its status. */
export async function patch(operation: Operation): Promise<ServerResponse> {
  const { request, type, services, info } = operation;
  const contentType = contentTypeOf(request.headers);
  if (APPLY_TYPES.has(contentType)) return applyConfiguration(operation);
  const options = parseWriteOptions(request.query, 'PatchOptions', request.headers['user-agent']);
  const body = parsePatchBody(operation, contentType);
  const { subresource } = info;
  const result = await replaceObject(operation, {
    subresource,
    dryRun: options.dryRun,
    isPut: false,
    propose: (current) => decodePatched(operation, body, body.apply(current), options),
    track: (object, live) =>
      recordUpdate({
        type,
        registry: services.registry,
        object,
        live,
        manager: options.manager,
        subresource,
        nowMs: services.clock.now(),
      }),
  });
  return result.record === undefined
    ? answerUnstored(operation, result.object)
    : answerRecord(operation, result.record, 200);
}
