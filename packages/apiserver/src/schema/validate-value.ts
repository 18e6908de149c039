import type { JsonObject } from '../contracts.ts';
import { invalid, required, tooMany, typeInvalid, type FieldError } from '../field-error.ts';
import { formatValue } from './go-number.ts';
import { equalJson, isJsonObject, jsonTypeOf, memberOf, type JsonType } from './json-type.ts';
import { correlatedItem } from './list-topology.ts';
import type { StructuralSchema, ValueRules } from './structural-schema.ts';
import { validateFormat, validateString } from './validate-string.ts';
import { validateNumber } from './validate-number.ts';
import { Findings } from './value-findings.ts';

/** The value stored before, at the same place. */
interface Previous {
  readonly value: unknown;
}

const NUMBER_FORMATS: Partial<Record<JsonType, string>> = { integer: 'int64', number: 'float64' };

function wrongType(path: string, expected: string, actual: string): FieldError {
  return typeInvalid(
    path,
    actual,
    `${path} in body must be of type ${expected}: ${JSON.stringify(actual)}`,
  );
}

function checkType(path: string, jsonType: JsonType, rules: ValueRules): FieldError | undefined {
  const { types, nullable } = rules;
  const format = rules.format ?? '';
  if (jsonType === 'null') {
    return types.length > 0 && !nullable ? wrongType(path, types.join(','), 'null') : undefined;
  }
  const fits = types.includes(jsonType) || (jsonType === 'integer' && types.includes('number'));
  const isText = jsonType === 'string' || jsonType === 'array';
  if (!isText && format !== '' && !fits) {
    return wrongType(path, format, NUMBER_FORMATS[jsonType] ?? '');
  }
  // A string format vouches for the type: the format's own check follows.
  const isNumeric = types.includes('number') || types.includes('integer');
  if (isText && format !== '' && !isNumeric) return undefined;
  return types.length === 0 || fits ? undefined : wrongType(path, types.join(','), jsonType);
}

function checkEnum(
  path: string,
  value: unknown,
  choices: readonly unknown[],
): FieldError | undefined {
  if (choices.some((choice) => equalJson(choice, value))) return undefined;
  const supported = choices
    .map((choice) => JSON.stringify(typeof choice === 'string' ? choice : formatValue(choice)))
    .join(', ');
  return {
    type: 'FieldValueNotSupported',
    field: path,
    message: `Unsupported value: ${formatValue(value)}: supported values: ${supported}`,
  };
}

function invalidRoot(detail: string): FieldError {
  return invalid('<nil>', '', detail);
}

/** Of two alternatives that failed, the one more checks looked at; the first of equals. */
function betterFailure(best: Findings | undefined, next: Findings): Findings {
  return best === undefined || next.looks > best.looks ? next : best;
}

function checkComposites(path: string, value: unknown, rules: ValueRules): Findings {
  const findings = new Findings();
  const checkAll = (schemas: readonly StructuralSchema[]): Findings[] =>
    schemas.map((schema) => checkValue(schema, value, path, undefined));

  if (rules.anyOf.length > 0) {
    const results = checkAll(rules.anyOf);
    if (!results.some((result) => result.isValid)) {
      findings.add(invalidRoot(`"${path}" must validate at least one schema (anyOf)`));
      const best = results.reduce<Findings | undefined>(betterFailure, undefined);
      if (best !== undefined) findings.merge(best);
    }
  }
  if (rules.oneOf.length > 0) {
    const results = checkAll(rules.oneOf);
    const valid = results.filter((result) => result.isValid).length;
    if (valid !== 1) {
      const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
      findings.add(
        invalidRoot(`"${path}" must validate one and only one schema (oneOf). ${found}`),
      );
      const best = results.reduce<Findings | undefined>(betterFailure, undefined);
      if (valid === 0 && best !== undefined) findings.merge(best);
    }
  }
  if (rules.allOf.length > 0) {
    const results = checkAll(rules.allOf);
    const valid = results.filter((result) => result.isValid).length;
    for (const result of results) findings.merge(result);
    if (valid !== results.length) {
      const found = valid === 0 ? '. None validated' : '';
      findings.add(invalidRoot(`"${path}" must validate all the schemas (allOf)${found}`));
    }
  }
  if (rules.not !== undefined && checkValue(rules.not, value, path, undefined).isValid) {
    findings.add(invalidRoot(`"${path}" must not validate the schema (not)`));
  }
  findings.look();
  return findings;
}

function checkArray(
  schema: StructuralSchema,
  items: readonly unknown[],
  path: string,
  previous: Previous | undefined,
): Findings {
  const findings = new Findings();
  const { rules, items: itemSchema } = schema;
  if (itemSchema !== undefined) {
    const correlate = correlatedItem(schema, previous?.value);
    for (const [index, item] of items.entries()) {
      findings.merge(checkValue(itemSchema, item, `${path}[${index}]`, correlate(item)));
    }
  }
  if (rules.minItems !== undefined && items.length < rules.minItems) {
    findings.add(
      invalid(path, items.length, `${path} in body should have at least ${rules.minItems} items`),
    );
  }
  if (rules.maxItems !== undefined && items.length > rules.maxItems) {
    findings.add(tooMany(path, items.length, rules.maxItems));
  }
  findings.look();
  return findings;
}

function checkObject(
  schema: StructuralSchema,
  object: JsonObject,
  path: string,
  previous: Previous | undefined,
): Findings {
  const findings = new Findings();
  const { rules, properties, additionalProperties } = schema;
  const size = Object.keys(object).length;
  if (rules.minProperties !== undefined && size < rules.minProperties) {
    findings.add(
      invalid(path, size, `${path} in body should have at least ${rules.minProperties} properties`),
    );
  }
  if (rules.maxProperties !== undefined && size > rules.maxProperties) {
    findings.add(tooMany(path, size, rules.maxProperties));
  }
  for (const [name, value] of Object.entries(object)) {
    const member = properties?.get(name) ?? additionalProperties;
    if (member === undefined) continue;
    const old =
      isJsonObject(previous?.value) && Object.hasOwn(previous.value, name)
        ? { value: memberOf(previous.value, name) }
        : undefined;
    findings.merge(checkValue(member, value, path === '' ? name : `${path}.${name}`, old));
  }
  for (const name of rules.required) {
    if (!Object.hasOwn(object, name))
      findings.add(required(path === '' ? name : `${path}.${name}`));
  }
  return findings;
}

function checkValue(
  schema: StructuralSchema,
  value: unknown,
  path: string,
  previous: Previous | undefined,
): Findings {
  const findings = new Findings();
  // A value that was accepted before stays accepted while it does not change, also under a stricter schema.
  if (previous !== undefined && equalJson(previous.value, value)) return findings;
  const { rules } = schema;
  const jsonType = jsonTypeOf(value);

  const typeError = checkType(path, jsonType, rules);
  if (typeError !== undefined) findings.add(typeError);
  if (rules.types.length > 0 || rules.format !== undefined) findings.look();

  if (jsonType !== 'null') {
    findings.merge(checkComposites(path, value, rules));
    findings.look();
  }
  if (typeof value === 'string') {
    findings.merge(validateString(path, value, rules));
    findings.look();
    if (rules.format !== undefined) {
      findings.merge(validateFormat(path, value, rules.format));
      findings.look();
    }
  } else if (typeof value === 'number') {
    findings.merge(validateNumber(path, value, jsonType, rules));
    findings.look();
  } else if (Array.isArray(value)) {
    findings.merge(checkArray(schema, value, path, previous));
    findings.look();
  }
  if (rules.enum !== undefined) {
    const enumError = checkEnum(path, value, rules.enum);
    if (enumError !== undefined) findings.add(enumError);
  }
  findings.look();
  if (isJsonObject(value)) {
    findings.merge(checkObject(schema, value, path, previous));
    findings.look();
  }
  return findings;
}

/**
 * Checks a value against a schema: types, bounds, patterns, formats, choices, required members, compositions.
 * List topology, embedded resources and CEL rules are checked elsewhere.
 *
 * @param path where the value stands; the empty string for the whole object
 * @param old the object stored before, if any: parts that did not change are not checked again (ratcheting)
 */
export function validateValue(
  schema: StructuralSchema,
  value: unknown,
  path: string,
  old?: { readonly value: unknown },
): readonly FieldError[] {
  return checkValue(schema, value, path, old).errors;
}
