import type { JsonObject } from '../contracts.ts';
import { invalid, required, type FieldError } from '../field-error.ts';
import { isJsonObject } from '../schema/json-type.ts';
import { objectIn } from './definition-view.ts';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = [
  'byte',
  'date',
  'date-time',
  'double',
  'float',
  'int32',
  'int64',
  'password',
];

/** The start alone is looked at: a path that leads nowhere shows nothing. */
function simplePathErrors(field: string, path: string): FieldError[] {
  if (path === '') return [required(field)];
  if (!path.startsWith('.')) {
    return [invalid(field, path, 'must be a simple json path starting with .')];
  }
  return [];
}

function textOf(object: JsonObject, name: string): string {
  const value: unknown = object[name];
  return typeof value === 'string' ? value : '';
}

/** The rules for `subresources`: where scale keeps its numbers. */
export function subresourceErrors(
  subresources: JsonObject | undefined,
  path: string,
): FieldError[] {
  const scale = objectIn(subresources, 'scale');
  if (scale === undefined) return [];
  const check = (name: string, root: string): FieldError[] => {
    const field = `${path}.scale.${name}`;
    const value = textOf(scale, name);
    const errors = simplePathErrors(field, value);
    if (errors.length > 0) return errors;
    return value.startsWith(`${root}.`)
      ? []
      : [invalid(field, value, `should be a json path under ${root}`)];
  };
  const selector = textOf(scale, 'labelSelectorPath');
  const selectorField = `${path}.scale.labelSelectorPath`;
  const selectorErrors = selector === '' ? [] : simplePathErrors(selectorField, selector);
  if (selector !== '' && selectorErrors.length === 0 && !/^\.(?:spec|status)\./.test(selector)) {
    selectorErrors.push(
      invalid(selectorField, selector, 'should be a json path under either .spec or .status'),
    );
  }
  return [
    ...check('specReplicasPath', '.spec'),
    ...check('statusReplicasPath', '.status'),
    ...selectorErrors,
  ];
}

/** The rules for `additionalPrinterColumns`. */
export function columnErrors(columns: readonly JsonObject[], path: string): FieldError[] {
  return columns.flatMap((column, index) => {
    const place = `${path}[${index}]`;
    const type = textOf(column, 'type');
    const format = textOf(column, 'format');
    const errors: FieldError[] = textOf(column, 'name') === '' ? [required(`${place}.name`)] : [];
    if (type === '') {
      errors.push(required(`${place}.type`, `must be one of ${COLUMN_TYPES.join(',')}`));
    } else if (!COLUMN_TYPES.includes(type)) {
      errors.push(invalid(`${place}.type`, type, `must be one of ${COLUMN_TYPES.join(',')}`));
    }
    if (format !== '' && !COLUMN_FORMATS.includes(format)) {
      errors.push(invalid(`${place}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`));
    }
    return [...errors, ...simplePathErrors(`${place}.JSONPath`, textOf(column, 'jsonPath'))];
  });
}

/** The schema of the field that a path of plain names points at. */
function fieldSchema(schema: JsonObject | undefined, path: string): JsonObject | undefined {
  let node: unknown = schema;
  for (const name of path.slice(1).split('.')) {
    const properties: unknown = isJsonObject(node) ? node['properties'] : undefined;
    node =
      isJsonObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
  }
  return isJsonObject(node) ? node : undefined;
}

const SELECTABLE_TYPES = ['string', 'boolean', 'integer'];

/** Most fields of one version that can be selected by. */
const MAX_SELECTABLE_FIELDS = 8;

/** The rules for `selectableFields`: plain paths to scalar fields of the schema, each once. */
export function selectableFieldErrors(
  fields: readonly JsonObject[],
  schema: JsonObject | undefined,
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  const errors = fields.flatMap((field, index): FieldError[] => {
    const place = `${path}[${index}].jsonPath`;
    const jsonPath = textOf(field, 'jsonPath');
    if (jsonPath === '') return [required(place)];
    if (!jsonPath.startsWith('.')) {
      const start = jsonPath.slice(0, 1);
      return [invalid(place, jsonPath, `is an invalid path: expected [ or . but got: ${start}`)];
    }
    const target = jsonPath.startsWith('.metadata.') ? undefined : fieldSchema(schema, jsonPath);
    if (target === undefined) {
      return [invalid(place, jsonPath, 'is an invalid path: does not refer to a valid field')];
    }
    if (!SELECTABLE_TYPES.includes(String(target['type']))) {
      return [
        invalid(
          place,
          jsonPath,
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        ),
      ];
    }
    if (seen.has(jsonPath)) {
      return [
        {
          type: 'FieldValueDuplicate',
          field: place,
          message: `Duplicate value: ${JSON.stringify(jsonPath)}`,
        },
      ];
    }
    seen.add(jsonPath);
    return [];
  });
  if (fields.length > MAX_SELECTABLE_FIELDS) {
    errors.push({
      type: 'FieldValueTooMany',
      field: path,
      message: `Too many: ${fields.length}: must have at most ${MAX_SELECTABLE_FIELDS} items`,
    });
  }
  return errors;
}
