import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { equalJson, isJsonObject } from '../schema/json-type.ts';
import { topologyErrors } from './list-rules.ts';
import { patternErrors } from './pattern-rules.ts';
import {
  additionalSchema,
  compositionSchemas,
  itemSchema,
  propertySchemas,
  type PlacedSchema,
} from './schema-path.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const PRESERVE = 'x-kubernetes-preserve-unknown-fields';
const INT_OR_STRING = 'x-kubernetes-int-or-string';
const EMBEDDED = 'x-kubernetes-embedded-resource';

/** JSON schema keywords that the API server does not have. */
const UNSUPPORTED = [
  '$ref',
  'id',
  'additionalItems',
  'patternProperties',
  'definitions',
  'dependencies',
];

/** What a schema inside of allOf, anyOf, oneOf or not may not say, and how the refusal reads. */
const FORBIDDEN_IN_COMPOSITION: Readonly<Record<string, string>> = {
  additionalProperties: 'must be undefined to be structural',
  default: 'must be undefined to be structural',
  description: 'must be empty to be structural',
  nullable: 'must be false to be structural',
  title: 'must be empty to be structural',
  type: 'must be empty to be structural',
  [EMBEDDED]: 'must be false to be structural',
  [INT_OR_STRING]: 'must be false to be structural',
  'x-kubernetes-list-map-keys': 'must be empty to be structural',
  'x-kubernetes-list-type': 'must be undefined to be structural',
  'x-kubernetes-map-type': 'must be undefined to be structural',
  [PRESERVE]: 'must be false to be structural',
  'x-kubernetes-validations': 'must be empty to be structural',
};

function isSaid(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return !isJsonObject(value) || Object.keys(value).length > 0;
}

/** Keyword rules that hold for every schema, nested or not. */
function keywordErrors(placed: PlacedSchema): FieldError[] {
  const { schema, path } = placed;
  const errors: FieldError[] = UNSUPPORTED.filter((keyword) => isSaid(schema[keyword])).map(
    (keyword) => forbidden(`${path}.${keyword}`, `${keyword} is not supported`),
  );
  if (schema['uniqueItems'] === true) {
    errors.push(
      forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  }
  const type: unknown = schema['type'];
  if (typeof type === 'string' && type !== '' && !TYPES.includes(type)) {
    errors.push(notSupported(`${path}.type`, type, TYPES));
  }
  if (Array.isArray(schema['items'])) {
    errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  }
  const additional: unknown = schema['additionalProperties'];
  if (additional !== undefined && isSaid(schema['properties']) && additional !== false) {
    errors.push(
      forbidden(
        `${path}.additionalProperties`,
        'additionalProperties and properties are mutual exclusive',
      ),
    );
  }
  return [...errors, ...patternErrors(placed), ...topologyErrors(placed)];
}

/** The one composition that may name types: integer or string, as `x-kubernetes-int-or-string` means it. */
function isIntOrStringChoice(value: unknown): boolean {
  return equalJson(value, [{ type: 'integer' }, { type: 'string' }]);
}

function compositionErrors(placed: PlacedSchema, isRoot: boolean): FieldError[] {
  const { schema, path } = placed;
  const errors = keywordErrors(placed);
  for (const [keyword, detail] of Object.entries(FORBIDDEN_IN_COMPOSITION)) {
    const value: unknown = schema[keyword];
    const isWord = keyword === 'default' || keyword === 'additionalProperties';
    if (isWord ? value !== undefined : isSaid(value)) {
      errors.push(forbidden(`${path}.${keyword}`, detail));
    }
  }
  const properties = propertySchemas(placed);
  if (isRoot && properties.some(({ name }) => name === 'metadata')) {
    errors.push(
      forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'),
    );
  }
  const children = [...properties, ...itemSchema(placed)];
  return [
    ...errors,
    ...children.flatMap((child) => compositionErrors(child, false)),
    ...compositionSchemas(placed).flatMap((child) => compositionErrors(child, isRoot)),
  ];
}

function typeErrors({ schema, path }: PlacedSchema, place: Place): FieldError[] {
  const type: unknown = schema['type'];
  const isTyped = typeof type === 'string' && type !== '';
  if (place === 'root') {
    if (!isTyped) return [required(`${path}.type`, 'must not be empty at the root')];
    return type === 'object' ? [] : [invalid(`${path}.type`, type, 'must be object at the root')];
  }
  const isOpen = schema[INT_OR_STRING] === true || schema[PRESERVE] === true;
  // A reference is refused by itself.
  if (isTyped || isOpen || isSaid(schema['$ref'])) return [];
  const what = place === 'item' ? 'array items' : 'object fields';
  return [required(`${path}.type`, `must not be empty for specified ${what}`)];
}

function extensionErrors({ schema, path }: PlacedSchema): FieldError[] {
  const errors: FieldError[] = [];
  if (schema[PRESERVE] === false) {
    errors.push(invalid(`${path}.${PRESERVE}`, false, 'must be true or undefined'));
  }
  if (schema[PRESERVE] === true && schema[INT_OR_STRING] === true) {
    errors.push(invalid(`${path}.${PRESERVE}`, true, `must be false if ${INT_OR_STRING} is true`));
  }
  if (schema[EMBEDDED] === true) {
    if (schema['type'] !== 'object') {
      errors.push(
        invalid(`${path}.type`, schema['type'] ?? '', `must be object if ${EMBEDDED} is true`),
      );
    }
    if (schema[PRESERVE] !== true && !isSaid(schema['properties'])) {
      errors.push(
        required(
          `${path}.properties`,
          `must not be empty if ${EMBEDDED} is true without ${PRESERVE}`,
        ),
      );
    }
  }
  return errors;
}

/** The members that every resource has may be narrowed, not redefined. */
function resourceErrors(placed: PlacedSchema, isRoot: boolean): FieldError[] {
  return propertySchemas(placed).flatMap((property) => {
    const { name, schema, path } = property;
    const type: unknown = schema['type'];
    const isTyped = typeof type === 'string' && type !== '';
    if (name === 'apiVersion' || name === 'kind') {
      return isTyped && type !== 'string' ? [invalid(`${path}.type`, type, 'must be string')] : [];
    }
    if (name !== 'metadata') return [];
    if (isTyped && type !== 'object') return [invalid(`${path}.type`, type, 'must be object')];
    if (!isRoot) return [];
    const members = propertySchemas(property);
    const errors = members
      .filter((member) => member.schema['default'] !== undefined)
      .map((member) =>
        forbidden(`${member.path}.default`, 'must not be set in top-level metadata'),
      );
    if (members.some((member) => !['name', 'generateName'].includes(member.name))) {
      errors.push(
        forbidden(
          path,
          'must not specify anything other than name and generateName, but metadata is implicitly specified',
        ),
      );
    }
    return errors;
  });
}

/** Where a schema stands in its parent. */
type Place = 'root' | 'field' | 'item';

function compositionsOf(placed: PlacedSchema, place: Place): FieldError[] {
  const { schema } = placed;
  return compositionSchemas(placed).flatMap((part) => {
    // `anyOf: [integer, string]`, alone or as the first part of allOf, says what int-or-string says.
    const isChoice = part.path.startsWith(`${placed.path}.anyOf[`);
    if (isChoice && isIntOrStringChoice(schema['anyOf'])) return [];
    if (part.path.endsWith('.allOf[0]')) {
      const { anyOf, ...rest } = part.schema;
      if (isIntOrStringChoice(anyOf)) {
        return compositionErrors({ schema: rest, path: part.path }, false);
      }
    }
    return compositionErrors(part, place === 'root');
  });
}

/** Compositions at the root may only speak of properties that the schema has outside of them. */
function completenessErrors(root: PlacedSchema): FieldError[] {
  const names = new Set(propertySchemas(root).map(({ name }) => name));
  return compositionSchemas(root)
    .flatMap(propertySchemas)
    .filter(({ name }) => !names.has(name))
    .map(({ name, path }) =>
      required(`${root.path}.properties[${name}]`, `because it is defined in ${path}`),
    );
}

function nodeErrors(placed: PlacedSchema, place: Place): FieldError[] {
  const { schema, path } = placed;
  const errors = [
    ...keywordErrors(placed),
    ...typeErrors(placed, place),
    ...extensionErrors(placed),
  ];
  if (schema['type'] === 'array' && !isSaid(schema['items']) && !isJsonObject(schema['items'])) {
    errors.push(required(`${path}.items`, 'must be specified'));
  }
  if (place === 'root') {
    if (schema['nullable'] === true) {
      errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'));
    }
    if (schema['additionalProperties'] !== undefined) {
      errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'));
    }
  }
  if (place === 'root' || schema[EMBEDDED] === true) {
    errors.push(...resourceErrors(placed, place === 'root'));
  }
  return [
    ...errors,
    ...compositionsOf(placed, place),
    ...propertySchemas(placed)
      // The metadata of the object itself has the server's schema.
      .filter(({ name }) => place !== 'root' || name !== 'metadata')
      .flatMap((property) => nodeErrors(property, 'field')),
    ...additionalSchema(placed).flatMap((child) => nodeErrors(child, 'field')),
    ...itemSchema(placed).flatMap((child) => nodeErrors(child, 'item')),
  ];
}

/**
 * The rules for structural schemas: every node has a type, compositions only narrow, extensions fit their types, patterns
 * are RE2. (API server: `apiextensions.k8s.io/v1`.)
 */
export function structuralErrors(root: PlacedSchema): FieldError[] {
  return [...nodeErrors(root, 'root'), ...completenessErrors(root)];
}
