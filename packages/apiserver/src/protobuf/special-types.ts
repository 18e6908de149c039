import { formatTime } from '@kubewright/apimachinery';
import { WireError } from './wire-error.ts';
import { readFields, type WireField } from './wire-reader.ts';

/** Decodes the value of a message that has a JSON form of its own; `nested` decodes ordinary messages. */
type SpecialDecoder = (
  message: Buffer,
  nested: (type: string, message: Buffer) => unknown,
) => unknown;

function fieldsByNumber(message: Buffer): ReadonlyMap<number, WireField> {
  return new Map([...readFields(message)].map((field) => [field.number, field]));
}

function signed(field: WireField | undefined): number {
  return Number(BigInt.asIntN(64, field?.varint ?? 0n));
}

/** Seconds and the rest of a second, in nanoseconds; undefined for the time that means none. */
function timeOf(message: Buffer): { readonly time: Date; readonly nanos: number } | undefined {
  const fields = fieldsByNumber(message);
  if (fields.size === 0) return undefined;
  const time = new Date(signed(fields.get(1)) * 1000);
  const nanos = signed(fields.get(2));
  if (Number.isNaN(time.getTime()) || nanos < 0 || nanos > 999_999_999) {
    throw new WireError('a time is out of range');
  }
  return { time, nanos };
}

function secondsText(message: Buffer): string | undefined {
  const value = timeOf(message);
  return value === undefined ? undefined : formatTime(value.time);
}

/** With six digits: a `Date` holds only three. */
function microsText(message: Buffer): string | undefined {
  const value = timeOf(message);
  if (value === undefined) return undefined;
  const micros = String(Math.floor(value.nanos / 1000)).padStart(6, '0');
  return formatTime(value.time).replace('Z', `.${micros}Z`);
}

function jsonOf(raw: Buffer | undefined): unknown {
  if (raw === undefined || raw.length === 0) return undefined;
  try {
    return JSON.parse(raw.toString()) as unknown;
  } catch (error) {
    throw new WireError('embedded JSON cannot be read', { cause: error });
  }
}

const rawJson: SpecialDecoder = (message) => jsonOf(fieldsByNumber(message).get(1)?.bytes);

function texts(message: Buffer, number: number): string[] {
  return [...readFields(message)]
    .filter((field) => field.number === number)
    .map((field) => field.bytes.toString());
}

const SCHEMA = 'apiextensions/v1.JSONSchemaProps';

/** By the name of the message. Undefined is left out of the JSON. */
export const SPECIAL_TYPES: ReadonlyMap<string, SpecialDecoder> = new Map<string, SpecialDecoder>([
  ['meta/v1.Time', secondsText],
  ['meta/v1.MicroTime', microsText],
  ['meta/v1.FieldsV1', rawJson],
  ['runtime.RawExtension', rawJson],
  ['apiextensions/v1.JSON', rawJson],
  ['resource.Quantity', (message) => fieldsByNumber(message).get(1)?.bytes.toString() ?? '0'],
  [
    'intstr.IntOrString',
    (message) => {
      const fields = fieldsByNumber(message);
      const isText = fields.get(1)?.varint === 1n;
      return isText
        ? (fields.get(3)?.bytes.toString() ?? '')
        : Number(BigInt.asIntN(32, fields.get(2)?.varint ?? 0n));
    },
  ],
  [
    'apiextensions/v1.JSONSchemaPropsOrBool',
    (message, nested) => {
      const fields = fieldsByNumber(message);
      const schema = fields.get(2);
      return schema === undefined ? fields.get(1)?.varint === 1n : nested(SCHEMA, schema.bytes);
    },
  ],
  [
    'apiextensions/v1.JSONSchemaPropsOrArray',
    (message, nested) => {
      const fields = [...readFields(message)];
      const single = fields.find(({ number }) => number === 1);
      return single === undefined
        ? fields.map(({ bytes }) => nested(SCHEMA, bytes))
        : nested(SCHEMA, single.bytes);
    },
  ],
  [
    'apiextensions/v1.JSONSchemaPropsOrStringArray',
    (message, nested) => {
      const schema = fieldsByNumber(message).get(1);
      return schema === undefined ? texts(message, 2) : nested(SCHEMA, schema.bytes);
    },
  ],
]);
