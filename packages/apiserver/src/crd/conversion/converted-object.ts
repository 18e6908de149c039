import { validateLabelKey, validateLabelValue } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { fieldErrorText, invalid, type FieldError } from '../../field-error.ts';
import { isJsonObject } from '../../schema/json-type.ts';
import { WebhookError } from '../../webhooks/webhook-error.ts';
import { objectIn } from '../definition-view.ts';

/** What an object was before its conversion, and what it has to be now. */
export interface ConversionSource {
  readonly original: JsonObject;
  readonly apiVersion: string;
  /** How messages begin: `conversion webhook for <group>/<version>, Kind=<kind>`. */
  readonly subject: string;
}

/**
 * The object that a webhook has made, with the metadata of the original: only labels and annotations are the webhook's.
 *
 * @throws WebhookError when it is another object, or its labels and annotations are none
 */
export function acceptConverted(converted: unknown, source: ConversionSource): JsonObject {
  const { original, apiVersion, subject } = source;
  if (!isJsonObject(converted)) {
    throw new WebhookError(
      `json: cannot unmarshal ${jsonTypeOf(converted)} into Go value of type map[string]interface {}`,
    );
  }
  const { kind = '', apiVersion: received = '' } = converted as Record<string, unknown>;
  if (kind === '') {
    throw new WebhookError(`Object 'Kind' is missing in '${JSON.stringify(converted)}'`);
  }
  if (received !== apiVersion) {
    throw new WebhookError(
      `${subject} returned invalid object at index 0: invalid groupVersion (expected ${apiVersion}, received ${String(received)})`,
    );
  }
  if (kind !== original['kind']) {
    throw new WebhookError(
      `${subject} returned invalid object at index 0: invalid kind (expected ${String(original['kind'])}, received ${String(kind)})`,
    );
  }
  const metadata = objectIn(original, 'metadata') ?? {};
  const changed = objectIn(converted, 'metadata') ?? {};
  for (const [member, name] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    const [before, after] = [String(metadata[member] ?? ''), String(changed[member] ?? '')];
    if (before !== after) {
      throw new WebhookError(
        `${subject} returned invalid object: must have the same ${name}: ${before} != ${after}`,
      );
    }
  }
  return { ...converted, metadata: restored(metadata, changed, subject) };
}

function restored(original: JsonObject, changed: JsonObject, subject: string): JsonObject {
  const { labels: _labels, annotations: _annotations, ...rest } = original;
  const labels = textMap(changed['labels'], 'labels', subject);
  const annotations = textMap(changed['annotations'], 'annotations', subject);
  const [error] = [
    ...Object.entries(labels ?? {}).flatMap(([key, value]) => [
      ...validateLabelKey(key).map((text) => invalid('metadata.labels', key, text)),
      ...validateLabelValue(value).map((text) => invalid('metadata.labels', value, text)),
    ]),
    ...Object.keys(annotations ?? {}).flatMap((key): FieldError[] =>
      validateLabelKey(key.toLowerCase()).map((text) => invalid('metadata.annotation', key, text)),
    ),
  ];
  if (error !== undefined) {
    throw new WebhookError(`${subject} returned invalid metadata: ${fieldErrorText(error)}`);
  }
  return {
    ...rest,
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function textMap(
  value: unknown,
  member: string,
  subject: string,
): Record<string, string> | undefined {
  if (value === undefined || value === null) return undefined;
  const refuse = (place: string, wanted: string, found: unknown) =>
    new WebhookError(
      `${subject} returned invalid metadata: ${place} must be a ${wanted}, but is ${goTypeOf(found)} in converted object`,
    );
  if (!isJsonObject(value)) throw refuse(`metadata.${member}`, 'map', value);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw refuse(`metadata.${member}[${key}]`, 'string', text);
  }
  // All members were seen to be texts.
  return Object.keys(value).length === 0 ? undefined : value;
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64';
    default:
      return value === null ? '<nil>' : 'map[string]interface {}';
  }
}

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
