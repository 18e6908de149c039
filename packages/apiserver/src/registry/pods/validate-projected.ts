import type { JsonObject } from '../../contracts.ts';
import { forbidden, invalid, required, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, objectAt, textAt } from '../json-read.ts';
import { fileMode, filePath } from '../validation/path-rules.ts';
import { FIELDS_OF_FILES, validateFieldRef, validateResourceRef } from './validate-downward.ts';

/** Rules for the `items` of a ConfigMap or Secret in a volume. */
export function validateItems(path: string, source: JsonObject): FieldError[] {
  return listAt(source, 'items').flatMap((item, index) => {
    const field = `${path}.items[${index}]`;
    return [
      ...(textAt(item, 'key') === '' ? [required(`${field}.key`)] : []),
      ...(textAt(item, 'path') === '' ? [required(`${field}.path`)] : []),
      ...filePath(`${field}.path`, textAt(item, 'path')),
      ...fileMode(`${field}.mode`, numberAt(item, 'mode')),
    ];
  });
}

/** Rules for the `items` of a downward API volume. Of its files the volume is told, not the item. */
export function validateDownwardItems(path: string, source: JsonObject): FieldError[] {
  return listAt(source, 'items').flatMap((item) => {
    const errors = [
      ...(textAt(item, 'path') === '' ? [required(`${path}.path`)] : []),
      ...filePath(`${path}.path`, textAt(item, 'path')),
    ];
    const resource = item['resourceFieldRef'] as JsonObject | undefined;
    if (item['fieldRef'] !== undefined) {
      const reference = objectAt(item, 'fieldRef');
      errors.push(...validateFieldRef(`${path}.fieldRef`, reference, FIELDS_OF_FILES));
      if (resource !== undefined) {
        const rule = 'fieldRef and resourceFieldRef can not be specified simultaneously';
        errors.push(invalid(path, 'resource', rule));
      }
    } else if (resource !== undefined) {
      errors.push(...validateResourceRef(`${path}.resourceFieldRef`, resource, true));
    } else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
    return [...errors, ...fileMode(`${path}.mode`, numberAt(item, 'mode'))];
  });
}

const SHORTEST_TOKEN_SECONDS = 600;
const LONGEST_TOKEN_SECONDS = 2 ** 32;

function validateToken(volume: string, path: string, token: JsonObject): FieldError[] {
  const seconds = numberAt(token, 'expirationSeconds') ?? 0;
  const errors: FieldError[] = [];
  if (seconds < SHORTEST_TOKEN_SECONDS) {
    const rule = 'may not specify a duration less than 10 minutes';
    errors.push(invalid(`${path}.expirationSeconds`, seconds, rule));
  }
  if (seconds > LONGEST_TOKEN_SECONDS) {
    const rule = 'may not specify a duration larger than 2^32 seconds';
    errors.push(invalid(`${path}.expirationSeconds`, seconds, rule));
  }
  const place = textAt(token, 'path');
  errors.push(...(place === '' ? [required(`${volume}.path`)] : filePath(`${volume}.path`, place)));
  return errors;
}

/** The sources that make files of named items, in the order in which they are looked at. */
const WITH_ITEMS = ['secret', 'configMap', 'downwardAPI'];

/** Rules for a projected volume: no two of its sources may make the same file. */
export function validateProjected(path: string, projected: JsonObject): FieldError[] {
  const errors = fileMode(`${path}.defaultMode`, numberAt(projected, 'defaultMode'));
  const taken = new Set<string>();
  for (const [index, projection] of listAt(projected, 'sources').entries()) {
    const field = `${path}.sources[${index}]`;
    for (const name of WITH_ITEMS) {
      const source = projection[name] as JsonObject | undefined;
      if (source === undefined) continue;
      const isDownward = name === 'downwardAPI';
      if (!isDownward && textAt(source, 'name') === '') {
        errors.push(required(`${field}.${name}.name`));
      }
      const validate = isDownward ? validateDownwardItems : validateItems;
      errors.push(...validate(`${field}.${name}`, source));
      for (const place of listAt(source, 'items').map((item) => textAt(item, 'path'))) {
        if (taken.has(place)) {
          const value = isDownward ? place : textAt(source, 'name');
          errors.push(invalid(path, value, 'conflicting duplicate paths'));
        }
        if (place !== '') taken.add(place);
      }
    }
    const token = projection['serviceAccountToken'] as JsonObject | undefined;
    if (token !== undefined) {
      errors.push(...validateToken(path, `${field}.serviceAccountToken`, token));
    }
    if (Object.keys(projection).length > 1) {
      errors.push(forbidden(field, 'may not specify more than 1 volume type per source'));
    }
  }
  return errors;
}
