import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { forbidden, invalid, required, tooLong, type FieldError } from '../../field-error.ts';
import { objectAt, setDefaultText, textAt } from '../json-read.ts';
import { immutable, validateConfigKey } from '../validation/value-rules.ts';

/** Most bytes of the values of a ConfigMap or Secret together: 1 MiB. */
const MAX_DATA_BYTES = 1024 * 1024;

function keyErrors(field: string, map: JsonObject): FieldError[] {
  return Object.keys(map)
    .sort()
    .flatMap((key) => validateConfigKey(key).map((text) => invalid(`${field}[${key}]`, key, text)));
}

function base64Bytes(value: string): number {
  return Buffer.from(value, 'base64').byteLength;
}

function validateConfigMap(object: JsonObject): FieldError[] {
  const data = objectAt(object, 'data') as Record<string, string>;
  const binary = objectAt(object, 'binaryData') as Record<string, string>;
  const errors = keyErrors('data', data);
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    if (Object.hasOwn(binary, key)) {
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    bytes += Buffer.byteLength(value);
  }
  errors.push(...keyErrors('binaryData', binary));
  for (const value of Object.values(binary)) bytes += base64Bytes(value);
  if (bytes > MAX_DATA_BYTES) errors.push(tooLong('', MAX_DATA_BYTES));
  return errors;
}

const LOCKED = 'field is immutable when `immutable` is set';

/** A locked object keeps its data, and its lock. */
function lockErrors(object: JsonObject, old: JsonObject, fields: readonly string[]): FieldError[] {
  if (old['immutable'] !== true) return [];
  const errors: FieldError[] = [];
  if (object['immutable'] !== true) errors.push(forbidden('immutable', LOCKED));
  for (const field of fields) {
    if (!deepEqual(objectAt(object, field), objectAt(old, field))) {
      errors.push(forbidden(field, LOCKED));
    }
  }
  return errors;
}

/** The behaviour of ConfigMaps. */
export const configMap: Partial<Strategy> = {
  validate: validateConfigMap,
  validateUpdate: (object, old) => [
    ...lockErrors(object, old, ['data', 'binaryData']),
    ...validateConfigMap(object),
  ],
};

/** Keys that a Secret of a known type cannot do without. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

/** Of these one will do. */
const BASIC_AUTH = ['username', 'password'];

function validateSecret(object: JsonObject): FieldError[] {
  const data = objectAt(object, 'data') as Record<string, string>;
  const errors = keyErrors('data', data);
  let bytes = 0;
  for (const value of Object.values(data)) bytes += base64Bytes(value);
  if (bytes > MAX_DATA_BYTES) errors.push(tooLong('data', MAX_DATA_BYTES));
  const type = textAt(object, 'type');
  for (const key of REQUIRED_KEYS[type] ?? []) {
    if (!Object.hasOwn(data, key)) errors.push(required(`data[${key}]`));
  }
  const annotations = objectAt(objectAt(object, 'metadata'), 'annotations');
  if (type === 'kubernetes.io/basic-auth' && !BASIC_AUTH.some((key) => Object.hasOwn(data, key))) {
    errors.push(...BASIC_AUTH.map((key) => required(`data[${key}]`)));
  }
  const account = 'kubernetes.io/service-account.name';
  if (type === 'kubernetes.io/service-account-token' && textAt(annotations, account) === '') {
    errors.push(required(`metadata.annotations[${account}]`));
  }
  return errors;
}

/** The behaviour of Secrets: `stringData` is a way to write, never to read. */
export const secret: Partial<Strategy> = {
  applyDefaults(object) {
    setDefaultText(object, 'type', 'Opaque');
    const plain = object['stringData'] as Record<string, string> | undefined;
    delete object['stringData'];
    if (plain === undefined) return;
    const encoded = Object.entries(plain).map(([key, text]) => [
      key,
      Buffer.from(text).toString('base64'),
    ]);
    object['data'] = { ...objectAt(object, 'data'), ...Object.fromEntries(encoded) } as JsonObject;
  },
  prepareForUpdate(object, old) {
    // A PUT that does not know the type keeps it.
    if (textAt(object, 'type') === '') object['type'] = old['type'] as unknown;
  },
  validate: validateSecret,
  validateUpdate: (object, old) => [
    ...(object['type'] === old['type'] ? [] : [immutable('type', object['type'])]),
    ...lockErrors(object, old, ['data']),
    ...validateSecret(object),
  ],
};
