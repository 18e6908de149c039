import type { FieldValidation, JsonObject, ResourceType } from '../contracts.ts';
import { invalid } from '../field-error.ts';
import { badRequest, invalidError } from '../status.ts';
import { parseObjectBody, quoteForError } from './body.ts';
import { contentTypeOf } from './media-type.ts';
import type { Operation } from './services.ts';

/** What the decoder must know of a kind; a subresource may carry another kind than its parent. */
export interface BodyKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly origin: ResourceType['origin'];
}

/** `v1` or `group/version`. */
export function apiVersionOfKind(kind: Pick<BodyKind, 'group' | 'version'>): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** Where the real server keeps the internal form of a group's kinds; part of its message for a wrong kind. */
function internalPackage(group: string): string {
  return group === '' ? 'core' : (group.split('.')[0] ?? group);
}

/**
 * Fills in `kind` and `apiVersion` where the body has none, refuses others than the URL's.
 *
 * @throws StatusError 400
 */
export function checkKind(operation: Operation, object: JsonObject, expected: BodyKind): void {
  const apiVersion = apiVersionOfKind(expected);
  const hasKind = object['kind'] !== undefined && object['kind'] !== '';
  const hasVersion = object['apiVersion'] !== undefined && object['apiVersion'] !== '';
  const isCustom = expected.origin === 'custom';
  if (isCustom && (!hasKind || !hasVersion)) {
    const missing = hasKind ? 'apiVersion' : 'Kind';
    const text = new TextDecoder().decode(operation.request.body);
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): Object '${missing}' is missing in '${text}' (${quoteForError(operation.request.body)})`,
    );
  }
  const kind = hasKind ? String(object['kind']) : expected.kind;
  const version = hasVersion ? String(object['apiVersion']) : apiVersion;
  if (kind !== expected.kind || version !== apiVersion) {
    const slash = version.indexOf('/');
    const group = slash < 0 ? '' : version.slice(0, slash);
    const shortVersion = version.slice(slash + 1);
    if (isCustom && version === apiVersion) {
      const name = String((object['metadata'] as JsonObject | undefined)?.['name'] ?? '');
      throw invalidError({ group, kind }, name, [
        invalid('kind', kind, `must be ${expected.kind}`),
      ]);
    }
    if (isCustom) {
      throw badRequest(
        `the API version in the data (${version}) does not match the expected API version (${apiVersion})`,
      );
    }
    const isRegistered =
      operation.services.registry.findKind(group, shortVersion, kind) !== undefined;
    const detail = isRegistered
      ? `converting (${shortVersion}.${kind}) to (${internalPackage(expected.group)}.${expected.kind}): unknown conversion`
      : `no kind "${kind}" is registered for version "${version}" in scheme "pkg/runtime/scheme.go:111"`;
    throw badRequest(
      `${kind} in version "${shortVersion}" cannot be handled as a ${expected.kind}: ${detail}`,
    );
  }
  object['kind'] = kind;
  object['apiVersion'] = version;
}

/**
 * Applies `fieldValidation` to what strict decoding would refuse.
 *
 * @param refuse makes the error for `Strict`
 */
export function reportStrictErrors(
  operation: Operation,
  validation: FieldValidation,
  problems: readonly string[],
  refuse: (detail: string) => Error,
): void {
  if (problems.length === 0) return;
  switch (validation) {
    case 'Ignore':
      return;
    case 'Warn':
      operation.warnings.push(...problems);
      return;
    case 'Strict':
      throw refuse(`strict decoding error: ${problems.join(', ')}`);
    default:
      validation satisfies never;
  }
}

/** Makes sure that `metadata` is an object: an absent one is empty. */
export function metadataOf(object: JsonObject): JsonObject {
  // Decoding has refused other types; absent and null count as empty.
  const metadata = (object['metadata'] ?? {}) as JsonObject;
  object['metadata'] = metadata;
  return metadata;
}

/**
 * The body of a create or update as an object of the request's kind: parsed, of the right kind, unknown fields gone,
 * defaults filled.
 *
 * @throws StatusError 400, 413 or 415
 */
export function decodeObjectBody(operation: Operation, validation: FieldValidation): JsonObject {
  const { request, type } = operation;
  const { object, duplicateFields } = parseObjectBody(
    request.body,
    contentTypeOf(request.headers),
    type.kind,
  );
  checkKind(operation, object, type);
  const { unknownFields } = type.schema.decode(object);
  const refuse = (detail: string) =>
    badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${detail}`,
    );
  reportStrictErrors(operation, validation, [...duplicateFields, ...unknownFields], refuse);
  metadataOf(object);
  applyDefaults(type, object);
  return object;
}

/** Fills the defaults of the schema and of the strategy. */
export function applyDefaults(type: ResourceType, object: JsonObject): void {
  type.schema.applyDefaults(object);
  type.strategy.applyDefaults?.(object);
}
