import { parseQuantity } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { BuiltinNode, JSON_SCHEMA_PROPS } from './builtin-node.ts';
import { decodeBase64, DecodeError, normalizeTime } from './decode-scalar.ts';
import { formatNumber } from './go-number.ts';
import { goFieldPath, goStructName, goTypeOf } from './go-names.ts';
import { isJsonObject, jsonTypeOf, setMember } from './json-type.ts';

/** Where the decoder stands, and what it reports to. */
interface Place {
  readonly report: Report;
  /** Innermost struct and the names of the fields that lead to the value, without indexes: for type errors. */
  readonly struct: string;
  readonly fields: readonly string[];
  /** With indexes and map keys: for unknown fields. */
  readonly path: string;
}

/**
 * What one decoding gathers. A value of the wrong JSON type does not end it: a text that its own type cannot read (a
 * quantity, a time) is told before it, wherever it stands.
 */
interface Report {
  readonly unknownPaths: string[];
  firstTypeError: DecodeError | undefined;
}

const QUANTITY_PATTERN =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const GO_KIND = {
  null: 'null',
  boolean: 'bool',
  integer: 'number',
  number: 'number',
  string: 'string',
  array: 'array',
  object: 'object',
} as const;

function location(place: Place): string {
  return place.fields.length === 0
    ? 'Go value'
    : `Go struct field ${place.struct}.${place.fields.join('.')}`;
}

function wrongType(value: unknown, goType: string, place: Place, literal = ''): null {
  const kind = GO_KIND[jsonTypeOf(value)];
  place.report.firstTypeError ??= new DecodeError(
    `json: cannot unmarshal ${kind}${literal} into ${location(place)} of type ${goType}`,
  );
  return null;
}

function decodeInteger(value: unknown, goType: string, place: Place): number | null {
  if (typeof value !== 'number') return wrongType(value, goType, place);
  const limit = goType === 'int64' ? 2 ** 63 : 2 ** 31;
  return Number.isInteger(value) && value >= -limit && value < limit
    ? value
    : wrongType(value, goType, place, ` ${formatNumber(value)}`);
}

function decodeQuantity(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') {
    try {
      return parseQuantity(value).toString();
    } catch {
      // Told below in the server's words.
    }
  }
  throw new DecodeError(QUANTITY_PATTERN);
}

/** What a `null` element of a list or map becomes: the zero value of its type. */
function zeroOf(node: BuiltinNode): unknown {
  switch (node.form) {
    case 'plain':
      break;
    case 'quantity':
      return '0';
    case 'intOrString':
      return 0;
    case 'bytes':
      return '';
    default:
      return null;
  }
  switch (node.type) {
    case 'object':
      return node.properties === undefined ? null : {};
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'string':
      return '';
    default:
      return null;
  }
}

/** Reads a value with a reader of its own: it knows nothing of the place, and tells no unknown fields. */
function decodeApart(node: BuiltinNode, value: unknown): unknown {
  const report: Report = { unknownPaths: [], firstTypeError: undefined };
  const struct = goStructName(node.definitionName ?? '');
  const decoded = decodeValue(node, value, { struct, fields: [], path: '', report });
  if (report.firstTypeError !== undefined) throw report.firstTypeError;
  return decoded;
}

function decodeUnion(node: BuiltinNode, value: unknown): unknown {
  if (node.form === 'schemaOrBool' && typeof value === 'boolean') return value;
  if (node.form === 'schemaOrStrings' && Array.isArray(value)) {
    if (value.every((element) => typeof element === 'string')) return value;
  }
  const schema = BuiltinNode.named(JSON_SCHEMA_PROPS);
  if (node.form === 'schemaOrArray' && Array.isArray(value)) {
    return value.map((element: unknown) => decodeApart(schema, element));
  }
  if (isJsonObject(value)) return decodeApart(schema, value);
  if (node.form === 'schemaOrArray') return value;
  throw new DecodeError(
    node.form === 'schemaOrBool'
      ? 'boolean or JSON schema expected'
      : 'JSON schema or string array expected',
  );
}

function decodeStruct(node: BuiltinNode, value: JsonObject, place: Place): void {
  const struct = goStructName(node.definitionName ?? '');
  for (const [name, member] of Object.entries(value)) {
    const property = node.properties?.get(name);
    const path = place.path === '' ? name : `${place.path}.${name}`;
    if (property === undefined) {
      place.report.unknownPaths.push(path);
      Reflect.deleteProperty(value, name);
      continue;
    }
    if (member === null && property.form !== 'raw') {
      Reflect.deleteProperty(value, name);
      continue;
    }
    const fields = [...place.fields, ...goFieldPath(node.definitionName, name)];
    const decoded = decodeValue(property, member, { struct, fields, path, report: place.report });
    if (isOmitted(property, decoded) && !node.required.includes(name)) {
      Reflect.deleteProperty(value, name);
    } else {
      setMember(value, name, decoded);
    }
  }
}

/** Empty lists and maps of optional fields are not stored: an absent one says the same. */
function isOmitted(node: BuiltinNode, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0 && node.type === 'array';
  return (
    node.form === 'plain' &&
    node.type === 'object' &&
    node.definitionName === undefined &&
    isJsonObject(value) &&
    Object.keys(value).length === 0
  );
}

function decodeMap(node: BuiltinNode, value: JsonObject, place: Place): void {
  const element = node.additionalProperties;
  if (element === undefined) return;
  for (const [name, member] of Object.entries(value)) {
    const decoded =
      member === null && element.form !== 'raw'
        ? zeroOf(element)
        : decodeValue(element, member, { ...place, path: `${place.path}.${name}` });
    setMember(value, name, decoded);
  }
}

function decodeValue(node: BuiltinNode, value: unknown, place: Place): unknown {
  switch (node.form) {
    case 'raw':
      return value;
    case 'time':
    case 'microTime':
      if (typeof value !== 'string') return wrongType(value, 'string', place);
      return normalizeTime(value, node.form);
    case 'quantity':
      return decodeQuantity(value);
    case 'intOrString':
      return typeof value === 'string' ? value : decodeInteger(value, 'int32', place);
    case 'bytes':
      if (Array.isArray(value)) {
        const bytes = value.map((byte: unknown) => decodeInteger(byte, 'uint8', place) ?? 0);
        return Buffer.from(bytes).toString('base64');
      }
      if (typeof value !== 'string') return wrongType(value, '[]uint8', place);
      return decodeBase64(value);
    case 'schemaOrArray':
    case 'schemaOrBool':
    case 'schemaOrStrings':
      return decodeUnion(node, value);
    case 'plain':
      break;
    default:
      node.form satisfies never;
  }
  switch (node.type) {
    case 'string':
      if (typeof value !== 'string') return wrongType(value, goTypeOf(node), place);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') return wrongType(value, 'bool', place);
      return value;
    case 'integer':
      return decodeInteger(value, goTypeOf(node), place);
    case 'number':
      if (typeof value !== 'number') return wrongType(value, 'float64', place);
      return value;
    case 'array': {
      if (!Array.isArray(value)) return wrongType(value, goTypeOf(node), place);
      const { items } = node;
      if (items === undefined) return value;
      return value.map((element: unknown, index) =>
        element === null && items.form !== 'raw'
          ? zeroOf(items)
          : decodeValue(items, element, { ...place, path: `${place.path}[${index}]` }),
      );
    }
    case 'object':
      if (!isJsonObject(value)) return wrongType(value, goTypeOf(node), place);
      if (node.properties !== undefined) decodeStruct(node, value, place);
      else decodeMap(node, value, place);
      return value;
    default:
      return value;
  }
}

/**
 * Reads a parsed JSON object as the typed decoder of the API server does, in place: checks every JSON type, drops
 * unknown fields and nulls, brings times, quantities and bytes into their stored form.
 *
 * @param path where the object stands; the empty string for a whole object
 * @returns the paths of the unknown fields, in document order
 * @throws DecodeError for a value of the wrong type, worded as the API server does
 */
export function decodeBuiltin(
  node: BuiltinNode,
  object: unknown,
  path = '',
): { readonly value: unknown; readonly unknownPaths: readonly string[] } {
  const report: Report = { unknownPaths: [], firstTypeError: undefined };
  const struct = goStructName(node.definitionName ?? '');
  const value = decodeValue(node, object, { struct, fields: [], path, report });
  if (report.firstTypeError !== undefined) throw report.firstTypeError;
  return { value, unknownPaths: report.unknownPaths };
}
