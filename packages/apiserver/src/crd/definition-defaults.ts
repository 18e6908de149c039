import type { JsonObject } from '../contracts.ts';
import { isJsonObject } from '../schema/json-type.ts';
import { objectIn } from './definition-view.ts';

const HTTPS_PORT = 443;

/** Removes what equals an absent value: `nullable: false` and its kind, and `default: null`. */
function dropEmpty(schema: unknown): void {
  if (!isJsonObject(schema)) return;
  if (schema['default'] === null) Reflect.deleteProperty(schema, 'default');
  for (const group of ['properties'] as const) {
    const members: unknown = schema[group];
    if (isJsonObject(members)) Object.values(members).forEach(dropEmpty);
  }
  dropEmpty(schema['items']);
  dropEmpty(schema['additionalProperties']);
}

/** Fills what the API server fills in a definition: singular and list kind, conversion, the webhook's port. */
export function fillDefinitionDefaults(object: JsonObject): void {
  const spec = objectIn(object, 'spec');
  if (spec === undefined) return;
  const names = objectIn(spec, 'names');
  const kind: unknown = names?.['kind'];
  if (names !== undefined && typeof kind === 'string' && kind !== '') {
    if ((names['singular'] ?? '') === '') names['singular'] = kind.toLowerCase();
    if ((names['listKind'] ?? '') === '') names['listKind'] = `${kind}List`;
  }
  if (spec['conversion'] === undefined) spec['conversion'] = { strategy: 'None' };
  const service = objectIn(
    objectIn(objectIn(objectIn(spec, 'conversion'), 'webhook'), 'clientConfig'),
    'service',
  );
  if (service !== undefined && service['port'] === undefined) service['port'] = HTTPS_PORT;
  if (spec['preserveUnknownFields'] === false) {
    Reflect.deleteProperty(spec, 'preserveUnknownFields');
  }
  const versions: unknown = spec['versions'];
  for (const version of Array.isArray(versions) ? versions : []) {
    dropEmpty(objectIn(objectIn(version, 'schema'), 'openAPIV3Schema'));
  }
}
