import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  isJsonObject,
  PatchError,
  type JsonPatchOperation,
} from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { invalid } from '../field-error.ts';
import { badRequest, failure, invalidError } from '../status.ts';
import { parseJson, parseYamlBody, type ParsedBody } from './body.ts';
import { patchSchemaOf } from './patch-schema.ts';
import type { Operation } from './services.ts';

/** A value as Go prints it, the way error messages quote a strategic merge patch. */
function goMapText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goMapText).join(' ')}]`;
  if (isJsonObject(value)) {
    const members = Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, member]) => `${key}:${goMapText(member)}`);
    return `map[${members.join(' ')}]`;
  }
  if (value === null) return '<nil>';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A patch of one of the three kinds that change an object from what it is. */
export interface ObjectPatch {
  readonly duplicateFields: readonly string[];
  /** The patch as an error quotes it. */
  readonly quoted: (patched: JsonObject) => string;
  /** @throws StatusError when it cannot be applied */
  apply(current: JsonObject): JsonObject;
}

/** Most operations in one JSON patch, as in the real server. */
const MAX_JSON_PATCH_OPERATIONS = 10_000;

function goTypeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function parsePatch(body: Uint8Array, isYaml = false): ParsedBody {
  const text = new TextDecoder().decode(body);
  try {
    return isYaml ? parseYamlBody(text) : parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest(
      isYaml
        ? `error decoding YAML: error converting YAML to JSON: ${error.message}`
        : `error decoding patch: ${error.message}`,
    );
  }
}

/** What the real server answers when a JSON patch does not fit the object. */
function rejected(cause: unknown): Error {
  const error = failure(
    422,
    'Invalid',
    'the server rejected our request due to an error in our request',
    {},
  );
  error.cause = cause;
  return error;
}

function patchedObject(value: unknown, cause?: unknown): JsonObject {
  if (!isJsonObject(value)) throw rejected(cause);
  return value;
}

function sortedKeys(_key: string, value: unknown): unknown {
  return isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
    : value;
}

/** The patched object as messages quote it: custom resources are maps there, sorted by key. */
function quoteObject({ type }: Operation, patched: JsonObject): string {
  return JSON.stringify(patched, type.origin === 'custom' ? sortedKeys : undefined);
}

function jsonPatch(operation: Operation, body: Uint8Array): ObjectPatch {
  const { value, duplicateFields } = parsePatch(body);
  if (!Array.isArray(value)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goTypeName(value)} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  if (value.length > MAX_JSON_PATCH_OPERATIONS) {
    throw failure(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${MAX_JSON_PATCH_OPERATIONS}, got ${value.length}`,
    );
  }
  return {
    duplicateFields,
    quoted: (patched) => quoteObject(operation, patched),
    apply(current) {
      try {
        // The operations are checked one by one as they are applied.
        return patchedObject(
          applyJsonPatch(current, value as JsonPatchOperation[], { dialect: 'api-server' }),
        );
      } catch (error) {
        if (error instanceof PatchError) throw rejected(error);
        throw error;
      }
    },
  };
}

function parseMap(body: Uint8Array): {
  readonly patch: JsonObject;
  readonly duplicateFields: readonly string[];
} {
  const { value, duplicateFields } = parsePatch(body);
  if (!isJsonObject(value)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goTypeName(value)} into Go value of type map[string]interface {}`,
    );
  }
  return { patch: value, duplicateFields };
}

function mergePatch(operation: Operation, body: Uint8Array): ObjectPatch {
  const { patch, duplicateFields } = parseMap(body);
  return {
    duplicateFields,
    quoted: (patched) => quoteObject(operation, patched),
    apply(current) {
      try {
        return patchedObject(applyMergePatch(current, patch));
      } catch (error) {
        if (error instanceof PatchError) throw badRequest(error.message);
        throw error;
      }
    },
  };
}

function strategicPatch(operation: Operation, body: Uint8Array): ObjectPatch {
  const { type } = operation;
  const { patch, duplicateFields } = parseMap(body);
  return {
    duplicateFields,
    quoted: () => goMapText(patch),
    apply(current) {
      try {
        const schema = patchSchemaOf(type.schema.root, type.kind);
        // Both were parsed from JSON.
        return patchedObject(applyStrategicMergePatch(current, patch, schema));
      } catch (error) {
        if (error instanceof PatchError) throw badRequest(error.message);
        throw error;
      }
    },
  };
}

/** 415 for a patch type that the resource does not take. */
export function unsupportedPatch(): Error {
  return failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}

/** 415 for a patch type that a custom resource, or its scale, does not take: it has no Go structures to merge by. */
export function unsupportedCustomPatch(): Error {
  return failure(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  );
}

/** The body as a patch, by its content type. @throws StatusError 400, 413, 415 or 422 */
export function parsePatchBody(operation: Operation, contentType: string): ObjectPatch {
  const { body } = operation.request;
  switch (contentType) {
    case 'application/json-patch+json':
      return jsonPatch(operation, body);
    case 'application/merge-patch+json':
      return mergePatch(operation, body);
    case 'application/strategic-merge-patch+json':
      if (operation.type.origin === 'custom') throw unsupportedCustomPatch();
      return strategicPatch(operation, body);
    default:
      throw operation.type.origin === 'custom' ? unsupportedCustomPatch() : unsupportedPatch();
  }
}

/** The body of a server-side apply: one object, in YAML or JSON. @throws StatusError 400 */
export function parseApplyBody(body: Uint8Array): {
  readonly object: JsonObject;
  readonly duplicateFields: readonly string[];
} {
  const text = new TextDecoder().decode(body);
  const looksLikeJson = text.trimStart().startsWith('{');
  let parsed: ParsedBody;
  try {
    parsed = looksLikeJson ? parseJson(text) : parsePatch(body, true);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Flow mappings of YAML begin like JSON.
    parsed = parsePatch(body, true);
  }
  if (!isJsonObject(parsed.value)) {
    throw badRequest(
      `error decoding YAML: json: cannot unmarshal ${goTypeName(parsed.value)} into Go value of type map[string]interface {}`,
    );
  }
  return { object: parsed.value, duplicateFields: parsed.duplicateFields };
}

/** The 422 of a patch whose result is no object of the kind. */
export function invalidPatchResult(quoted: string, detail: string): Error {
  return invalidError({ group: '', kind: '' }, '', [invalid('patch', quoted, detail)]);
}
