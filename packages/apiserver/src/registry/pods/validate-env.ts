import type { JsonObject } from '../../contracts.ts';
import { invalid, required, type FieldError } from '../../field-error.ts';
import { listAt, objectAt, textAt } from '../json-read.ts';
import { dnsSubdomain, validateConfigKey } from '../validation/value-rules.ts';
import { FIELDS_OF_VARIABLES, validateFieldRef, validateResourceRef } from './validate-downward.ts';

const ENV_NAME = /^[ -<>-~]+$/;

function variableName(path: string, name: string): FieldError[] {
  const rule =
    "a valid environment variable name must consist only of printable ASCII characters other than '='";
  return ENV_NAME.test(name) ? [] : [invalid(path, name, rule)];
}

function keyRef(path: string, reference: JsonObject): FieldError[] {
  const key = textAt(reference, 'key');
  return [
    ...dnsSubdomain(`${path}.name`, textAt(reference, 'name')),
    ...(key === ''
      ? [required(`${path}.key`)]
      : validateConfigKey(key).map((text) => invalid(`${path}.key`, key, text))),
  ];
}

/** The sources of a variable and their rules, in the order in which they are looked at. */
const SOURCES: Readonly<Record<string, (path: string, reference: JsonObject) => FieldError[]>> = {
  fieldRef: (path, reference) => validateFieldRef(path, reference, FIELDS_OF_VARIABLES),
  resourceFieldRef: (path, reference) => validateResourceRef(path, reference, false),
  configMapKeyRef: keyRef,
  secretKeyRef: keyRef,
  fileKeyRef: () => [],
};

function validateSource(path: string, source: JsonObject, hasValue: boolean): FieldError[] {
  const present = Object.keys(SOURCES).filter((name) => source[name] !== undefined);
  const errors = present.flatMap(
    (name) => SOURCES[name]?.(`${path}.${name}`, objectAt(source, name)) ?? [],
  );
  if (present.length === 0) {
    const rule =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    errors.push(invalid(path, '', rule));
  } else if (hasValue) {
    errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  } else if (present.length > 1) {
    errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

/** Rules for the variables of a container, one by one. */
export function validateEnv(path: string, container: JsonObject): FieldError[] {
  return listAt(container, 'env').flatMap((variable, index) => {
    const field = `${path}.env[${index}]`;
    const name = textAt(variable, 'name');
    const errors = name === '' ? [required(`${field}.name`)] : variableName(`${field}.name`, name);
    const source = variable['valueFrom'] as JsonObject | undefined;
    if (source === undefined) return errors;
    const hasValue = textAt(variable, 'value') !== '';
    return [...errors, ...validateSource(`${field}.valueFrom`, source, hasValue)];
  });
}

/** Rules for the variables of a container that come from ConfigMaps and Secrets as a whole. */
export function validateEnvFrom(path: string, container: JsonObject): FieldError[] {
  const list = `${path}.envFrom`;
  return listAt(container, 'envFrom').flatMap((source, index) => {
    const field = `${list}[${index}]`;
    const prefix = textAt(source, 'prefix');
    const errors = prefix === '' ? [] : variableName(`${field}.prefix`, prefix);
    const present = ['configMapRef', 'secretRef'].filter((name) => source[name] !== undefined);
    for (const kind of present) {
      const name = textAt(objectAt(source, kind), 'name');
      const place = `${field}.${kind}.name`;
      errors.push(...(name === '' ? [required(place)] : dnsSubdomain(place, name)));
    }
    // Told of the list, not of its item.
    if (present.length === 0) {
      errors.push(invalid(list, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (present.length > 1) {
      errors.push(invalid(list, '', 'may not have more than one field specified at a time'));
    }
    return errors;
  });
}
