import { invalid } from '../field-error.ts';
import { formatNumber } from './go-number.ts';
import type { JsonType } from './json-type.ts';
import type { ValueRules } from './structural-schema.ts';
import { Findings } from './value-findings.ts';
import type { FieldError } from '../field-error.ts';

const MAX_FLOAT32 = 3.4028234663852886e38;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;

function numberError(path: string, value: number, detail: string): FieldError {
  return {
    type: 'FieldValueInvalid',
    field: path,
    message: `Invalid value: ${formatNumber(value)}: ${detail}`,
  };
}

/** Whether the number is inside the range of the declared type and format. */
function isInRange(value: number, isInteger: boolean, type: string, format: string): boolean {
  if (type === 'integer') {
    if (!isInteger) return false;
    if (format === 'int32') return value >= -(2 ** 31) && value < 2 ** 31;
    if (format === 'uint32') return value >= 0 && value < 2 ** 32;
    if (format === 'uint64') return value >= 0;
    return true;
  }
  if (type === 'number' && format === 'float') return Math.abs(value) <= MAX_FLOAT32;
  return true;
}

/** Whether a quotient counts as whole, with the tolerance of the API server. */
function isNearlyInteger(value: number): boolean {
  if (!Number.isFinite(value) || Math.abs(value) > MAX_SAFE) return false;
  const whole = Math.trunc(value);
  if (value === whole) return true;
  if (value === 0 || whole === 0) return false;
  return Math.abs(value - whole) / (Math.abs(value) + Math.abs(whole)) < 1e-9;
}

function checkMultiple(
  path: string,
  value: number,
  isInteger: boolean,
  multipleOf: number,
): FieldError | undefined {
  // For an integer the server compares with the integer part of the factor.
  const factor = isInteger ? Math.trunc(multipleOf) : multipleOf;
  if (factor <= 0) {
    return numberError(
      path,
      factor,
      `factor MultipleOf declared for ${path} must be positive: ${formatNumber(factor)}`,
    );
  }
  const isMultiple = isInteger
    ? value % factor === 0
    : isNearlyInteger(factor < 1 ? (1 / factor) * value : value / factor);
  return isMultiple
    ? undefined
    : numberError(path, value, `${path} in body should be a multiple of ${formatNumber(factor)}`);
}

/** The rules for numbers: range of the format, multipleOf, maximum, minimum, in this order. */
export function validateNumber(
  path: string,
  value: number,
  jsonType: JsonType,
  rules: ValueRules,
): Findings {
  const findings = new Findings();
  const isInteger = jsonType === 'integer';
  const type = rules.types.length === 1 ? (rules.types[0] ?? '') : '';
  if (!isInRange(value, isInteger, type, rules.format ?? '')) {
    const format =
      rules.format === undefined || rules.format === ''
        ? '(default format)'
        : `with format ${rules.format}`;
    findings.add(
      invalid('<nil>', '', `Checked value must be of type ${type} ${format} in ${path}`),
    );
  }
  if (rules.multipleOf !== undefined) {
    const error = checkMultiple(path, value, isInteger, rules.multipleOf);
    if (error !== undefined) findings.add(error);
  }
  // An integer is compared with the integer part of the bound.
  const bound = (limit: number): number => (isInteger ? Math.trunc(limit) : limit);
  if (rules.maximum !== undefined) {
    const limit = bound(rules.maximum);
    if (rules.exclusiveMaximum ? value >= limit : value > limit) {
      const relation = rules.exclusiveMaximum ? 'less than' : 'less than or equal to';
      findings.add(
        numberError(path, value, `${path} in body should be ${relation} ${formatNumber(limit)}`),
      );
    }
  }
  if (rules.minimum !== undefined) {
    const limit = bound(rules.minimum);
    if (rules.exclusiveMinimum ? value <= limit : value < limit) {
      const relation = rules.exclusiveMinimum ? 'greater than' : 'greater than or equal to';
      findings.add(
        numberError(path, value, `${path} in body should be ${relation} ${formatNumber(limit)}`),
      );
    }
  }
  findings.look();
  return findings;
}
