import { invalid, tooLong, typeInvalid } from '../field-error.ts';
import type { ValueRules } from './structural-schema.ts';
import { hasFormat } from './value-formats.ts';
import { Findings } from './value-findings.ts';

/** Length in code points, as the API server counts it. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The rules for strings: longest, shortest, pattern; only the first broken one is reported. */
export function validateString(path: string, text: string, rules: ValueRules): Findings {
  const findings = new Findings();
  const { maxLength, minLength, pattern } = rules;
  // A string has no more code points than UTF-16 units, so most are counted only when it matters.
  if (maxLength !== undefined && text.length > maxLength && codePoints(text) > maxLength) {
    findings.add(tooLong(path, maxLength));
  } else if (minLength !== undefined && codePoints(text) < minLength) {
    findings.add(invalid(path, text, `${path} in body should be at least ${minLength} chars long`));
  } else if (pattern !== undefined && !pattern.expression.matcher(text).find()) {
    findings.add(invalid(path, text, `${path} in body should match '${pattern.source}'`));
  }
  return findings;
}

/** The declared format of a string. */
export function validateFormat(path: string, text: string, format: string): Findings {
  const findings = new Findings();
  if (!hasFormat(format, text)) {
    findings.add(
      typeInvalid(path, text, `${path} in body must be of type ${format}: ${JSON.stringify(text)}`),
    );
  }
  return findings;
}
