import {
  applyJsonPatch,
  deepEqual,
  PatchError,
  StatusError,
  type JsonPatchOperation,
} from '@kubewright/apimachinery';
import type { JsonObject, ResourceType } from '../../contracts.ts';
import { isJsonObject } from '../../schema/json-type.ts';
import { internalError } from '../../status.ts';
import { convertVersion } from '../../storage/version-reader.ts';
import { hookFailure, type Invocation } from './hook-dispatcher.ts';
import { describePatchFailure } from './patch-refusal.ts';

/**
 * Applies the patch that a webhook has answered to the object of the request, in place.
 *
 * @param patch base64
 * @returns whether the object is another now
 * @throws StatusError 500 when the patch does not apply, or does not leave an object of the kind
 */
export async function applyResponse(invocation: Invocation, patch: string): Promise<boolean> {
  const { hook, subject } = invocation;
  const { attributes, type } = subject;
  if (patch === '') return false;
  const operations = readPatch(invocation, patch);
  if (operations.length === 0) return false;
  const { object } = attributes;
  if (object === undefined || subject.object === undefined) {
    throw internalError(
      `admission webhook ${JSON.stringify(hook.name)} attempted to modify the object, which is not supported for this operation`,
    );
  }
  const patched = patchedObject(subject.object, operations);
  for (const member of ['apiVersion', 'kind']) {
    if (patched[member] !== subject.object[member]) {
      throw internalError(
        `admission webhook ${JSON.stringify(hook.name)} attempted to change the ${member} of the object`,
      );
    }
  }
  let result = patched;
  if (attributes.kind === undefined) {
    decode(type, patched);
    if (type !== attributes.type) result = await convertVersion(type, attributes.type, patched);
  }
  if (deepEqual(result, object)) return false;
  for (const member of Object.keys(object)) Reflect.deleteProperty(object, member);
  Object.assign(object, result);
  return true;
}

function readPatch({ hook }: Invocation, patch: string): readonly JsonPatchOperation[] {
  const text = Buffer.from(patch, 'base64').toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = text;
  }
  // The operations are checked one by one as they are applied.
  if (Array.isArray(value)) return value as JsonPatchOperation[];
  const type = isJsonObject(value) ? 'object' : typeof value;
  throw hookFailure(
    hook,
    `received undecodable patch in webhook response: json: cannot unmarshal ${type} into Go value of type jsonpatch.Patch`,
  );
}

function patchedObject(object: JsonObject, operations: readonly JsonPatchOperation[]): JsonObject {
  let patched: unknown;
  try {
    // The object is JSON: it comes from a request and has been decoded.
    patched = applyJsonPatch(object, operations, { dialect: 'api-server' });
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    throw internalError(describePatchFailure(object, operations, error));
  }
  if (isJsonObject(patched)) return patched;
  throw internalError("couldn't get version/kind; json parse error: the object is gone");
}

/** Makes it an object of the kind again: unknown fields go, defaults come. */
function decode(type: ResourceType, object: JsonObject): void {
  try {
    type.schema.decode(object);
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 400) throw error;
    throw internalError(error.message.replace(/^.*? cannot be handled as a [^:]*: /, ''));
  }
  // Decoding leaves an object or nothing.
  object['metadata'] ??= {};
  type.schema.applyDefaults(object);
  type.strategy.applyDefaults?.(object);
}
