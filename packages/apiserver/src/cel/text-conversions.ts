import {
  celFunc,
  CelScalar,
  celType,
  type CelFunc,
  type CelType,
  type CelValue,
} from '@bufbuild/cel';
import { formatShortest } from './format-numbers.ts';
import { standardExpression } from './standard-expression.ts';

const { DOUBLE, STRING } = CelScalar;

// The evaluator has no name for these types that does not come with a library of its own.
const TIMESTAMP: CelType = celType(standardExpression("timestamp('1970-01-01T00:00:00Z')")({}));
const DURATION: CelType = celType(standardExpression("duration('0s')")({}));

const toText = standardExpression('string(time)');

/** Which kind of time a value is; undefined when it is none. */
export function timeKindOf(value: CelValue): 'timestamp' | 'duration' | undefined {
  const { name } = celType(value);
  if (name === TIMESTAMP.name) return 'timestamp';
  return name === DURATION.name ? 'duration' : undefined;
}

/** A timestamp or a duration as text, with no more digits behind the point than it has. */
export function timeText(time: CelValue): string {
  const text = toText({ time: time });
  if (typeof text !== 'string') throw new Error('no such overload: not a time');
  return text.replace(/\.(\d*?)0*(?=[sZ]$)/, (_, digits: string) =>
    digits === '' ? '' : `.${digits}`,
  );
}

/** `string()` of numbers and times, as Go writes them. */
export function textConversions(): CelFunc[] {
  return [
    celFunc('string', [DOUBLE], STRING, formatShortest),
    celFunc('string', [TIMESTAMP], STRING, timeText),
    celFunc('string', [DURATION], STRING, timeText),
  ];
}
