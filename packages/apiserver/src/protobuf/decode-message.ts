import type { JsonObject } from '../contracts.ts';
import { SPECIAL_TYPES } from './special-types.ts';
import { WireError } from './wire-error.ts';
import { fieldsOfMessage, type WireFieldType } from './wire-messages.ts';
import { readFields, WIRE_TYPE, type WireField } from './wire-reader.ts';

/** How deep messages may nest; the deepest built-in kind but for schemas has eleven levels. */
const MAX_DEPTH = 200;

/** Messages that hold nothing but a list, which is their JSON form. */
function isListMessage(type: string): boolean {
  return type.endsWith('.ExtraValue') || type.endsWith('.Verbs');
}

function expectType(field: WireField, type: number): void {
  if (field.type !== type) {
    throw new WireError(`proto: wrong wireType = ${field.type} for field ${field.number}`);
  }
}

/** Entries of a map are messages with the key in field 1 and the value in field 2. */
function decodeEntry(type: string, message: Buffer, depth: number): readonly [string, unknown] {
  let key = '';
  let value: unknown = type === 's' || type === 'y' ? '' : undefined;
  for (const field of readFields(message)) {
    if (field.number === 1) key = field.bytes.toString();
    else if (field.number === 2) value = decodeValue(type, field, depth);
  }
  return [key, value];
}

function decodeValue(type: string, field: WireField, depth: number): unknown {
  switch (type) {
    case 's':
      expectType(field, WIRE_TYPE.bytes);
      return field.bytes.toString();
    case 'y':
      expectType(field, WIRE_TYPE.bytes);
      return field.bytes.toString('base64');
    case 'b':
      expectType(field, WIRE_TYPE.varint);
      return field.varint !== 0n;
    case 'i':
      expectType(field, WIRE_TYPE.varint);
      return Number(BigInt.asIntN(64, field.varint));
    case 'f':
      expectType(field, WIRE_TYPE.fixed64);
      return field.bytes.readDoubleLE();
    default:
      break;
  }
  expectType(field, WIRE_TYPE.bytes);
  const special = SPECIAL_TYPES.get(type);
  if (special !== undefined) {
    return special(field.bytes, (nested, message) => decodeMessage(nested, message, depth + 1));
  }
  const object = decodeMessage(type, field.bytes, depth + 1);
  return isListMessage(type) ? (object['items'] ?? []) : object;
}

function setField(
  object: JsonObject,
  { name, shape, type, dropsZero }: WireFieldType,
  field: WireField,
  depth: number,
): void {
  switch (shape) {
    case 'inline':
      expectType(field, WIRE_TYPE.bytes);
      fill(object, type, field.bytes, depth + 1);
      return;
    case 'list': {
      const value = decodeValue(type, field, depth);
      const list = (object[name] ??= []) as unknown[];
      list.push(value ?? null);
      return;
    }
    case 'map': {
      expectType(field, WIRE_TYPE.bytes);
      const [key, value] = decodeEntry(type, field.bytes, depth);
      const map = (object[name] ??= {}) as JsonObject;
      // Not an assignment: a key may be named like something every object inherits.
      Object.defineProperty(map, key, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
      return;
    }
    case 'single': {
      const value = decodeValue(type, field, depth);
      const isZero = value === '' || value === 0 || value === false;
      if (value !== undefined && !(dropsZero && isZero)) object[name] = value;
      return;
    }
    default:
      shape satisfies never;
  }
}

function fill(object: JsonObject, type: string, message: Buffer, depth: number): void {
  if (depth > MAX_DEPTH) throw new WireError(`messages nest deeper than ${MAX_DEPTH} levels`);
  const fields = fieldsOfMessage(type);
  for (const field of readFields(message)) {
    const fieldType = fields.get(field.number);
    // Fields of newer versions are passed over, as any protobuf reader does.
    if (fieldType !== undefined) setField(object, fieldType, field, depth);
  }
}

/**
 * The JSON object that a message stands for.
 *
 * @param depth levels around it already
 * @throws WireError for damaged bytes
 */
export function decodeMessage(type: string, message: Buffer, depth = 0): JsonObject {
  const object: JsonObject = {};
  fill(object, type, message, depth);
  return object;
}
