import type { JsonObject } from './contracts.ts';

/** One broken rule of an object: becomes one cause of a 422 answer. */
export interface FieldError {
  /** As in `details.causes[].reason`. */
  readonly type:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueTypeInvalid'
    | 'FieldValueDuplicate'
    | 'FieldValueForbidden'
    | 'FieldValueNotSupported'
    | 'FieldValueNotFound'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'InternalError';
  /** Such as `spec.containers[0].name`; `<nil>` for the object as a whole. */
  readonly field: string;
  /** The message without the field: `Required value: …`. */
  readonly message: string;
}

/** How a value reads inside an error message: strings quoted, objects as compact JSON, absent as `null`. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return quote(value);
  return JSON.stringify(value);
}

/** A string as Go's `%q` writes it, close enough for messages: JSON quoting, with `<`, `>` and `&` left alone. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

function withDetail(head: string, detail: string): string {
  return detail === '' ? head : `${head}: ${detail}`;
}

/** The field is missing. */
export function required(field: string, detail = ''): FieldError {
  return {
    type: 'FieldValueRequired',
    field,
    message: withDetail('Required value', detail),
  };
}

/** The value breaks a rule. */
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return {
    type: 'FieldValueInvalid',
    field,
    message: withDetail(`Invalid value: ${describeValue(value)}`, detail),
  };
}

/** The value breaks a rule; it is too large to be repeated, or the rule is about several values. */
export function invalidTogether(field: string, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, message: withDetail('Invalid value', detail) };
}

/** The value has the wrong JSON type; `value` is the name of the type it has. */
export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return {
    type: 'FieldValueTypeInvalid',
    field,
    message: withDetail(`Invalid value: ${describeValue(value)}`, detail),
  };
}

/** The value occurs more than once where it must be unique. */
export function duplicate(field: string, value: unknown): FieldError {
  return {
    type: 'FieldValueDuplicate',
    field,
    message: `Duplicate value: ${describeValue(value)}`,
  };
}

/** The field may not be set, or not be changed, in this situation. */
export function forbidden(field: string, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field, message: withDetail('Forbidden', detail) };
}

/** The value is none of the choices; they are listed in the order given. */
export function notSupported(
  field: string,
  value: unknown,
  supported: readonly string[],
): FieldError {
  const choices = supported.map(quote).join(', ');
  return {
    type: 'FieldValueNotSupported',
    field,
    message: withDetail(
      `Unsupported value: ${describeValue(value)}`,
      choices === '' ? '' : `supported values: ${choices}`,
    ),
  };
}

/** The value refers to something that does not exist in the object. */
export function notFoundValue(field: string, value: unknown): FieldError {
  return {
    type: 'FieldValueNotFound',
    field,
    message: `Not found: ${describeValue(value)}`,
  };
}

/** The text is longer than `maxBytes`; the value itself is not repeated. */
export function tooLong(field: string, maxBytes: number): FieldError {
  const unit = maxBytes === 1 ? 'byte' : 'bytes';
  return {
    type: 'FieldValueTooLong',
    field,
    message:
      maxBytes >= 0
        ? `Too long: may not be more than ${maxBytes} ${unit}`
        : 'Too long: value is too long',
  };
}

/** The list or map has more entries than allowed. */
export function tooMany(field: string, actual: number, maxItems: number): FieldError {
  const unit = maxItems === 1 ? 'item' : 'items';
  return {
    type: 'FieldValueTooMany',
    field,
    message: `Too many: ${actual}: must have at most ${maxItems} ${unit}`,
  };
}

/** The whole text of one error, as it stands in the message of the answer. */
export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${error.message}`;
}

/** The part of an object at a dotted path of plain keys, or undefined. */
export function valueAt(object: JsonObject, path: readonly string[]): unknown {
  let value: unknown = object;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    // An own property of an object that is not null.
    value = (value as JsonObject)[key];
  }
  return value;
}
