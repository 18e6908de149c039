import {
  applyJsonPatch,
  PatchError,
  type JsonPatchOperation,
  type JsonValue,
} from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';

/** Why the patch of a webhook does not apply, as the real server's patch library says it. */
export function describePatchFailure(
  object: JsonObject,
  operations: readonly JsonPatchOperation[],
  error: PatchError,
): string {
  // The object is JSON.
  let document = object as JsonValue;
  for (const operation of operations) {
    try {
      // What a JSON patch makes of JSON is JSON.
      document = applyJsonPatch(document, [operation], { dialect: 'api-server' }) as JsonValue;
    } catch (failure) {
      return failure instanceof PatchError ? describe(operation, failure) : error.message;
    }
  }
  return error.message;
}

function describe(operation: JsonPatchOperation, error: PatchError): string {
  const { op, path, from = '' } = operation as { op: string; path: string; from?: string };
  switch (error.code) {
    case 'TEST_FAILED':
      return `testing value ${path} failed: test failed`;
    case 'PATH_NOT_FOUND':
      switch (op) {
        case 'add':
          return `add operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`;
        case 'remove':
          return `error in remove for path: '${path}': Unable to remove nonexistent key: ${path.slice(path.lastIndexOf('/') + 1)}: missing value`;
        case 'replace':
          return `replace operation does not apply: doc is missing key: ${path}: missing value`;
        default:
          return `${op} operation does not apply: doc is missing from path: ${from}: missing value`;
      }
    case 'INVALID_PATCH':
    case 'PATCH_TOO_LARGE':
      return error.message.includes('unknown op') ? `Unexpected kind: ${op}` : error.message;
  }
}
