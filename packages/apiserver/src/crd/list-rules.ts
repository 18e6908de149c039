import { forbidden, invalid, required, type FieldError } from '../field-error.ts';
import { isJsonObject } from '../schema/json-type.ts';
import { itemSchema, propertySchemas, type PlacedSchema } from './schema-path.ts';

const LIST_TYPE = 'x-kubernetes-list-type';
const LIST_KEYS = 'x-kubernetes-list-map-keys';
const MAP_TYPE = 'x-kubernetes-map-type';

function unsupported(field: string, value: string, choices: readonly string[]): FieldError {
  return {
    type: 'FieldValueNotSupported',
    field,
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`,
  };
}

/** The declared type, or the lack of one, where an extension asks for another. */
function typeMismatch({ schema, path }: PlacedSchema, detail: string): FieldError {
  const type: unknown = schema['type'];
  return typeof type === 'string' && type !== ''
    ? invalid(`${path}.type`, type, detail)
    : required(`${path}.type`, detail);
}

function keysOf({ schema }: PlacedSchema): string[] {
  const keys: unknown = schema[LIST_KEYS];
  return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [];
}

function setErrors(placed: PlacedSchema): FieldError[] {
  const [item] = itemSchema(placed);
  if (item === undefined) return [];
  const { schema, path } = item;
  const errors: FieldError[] = [];
  if (schema['nullable'] === true) {
    errors.push(forbidden(`${path}.nullable`, `cannot be nullable when ${LIST_TYPE} is set`));
  }
  const detail = `must be atomic as item of a list with ${LIST_TYPE}=set`;
  if (schema['type'] === 'object' && schema[MAP_TYPE] !== 'atomic') {
    errors.push(invalid(`${path}.${MAP_TYPE}`, schema[MAP_TYPE], detail));
  }
  const itemListType: unknown = schema[LIST_TYPE];
  if (schema['type'] === 'array' && itemListType !== undefined && itemListType !== 'atomic') {
    errors.push(invalid(`${path}.${LIST_TYPE}`, itemListType, detail));
  }
  return errors;
}

function keyErrors(item: PlacedSchema, keys: readonly string[]): FieldError[] {
  const demanded: unknown = item.schema['required'];
  return propertySchemas(item).flatMap(({ name, schema, path }) => {
    if (!keys.includes(name)) return [];
    const errors: FieldError[] = [];
    if (schema['type'] === 'object' || schema['type'] === 'array') {
      errors.push(
        invalid(
          `${path}.type`,
          schema['type'],
          `must be a scalar type if parent array's ${LIST_TYPE} is map`,
        ),
      );
    }
    const isRequired = Array.isArray(demanded) && demanded.includes(name);
    if (!isRequired && schema['default'] === undefined) {
      errors.push(
        required(
          `${path}.default`,
          `this property is in ${LIST_KEYS}, so it must have a default or be a required property`,
        ),
      );
    }
    if (schema['nullable'] === true) {
      errors.push(
        forbidden(`${path}.nullable`, `this property is in ${LIST_KEYS}, so it cannot be nullable`),
      );
    }
    return errors;
  });
}

function mapListErrors(placed: PlacedSchema): FieldError[] {
  const keys = keysOf(placed);
  const errors: FieldError[] = [];
  const field = `${placed.path}.${LIST_KEYS}`;
  if (keys.length === 0) {
    errors.push(required(field, `must not be empty if ${LIST_TYPE} is map`));
  }
  const [item] = itemSchema(placed);
  if (item === undefined) return errors;
  if (item.schema['nullable'] === true) {
    errors.push(forbidden(`${item.path}.nullable`, `cannot be nullable when ${LIST_TYPE} is map`));
  }
  if (item.schema['type'] !== 'object') {
    return [...errors, typeMismatch(item, `must be object if parent array's ${LIST_TYPE} is map`)];
  }
  const properties: unknown = item.schema['properties'];
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  if (keys.length > 0 && !keys.every((key) => names.includes(key))) {
    errors.push(invalid(field, keys, 'entries must all be names of item properties'));
  }
  if (new Set(keys).size < keys.length) {
    errors.push(invalid(field, keys, 'must not contain duplicate entries'));
  }
  return [...errors, ...keyErrors(item, keys)];
}

/** The rules for `x-kubernetes-list-type`, `-list-map-keys` and `-map-type` of one node. */
export function topologyErrors(placed: PlacedSchema): FieldError[] {
  const { schema, path } = placed;
  const errors: FieldError[] = [];
  const mapType: unknown = schema[MAP_TYPE];
  if (typeof mapType === 'string') {
    if (mapType !== 'atomic' && mapType !== 'granular') {
      errors.push(unsupported(`${path}.${MAP_TYPE}`, mapType, ['atomic', 'granular']));
    }
    if (schema['type'] !== 'object') {
      errors.push(typeMismatch(placed, `must be object if ${MAP_TYPE} is specified`));
    }
  }
  const listType: unknown = schema[LIST_TYPE];
  if (typeof listType === 'string') {
    if (!['atomic', 'set', 'map'].includes(listType)) {
      errors.push(unsupported(`${path}.${LIST_TYPE}`, listType, ['atomic', 'set', 'map']));
    }
    if (schema['type'] !== 'array') {
      errors.push(typeMismatch(placed, `must be array if ${LIST_TYPE} is specified`));
    }
  }
  if (listType === 'map') return [...errors, ...mapListErrors(placed)];
  if (keysOf(placed).length > 0) {
    const detail = `must be map if ${LIST_KEYS} is non-empty`;
    errors.push(
      typeof listType === 'string'
        ? invalid(`${path}.${LIST_TYPE}`, listType, detail)
        : required(`${path}.${LIST_TYPE}`, detail),
    );
  }
  return listType === 'set' ? [...errors, ...setErrors(placed)] : errors;
}
