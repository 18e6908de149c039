import type { JsonObject } from '../../contracts.ts';
import { invalid, required, tooLong, tooMany, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, objectAt } from '../json-read.ts';
import { nonNegative } from '../validation/value-rules.ts';
import { parseIndexList } from './index-list.ts';

const MAX_RULES = 20;
const MAX_INDEXES_BYTES = 64 * 1024;

/** Rules for the indexes that suffice for the success of an Indexed Job. */
export function validateSuccessPolicy(path: string, spec: JsonObject): FieldError[] {
  const rules = listAt(objectAt(spec, 'successPolicy'), 'rules');
  const field = `${path}.successPolicy.rules`;
  const errors: FieldError[] = [];
  if (rules.length === 0) {
    const text = 'at least one rules must be specified when the successPolicy is specified';
    errors.push(required(field, text));
  }
  if (rules.length > MAX_RULES) errors.push(tooMany(field, rules.length, MAX_RULES));
  const completions = numberAt(spec, 'completions') ?? 0;
  return [
    ...errors,
    ...rules.flatMap((rule, index) => validateRule(`${field}[${index}]`, rule, completions)),
  ];
}

/** A policy as messages show it: in the words of the server's internal types. */
export function shownSuccessPolicy(policy: JsonObject): JsonObject {
  return {
    Rules: listAt(policy, 'rules').map((rule) => ({
      SucceededIndexes: (rule['succeededIndexes'] ?? null) as unknown,
      SucceededCount: numberAt(rule, 'succeededCount') ?? null,
    })),
  };
}

function validateRule(path: string, rule: JsonObject, completions: number): FieldError[] {
  const count = numberAt(rule, 'succeededCount');
  const indexes = rule['succeededIndexes'] as string | undefined;
  const errors: FieldError[] = [];
  if (count === undefined && indexes === undefined) {
    const text = 'at least one of succeededCount or succeededIndexes must be specified';
    errors.push(required(path, text));
  }
  let total = 0;
  if (indexes !== undefined) {
    const field = `${path}.succeededIndexes`;
    if (Buffer.byteLength(indexes) > MAX_INDEXES_BYTES) {
      errors.push(tooLong(field, MAX_INDEXES_BYTES));
    }
    const list = parseIndexList(indexes, completions);
    if (typeof list === 'string') {
      errors.push(invalid(field, indexes, `error parsing succeededIndexes: ${list}`));
    } else {
      total = list.total;
    }
  }
  if (count === undefined) return errors;
  const field = `${path}.succeededCount`;
  const tooHigh = (bound: number, what: string): FieldError =>
    invalid(field, count, `must be less than or equal to ${bound} (the number of ${what})`);
  errors.push(...nonNegative(field, count));
  if (count > completions) errors.push(tooHigh(completions, 'specified completions'));
  if (indexes !== undefined && count > total) {
    errors.push(tooHigh(total, 'indexes in the specified succeededIndexes field'));
  }
  return errors;
}
