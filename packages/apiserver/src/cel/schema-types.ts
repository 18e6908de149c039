import type { StructuralSchema } from '../schema/structural-schema.ts';
import { listOf, mapOf, primitive, type CelType } from './cel-types.ts';

/** Longest request body that sizes are estimated by, in bytes. */
const MAX_REQUEST_BYTES = 3 * 1024 * 1024;

const RESERVED = new Set([
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
]);

/** Whether CEL has another use for a name. */
export function isReservedWord(name: string): boolean {
  return RESERVED.has(name);
}

const ESCAPES: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};

/**
 * The name by which rules reach a property: characters that CEL has other uses for are spelt out.
 *
 * @returns undefined for names that rules cannot reach
 */
export function celFieldName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_.\-/][A-Za-z0-9_.\-/]*$/.test(name)) return undefined;
  return name.replace(/__|[.\-/]/g, (found) => ESCAPES[found] ?? found);
}

/** Fewest bytes a value of the schema takes in a request; the request's size bounds how often it can occur. */
function minBytes(schema: StructuralSchema): number {
  switch (schema.type) {
    case 'boolean':
      return 'true'.length;
    case 'integer':
    case 'number':
      return 1;
    default:
      return 2;
  }
}

/** Most elements that a list (or entries that a map) of such values can have in one request. */
function maxOccurrences(element: StructuralSchema | undefined): number {
  const bytes = element === undefined ? 1 : minBytes(element);
  return Math.floor((MAX_REQUEST_BYTES - 2) / (bytes + 1));
}

const DATE_TIME_LENGTH = 26;

function stringType(schema: StructuralSchema): CelType {
  const { maxLength, enum: choices } = schema.rules;
  switch (schema.format) {
    case 'byte':
      return primitive('bytes', maxLength ?? MAX_REQUEST_BYTES - 2);
    case 'date':
    case 'date-time':
      return primitive('timestamp', DATE_TIME_LENGTH);
    case 'duration':
      return primitive('duration', DATE_TIME_LENGTH);
    default:
      break;
  }
  const longestChoice = choices?.reduce<number>(
    (longest, choice) => Math.max(longest, typeof choice === 'string' ? choice.length : 0),
    0,
  );
  return primitive('string', longestChoice ?? maxLength ?? MAX_REQUEST_BYTES - 2);
}

const TYPE_META: readonly (readonly [string, CelType])[] = [
  ['apiVersion', primitive('string', MAX_REQUEST_BYTES - 2)],
  ['kind', primitive('string', MAX_REQUEST_BYTES - 2)],
  [
    'metadata',
    {
      kind: 'object',
      name: 'metadata',
      fields: new Map([
        ['name', primitive('string', 253)],
        ['generateName', primitive('string', 253)],
      ]),
    },
  ],
];

/**
 * The CEL type of a schema node: what rules can see of it.
 *
 * @param name how messages call an object type
 * @param isResource the node is a whole object, with metadata of its own
 * @returns undefined for values whose type nobody knows: rules cannot reach them
 */
export function celTypeOf(
  schema: StructuralSchema,
  name: string,
  isResource: boolean,
): CelType | undefined {
  if (schema.intOrString === true) return primitive('dyn', MAX_REQUEST_BYTES - 2);
  switch (schema.type) {
    case 'string':
      return stringType(schema);
    case 'integer':
      return primitive('int');
    case 'number':
      return primitive('double');
    case 'boolean':
      return primitive('bool');
    case 'array': {
      const { items } = schema;
      const element =
        items === undefined
          ? undefined
          : celTypeOf(items, `${name}.@idx`, items.embeddedResource === true);
      if (element === undefined) return undefined;
      return listOf(element, schema.rules.maxItems ?? maxOccurrences(items));
    }
    case 'object': {
      const values = schema.additionalProperties;
      if (values !== undefined) {
        const value = celTypeOf(values, `${name}.@elem`, values.embeddedResource === true);
        if (value === undefined) return undefined;
        const size = schema.rules.maxProperties ?? maxOccurrences(values);
        return mapOf(primitive('string', MAX_REQUEST_BYTES - 2), value, size);
      }
      const fields = new Map<string, CelType>(isResource ? TYPE_META : []);
      for (const [property, child] of schema.properties ?? []) {
        const field = celFieldName(property);
        if (field === undefined || (isResource && fields.has(field))) continue;
        const type = celTypeOf(child, `${name}.${property}`, child.embeddedResource === true);
        if (type !== undefined) fields.set(field, type);
      }
      return { kind: 'object', name, fields };
    }
    case 'any':
      return undefined;
  }
}

/** How often a node can occur within one occurrence of its parent list or map. */
export function occurrencesWithin(schema: StructuralSchema): number {
  if (schema.type === 'array') return schema.rules.maxItems ?? maxOccurrences(schema.items);
  return schema.rules.maxProperties ?? maxOccurrences(schema.additionalProperties);
}
